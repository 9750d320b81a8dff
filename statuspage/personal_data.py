"""All that is kept of one subscriber, as they and operators may have it (GDPR articles 7, 15 and 20)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.wallclock import wire
from statuspage.models import Bounce, Consent, Delivery, Subscriber
from statuspage.wishes import kinds_of, services_of


def load_consents(session: Session, subscriber: Subscriber) -> Sequence[Consent]:
    """What somebody agreed to and took back, oldest first."""
    return session.scalars(select(Consent).where(Consent.subscriber_id == subscriber.id).order_by(Consent.id)).all()


def personal_data(session: Session, subscriber: Subscriber) -> dict[str, Any]:
    """JSON-ready: address, choices, proof of consent, what was sent and what came back; instants as the API spells
    them. The secret link and a webhook's key are left out: they open doors."""
    deliveries = session.scalars(
        select(Delivery).where(Delivery.subscriber_id == subscriber.id).order_by(Delivery.id)
    )
    bounces = session.scalars(select(Bounce).where(Bounce.subscriber_id == subscriber.id).order_by(Bounce.id))
    return {
        "id": subscriber.id,
        "channel": subscriber.channel,
        "address": subscriber.address,
        "language": subscriber.language,
        "kinds": kinds_of(subscriber),
        "components": [component.slug for component in subscriber.components],
        "services": services_of(subscriber),
        "min_priority": subscriber.min_priority,
        "frequency": subscriber.frequency,
        "follows": [
            {"incident": each.incident_id, **_instants(each, "created_at", "confirmed_at", "ended_at")}
            for each in subscriber.follows
        ],
        **_instants(subscriber, "created_at", "confirmed_at", "unsubscribed_at", "suppressed_at"),
        "suppressed_for": subscriber.suppressed_for,
        "consents": [
            {"at": wire(each.at), "action": each.action, "source": each.source, "client": each.client}
            for each in load_consents(session, subscriber)
        ],
        "deliveries": [
            {"kind": each.kind, "state": each.state, **_instants(each, "created_at", "sent_at")}
            for each in deliveries
        ],
        "bounces": [{"kind": each.kind, "at": wire(each.at), "words": each.words} for each in bounces],
    }


def _instants(row: Any, *names: str) -> dict[str, str | None]:
    return {name: wire(at) if (at := getattr(row, name)) else None for name in names}
