"""Verbs on templates: texts to begin an incident, an update or a maintenance with.

A template is filled in when it is chosen, never when it is posted: what people read stands in the form before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage.errors import NotFound, Problem, Refused
from statuspage.identifiers import new_id
from statuspage.models import Template
from statuspage.template_drafts import TemplateChange, TemplateDraft
from statuspage.tongues import check_translations, texts_in

VARIABLES = {
    "page": "the page's name",
    "components": "the affected components",
    "title": "the title of the incident or maintenance",
    "priority": "the priority, such as P1",
    "time": "the time at which the template is used",
    "started": "when it began, or is to begin",
    "ends": "when a maintenance is to end",
    "next_update": "when the next update is due",
    "support_url": "where to ask for help",
}
"""What may stand in {{…}}, and what it becomes."""
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_]+)\s*\}\}")


def add_template(session: Session, draft: TemplateDraft, *, now: datetime) -> Template:
    """Add a template. Raises Refused: a name that another has, a variable that is not known."""
    _check_name(session, draft.name)
    check_translations(session, draft.translations)
    row = Template(
        id=new_id(),
        name=draft.name,
        title=draft.title,
        body=draft.body,
        texts=texts_in(draft.translations),
        created_at=now,
        updated_at=now,
    )
    _check_variables(row)
    session.add(row)
    session.flush()
    return row


def change_template(session: Session, row: Template, change: TemplateChange, *, now: datetime) -> Template:
    """Change what is given; an explicit null takes the title away. Raises Refused as add_template does."""
    for field in sorted(change.model_fields_set):
        value = getattr(change, field)
        if value is None and field != "title":
            raise Refused(Problem(field, "must not be empty"))
        if field == "name":
            _check_name(session, value, but=row.id)
        if field == "translations":
            check_translations(session, value)
            row.texts = texts_in(value)
        else:
            setattr(row, field, value)
    _check_variables(row)
    row.updated_at = now
    session.flush()
    return row


def delete_template(session: Session, row: Template) -> None:
    """Forget it; what was posted with it stays."""
    session.delete(row)
    session.flush()


def load_template(session: Session, template_id: str) -> Template:
    """One template. Raises NotFound."""
    row = session.get(Template, template_id)
    if row is None:
        raise NotFound("template", template_id)
    return row


def load_templates(session: Session, *, after: tuple[str, str] | None = None, limit: int = 500) -> Sequence[Template]:
    """Templates by name; `after` = (name, id) of the last one already seen."""
    query = select(Template).order_by(Template.name, Template.id).limit(limit)
    if after is not None:
        query = query.where(Template.name > after[0])
    return session.scalars(query).all()


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with what is known in place of its variables; the others stay, to be seen."""
    return _VARIABLE.sub(lambda found: values.get(found[1].lower()) or found[0], text)


def unfilled(text: str) -> list[str]:
    """Known variables that nobody filled in: such a text is not ready to be read."""
    return [found[0] for found in _VARIABLE.finditer(text) if found[1].lower() in VARIABLES]


def _check_name(session: Session, name: str, *, but: str = "") -> None:
    same = select(Template.id).where(func.lower(Template.name) == name.lower(), Template.id != but)
    if session.scalar(same.limit(1)) is not None:
        raise Refused(Problem("name", "another template has this name"))


def _check_variables(row: Template) -> None:
    said = {"title": row.title or "", "body": row.body}
    for code, texts in (row.texts or {}).items():
        said |= {f"translations.{code}.{part}": text for part, text in texts.items()}
    known = ", ".join(f"{{{{{name}}}}}" for name in VARIABLES)
    problems = [
        Problem(field, f"{found[0]} is not known; known are {known}")
        for field, text in said.items()
        for found in _VARIABLE.finditer(text)
        if found[1].lower() not in VARIABLES
    ]
    if problems:
        raise Refused(problems)
