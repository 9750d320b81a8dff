"""Hooks in the admin: addresses for outside monitors, made (shown once), listed, revoked."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _

from statuspage import hooks
from statuspage.components import load_components
from statuspage.drafts import read_draft
from statuspage.errors import Refused
from statuspage.hook_drafts import HookDraft
from statuspage.web import current
from statuspage.web.admin.door import admin, go, note, show, tell, user
from statuspage.web.forms import Form

KINDS = (
    ("alertmanager", "Alertmanager", "Prometheus Alertmanager’s webhook, and Grafana’s, which has the same shape"),
    ("alert", "Alerts", "UptimeRobot and whatever else can post JSON"),
    ("bounces", "Bounces", "What mail servers and mail providers send back"),
)


@admin.get("/hooks")
def list_hooks() -> Response:
    """All hooks, and the form that makes one."""
    return _show(Form({"kind": "alertmanager"}))


@admin.post("/hooks")
def create_hook() -> Response:
    """Make a hook and show its address, this once."""
    form, now = Form(request.form), current.now()
    try:
        wanted = {"name": form.value("name"), "kind": form.value("kind"), "component": form.filled("component")}
        draft = read_draft(HookDraft, wanted)
        with current.installation().database.write() as session:
            hook, token = hooks.create_hook(session, draft, author=user().email, now=now)
            note(session, "hook.create", hook.id, now=now, name=hook.name, kind=hook.kind)
            url = current.installation().base_url(session) + hooks.hook_path(hook, token)
    except Refused as refused:
        form.refuse_all(refused)
        return _show(form, 422)
    return _show(Form({"kind": "alertmanager"}), 201, url=url, named=hook.name)


@admin.post("/hooks/<hook_id>/revoke")
def revoke_hook(hook_id: str) -> Response:
    """End a hook at once."""
    now = current.now()
    with current.installation().database.write() as session:
        hook = hooks.load_hook(session, hook_id)
        hooks.revoke_hook(session, hook, now)
        note(session, "hook.revoke", hook.id, now=now, name=hook.name, kind=hook.kind)
    tell(_("“%(name)s” is revoked.", name=hook.name))
    return go("list_hooks")


def _show(form: Form, status: int = 200, url: str = "", named: str = "") -> Response:
    with current.installation().database.read() as session:
        return show(
            "hooks/list.html",
            status,
            form=form,
            hooks=hooks.load_hooks(session),
            components=load_components(session),
            kinds=KINDS,
            url=url,
            named=named,
        )
