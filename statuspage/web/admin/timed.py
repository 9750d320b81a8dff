"""Posts that publish themselves at a time: the field that says when, what waits, and its end before that."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import timed_posts
from statuspage.changes import Change, site_change
from statuspage.errors import NotFound, Problem, Refused
from statuspage.models import TimedPost
from statuspage.timed_posts import Planner
from statuspage.web import current
from statuspage.web.admin.door import admin, go, tell, user, words, zone
from statuspage.web.forms import Form, written, written_translations


@admin.post("/timed/<timed_id>/cancel")
def cancel_timed(timed_id: str) -> Response:
    """It is not published by itself any more."""
    now = current.now()
    with site_change(current.installation(), now, author=user().email) as change:
        row = timed_posts.load_timed_post(change.session, timed_id)
        endpoint, values = page_of(row)
        timed_posts.cancel(change.session, row, author=change.author, now=now)
    tell(_("Cancelled: it is not published. The activity log keeps its words."), change)
    return go(endpoint, **values)


def page_of(row: TimedPost) -> tuple[str, dict[str, str]]:
    """The endpoint and values of the page that shows it."""
    if row.incident_id is not None:
        return "show_incident", {"incident_id": row.incident_id}
    if row.maintenance_id is not None:
        return "show_maintenance", {"maintenance_id": row.maintenance_id}
    return "list_maintenances", {}


def time_of(form: Form) -> datetime | None:
    """When the form is to be published, None for now. Raises Refused for a time that cannot be read."""
    if not form.filled("publish_at"):
        return None
    publish_at = form.instant("publish_at", zone())
    form.check()
    return publish_at


def time_typed(form: Form, now: datetime) -> datetime | None:
    """When the form is to be published, as far as that is clear and ahead: for previews."""
    publish_at = Form(form.typed.to_dict(flat=False)).instant("publish_at", zone())
    return publish_at if publish_at is not None and publish_at > now else None


def planner(change: Change, publish_at: datetime) -> Planner:
    """Who plans, by the policy that is in force at the time of publishing."""
    policy = current.installation().policy(publish_at, change.session)
    return Planner(change.author, publish_at, policy, change.now)


def take_out(change: Change, form: Form) -> None:
    """What the form was opened to change gives way to it. Raises Refused where it was published meanwhile."""
    if not form.filled("replaces"):
        return
    try:
        row = timed_posts.load_timed_post(change.session, form.value("replaces"))
    except NotFound:
        message = _("What you change was published or cancelled meanwhile: look at the page, then post anew.")
        raise Refused(Problem("publish_at", message)) from None
    timed_posts.cancel(change.session, row, author=change.author, now=change.now)


def brought_back(session: Session, kind: str) -> Form | None:
    """The form of what waits and is to be changed ("?timed=ID"); None when none is asked for, or it is gone."""
    row = session.get(TimedPost, request.args.get("timed", ""))
    if row is None or row.kind != kind:
        return None
    values: dict[str, Any] = {"publish_at": written(row.publish_at, zone()), "replaces": row.id}
    draft = timed_posts.draft_of(row)
    for name in type(draft).model_fields:
        value = getattr(draft, name)
        if isinstance(value, datetime):
            values[name] = written(value, zone())
        elif name == "translations":
            values |= written_translations(draft.model_dump(exclude_none=True)["translations"])
        elif isinstance(value, dict):
            values |= {f"{name}.{key}": each for key, each in value.items()}
        elif isinstance(value, bool):
            values[name] = "yes" if value else ""
        elif value is not None:
            values[name] = value
    return Form(values)


def planned_for(publish_at: datetime) -> str:
    """The answer to a post that waits."""
    time = words().near(publish_at, current.now())
    return str(_("Planned: it publishes itself %(time)s. Until then nobody outside sees it.", time=time))
