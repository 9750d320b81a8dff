"""The audit log in the admin."""

from __future__ import annotations

from flask import Response, request

from statuspage import audit
from statuspage.web import current
from statuspage.web.admin.door import admin, show

LIST_LENGTH = 100


@admin.get("/activity")
def list_events() -> Response:
    """Who did what, newest first."""
    before = request.args.get("before", "")
    before_id = int(before) if before.isdecimal() and len(before) < 19 else None
    with current.installation().database.read() as session:
        found = audit.load_events(session, before_id=before_id, limit=LIST_LENGTH + 1)
        return show("events/list.html", events=found[:LIST_LENGTH], more=len(found) > LIST_LENGTH)
