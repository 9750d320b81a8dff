"""What monitors and outside alerts say now, read as the domain's values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage.domain.detection import Reading, status_of_severity
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import Alert, Monitor

_DOWN = (ComponentStatus.PARTIAL_OUTAGE, ComponentStatus.MAJOR_OUTAGE)
_DARK = ComponentStatus.UNKNOWN


def load_readings(session: Session) -> Mapping[str, Reading]:
    """What is down, or dark, by subject: a component's id, or the key of alerts that name none. Two queries."""
    found: dict[str, list[Reading]] = defaultdict(list)
    for reading in (*_monitors(session), *_alerts(session)):
        found[reading.subject].append(reading)
    return {subject: _worst(readings) for subject, readings in found.items()}


def recovered_at(session: Session, subject: str, began_at: datetime, now: datetime) -> datetime:
    """When the last of a subject's measurements came right, as they say themselves."""
    ends = session.scalar(select(func.max(Alert.ends_at)).where(Alert.subject == subject, Alert.ends_at >= began_at))
    ups = session.scalar(
        select(func.max(Monitor.status_since)).where(
            Monitor.component_id == subject, Monitor.removed_at.is_(None), Monitor.status_since >= began_at
        )
    )
    known = [at for at in (ends, ups) if at is not None]
    return min(max(known, default=now), now)


def _monitors(session: Session) -> Iterable[Reading]:
    rows = session.execute(
        select(Monitor.component_id, Monitor.status, Monitor.status_since, Monitor.created_at).where(
            Monitor.enabled.is_(True),
            Monitor.removed_at.is_(None),
            Monitor.checked_at.is_not(None),
            Monitor.status.in_([*_DOWN, _DARK]),
        )
    )
    for component_id, status, since, created_at in rows:
        dark = status is _DARK
        yield Reading(component_id, status, None if dark else since or created_at, held=dark)


def _alerts(session: Session) -> Iterable[Reading]:
    rows: Iterable[Any] = session.execute(
        select(Alert.subject, Alert.severity, func.min(Alert.starts_at))
        .where(Alert.ends_at.is_(None))
        .group_by(Alert.subject, Alert.severity)
    )
    for subject, severity, since in rows:
        yield Reading(subject, status_of_severity(severity), since, severity)


def load_firing(session: Session, subjects: Iterable[str]) -> Mapping[str, list[Alert]]:
    """The alerts that fire on these subjects, oldest first."""
    found: dict[str, list[Alert]] = defaultdict(list)
    query = select(Alert).where(Alert.subject.in_(list(subjects)), Alert.ends_at.is_(None))
    for alert in session.scalars(query.order_by(Alert.starts_at, Alert.id)):
        found[alert.subject].append(alert)
    return found


def _worst(readings: list[Reading]) -> Reading:
    """The gravest of what is down, since the first of them; dark only where nothing is down."""
    down = [reading for reading in readings if reading.since is not None]
    if not down:
        return readings[0]
    gravest = max(down, key=lambda reading: reading.status.severity)
    first = min(reading.since for reading in down if reading.since is not None)
    monitored = any(reading.severity is None for reading in down)
    severity = None if monitored else gravest.severity
    return Reading(gravest.subject, gravest.status, first, severity)
