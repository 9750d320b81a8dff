"""Random histories of a few components: all kinds of sources, announced work and corrections."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from statuspage.domain.health import LET_GO
from statuspage.domain.vocabulary import (
    Cause,
    ComponentStatus,
    Impact,
    IncidentStatus,
    MaintenanceKind,
    MaintenanceStatus,
    Risk,
)
from statuspage.models import Component, Correction, Incident, Maintenance, Monitor, StatusChange

BORN = datetime(2026, 10, 20, 7, 13, tzinfo=UTC)
NOW = BORN + timedelta(days=9)
"""The clocks went back in between."""
OK, WORK = ComponentStatus.OPERATIONAL, ComponentStatus.UNDER_MAINTENANCE
Word = tuple[datetime, ComponentStatus]
COMPONENTS = ("a", "b", "c", "d")
STAMPS = {"created_at": BORN, "updated_at": BORN}


def add_history(session: Session, chance: Random) -> None:
    """All kinds of sources on four components, with days in which nothing was said."""
    names = [{"id": key, "slug": key, "name": key, **STAMPS} for key in COMPONENTS]
    session.execute(insert(Component), names)
    for key in COMPONENTS[:3]:
        _say(session, chance, key, list(ComponentStatus))
        for n in range(2):
            monitor = {"id": f"m{key}{n}", "component_id": key, "kind": "http", "settings": {}, **STAMPS}
            session.execute(insert(Monitor), [monitor])
            notes = [None, *LET_GO]
            _say(session, chance, key, list(ComponentStatus), monitor_id=monitor["id"], note=chance.choice(notes))
    for n in range(5):
        _add_incident(session, chance, f"i{n}")
        _add_work(session, chance, f"w{n}")
    for key in COMPONENTS:
        for start in instants(chance, 2):
            end = start + timedelta(minutes=chance.randrange(1, 2000))
            words = {"status": chance.choice(list(ComponentStatus)), "reason": "r", "author": "mary"}
            withdrawn = NOW if chance.random() < 0.3 else None
            span = {"starts_at": start, "ends_at": end, "recorded_at": end, "withdrawn_at": withdrawn}
            session.execute(insert(Correction), [{"component_id": key, **span, **words}])


def _add_incident(session: Session, chance: Random, key: str) -> None:
    began, *said, over = instants(chance, 4)
    is_over, public = chance.random() < 0.7, chance.random() < 0.7
    row = {"id": key, "title": key, "impact": Impact.MAJOR, "cause": Cause.OWN, "started_at": began, **STAMPS}
    status = IncidentStatus.RESOLVED if is_over else IncidentStatus.MONITORING
    ends = {"status": status, "resolved_at": over if is_over else None, "public_at": began if public else None}
    session.execute(insert(Incident), [row | ends])
    for component in chance.sample(COMPONENTS, 2):
        words = [(at, chance.choice(list(ComponentStatus))) for at in (began, *said)]
        insert_words(session, component, [*words, *([(over, OK)] if is_over else [])], incident_id=key)


def _add_work(session: Session, chance: Random, key: str) -> None:
    starts, began, ends, over = instants(chance, 4)
    is_over = chance.random() < 0.7
    status = MaintenanceStatus.COMPLETED if is_over else MaintenanceStatus.IN_PROGRESS
    row = {
        "id": key,
        "title": key,
        "kind": chance.choice(list(MaintenanceKind)),
        "urgent": False,
        "risk": Risk.NORMAL,
    }
    window = {"starts_at": starts, "ends_at": ends, "announced_at": BORN, "began_at": began, "status": status}
    more = {
        "impact": Impact.MAINTENANCE,
        "notice_met": True,
        "excluded": True,
        "completed_at": over if is_over else None,
    }
    session.execute(insert(Maintenance), [row | window | more | STAMPS])
    insert_words(
        session, chance.choice(COMPONENTS), [(began, WORK), *([(over, OK)] if is_over else [])], maintenance_id=key
    )


def _say(session: Session, chance: Random, component: str, words: list[ComponentStatus], **source: Any) -> None:
    insert_words(session, component, [(at, chance.choice(words)) for at in instants(chance, 5)], **source)


def insert_words(
    session: Session, component: str, said: list[tuple[datetime, ComponentStatus]], **source: Any
) -> None:
    rows = [
        {"component_id": component, "at": at, "status": status, "recorded_at": at, **source} for at, status in said
    ]
    session.execute(insert(StatusChange), rows)


def instants(chance: Random, count: int) -> list[datetime]:
    """Ascending instants of the nine days, none twice."""
    return [BORN + timedelta(minutes=minute) for minute in sorted(chance.sample(range(9 * 1440), count))]
