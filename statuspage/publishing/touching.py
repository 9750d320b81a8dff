"""What changed since the revision on disk: the difference that an incremental publish renders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from statuspage.domain.periods import local_date, midnight
from statuspage.domain.vocabulary import IncidentStatus, MaintenanceStatus
from statuspage.models import AffectedComponent, Component, Incident, Maintenance, MaintenanceComponent, Update
from statuspage.publishing.marker import Marker
from statuspage.publishing.selecting import month_of
from statuspage.publishing.snapshot import Touched

EVERYTHING = Touched(everything=True)
_NEVER = datetime.min.replace(tzinfo=UTC)


def touched_since(
    session: Session,
    marker: Marker,
    now: datetime,
    zone: ZoneInfo,
    *,
    since: int,
    patience: timedelta = timedelta(),
    at_most: int | None = None,
) -> Touched:
    """What rows newer than revision `since`, and time itself, changed.

    What goes on or lies ahead is always rendered (an update may have become overdue), as are the components whose
    figures move by the minute once they are a minute old; on a new day, and when the figures of all are due, all
    components. Figures that were due no longer ago than `patience` are left to the next publish, and so are those of
    more than `at_most` components: then the oldest come first.
    """
    incidents = session.execute(
        select(Incident.id, Incident.started_at).where(Incident.changed_in > since, Incident.draft.is_(False))
    ).all()  # those that are not public too: one that was withdrawn has left files behind
    maintenances = session.execute(
        select(Maintenance.id, Maintenance.starts_at).where(Maintenance.changed_in > since)
    ).all()
    maintenance_ids = [row.id for row in maintenances]
    months = {month_of(row[1], zone) for row in (*incidents, *maintenances)}
    months |= {month_of(start, zone) for start in _old_starts(session, maintenance_ids)}
    open_ids = session.scalars(
        select(Incident.id).where(
            Incident.public_at.is_not(None), Incident.status.in_([s for s in IncidentStatus if s.is_open])
        )
    )
    named = _named_slugs(session, since, incidents=[row.id for row in incidents], maintenances=maintenance_ids)
    touched_incidents = frozenset([*(row.id for row in incidents), *open_ids])
    ahead = session.scalars(
        select(Maintenance.id).where(Maintenance.status.in_([s for s in MaintenanceStatus if not s.is_over]))
    )
    due = sorted(_due_slugs(session, marker, now, zone, patience), key=lambda slug: marker.figures.get(slug, _NEVER))
    return Touched(
        incidents=touched_incidents,
        maintenances=frozenset([*maintenance_ids, *ahead]),
        months=frozenset(months | _neighbours(months, marker.months)),
        components=named | frozenset(due[:at_most]),
        named=named,
        goes_on=at_most is not None and len(due) > at_most,
    )


def _due_slugs(
    session: Session, marker: Marker, now: datetime, zone: ZoneInfo, patience: timedelta
) -> frozenset[str]:
    """Components whose figures time alone made old."""
    day_began = midnight(local_date(now, zone), zone)
    new_day = local_date(now, zone).isoformat() != marker.day and now >= day_began + patience
    all_due = now >= marker.figures_due + patience
    worn = marker.worn(now, patience)
    if not (new_day or all_due):
        return worn
    since = max(day_began if new_day else _NEVER, marker.figures_due if all_due else _NEVER)
    return worn | {slug for slug in _all_slugs(session) if marker.figures.get(slug, _NEVER) < since}


def _old_starts(session: Session, maintenance_ids: Iterable[str]) -> Iterable[datetime]:
    """The starts that moved maintenances once had: their old month must lose them."""
    moves = session.scalars(
        select(Update.details).where(Update.maintenance_id.in_(maintenance_ids), Update.event == "moved")
    )
    for details in moves:
        if details and details.get("old_starts_at"):
            yield datetime.fromisoformat(details["old_starts_at"])


def _neighbours(months: Iterable[str], known: Iterable[str]) -> set[str]:
    """Months beside one that is new: they link to it."""
    beside: set[str] = set()
    for month in set(months) - set(known):
        earlier = [other for other in known if other < month]
        later = [other for other in known if other > month]
        beside.update([*([max(earlier)] if earlier else []), *([min(later)] if later else [])])
    return beside


def _named_slugs(
    session: Session, since: int, *, incidents: Iterable[str], maintenances: Iterable[str]
) -> frozenset[str]:
    """Components that changed, or of which something was said."""
    named = (
        select(AffectedComponent.component_id)
        .join(Update, Update.id == AffectedComponent.update_id)
        .where(Update.incident_id.in_(incidents))
    )
    worked_on = select(MaintenanceComponent.component_id).where(MaintenanceComponent.maintenance_id.in_(maintenances))
    changed = or_(Component.changed_in > since, Component.id.in_(named), Component.id.in_(worked_on))
    return frozenset(session.scalars(select(Component.slug).where(Component.hidden.is_(False), changed)))


def _all_slugs(session: Session) -> frozenset[str]:
    return frozenset(session.scalars(select(Component.slug).where(Component.hidden.is_(False))))
