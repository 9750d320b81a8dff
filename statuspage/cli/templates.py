"""flask template: texts to begin an incident, an update or a maintenance with."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from statuspage import audit
from statuspage import templates as verbs
from statuspage.cli.console import author, opened, page_zone, plainly, say, say_json, say_rows
from statuspage.cli.fields import read_typed, takes
from statuspage.template_drafts import TemplateChange, TemplateDraft
from statuspage.web.api_v1.templates import template_answer

template = AppGroup("template", help="Texts to begin an incident, an update or a maintenance with.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
_id = click.argument("template_id", metavar="ID")


@template.command("list")
@_json
@plainly
def list_(as_json: bool) -> None:
    """List templates by name."""
    installation, _ = opened()
    with installation.database.read() as session:
        found = [template_answer(row) for row in verbs.load_templates(session)]
    if as_json:
        say_json(found)
        return
    say_rows([(each.id, each.name, each.title or "-") for each in found], empty="No template.")


@template.command("add")
@takes(TemplateDraft)
@_json
@plainly
def add(typed: dict[str, Any], as_json: bool) -> None:
    """Add a template; {{components}} and the like in title and text are filled in when it is used."""
    installation, now = opened()
    draft = read_typed(TemplateDraft, typed, page_zone(installation))
    with installation.database.write() as session:
        row = verbs.add_template(session, draft, now=now)
        audit.record(session, "template.add", actor=author(), target=row.id, now=now)
        answer = template_answer(row)
    if as_json:
        say_json(answer)
        return
    say(f"{answer.id}  {answer.name}")


@template.command("change")
@_id
@takes(TemplateChange)
@plainly
def change_(template_id: str, typed: dict[str, Any]) -> None:
    """Change what is given of the template ID; an empty --title takes the title away."""
    installation, now = opened()
    draft = read_typed(TemplateChange, typed, page_zone(installation))
    with installation.database.write() as session:
        row = verbs.change_template(session, verbs.load_template(session, template_id), draft, now=now)
        audit.record(session, "template.change", actor=author(), target=row.id, now=now)
        say(f"{row.id}  {row.name}")


@template.command("delete")
@_id
@plainly
def delete(template_id: str) -> None:
    """Forget the template ID; what was posted with it stays."""
    installation, now = opened()
    with installation.database.write() as session:
        row = verbs.load_template(session, template_id)
        audit.record(session, "template.delete", actor=author(), target=row.id, now=now)
        verbs.delete_template(session, row)
    say("Deleted.")
