"""Templates: texts to begin an incident, an update or a maintenance with."""

from __future__ import annotations

from statuspage import audit, templates
from statuspage.domain.vocabulary import Scope
from statuspage.models import Template
from statuspage.template_drafts import TemplateChange, TemplateDraft
from statuspage.tongues import translations_of
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, TranslationAnswer, UtcInstant, page_of_all


class TemplateAnswer(Shape):
    """A template; what stands in {{…}} is filled in when it is used."""

    id: str
    name: str
    title: str | None
    body: str
    created_at: UtcInstant
    updated_at: UtcInstant
    translations: dict[str, TranslationAnswer] = {}


@endpoint("GET", "/templates", scope=Scope.READ, query=PageQuery, gives=Items[TemplateAnswer])
def list_templates(call: Call, query: PageQuery) -> Answer:
    """All templates, by name."""
    with call.read() as session:
        items, following = page_of_all(templates.load_templates(session), query, template_answer)
        return call.answered(Items[TemplateAnswer](items=items, next=following))


@endpoint("GET", "/templates/<template_id>", scope=Scope.READ, gives=TemplateAnswer)
def show_template(call: Call, template_id: str) -> Answer:
    """One template."""
    with call.read() as session:
        return call.answered(template_answer(templates.load_template(session, template_id)))


@endpoint("POST", "/templates", scope=Scope.WRITE, body=TemplateDraft, gives=TemplateAnswer, status=201)
def add_template(call: Call, draft: TemplateDraft) -> Answer:
    """Add a template; a variable in {{…}} that is not known is refused, naming those that are."""
    with call.write() as session:
        row = templates.add_template(session, draft, now=call.now)
        audit.record(session, "template.add", actor=call.author, target=row.id, client=call.client, now=call.now)
        return call.created(template_answer(row), f"/api/v1/templates/{row.id}")


@endpoint("PATCH", "/templates/<template_id>", scope=Scope.WRITE, body=TemplateChange, gives=TemplateAnswer)
def change_template(call: Call, template_id: str, draft: TemplateChange) -> Answer:
    """Change what is given; `title: null` takes the title away."""
    with call.write() as session:
        row = templates.change_template(session, templates.load_template(session, template_id), draft, now=call.now)
        audit.record(session, "template.change", actor=call.author, target=row.id, client=call.client, now=call.now)
        return call.answered(template_answer(row))


@endpoint("DELETE", "/templates/<template_id>", scope=Scope.WRITE, status=204)
def delete_template(call: Call, template_id: str) -> Answer:
    """Forget it; what was posted with it stays."""
    with call.write() as session:
        row = templates.load_template(session, template_id)
        audit.record(session, "template.delete", actor=call.author, target=row.id, client=call.client, now=call.now)
        templates.delete_template(session, row)
        return call.answered(None)


def template_answer(row: Template) -> TemplateAnswer:
    """A template as the API gives it."""
    return TemplateAnswer.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "title": row.title,
            "body": row.body,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "translations": translations_of(row.texts),
        }
    )
