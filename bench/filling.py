"""An instance for the benchmarks: components and resolved incidents of the last six years, written in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from statuspage import people
from statuspage.changes import open_installation, site_change
from statuspage.components import add_component
from statuspage.domain.vocabulary import Cause, ComponentStatus, Impact, IncidentStatus, Priority, Scope
from statuspage.drafts import ComponentDraft
from statuspage.instance import bring_up_to_date
from statuspage.models import AffectedComponent, Component, Incident, StatusChange, Update
from statuspage.settings import Settings

AUTHOR = "bench"
YEARS = 6
PORTION = 2000
"""Incidents written at once."""
STORY = (
    (0, "opened", IncidentStatus.INVESTIGATING),
    (20, "updated", IncidentStatus.IDENTIFIED),
    (50, "updated", IncidentStatus.MONITORING),
    (70, "resolved", IncidentStatus.RESOLVED),
)
"""Minutes after the start, what happened, and the status then."""

Rows = dict[Any, list[dict[str, Any]]]


def fill(instance: Path, components: int, history: int) -> str:
    """An instance with so many components and resolved incidents, published; an admin token."""
    installation = open_installation(Settings(statuspage_instance=instance))
    now = datetime.now(UTC).replace(microsecond=0)
    began = now - timedelta(days=YEARS * 365)
    bring_up_to_date(installation, began)
    with site_change(installation, began, author=AUTHOR) as change:
        change.unseen = True
        for number in range(components):
            draft = ComponentDraft(name=f"Component {number}", group=f"Group {number // 10}")
            add_component(change.session, draft, author=AUTHOR, now=began)
    with installation.database.write() as session:
        _add_history(session, history, began, now)
        _, token = people.create_token(session, "bench", Scope.ADMIN, now)
    installation.publisher.publish(now, everything=True)
    installation.database.dispose()
    return token


def _add_history(session: Session, history: int, began: datetime, now: datetime) -> None:
    ids = session.scalars(select(Component.id).order_by(Component.position, Component.id)).all()
    step = (now - began) / (history + 1)
    for first in range(0, history, PORTION):
        rows: Rows = {Incident: [], Update: [], AffectedComponent: [], StatusChange: []}
        for number in range(first, min(first + PORTION, history)):
            at = (began + step * (number + 1)).replace(microsecond=0)
            for table, row in _incident(number, ids[number % len(ids)], at):
                rows[table].append(row)
        for table, some in rows.items():
            session.execute(insert(table), some)


def _incident(number: int, component_id: str, at: datetime) -> Iterator[tuple[Any, dict[str, Any]]]:
    key = f"b{number:011d}"
    over = at + timedelta(minutes=STORY[-1][0])
    stamps = {"created_at": at, "updated_at": over, "public_at": at}
    yield (
        Incident,
        {
            **{"id": key, "title": f"Incident {number}", "priority": Priority.P2, "impact": Impact.CRITICAL},
            **{"status": IncidentStatus.RESOLVED, "cause": Cause.OWN, "started_at": at, "resolved_at": over},
            **{"author": AUTHOR, **stamps},
        },
    )
    for place, (minutes, event, status) in enumerate(STORY):
        posted = at + timedelta(minutes=minutes)
        update = f"u{number:010d}{place}"
        yield (
            Update,
            {
                **{"id": update, "incident_id": key, "event": event, "status": status.value, "author": AUTHOR},
                **{"body": f"Now **{status.value}**.", "priority": Priority.P2, "sequence": place},
                **{"posted_at": posted, "updated_at": posted, "public_at": posted},
            },
        )
        if place in (0, len(STORY) - 1):
            was, became = ComponentStatus.OPERATIONAL, ComponentStatus.MAJOR_OUTAGE
            old, new = (was, became) if place == 0 else (became, was)
            said = {"component_id": component_id, "author": AUTHOR}
            yield (
                AffectedComponent,
                {"update_id": update, "component_id": component_id, "old_status": old, "new_status": new},
            )
            yield (
                StatusChange,
                {**said, "incident_id": key, "at": posted, "status": new, "cause": Cause.OWN, "recorded_at": posted},
            )
