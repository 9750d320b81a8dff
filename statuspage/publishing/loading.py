"""Loads a Snapshot: the one path by which the database reaches the public, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from statuspage.domain.periods import local_date, midnight, period_of
from statuspage.domain.sla.policy import Policy, PolicyBook
from statuspage.domain.timeline import Timeline, cut
from statuspage.models import Component, ComponentGroup, Page
from statuspage.publishing.announcements import load_notices, load_versions
from statuspage.publishing.looks import look_view
from statuspage.publishing.memory import Memory
from statuspage.publishing.posted import load_posted
from statuspage.publishing.responses import load_corrections, load_monitored, load_responses
from statuspage.publishing.selecting import select_history
from statuspage.publishing.services import load_outside_monitors, load_services
from statuspage.publishing.snapshot import (
    ComponentView,
    CorrectionView,
    GroupView,
    PageView,
    Responses,
    Snapshot,
    Touched,
)
from statuspage.publishing.timelines import load_timelines

LOCAL_URL = "http://127.0.0.1:8000"
MONTHS_OF_UPTIME = 12


def load_snapshot(
    session: Session,
    *,
    policies: PolicyBook,
    now: datetime,
    touched: Touched,
    base_url: str | None = None,
    local_url: str = LOCAL_URL,
    figures: Mapping[str, datetime] | None = None,
    months: Mapping[str, int] | None = None,
    memory: Memory | None = None,
) -> Snapshot:
    """The page as the public may see it at `now`; `base_url` beats the page's own URL. The figures of a component (by
    slug) run up to the instant in `figures`, else to now; what `memory` holds of one with the same instant that is
    not touched is taken from there.

    Incidents and maintenances that did not change are remembered likewise, and how many events each month holds; a
    process that remembers nothing is told that by `months`.

    Holds what Snapshot promises and no more: the cost is that of the window and of what was touched. A touched month
    that holds nothing (any more) is dropped, because it has no page.
    """
    stored = session.get_one(Page, 1)
    page = page_view(stored, (base_url or stored.url or local_url).rstrip("/"))
    policy = policies.placed_in(page.zone.key).at(now)
    period = period_of(local_date(now, policy.zone), policy.availability.period)
    memory = memory or Memory()
    selection = select_history(session, touched, now, page.zone, memory.months or months)
    loaded = _load_components(session, now, page.zone, touched, figures or {}, memory)
    components = _with_measurements(session, loaded, touched, policy, now, page.zone)
    visible = {component.id: component for component in components}
    incidents, maintenances = load_posted(session, selection, touched, visible, policy, memory)
    return Snapshot(
        page=page,
        policy=policy,
        now=now,
        revision=stored.revision,
        groups=_load_groups(session, components),
        components=components,
        incidents=incidents,
        maintenances=maintenances,
        months=selection.months,
        touched=replace(touched, months=touched.months & {month for month, _ in selection.months}),
        period=period,
        services=load_services(session, policies.placed_in(page.zone.key), period, visible, memory, now=now),
        notices=load_notices(session, page.url),
        versions=tuple(version.placed_in(page.zone.key) for version in load_versions(session, policies)),
    )


def page_view(page: Page, url: str, language: str | None = None) -> PageView:
    """What the public may know of the page itself; `url` is what its links begin with, `language` what is spoken:
    else the page's first."""
    return PageView(
        code=page.code,
        name=page.name,
        url=url,
        zone=ZoneInfo(page.timezone),
        languages=tuple(page.languages),
        support_url=page.support_url,
        created_at=page.created_at,
        updated_at=page.updated_at,
        language=language or page.languages[0],
        look=look_view(page.look),
    )


def _uptime_since(now: datetime, zone: ZoneInfo) -> datetime:
    """The first instant that bars and month figures need: the same month a year ago."""
    today = now.astimezone(zone).date()
    year, month = divmod(today.year * 12 + today.month - 1 - MONTHS_OF_UPTIME, 12)
    return midnight(date(year, month + 1, 1), zone)


