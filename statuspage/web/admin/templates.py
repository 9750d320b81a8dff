"""Templates in the admin: the list, the form of one, and filling the forms in which something is posted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import incidents, templates
from statuspage.components import load_components
from statuspage.domain.sla.cadence import next_update_due
from statuspage.domain.vocabulary import IncidentStatus
from statuspage.drafts import read_draft
from statuspage.errors import Refused
from statuspage.models import Incident, Template
from statuspage.publishing.wording import Words, words_of
from statuspage.template_drafts import TemplateChange, TemplateDraft
from statuspage.web import current
from statuspage.web.admin import incidents as incident_pages
from statuspage.web.admin import maintenance as maintenance_pages
from statuspage.web.admin.door import admin, go, note, page, show, tell, zone
from statuspage.web.forms import Form, written_translations

Values = Callable[[Words], dict[str, str]]
"""What the variables become, told in a language."""


@admin.get("/templates")
def list_templates() -> Response:
    """All templates by name, and the form for a new one."""
    with current.installation().database.read() as session:
        return _show_list(session, Form())


@admin.post("/templates")
def create_template() -> Response:
    """Add one."""
    form, now = Form(request.form), current.now()
    try:
        with current.installation().database.write() as session:
            row = templates.add_template(session, read_draft(TemplateDraft, _typed(form)), now=now)
            note(session, "template.add", row.id, now=now, name=row.name)
    except Refused as refused:
        form.refuse_all(refused)
        with current.installation().database.read() as session:
            return _show_list(session, form, 422)
    tell(_("The template is saved."), sent="template-new")
    return go("list_templates")


@admin.get("/templates/<template_id>")
def edit_template(template_id: str) -> Response:
    """The form that changes one."""
    with current.installation().database.read() as session:
        row = templates.load_template(session, template_id)
        typed = {"name": row.name, "title": row.title or "", "body": row.body}
        form = Form({**typed, **written_translations(row.texts or {})})
        return show("templates/form.html", form=form, row=row, variables=templates.VARIABLES)


@admin.post("/templates/<template_id>")
def change_template(template_id: str) -> Response:
    """Save it, or forget it."""
    form, now = Form(request.form), current.now()
    deletes = form.value("do") == "delete"
    try:
        with current.installation().database.write() as session:
            row = templates.load_template(session, template_id)
            note(session, f"template.{'delete' if deletes else 'change'}", row.id, now=now, name=row.name)
            if deletes:
                templates.delete_template(session, row)
            else:
                templates.change_template(session, row, read_draft(TemplateChange, _typed(form)), now=now)
    except Refused as refused:
        form.refuse_all(refused)
        with current.installation().database.read() as session:
            row = templates.load_template(session, template_id)
            return show("templates/form.html", 422, form=form, row=row, variables=templates.VARIABLES)
    tell(_("The template is gone.") if deletes else _("The template is saved."))
    return go("list_templates")


@admin.post("/incidents/fill")
def fill_incident() -> Response:
    """The form of a new incident with a template's words in it; nothing is kept or posted."""
    form, now = Form(request.form), current.now()
    policy = current.installation().policy(now)
    with current.installation().database.read() as session:
        terms = policy.priority(form.value("priority"))
        due = next_update_due(policy, terms.id, IncidentStatus.INVESTIGATING, now) if terms else None
        slugs = incident_pages.said_of_components(form)
        began = form.value("started_at").replace("T", " ") if form.value("started") == "earlier" else ""
        title, priority = form.value("title"), form.value("priority")
        names = _names_of(session, slugs)

        def values(words: Words) -> dict[str, str]:
            facts = _facts(words, now, title=title, components=names, due=due)
            return {**facts, "priority": priority, "started": began or words.moment(now)}

        _fill(session, form, values)
        return incident_pages.show_form(session, form)


@admin.post("/incidents/<incident_id>/fill")
def fill_update(incident_id: str) -> Response:
    """The form of an update with a template's words in it."""
    form, now = Form(request.form), current.now()
    policy = current.installation().policy(now)
    with current.installation().database.read() as session:
        incident = incidents.load_incident(session, incident_id)
        status = _status_of(form, incident)
        due = next_update_due(policy, incident.priority, status, now)
        names = _names_of(session, incidents.components_held(session, incident))

        def values(words: Words) -> dict[str, str]:
            facts = _facts(words, now, title=incident.title, components=names, due=due)
            return {**facts, "priority": incident.priority or "", "started": words.moment(incident.started_at)}

        _fill(session, form, values)
        return incident_pages.show_one(session, incident, form)


@admin.post("/maintenance/fill")
def fill_maintenance() -> Response:
    """The form of a new maintenance with a template's words in it."""
    form, now = Form(request.form), current.now()
    with current.installation().database.read() as session:
        starts, ends = (form.value(name).replace("T", " ") for name in ("starts_at", "ends_at"))
        names = _names_of(session, form.values("components"))

        def values(words: Words) -> dict[str, str]:
            facts = _facts(words, now, title=form.value("title"), components=names, due=None)
            return {**facts, "started": starts, "ends": ends}

        _fill(session, form, values)
        return maintenance_pages.show_form(session, form)


def _fill(session: Session, form: Form, values: Values) -> None:
    """Put a template's words into a form: a title where there is none, the text below what is written already."""
    if not form.filled("template"):
        return
    row = templates.load_template(session, form.value("template"))
    first = page().languages[0]
    for code in page().languages:
        said: dict[str, Any] = (
            {"title": row.title, "body": row.body} if code == first else (row.texts or {}).get(code, {})
        )
        prefix = "" if code == first else f"translations.{code}."
        known = values(words_of(code, zone()))
        if said.get("title") and not form.filled(f"{prefix}title"):
            form.typed[f"{prefix}title"] = templates.filled(said["title"], known)
        if said.get("body"):
            text = templates.filled(said["body"], known)
            form.typed[f"{prefix}body"] = "\n\n".join(filter(None, [form.filled(f"{prefix}body"), text]))


def _facts(words: Words, now: datetime, *, title: str, components: list[str], due: datetime | None) -> dict[str, str]:
    return {
        "page": page().name,
        "components": ", ".join(components),
        "title": title,
        "time": words.moment(now),
        "next_update": words.moment(due) if due else "",
        "support_url": page().support_url or "",
    }


def _names_of(session: Session, slugs: Any) -> list[str]:
    wanted = set(slugs)
    return [component.name for component in load_components(session) if component.slug in wanted]


def _status_of(form: Form, incident: Incident) -> IncidentStatus:
    try:
        return IncidentStatus(form.value("status"))
    except ValueError:
        return incident.status


def _typed(form: Form) -> dict[str, Any]:
    return {
        "name": form.value("name"),
        "title": form.filled("title"),
        "body": form.value("body"),
        "translations": form.translations(),
    }


def _show_list(session: Session, form: Form, status: int = 200) -> Response:
    rows: list[Template] = list(templates.load_templates(session))
    return show("templates/list.html", status, form=form, templates=rows, variables=templates.VARIABLES)
