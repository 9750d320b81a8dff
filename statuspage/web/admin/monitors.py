"""Monitors in the admin: the list with how each stands, adding, changing, pausing, removing, the last results."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, abort, request
from flask_babel import gettext as _
from pydantic import ValidationError
from sqlalchemy.orm import Session

from statuspage import monitors
from statuspage.changes import site_change
from statuspage.components import find_components, load_components
from statuspage.drafts import problems_of
from statuspage.errors import Problem, Refused
from statuspage.models import Monitor
from statuspage.monitor_drafts import KINDS, MonitorTable, keys_of, shown_settings
from statuspage.monitoring.finding import Finding
from statuspage.monitoring.trial import try_check
from statuspage.web import current
from statuspage.web.admin.door import admin, go, show, tell, user
from statuspage.web.forms import Form

_NUMBERS = ("failures", "recoveries")
_DEFAULTS = {"every": "30s", "timeout": "5s", "failures": "3", "recoveries": "2", "method": "GET", "enabled": "yes"}


@admin.get("/monitors")
def list_monitors() -> Response:
    """All monitors with what they found last."""
    with current.installation().database.read() as session:
        return show("monitors/list.html", monitors=monitors.load_monitors(session), kinds=KINDS)


@admin.get("/monitors/new")
def new_monitor() -> Response:
    """The form that adds a monitor of one kind."""
    kind = request.args.get("kind", "http")
    if kind not in KINDS:
        abort(404)
    with current.installation().database.read() as session:
        component = request.args.get("component", "")[:80]
        return _show_form(session, Form({**_DEFAULTS, "kind": kind, "component": component}))


@admin.post("/monitors")
def create_monitor() -> Response:
    """Add it; a heartbeat's URL is shown once, on its own page."""
    form, now = Form(request.form), current.now()
    try:
        table = _table(form)
        with site_change(current.installation(), now, author=user().email) as change:
            component = find_components(change.session, [form.value("component")], field="component")
            (measured,) = component.values()
            row, token = monitors.add_monitor(change.session, measured, table, author=change.author, now=now)
            key, url = row.id, current.installation().base_url(change.session)
    except Refused as refused:
        return _refused(form, refused)
    tell(_("The monitor is kept. Its first result is a matter of seconds while the prober runs."), change)
    return _show_token(key, f"{url}/heartbeat/{token}") if token else go("show_monitor", monitor_id=key)


@admin.get("/monitors/<monitor_id>")
def show_monitor(monitor_id: str) -> Response:
    """How it stands, its last results, and the form that changes it."""
    with current.installation().database.read() as session:
        row = monitors.load_monitor(session, monitor_id)
        return _show_form(session, Form(_typed(row)), row)


@admin.post("/monitors/<monitor_id>")
def change_monitor(monitor_id: str) -> Response:
    """Change it."""
    form, now = Form(request.form), current.now()
    try:
        table = _table(form)
        with site_change(current.installation(), now, author=user().email) as change:
            row = monitors.load_monitor(change.session, monitor_id)
            monitors.change_monitor(change.session, row, table, author=change.author, now=now)
    except Refused as refused:
        return _refused(form, refused, monitor_id)
    tell(_("The monitor is saved."), change)
    return go("show_monitor", monitor_id=monitor_id)


@admin.post("/monitors/test")
def test_monitor() -> Response:
    """Check once with what was typed, and show what came of it; nothing is saved."""
    form, now = Form(request.form), current.now()
    monitor_id, installation = form.value("monitor_id")[:80], current.installation()
    try:
        table = _table(form)
        with installation.database.read() as session:
            before = monitors.load_monitor(session, monitor_id).settings if monitor_id else None
        found = try_check(table, before, installation.settings.probe_allow_private, now)
    except Refused as refused:
        return _refused(form, refused, monitor_id)
    with installation.database.write() as session:
        monitors.record_test(session, table, found.outcome.value, author=user().email, now=now)
    with installation.database.read() as session:
        row = monitors.load_monitor(session, monitor_id) if monitor_id else None
        return _show_form(session, form, row, tested=found)


@admin.post("/monitors/<monitor_id>/pause")
def pause_monitor(monitor_id: str) -> Response:
    """Pause it, or go on where it was paused."""
    now = current.now()
    with site_change(current.installation(), now, author=user().email) as change:
        row = monitors.load_monitor(change.session, monitor_id)
        step = monitors.pause_monitor if row.enabled else monitors.resume_monitor
        step(change.session, row, author=change.author, now=now)
    tell(_("It measures again.") if row.enabled else _("It is paused and says nothing of its component."), change)
    return go("show_monitor", monitor_id=monitor_id)


