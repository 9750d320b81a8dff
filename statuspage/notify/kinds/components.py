"""Components that change before the public's eyes: written down once, and owed to the webhooks that chose them.

Statuspage posts such a change beside the incident's own update; chats and mail hear of the update alone.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from statuspage.claims import current_statuses
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import Component, ComponentChange, Subscriber
from statuspage.notify import outbox, webhook_payload
from statuspage.notify.kinds.kind import Desk, Hearer, Kind
from statuspage.notify.kinds.updates import MAINTENANCE_LANE
from statuspage.notify.outbox import Claimed
from statuspage.notify.recipients import chose_components, is_listening

NAME = "component"
LANE = MAINTENANCE_LANE
"""Behind the news of incidents, which says more."""


def owe_changes(session: Session, component_ids: Collection[str], *, now: datetime, quietly: bool = False) -> int:
    """Compare what these components show with what was last told, and owe what changed; how many messages.

    `quietly` writes it down and tells nobody (an import, a post that is not announced)."""
    visible = session.scalars(
        select(Component.id).where(Component.id.in_(component_ids), Component.hidden.is_(False))
    ).all()
    before = _last_told(session, visible)
    owed = 0
    for component_id, status in current_statuses(session, visible, now, public=True).items():
        old = before.get(component_id, ComponentStatus.OPERATIONAL)
        if _seen(status) is not _seen(old):
            change = ComponentChange(component_id=component_id, old_status=old, new_status=status, at=now)
            session.add(change)
            session.flush()
            owed += 0 if quietly else _owe(session, change, now)
    return owed


def _seen(status: ComponentStatus) -> ComponentStatus:
    """Receivers know no unknown: it reads operational."""
    return ComponentStatus.OPERATIONAL if status is ComponentStatus.UNKNOWN else status


def _last_told(session: Session, component_ids: Collection[str]) -> dict[str, ComponentStatus]:
    last = (
        select(func.max(ComponentChange.id))
        .where(ComponentChange.component_id.in_(component_ids))
        .group_by(ComponentChange.component_id)
    )
    rows = session.execute(
        select(ComponentChange.component_id, ComponentChange.new_status).where(ComponentChange.id.in_(last))
    )
    return {component_id: status for component_id, status in rows}  # noqa: C416  rows, not pairs


def _owe(session: Session, change: ComponentChange, now: datetime) -> int:
    wants = or_(Subscriber.wants_incidents.is_(True), Subscriber.wants_maintenance.is_(True))
    chosen = select(Subscriber.id).where(
        Subscriber.channel == "webhook", is_listening(), wants, chose_components(frozenset([change.component_id]))
    )
    return outbox.owe_chosen(session, NAME, LANE, chosen, now=now, component_change_id=change.id)


def _load(session: Session, row: Claimed, desk: Desk) -> ComponentChange:
    return session.get_one(ComponentChange, row.component_change_id)


def _members(session: Session, change: ComponentChange, hearer: Hearer) -> dict[str, Any]:
    component = session.get_one(Component, change.component_id)
    told = {
        "old_status": _seen(change.old_status).value,
        "new_status": _seen(change.new_status).value,
        "created_at": webhook_payload.wire_time(change.at),
        "component_type": "Component",
        "id": f"change-{change.id}",
        "component_id": component.id,
    }
    return {
        "component_update": told,
        "component": webhook_payload.tell_component(session, component, change.new_status),
    }


COMPONENT: Kind[ComponentChange] = Kind(NAME, about="component_change_id", load=_load, members=_members)
