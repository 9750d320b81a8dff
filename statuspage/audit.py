"""The audit log: who did what, when and from where, with before and after (see `tracing`). Rows are appended, never
changed: the database itself refuses that (see `append_only`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from statuspage import tracing
from statuspage.models import AuditEvent


def record(
    session: Session,
    action: str,
    *,
    actor: str,
    target: str | None = None,
    details: Mapping[str, Any] | None = None,
    client: str | None = None,
    now: datetime,
) -> AuditEvent:
    """Append one event. `action` is a noun and a verb ("token.revoke"), `details` JSON-ready facts without
    secrets, `client` the address the request came from."""
    event = AuditEvent(
        at=now,
        actor=actor[:255],
        action=action,
        target=target[:255] if target else None,
        details=dict(details) if details else None,
        client=client,
    )
    tracing.add(session, event)
    return event


@dataclass(frozen=True)
class Sought:
    """Which events: `actor` and `action` exactly, `target` as a part of it, whatever its case; None means any."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def load_events(
    session: Session, sought: Sought = Sought(), *, before_id: int | None = None, limit: int = 100
) -> list[AuditEvent]:
    """Newest events first; `before_id` is the last id of the page before."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(AuditEvent.id < before_id)
    if sought.actor is not None:
        query = query.where(AuditEvent.actor == sought.actor)
    if sought.action is not None:
        query = query.where(AuditEvent.action == sought.action)
    if sought.target is not None:
        query = query.where(AuditEvent.target.icontains(sought.target, autoescape=True))
    if sought.since is not None:
        query = query.where(AuditEvent.at >= sought.since)
    if sought.until is not None:
        query = query.where(AuditEvent.at < sought.until)
    return list(session.scalars(query))


def has_event(session: Session, action: str, *, actor: str, client: str, since: datetime) -> bool:
    """Whether `actor` did `action` from `client` at or after `since`."""
    found = exists().where(
        AuditEvent.action == action,
        AuditEvent.actor == actor,
        AuditEvent.client == client,
        AuditEvent.at >= since,
    )
    return bool(session.scalar(select(found)))
