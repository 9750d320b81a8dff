"""Loads the public updates of a selection, their texts rendered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from statuspage.models import AffectedComponent, Update
from statuspage.publishing.markup import html_of, text_of
from statuspage.publishing.selecting import Selection
from statuspage.publishing.snapshot import AffectedView, ComponentView, UpdateView


@dataclass(frozen=True)
class Updates:
    """Public updates by what they belong to, newest first."""

    of_incident: Mapping[str, tuple[UpdateView, ...]]
    of_maintenance: Mapping[str, tuple[UpdateView, ...]]


def load_updates(session: Session, selection: Selection, visible: Mapping[str, ComponentView]) -> Updates:
    """The public updates of the selection in two queries. Components that are not `visible` (by id) stay out."""
    affected = _load_affected(session, selection, visible)
    incidents: dict[str, list[UpdateView]] = defaultdict(list)
    maintenances: dict[str, list[UpdateView]] = defaultdict(list)
    query = select(Update).where(Update.public_at.is_not(None), *_selected(selection))
    for update in session.scalars(query.order_by(Update.posted_at.desc(), Update.sequence.desc(), Update.id.desc())):
        view = _update_view(update, tuple(affected.get(update.id, ())))
        if update.incident_id is not None:
            incidents[update.incident_id].append(view)
        elif update.maintenance_id is not None:
            maintenances[update.maintenance_id].append(view)
    return Updates(
        {key: tuple(views) for key, views in incidents.items()},
        {key: tuple(views) for key, views in maintenances.items()},
    )


def _selected(selection: Selection) -> list[Any]:
    if selection.everything:
        return []
    return [
        or_(Update.incident_id.in_(selection.incidents), Update.maintenance_id.in_(selection.maintenances)),
    ]


def _load_affected(
    session: Session, selection: Selection, visible: Mapping[str, ComponentView]
) -> dict[str, list[AffectedView]]:
    rows = session.execute(
        select(
            AffectedComponent.update_id,
            AffectedComponent.component_id,
            AffectedComponent.old_status,
            AffectedComponent.new_status,
        )
        .join(Update, Update.id == AffectedComponent.update_id)
        .where(Update.public_at.is_not(None), *_selected(selection))
    )
    order = {component_id: place for place, component_id in enumerate(visible)}
    affected: dict[str, list[AffectedView]] = defaultdict(list)
    for update_id, component_id, old, new in rows:
        if component_id in visible:
            component = visible[component_id]
            affected[update_id].append(AffectedView(component_id, component.slug, component.name, old, new))
    for views in affected.values():
        views.sort(key=lambda view: order[view.component_id])
    return affected


def _update_view(update: Update, affected: tuple[AffectedView, ...]) -> UpdateView:
    return UpdateView(
        id=update.id,
        event=update.event,
        status=update.status,
        html=html_of(update.body, update.markup),
        text=text_of(update.body, update.markup),
        priority=update.priority,
        details=update.details or {},
        posted_at=update.posted_at,
        updated_at=update.updated_at,
        affected=affected,
        notified=update.notify,
        texts=update.texts or {},
        edited_at=update.edited_at,
    )
