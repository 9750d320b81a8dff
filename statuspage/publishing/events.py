"""Incidents and maintenance as one list of what happened: newest first, by day, by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from statuspage.domain.intervals import Span
from statuspage.domain.periods import days_in, local_date
from statuspage.domain.vocabulary import MaintenanceStatus
from statuspage.publishing.selecting import NEWEST, NEWEST_OF_COMPONENT
from statuspage.publishing.snapshot import IncidentView, MaintenanceView, Snapshot

RECENT_DAYS = 15


class Happening(NamedTuple):
    """An event as the days of a component tell of it: equal where they say the same."""

    href: str
    title: str
    lang: str | None
    starts_at: datetime
    ends_at: datetime | None
    is_cancelled: bool


@dataclass(frozen=True)
class Event:
    """An incident or a maintenance; exactly one of the two is there."""

    incident: IncidentView | None = None
    maintenance: MaintenanceView | None = None

    @cached_property
    def view(self) -> IncidentView | MaintenanceView:
        """Whichever of the two it is."""
        view = self.incident or self.maintenance
        if view is None:
            raise ValueError("an event is an incident or a maintenance")
        return view

    @property
    def href(self) -> str:
        """Root-relative address of its page."""
        return f"/{'incidents' if self.incident else 'maintenance'}/{self.view.id}"

    @property
    def starts_at(self) -> datetime:
        """When it began or is to begin."""
        return self.incident.started_at if self.incident else self._work.began_at or self._work.starts_at

    @property
    def listed_at(self) -> datetime:
        """The instant that decides under which day and month it stands: its start as announced."""
        return self.incident.started_at if self.incident else self._work.starts_at

    @property
    def ends_at(self) -> datetime | None:
        """When it was over; None while it goes on."""
        if self.incident:
            return self.incident.resolved_at
        return self._work.cancelled_at or self._work.completed_at

    @property
    def is_cancelled(self) -> bool:
        """Whether it was announced and then never took place."""
        return self.maintenance is not None and self.maintenance.status is MaintenanceStatus.CANCELLED

    @cached_property
    def told(self) -> Happening:
        """What the days of a component tell of it."""
        return Happening(self.href, self.view.title, self.view.lang, self.starts_at, self.ends_at, self.is_cancelled)

    @cached_property
    def component_ids(self) -> frozenset[str]:
        """The components it ever affected."""
        return frozenset(affected.component_id for affected in self.view.components)

    @property
    def _work(self) -> MaintenanceView:
        if self.maintenance is None:
            raise ValueError("not a maintenance")
        return self.maintenance


@dataclass(frozen=True)
class DayOfHistory:
    """One date, or several quiet ones in a row (`first` is the earlier), with what began and what went on."""

    first: date
    last: date
    began: tuple[Event, ...] = ()
    went_on: tuple[Event, ...] = ()

    @property
    def is_quiet(self) -> bool:
        return not (self.began or self.went_on)


def events_of(snapshot: Snapshot) -> tuple[Event, ...]:
    """All the snapshot holds, newest first."""
    return _sorted(
        [
            *(Event(incident=incident) for incident in snapshot.incidents),
            *(Event(maintenance=maintenance) for maintenance in snapshot.maintenances),
        ]
    )


def newest_events(events: Iterable[Event], now: datetime) -> tuple[Event, ...]:
    """Of all that a snapshot holds, newest first, what every snapshot of the same state holds: the newest of each
    kind and those of the last days."""
    since = now - timedelta(days=RECENT_DAYS)
    events = tuple(events)
    incidents = [event for event in events if event.incident]
    works = [event for event in events if event.maintenance]
    kept = {
        event.href: event
        for kind in (incidents, works)
        for rank, event in enumerate(kind)
        if rank < NEWEST or event.listed_at >= since
    }
    return _sorted(kept.values())


def newest_of_component(events: Sequence[Event]) -> tuple[Event, ...]:
    """Of the events of a component, newest first, the newest of each kind: what the snapshot holds of a touched one,
    and no more."""
    incidents = [event for event in events if event.incident]
    works = [event for event in events if event.maintenance]
    return _sorted([*incidents[:NEWEST_OF_COMPONENT], *works[:NEWEST_OF_COMPONENT]])


def events_by_component(events: Iterable[Event]) -> dict[str, tuple[Event, ...]]:
    """The events of each component that has any, in the order given."""
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        for component_id in event.component_ids:
            found[component_id].append(event)
    return {component_id: tuple(some) for component_id, some in found.items()}


def in_month(events: Iterable[Event], month: str, zone: ZoneInfo) -> tuple[Event, ...]:
    """Those that stand under a month "YYYY-MM" of the zone's calendar."""
    return tuple(event for event in events if f"{local_date(event.listed_at, zone):%Y-%m}" == month)


def by_day(events: Iterable[Event], zone: ZoneInfo) -> tuple[DayOfHistory, ...]:
    """The days on which something began, newest first."""
    days: dict[date, list[Event]] = defaultdict(list)
    for event in events:
        days[local_date(event.listed_at, zone)].append(event)
    return tuple(DayOfHistory(day, day, tuple(days[day])) for day in sorted(days, reverse=True))


def recent_days(events: Iterable[Event], now: datetime, zone: ZoneInfo) -> tuple[DayOfHistory, ...]:
    """The last days including today, newest first; quiet days in a row are one."""
    today = local_date(now, zone)
    began: dict[date, list[Event]] = defaultdict(list)
    went_on: dict[date, list[Event]] = defaultdict(list)
    for event in events:
        if event.listed_at > now or (event.is_cancelled and event.starts_at > now):
            continue
        first = local_date(event.listed_at, zone)
        began[first].append(event)
        for day in _days_of(event, now, zone):
            if day > first:
                went_on[day].append(event)
    history: list[DayOfHistory] = []
    for n in range(RECENT_DAYS):
        day = today - timedelta(days=n)
        entry = DayOfHistory(day, day, tuple(began[day]), tuple(went_on[day]))
        if entry.is_quiet and history and history[-1].is_quiet:
            entry = DayOfHistory(day, history.pop().last)
        history.append(entry)
    return tuple(history)


def days_of_component(events: Iterable[Happening], now: datetime, zone: ZoneInfo) -> dict[date, list[Happening]]:
    """On which dates what happened to a component, of what did."""
    days: dict[date, list[Happening]] = defaultdict(list)
    for event in events:
        if not event.is_cancelled:
            for day in _days_of(event, now, zone):
                days[day].append(event)
    return days


def _days_of(event: Event | Happening, now: datetime, zone: ZoneInfo) -> list[date]:
    start, end = event.starts_at, event.ends_at or now
    if start > now:
        return []
    days = days_in(Span(start, max(start, end)), zone)
    return days or [local_date(start, zone)]


def _sorted(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: (event.listed_at, event.view.id), reverse=True))
