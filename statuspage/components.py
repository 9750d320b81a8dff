"""Verbs on the page, its groups and its components."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from statuspage.claims import Base, claim
from statuspage.claims import current_statuses as current_statuses
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import Cause, ComponentStatus
from statuspage.drafts import ComponentChange, ComponentDraft, PageChange
from statuspage.errors import NotFound, Problem, Refused
from statuspage.identifiers import new_id, slug_of
from statuspage.models import Alert, Component, ComponentGroup, Hook, Page
from statuspage.tongues import check_languages

DEFAULT_PAGE_NAME = "Status"


def ensure_page(session: Session, now: datetime) -> Page:
    """The page row, made on first use."""
    page = session.get(Page, 1)
    if page is None:
        page = Page(id=1, code=new_id(), name=DEFAULT_PAGE_NAME, created_at=now, updated_at=now)
        session.add(page)
        session.flush()
    return page


def load_page(session: Session) -> Page:
    """The page row; every instance that was brought up to date has one."""
    return session.get_one(Page, 1)


def change_page(session: Session, page: Page, change: PageChange, *, now: datetime) -> Page:
    """Change what is given in `change`; an explicit null clears what may be empty. Raises Refused for others."""
    given = change.model_fields_set
    for field in sorted(given):
        value = getattr(change, field)
        if value is None and field in ("name", "timezone", "languages", "reminders"):
            raise Refused(Problem(field, "must not be empty"))
        if field == "languages":
            check_languages(value)
        setattr(page, field, value.rstrip("/") if field == "url" and value else value)
    page.updated_at = now
    session.flush()
    return page


def load_components(session: Session) -> Sequence[Component]:
    """All components with their groups, hidden ones too, in the order of the page."""
    query = select(Component).order_by(Component.position, Component.name)
    return session.scalars(query.options(joinedload(Component.group))).all()


def load_component(session: Session, slug: str) -> Component:
    """One component. Raises NotFound."""
    component = session.scalar(select(Component).where(Component.slug == slug))
    if component is None:
        raise NotFound("component", slug)
    return component


def find_components(session: Session, slugs: Iterable[str], *, field: str = "components") -> dict[str, Component]:
    """The named components by slug, in the order given. Raises Refused naming `field.SLUG` for unknown ones."""
    wanted = list(dict.fromkeys(slugs))
    found = {c.slug: c for c in session.scalars(select(Component).where(Component.slug.in_(wanted)))}
    unknown = [slug for slug in wanted if slug not in found]
    if unknown:
        raise Refused(Problem(f"{field}.{slug}", f"there is no component {slug!r}") for slug in unknown)
    return {slug: found[slug] for slug in wanted}


def add_component(session: Session, draft: ComponentDraft, *, author: str, now: datetime) -> Component:
    """Add a component, operational from now on. Raises Refused when the slug is taken or cannot be made."""
    slug = draft.slug or slug_of(draft.name)
    if not slug:
        raise Refused(Problem("slug", "give a slug: the name holds no letter or digit that could make one"))
    if session.scalar(select(Component.id).where(Component.slug == slug)):
        raise Refused(Problem("slug", f"{slug!r} is taken by another component"))
    component = Component(
        id=new_id(),
        slug=slug,
        name=draft.name,
        description=draft.description or None,
        group=_ensure_group(session, draft.group, now=now),
        service=draft.service,
        beta=draft.beta,
        hidden=draft.hidden,
        publishes_itself=draft.publishes_itself,
        position=_next_position(session),
        created_at=now,
        updated_at=now,
    )
    session.add(component)
    session.flush()
    claim(session, {component: ComponentStatus.OPERATIONAL}, Base(), at=now, author=author, now=now)
    return component


def change_component(
    session: Session,
    component: Component,
    change: ComponentChange,
    *,
    author: str,
    now: datetime,
    policy: Policy | None = None,
) -> Component:
    """Change what is given in `change`; an explicit null clears group, service and description. Raises Refused for a
    status where `policy` leaves measuring it to an outside monitor."""
    if change.status is not None and policy is not None:
        check_own_status(session, component, policy)
    given = change.model_fields_set
    for field in ("name", "beta", "hidden", "publishes_itself"):
        if field in given and getattr(change, field) is None:
            raise Refused(Problem(field, "must not be null"))
        if field in given:
            setattr(component, field, getattr(change, field))
    if "group" in given:
        component.group = _ensure_group(session, change.group, now=now)
    for field in ("service", "description"):
        if field in given:
            setattr(component, field, getattr(change, field) or None)
    if given - {"status"}:
        component.updated_at = now
    if change.status is not None:
        set_base_status(session, component, change.status, author=author, now=now)
    return component


def check_own_status(session: Session, component: Component, policy: Policy) -> None:
    """Where the contract relies on an outside monitor, its readings are the component's own status, and nobody here
    touches them (OP28); incidents and maintenance still count. Raises Refused."""
    if policy.availability.measured_by != "external":
        return
    heard = select(Alert.hook_id).where(Alert.component_id == component.id)
    name = session.scalar(
        select(Hook.name)
        .where(Hook.revoked_at.is_(None), Hook.kind.in_(("alertmanager", "alert")))
        .where(or_(Hook.component_id == component.id, Hook.id.in_(heard)))
        .order_by(Hook.name)
        .limit(1)
    )
    if name is not None:
        message = f"the policy relies on the outside monitor {name!r}: its readings are read-only; open an incident"
        raise Refused(Problem("status", message))


def set_base_status(
    session: Session,
    component: Component,
    status: ComponentStatus,
    *,
    author: str,
    now: datetime,
    cause: Cause = Cause.OWN,
    note: str | None = None,
) -> None:
    """Say the component's own status; incidents and maintenances that hold it still count, the worst wins."""
    component.updated_at = now
    claim(session, {component: status}, Base(cause, note), at=now, author=author, now=now)


def current_status(session: Session, component: Component, now: datetime) -> ComponentStatus:
    """What one component shows now."""
    return current_statuses(session, [component.id], now)[component.id]


def _ensure_group(session: Session, name: str | None, *, now: datetime) -> ComponentGroup | None:
    if not name:
        return None
    group = session.scalar(select(ComponentGroup).where(ComponentGroup.name == name))
    if group is None:
        last = session.scalar(select(func.max(ComponentGroup.position))) or 0
        group = ComponentGroup(id=new_id(), name=name, position=last + 1, created_at=now, updated_at=now)
        session.add(group)
        session.flush()
    return group


def _next_position(session: Session) -> int:
    return (session.scalar(select(func.max(Component.position))) or 0) + 1
