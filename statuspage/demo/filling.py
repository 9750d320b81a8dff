"""Fills an empty page with the invented company, by the same verbs that operators use, at the times they would have.

Old posts are marked as not to be mailed; only the incident that is open now is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import incidents, maintenance
from statuspage.changes import Change, Installation, site_change
from statuspage.components import add_component, load_page
from statuspage.demo import company, troubles, works
from statuspage.demo.measured import add_measured
from statuspage.demo.troubles import Trouble
from statuspage.demo.works import Work
from statuspage.domain.vocabulary import MaintenanceKind, MaintenanceStatus
from statuspage.drafts import (
    ComponentDraft,
    IncidentDraft,
    MaintenanceDraft,
    MaintenanceUpdateDraft,
    SubscriberDraft,
    UpdateDraft,
)
from statuspage.models import Component, Incident, Maintenance
from statuspage.subscribers import add_confirmed

AUTHOR = company.OPERATOR
SCHEDULED_NOTICE_DAYS = 14
"""Work announced earlier than this asks to be classed as scheduled."""

Step = tuple[datetime, Callable[[], object]]
"""An instant, and what was done then."""


def fill(installation: Installation, now: datetime) -> bool:
    """Fill an empty instance; False, and nothing done, where there are components or incidents already."""
    with installation.database.read() as session:
        if session.scalar(select(Component.id).limit(1)) or session.scalar(select(Incident.id).limit(1)):
            return False
    with site_change(installation, now, author=AUTHOR) as change:
        _set_up(change.session, now)
        for _at, act in sorted(_steps(change), key=lambda step: step[0]):
            act()
        add_measured(change.session, installation.settings.local_url, AUTHOR, now)
    return True


def _set_up(session: Session, now: datetime) -> None:
    page = load_page(session)
    began = now - timedelta(days=company.BEGAN_DAYS_AGO)
    page.name, page.timezone, page.support_url = company.NAME, company.ZONE, company.SUPPORT_URL
    page.created_at = began
    for group, services in company.GROUPS.items():
        for service in services:
            draft = ComponentDraft(slug=service.slug, name=service.name, description=service.description, group=group)
            add_component(session, draft, author=AUTHOR, now=began)


def _steps(change: Change) -> Iterator[Step]:
    """Everything that happened; stories overlap, so the caller takes the steps in the order of time."""
    for trouble in (*troubles.PAST, troubles.INTERNAL):
        yield from _tell(change, trouble, _at(change.now, -trouble.days_ago, trouble.clock), notify=False)
    for work in works.PAST:
        yield from _carry_out(change, work)
    yield from _announce(change, works.COMING)
    opened_at = change.now - timedelta(minutes=troubles.OPENED_MINUTES_AGO)
    # after all that is old and before what is new, so that nobody is mailed about the past
    yield opened_at - timedelta(minutes=1), partial(_gather_followers, change)
    yield from _tell(change, troubles.OPEN, opened_at, notify=True)


def _at(now: datetime, days: int, clock: str) -> datetime:
    """The instant of a wall-clock time of the page on a day counted from today."""
    zone = ZoneInfo(company.ZONE)
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time.fromisoformat(clock), zone)


def _tell(change: Change, trouble: Trouble, first: datetime, *, notify: bool) -> Iterator[Step]:
    opening, *words = trouble.words
    told: list[Incident] = []
    yield (
        first,
        partial(
            _open,
            change,
            told,
            IncidentDraft(
                title=trouble.title,
                priority=trouble.priority,
                status=opening.status,
                body=opening.body,
                components=opening.components,
                cause=trouble.cause,
                started_at=first - timedelta(minutes=trouble.noticed_after),
                notify=notify,
            ),
            first,
        ),
    )
    for word in words:
        update = UpdateDraft(status=word.status, body=word.body, components=word.components, notify=notify)
        at = first + timedelta(minutes=word.minutes)
        yield at, partial(_go_on, change, told, update, at)


def _open(change: Change, told: list[Incident], draft: IncidentDraft, at: datetime) -> None:
    told.append(incidents.open_incident(change.session, draft, policy=change.policy, author=AUTHOR, now=at))


def _go_on(change: Change, told: list[Incident], draft: UpdateDraft, at: datetime) -> None:
    incidents.post_update(change.session, told[0], draft, policy=change.policy, author=AUTHOR, now=at)


def _announce(change: Change, work: Work, planned: list[Maintenance] | None = None) -> Iterator[Step]:
    in_time = work.day - work.announced_on >= SCHEDULED_NOTICE_DAYS
    starts_at = _at(change.now, work.day, work.begins)
    draft = MaintenanceDraft(
        title=work.title,
        body=work.body,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=work.minutes),
        components=list(work.components),
        kind=MaintenanceKind.SCHEDULED if in_time else None,
        notify=False,
    )
    at = _at(change.now, work.announced_on, "10:00")
    yield at, partial(_schedule, change, [] if planned is None else planned, draft, at)


def _carry_out(change: Change, work: Work) -> Iterator[Step]:
    planned: list[Maintenance] = []
    yield from _announce(change, work, planned)
    begun_at = _at(change.now, work.day, work.begins)
    done_at = begun_at + timedelta(minutes=work.minutes - work.finished_early)
    for at, status, body in (
        (begun_at, MaintenanceStatus.IN_PROGRESS, work.started),
        (done_at, MaintenanceStatus.COMPLETED, work.finished),
    ):
        yield at, partial(_step, change, planned, MaintenanceUpdateDraft(status=status, body=body, notify=False), at)


def _schedule(change: Change, planned: list[Maintenance], draft: MaintenanceDraft, at: datetime) -> None:
    planned.append(maintenance.schedule(change.session, draft, policy=change.policy, author=AUTHOR, now=at))


def _step(change: Change, planned: list[Maintenance], draft: MaintenanceUpdateDraft, at: datetime) -> None:
    maintenance.post_update(change.session, planned[0], draft, author=AUTHOR, now=at)


def _gather_followers(change: Change) -> None:
    for number, (address, slugs) in enumerate(company.FOLLOWERS):
        joined = change.now - timedelta(days=3 + 4 * number, hours=number)
        draft = SubscriberDraft(email=address, components=list(slugs))
        add_confirmed(change.session, draft, source="demo", now=joined)
