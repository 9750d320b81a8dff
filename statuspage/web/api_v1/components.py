"""Components: add, change, list; their status now."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from statuspage import components
from statuspage.claims import current_statuses
from statuspage.domain.vocabulary import ComponentStatus, Scope
from statuspage.drafts import ComponentChange, ComponentDraft
from statuspage.errors import Problem, Refused
from statuspage.models import Component
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, make_place, read_place


class ComponentAnswer(Shape):
    """A component. `status` is the worst of its own, its open incidents' and its running maintenances'."""

    id: str
    slug: str
    name: str
    status: ComponentStatus
    group: str | None
    service: str | None
    description: str | None
    beta: bool
    hidden: bool
    publishes_itself: bool
    position: int
    created_at: UtcInstant
    updated_at: UtcInstant


@endpoint("GET", "/components", scope=Scope.READ, query=PageQuery, gives=Items[ComponentAnswer])
def list_components(call: Call, query: PageQuery) -> Answer:
    """All components, hidden ones too, in the page's order."""
    with call.read() as session:
        rows = _load_page(session, query)
        statuses = current_statuses(session, [row.id for row in rows], call.now)
        shown = [_answer_of(row, statuses) for row in rows[: query.limit]]
        last = rows[query.limit - 1] if len(rows) > query.limit else None
        return call.answered(
            Items[ComponentAnswer](items=shown, next=make_place(last.position, last.slug) if last else None)
        )


@endpoint("GET", "/components/<slug>", scope=Scope.READ, gives=ComponentAnswer)
def show_component(call: Call, slug: str) -> Answer:
    """One component."""
    with call.read() as session:
        return call.answered(_shown(session, components.load_component(session, slug), call))


@endpoint("POST", "/components", scope=Scope.WRITE, body=ComponentDraft, gives=ComponentAnswer, status=201)
def create_component(call: Call, draft: ComponentDraft) -> Answer:
    """Add a component, operational from now on; without a slug one is made of the name."""
    with call.change() as change:
        component = components.add_component(change.session, draft, author=call.author, now=call.now)
        return call.created(_shown(change.session, component, call), f"/api/v1/components/{component.slug}")


@endpoint("PATCH", "/components/<slug>", scope=Scope.WRITE, body=ComponentChange, gives=ComponentAnswer)
def change_component(call: Call, slug: str, draft: ComponentChange) -> Answer:
    """Change what is given; null clears group, service and description. `status` is its own status from now on."""
    if "status" in draft.model_fields_set and draft.status is None:
        raise Refused(Problem("status", "must not be null"))
    with call.change() as change:
        component = components.load_component(change.session, slug)
        components.change_component(
            change.session, component, draft, author=call.author, now=call.now, policy=change.policy
        )
        return call.answered(_shown(change.session, component, call))


def _load_page(session: Session, query: PageQuery) -> list[Component]:
    chosen = select(Component).order_by(Component.position, Component.slug).limit(query.limit + 1)
    place = read_place(query.cursor)
    if place is not None:
        position, slug = place
        later = and_(Component.position == position, Component.slug > slug)
        chosen = chosen.where(or_(Component.position > position, later))
    return list(session.scalars(chosen.options(joinedload(Component.group))))


def _shown(session: Session, component: Component, call: Call) -> ComponentAnswer:
    session.flush()
    return _answer_of(component, current_statuses(session, [component.id], call.now))


def _answer_of(component: Component, statuses: Mapping[str, ComponentStatus]) -> ComponentAnswer:
    return ComponentAnswer(
        id=component.id,
        slug=component.slug,
        name=component.name,
        status=statuses[component.id],
        group=component.group.name if component.group else None,
        service=component.service,
        description=component.description,
        beta=component.beta,
        hidden=component.hidden,
        publishes_itself=component.publishes_itself,
        position=component.position,
        created_at=component.created_at,
        updated_at=component.updated_at,
    )