def _load_components(
    session: Session,
    now: datetime,
    zone: ZoneInfo,
    touched: Touched,
    figures: Mapping[str, datetime],
    memory: Memory,
) -> tuple[ComponentView, ...]:
    """Visible components: those of each group by position, groups by position, the ungrouped in between."""
    rows = session.execute(
        select(Component.id, Component.slug, Component.group_id, Component.position, ComponentGroup.position)
        .outerjoin(ComponentGroup, ComponentGroup.id == Component.group_id)
        .where(Component.hidden.is_(False))
        .order_by(Component.position, Component.name, Component.id)
    ).all()
    views: dict[str, ComponentView] = {}
    for component_id, slug, *_ in rows:
        known = memory.components.get(component_id)
        if known is not None and slug not in touched.components and known.timeline.until == figures.get(slug):
            views[component_id] = known
    missing = [row.id for row in rows if row.id not in views]
    timelines = load_timelines(session, missing, since=_uptime_since(now, zone), until=now)
    for component in session.scalars(_these(missing)):
        until = now if component.slug in touched.components else figures.get(component.slug, now)
        views[component.id] = _component_view(component, cut(timelines[component.id], until))
    placed = [(own if of_group is None else of_group, group or "", key) for key, _, group, own, of_group in rows]
    placed.sort(key=lambda entry: entry[:2])
    return tuple(views[key] for _, _, key in placed)


def _these(component_ids: Sequence[str]) -> Select[Component]:
    return select(Component).where(Component.id.in_(component_ids))


def _with_measurements(
    session: Session,
    components: tuple[ComponentView, ...],
    touched: Touched,
    policy: Policy,
    now: datetime,
    zone: ZoneInfo,
) -> tuple[ComponentView, ...]:
    """The components with what monitors and corrections add; response times only where a page needs them."""
    responses = load_responses(session, None if touched.everything else touched.components, local_date(now, zone))
    corrections = load_corrections(session, [component.id for component in components])
    monitored = load_monitored(session)
    outside = load_outside_monitors(session, policy)
    return tuple(
        _measured(
            component,
            component.id in monitored,
            responses.get(component.id, ()),
            corrections.get(component.id, ()),
            tuple(outside.get(component.id, ())),
        )
        for component in components
    )


def _measured(
    component: ComponentView,
    is_monitored: bool,
    responses: tuple[Responses, ...],
    corrections: tuple[CorrectionView, ...],
    measured_by: tuple[str, ...],
) -> ComponentView:
    had = (component.is_monitored, component.responses, component.corrections, component.measured_by)
    if had == (is_monitored, responses, corrections, measured_by):
        return component
    return replace(
        component,
        is_monitored=is_monitored,
        responses=responses,
        corrections=corrections,
        measured_by=measured_by,
    )


def _component_view(component: Component, history: Timeline) -> ComponentView:
    return ComponentView(
        id=component.id,
        slug=component.slug,
        name=component.name,
        description=component.description,
        group_id=component.group_id,
        service=component.service,
        beta=component.beta,
        showcase=component.showcase,
        only_show_if_degraded=component.only_show_if_degraded,
        start_on=component.start_on,
        position=component.position,
        created_at=component.created_at,
        updated_at=component.updated_at,
        status=history.status,
        timeline=history,
    )


def _load_groups(session: Session, components: Sequence[ComponentView]) -> tuple[GroupView, ...]:
    """Groups that hold a visible component."""
    members: dict[str, list[str]] = defaultdict(list)
    for component in components:
        members[component.group_id or ""].append(component.id)
    groups = session.scalars(select(ComponentGroup).order_by(ComponentGroup.position, ComponentGroup.name))
    return tuple(
        GroupView(group.id, group.name, group.position, group.created_at, group.updated_at, tuple(members[group.id]))
        for group in groups
        if group.id in members
    )
