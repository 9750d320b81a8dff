"""Components that change before the public's eyes: written down once, and owed to the webhooks that chose them.

Statuspage posts such a change beside the incident's own update; chats and mail hear of the update alone.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, literal, or_, select
from sqlalchemy.orm import Session

from statuspage.claims import current_statuses
from statuspage.db import UtcDateTime
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import Component, ComponentChange, Delivery, Subscriber
from statuspage.notify import webhook_payload
from statuspage.notify.outbox import MAINTENANCE_LANE
from statuspage.notify.recipients import chose_components, is_listening

LANE = MAINTENANCE_LANE
"""Behind the news of incidents, which says more."""
_COLUMNS = (
    "subscriber_id",
    "kind",
    "channel",
    "lane",
    "component_change_id",
    "state",
    "created_at",
    "due_at",
    "attempts",
)


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


def tell_change(session: Session, change_id: int) -> dict[str, Any]:
    """The members of a webhook's payload for one change."""
    return webhook_payload.tell_change(session, session.get_one(ComponentChange, change_id))


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
    at = literal(now, UtcDateTime())
    wants = or_(Subscriber.wants_incidents.is_(True), Subscriber.wants_maintenance.is_(True))
    rows = select(
        Subscriber.id,
        literal("component"),
        Subscriber.channel,
        literal(LANE),
        literal(change.id),
        literal("due"),
        at,
        at,
        literal(0),
    ).where(
        Subscriber.channel == "webhook", is_listening(), wants, chose_components(frozenset([change.component_id]))
    )
    filled = insert(Delivery).from_select(list(_COLUMNS), rows).execution_options(preserve_rowcount=True)
    return int(session.execute(filled).rowcount)  # type: ignore[attr-defined]
