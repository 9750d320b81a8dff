"""Components in the admin: the list, adding one, changing one and its own status."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import components
from statuspage.changes import site_change
from statuspage.domain.vocabulary import SETTABLE
from statuspage.drafts import ComponentChange, ComponentDraft, read_draft
from statuspage.errors import Refused
from statuspage.models import Component
from statuspage.web import current
from statuspage.web.admin.door import admin, go, note, show, tell, user
from statuspage.web.forms import Form


@admin.get("/components")
def list_components() -> Response:
    """All components with what they show now, hidden ones too."""
    with current.installation().database.read() as session:
        found = components.load_components(session)
        showing = components.current_statuses(session, [c.id for c in found], current.now())
        return show("components/list.html", groups=by_group(found), showing=showing)


@admin.get("/components/new")
def new_component() -> Response:
    """The form that adds a component."""
    with current.installation().database.read() as session:
        return _show_form(session, Form())


@admin.post("/components")
def create_component() -> Response:
    """Add it."""
    form, now = Form(request.form), current.now()
    try:
        draft = read_draft(ComponentDraft, {**_values(form), "slug": form.filled("slug")})
        with site_change(current.installation(), now, author=user().email) as change:
            added = components.add_component(change.session, draft, author=change.author, now=now)
            note(change.session, "component.add", added.slug, now=now, name=added.name)
    except Refused as refused:
        form.refuse_all(refused)
        with current.installation().database.read() as session:
            return _show_form(session, form, status=422)
    tell(_("%(name)s is on the page.", name=added.name), change)
    return go("list_components")


@admin.get("/components/<slug>")
def edit_component(slug: str) -> Response:
    """The form that changes a component."""
    with current.installation().database.read() as session:
        found = components.load_component(session, slug)
        form = Form(
            {
                "name": found.name,
                "group": found.group.name if found.group else "",
                "service": found.service or "",
                "description": found.description or "",
                "beta": "yes" if found.beta else "",
                "hidden": "yes" if found.hidden else "",
                "publishes_itself": "yes" if found.publishes_itself else "",
            }
        )
        return _show_form(session, form, slug)


@admin.post("/components/<slug>")
def change_component(slug: str) -> Response:
    """Change it; its own status only when one was chosen."""
    form, now = Form(request.form), current.now()
    values = _values(form)
    if form.filled("status"):
        values["status"] = form.value("status")
    try:
        wanted = read_draft(ComponentChange, values)
        with site_change(current.installation(), now, author=user().email) as change:
            found = components.load_component(change.session, slug)
            components.change_component(
                change.session, found, wanted, author=change.author, now=now, policy=change.policy
            )
            note(change.session, "component.change", slug, now=now, **_changed(values))
    except Refused as refused:
        form.refuse_all(refused)
        with current.installation().database.read() as session:
            return _show_form(session, form, slug, 422)
    tell(_("%(name)s is saved.", name=found.name), change)
    return go("list_components")


def by_group(found: Iterable[Component]) -> list[tuple[str, list[Component]]]:
    """(group's name or "", its components) in the order of the page, those without a group first."""
    groups: dict[str, list[Component]] = {}
    order = sorted(found, key=lambda c: (c.group.position if c.group else -1, c.position, c.name))
    for component in order:
        groups.setdefault(component.group.name if component.group else "", []).append(component)
    return list(groups.items())


def _show_form(session: Session, form: Form, slug: str = "", status: int = 200) -> Response:
    found = components.load_component(session, slug) if slug else None
    groups = {c.group.name for c in components.load_components(session) if c.group}
    return show(
        "components/form.html",
        status,
        form=form,
        component=found,
        showing=components.current_status(session, found, current.now()) if found else None,
        groups=sorted(groups),
        services=current.installation().policy(current.now()).services,
        statuses=SETTABLE,
    )


def _values(form: Form) -> dict[str, Any]:
    return {
        "name": form.value("name"),
        "group": form.filled("group"),
        "service": form.filled("service"),
        "description": form.value("description"),
        "beta": form.is_ticked("beta"),
        "hidden": form.is_ticked("hidden"),
        "publishes_itself": form.is_ticked("publishes_itself"),
    }


def _changed(values: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value)[:255] for name, value in values.items() if value is not None}
