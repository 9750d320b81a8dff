"""Response times as lines of an SVG, figures of the usual periods, and corrections: what a component's page adds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.intervals import Span
from statuspage.domain.sla.terms import AvailabilityTerms
from statuspage.domain.timeline import Timeline
from statuspage.domain.uptime import tally_of
from statuspage.models import Component, Correction, LatencyDigest, Monitor
from statuspage.publishing.snapshot import CorrectionView, ResponseDay, Responses

DAYS = 90
WIDE, HIGH = 720, 160
"""The drawing's size; the lines take all of it, the words stand beside them."""
PERIODS = (
    ("24h", timedelta(hours=24)),
    ("7d", timedelta(days=7)),
    ("30d", timedelta(days=30)),
    ("90d", timedelta(days=90)),
    ("12mo", timedelta(days=365)),
)
_STEPS = (1, 2, 5)
CORRECTIONS_AT_MOST = 200


@dataclass(frozen=True)
class PeriodFigure:
    """What a component was in the period up to now: floored percentage or None, time down, time not known."""

    key: str
    pct: str | None
    down: timedelta
    unknown: timedelta


@dataclass(frozen=True)
class Chart:
    """One monitor's response times: a path per line, the top of the scale in milliseconds, and the days behind it."""

    name: str
    top_ms: int
    lines: tuple[tuple[str, str], ...]
    days: tuple[ResponseDay, ...]

    @property
    def newest(self) -> tuple[ResponseDay, ...]:
        """Newest day first, as a table reads."""
        return tuple(reversed(self.days))


def period_figures(history: Timeline, now: datetime, rules: AvailabilityTerms) -> tuple[PeriodFigure, ...]:
    """The figures of PERIODS; unknown time is left out of each and stated."""
    found = []
    for key, length in PERIODS:
        tally = tally_of(history, Span(now - length, now), rules)
        down, unknown = timedelta(microseconds=tally.down_us), timedelta(microseconds=tally.unknown_us)
        found.append(PeriodFigure(key, tally.figure.pct(), down, unknown))
    return tuple(found)


def chart_of(responses: Responses, today: date) -> Chart | None:
    """The last DAYS days as lines; a day without a measurement breaks them. None where there is no day."""
    first = today - timedelta(days=DAYS - 1)
    days = tuple(each for each in responses.days if each.day >= first)
    if not days:
        return None
    top = _round_up(max(each.p95_ms for each in days))
    lines = tuple(
        (name, _path([((each.day - first).days, getattr(each, f"{name}_ms")) for each in days], top))
        for name in ("p95", "p50")
    )
    return Chart(responses.name, top, lines, days)


def load_responses(session: Session, slugs: Collection[str] | None, today: date) -> dict[str, tuple[Responses, ...]]:
    """The digests of the last DAYS days by component, of these components or of all. One query."""
    query = (
        select(
            Monitor.component_id,
            Monitor.id,
            Monitor.name,
            Monitor.kind,
            LatencyDigest.day,
            LatencyDigest.checks,
            LatencyDigest.p50_ms,
            LatencyDigest.p95_ms,
            LatencyDigest.p99_ms,
        )
        .join(LatencyDigest, LatencyDigest.monitor_id == Monitor.id)
        .where(
            Monitor.removed_at.is_(None), LatencyDigest.checks > 0, LatencyDigest.day > today - timedelta(days=DAYS)
        )
        .order_by(Monitor.component_id, Monitor.position, Monitor.id, LatencyDigest.day)
    )
    if slugs is not None:
        query = query.join(Component, Component.id == Monitor.component_id).where(Component.slug.in_(slugs))
    names: dict[tuple[str, str], str] = {}
    days: dict[tuple[str, str], list[ResponseDay]] = defaultdict(list)
    for component_id, monitor_id, name, kind, day, checks, p50, p95, p99 in session.execute(query):
        names[component_id, monitor_id] = name or kind
        days[component_id, monitor_id].append(ResponseDay(day, checks, p50, p95, p99))
    found: dict[str, tuple[Responses, ...]] = {}
    for (component_id, monitor_id), measured in days.items():
        more = Responses(names[component_id, monitor_id], tuple(measured))
        found[component_id] = (*found.get(component_id, ()), more)
    return found


def load_monitored(session: Session) -> frozenset[str]:
    """Ids of the components that somebody measures. One query."""
    return frozenset(
        session.scalars(select(Monitor.component_id).where(Monitor.enabled, Monitor.removed_at.is_(None)))
    )


def load_corrections(session: Session, component_ids: Iterable[str]) -> dict[str, tuple[CorrectionView, ...]]:
    """The newest corrections of these components, withdrawn ones too, by component. One query."""
    wanted = set(component_ids)
    rows = session.scalars(select(Correction).order_by(Correction.id.desc()).limit(CORRECTIONS_AT_MOST))
    found: dict[str, list[CorrectionView]] = defaultdict(list)
    for row in rows:
        if row.component_id in wanted:
            view = CorrectionView(
                row.id, row.starts_at, row.ends_at, row.status, row.reason, row.recorded_at, row.withdrawn_at
            )
            found[row.component_id].append(view)
    return {component_id: tuple(views) for component_id, views in found.items()}


def _path(points: Sequence[tuple[int, int]], top: int) -> str:
    """Places (day, milliseconds) as a path; neighbours are joined, a lone one is a dot."""
    step = WIDE / (DAYS - 1)
    parts, last = list[str](), None
    for place, value in points:
        x, y = round(place * step, 1), round(HIGH - HIGH * min(value, top) / top, 1)
        parts.append(f"{'L' if last == place - 1 else 'M'}{x:g} {y:g}" + ("" if last == place - 1 else "h.1"))
        last = place
    return "".join(parts)


def _round_up(value: int) -> int:
    """The next of 10, 20, 50, 100 … that is not less."""
    unit = 10
    while True:
        for step in _STEPS:
            if value <= step * unit:
                return step * unit
        unit *= 10
