"""The audit log in the admin: searched, read with before and after, and taken out as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator

from flask import Response, request
from flask_babel import gettext as _

from statuspage import audit
from statuspage.db import Database
from statuspage.models import AuditEvent
from statuspage.reports.tables import safe_cell
from statuspage.web import current
from statuspage.web.admin.door import admin, show, zone
from statuspage.web.api_v1.audit import event_answer
from statuspage.web.forms import Form

LIST_LENGTH = 100
CHUNK = 1000
SOUGHT = ("actor", "action", "target", "since", "until")
COLUMNS = ("id", "at", "actor", "action", "target", "client", "details", "changes")


@admin.get("/activity")
def list_events() -> Response:
    """Who did what, newest first."""
    form = Form(request.args)
    sought = _sought(form)
    before = form.value("before")
    before_id = int(before) if before.isdecimal() and len(before) < 19 else None
    with current.installation().database.read() as session:
        found = audit.load_events(session, sought, before_id=before_id, limit=LIST_LENGTH + 1)
        return show(
            "events/list.html",
            422 if form.problems else 200,
            events=found[:LIST_LENGTH],
            more=len(found) > LIST_LENGTH,
            form=form,
            asked={
                name: form.value(name)
                for name in ("actor", "action", "target", "since", "until")
                if form.filled(name)
            },
        )


@admin.get("/activity.<kind>")
def download_events(kind: str) -> Response:
    """What was sought, all of it: a line of CSV or a JSON object each."""
    if kind not in ("csv", "json"):
        return Response(_("There is no such file."), 404, mimetype="text/plain")
    form = Form(request.args)
    sought = _sought(form)
    events = _all(current.installation().database, sought)
    lines, mimetype = (_csv(events), "text/csv") if kind == "csv" else (_json(events), "application/json")
    answer = Response(lines, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="activity.{kind}"'
    return answer


def _sought(form: Form) -> audit.Sought:
    return audit.Sought(
        form.filled("actor"),
        form.filled("action"),
        form.filled("target"),
        form.instant("since", zone()) if form.filled("since") else None,
        form.instant("until", zone()) if form.filled("until") else None,
    )


def _all(database: Database, sought: audit.Sought) -> Iterator[AuditEvent]:
    """Everything sought, read in pieces: the log may be long."""
    before_id = None
    while True:
        with database.read() as session:
            rows = audit.load_events(session, sought, before_id=before_id, limit=CHUNK)
        yield from rows
        if len(rows) < CHUNK:
            return
        before_id = rows[-1].id


def _csv(events: Iterable[AuditEvent]) -> Iterator[str]:
    yield _line(COLUMNS)
    for row in events:
        facts = event_answer(row).model_dump(mode="json")
        cells = [facts[name] or "" for name in COLUMNS]
        yield _line(
            [safe_cell(cell if isinstance(cell, str) else json.dumps(cell) if cell else "") for cell in cells]
        )


def _line(cells: tuple[str, ...] | list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _json(events: Iterable[AuditEvent]) -> Iterator[str]:
    yield "[\n"
    for number, row in enumerate(events):
        yield (",\n" if number else "") + event_answer(row).model_dump_json()
    yield "\n]\n"