@admin.post("/monitors/<monitor_id>/remove")
def remove_monitor(monitor_id: str) -> Response:
    """Stop measuring for good."""
    now = current.now()
    with site_change(current.installation(), now, author=user().email) as change:
        row = monitors.load_monitor(change.session, monitor_id)
        monitors.remove_monitor(change.session, row, author=change.author, now=now)
    tell(_("The monitor is removed. What it measured stays in the history."), change)
    return go("list_monitors")


@admin.post("/monitors/<monitor_id>/url")
def renew_monitor_url(monitor_id: str) -> Response:
    """A fresh URL of a heartbeat, shown once."""
    now = current.now()
    with site_change(current.installation(), now, author=user().email) as change:
        row = monitors.load_monitor(change.session, monitor_id)
        token = monitors.renew_token(change.session, row, author=change.author, now=now)
        url = current.installation().base_url(change.session)
    return _show_token(monitor_id, f"{url}/heartbeat/{token}")


def _show_token(monitor_id: str, url: str) -> Response:
    with current.installation().database.read() as session:
        row = monitors.load_monitor(session, monitor_id)
        return _show_form(session, Form(_typed(row)), row, url=url)


def _refused(form: Form, refused: Refused, monitor_id: str = "") -> Response:
    for problem in refused.problems:
        field = "expect_json" if problem.field.startswith("expect_json") else problem.field.split(".")[0]
        form.refuse(field, problem.message)
    with current.installation().database.read() as session:
        row = monitors.load_monitor(session, monitor_id) if monitor_id else None
        return _show_form(session, form, row, status=422)


def _show_form(
    session: Session,
    form: Form,
    row: Monitor | None = None,
    *,
    url: str | None = None,
    tested: Finding | None = None,
    status: int = 200,
) -> Response:
    return show(
        "monitors/form.html",
        status,
        form=form,
        monitor=row,
        keys=keys_of(form.value("kind")),
        components=load_components(session),
        results=monitors.load_results(session, row, limit=30) if row else (),
        url=url,
        tested=tested,
    )


def _typed(row: Monitor) -> dict[str, Any]:
    """The monitor as its form holds it."""
    settings = shown_settings(row.settings)
    expected = settings.pop("expect_json", None) or {}
    headers = settings.pop("headers", None) or {}
    statuses = settings.pop("expect_status", None) or ()
    value = expected.get("value")
    return {
        **settings,
        "component": row.component.slug,
        "enabled": "yes" if row.enabled else "",
        "follow_redirects": "yes" if settings.get("follow_redirects") else "",
        "headers": "\n".join(f"{name}: {value}" for name, value in headers.items()),
        "expect_status": ", ".join(str(each) for each in statuses),
        "expect_json": expected.get("path", ""),
        "expect_json_value": "" if value is None else value if isinstance(value, str) else json.dumps(value),
    }


def _table(form: Form) -> MonitorTable:
    """What was typed, checked as site.toml's table is."""
    kind = form.value("kind")
    plain = {"kind", "name", "target", "every", "timeout", *_NUMBERS, *keys_of(kind)}
    values: dict[str, Any] = {key: text for key in sorted(plain) if (text := form.filled(key)) is not None}
    for key in _NUMBERS:
        values[key] = _number(form, key)
    if "expect_status" in values:
        values["expect_status"] = [_whole(part) for part in values["expect_status"].replace(",", " ").split()]
    if "headers" in values:
        values["headers"] = _headers(values["headers"])
    if "expect_json" in values:
        values["expect_json"] = {"path": values["expect_json"], "value": _literal(form.filled("expect_json_value"))}
    if "follow_redirects" in values:
        values["follow_redirects"] = True
    values["enabled"] = form.is_ticked("enabled")
    try:
        return MonitorTable.model_validate(values)
    except ValidationError as error:
        raise Refused(problems_of(error)) from None


def _number(form: Form, key: str) -> Any:
    return _whole(form.value(key) or _DEFAULTS[key])


def _whole(text: str) -> Any:
    return int(text) if text.strip().isdecimal() and len(text) < 6 else text


def _headers(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if line.strip():
            if not colon:
                raise Refused(Problem("headers", f"{line.strip()[:40]!r} is not NAME: VALUE"))
            found[name.strip()] = value.strip()
    return found


def _literal(text: str | None) -> Any:
    """A JSON number, true or false as such, anything else as the text it is."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float | str) else text
