"""Mail that is owed to every customer's main and backup contact, whatever they chose: on maintenance where the policy
says so (OP9, OP13), and on changed service levels (TP7). There is nothing to unsubscribe from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from statuspage.domain.periods import local_date
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import NoticeKind
from statuspage.models import (
    Component,
    Contact,
    Customer,
    Delivery,
    Incident,
    Maintenance,
    Notice,
    Reminder,
    Subscriber,
    Update,
)
from statuspage.notify import outbox
from statuspage.notify.kinds import notices, reminders, updates
from statuspage.notify.kinds.updates import MAINTENANCE_LANE
from statuspage.notify.recipients import Audience, audience_of_incident, select_recipients

OBLIGED_ROLES = ("main", "backup")


def owe_posts(session: Session, posts: Iterable[Update], *, policy: Policy, now: datetime) -> int:
    """Owe public posts on maintenance, and those that tell of a recovery from a backup (OP15), to the contacts where
    the policy says so; how many deliveries.

    Nothing for what was imported. Who hears of the post as a subscriber is not written to twice.
    """
    if policy.maintenance.email_to != "contacts":
        return 0
    owed = 0
    for post in posts:
        if post.public_at is not None and _is_for_contacts(session, post):
            owed += _owe_post(session, post, load_obliged(session, policy, now), now)
    return owed


def _is_for_contacts(session: Session, post: Update) -> bool:
    if post.maintenance_id is not None:
        return session.get_one(Maintenance, post.maintenance_id).imported_at is None
    return "snapshot_at" in (post.details or {})


def load_obliged(session: Session, policy: Policy, now: datetime) -> Sequence[Contact]:
    """Main and backup contacts of the customers that are served today, each address once."""
    today = local_date(now, policy.zone)
    rows = session.scalars(
        select(Contact)
        .join(Customer)
        .where(
            Contact.role.in_(OBLIGED_ROLES),
            or_(Customer.service_end.is_(None), Customer.service_end >= today),
        )
        .order_by(Contact.email_key, Contact.id)
    )
    return list({contact.email_key: contact for contact in rows}.values())


def count_obliged(
    session: Session, *, components: Collection[str], subscribers: bool, policy: Policy, now: datetime
) -> int:
    """How many contacts would hear of maintenance on the components with these slugs, beside the subscribers where
    those are told as well."""
    ids = session.scalars(select(Component.id).where(Component.slug.in_(components)))
    audience = Audience(NoticeKind.MAINTENANCE, frozenset(ids), None) if subscribers else None
    return _count_beside(session, audience, policy, now)


def count_obliged_by_recovery(
    session: Session, incident: Incident, *, subscribers: bool, policy: Policy, now: datetime
) -> int:
    """How many contacts would hear that an incident was ended from a backup (OP15), likewise."""
    audience = audience_of_incident(session, incident) if subscribers else None
    return _count_beside(session, audience, policy, now)


def _count_beside(session: Session, audience: Audience | None, policy: Policy, now: datetime) -> int:
    if policy.maintenance.email_to != "contacts":
        return 0
    told: set[str] = set()
    if audience is not None:
        subscribed = select_recipients(audience)
        keys = select(Subscriber.address_key).where(Subscriber.channel == "email", Subscriber.id.in_(subscribed))
        told = set(session.scalars(keys))
    return sum(contact.email_key not in told for contact in load_obliged(session, policy, now))


def owe_notice(session: Session, notice: Notice, *, policy: Policy, now: datetime) -> int:
    """Owe a notice to all contacts under any policy (TP7), but not twice to who subscribed; how many deliveries."""
    about = {"kind": notices.NAME, "lane": notices.LANE, "notice_id": notice.id}
    return _owe(session, load_obliged(session, policy, now), Delivery.notice_id == notice.id, about, now)


def owe_reminder(session: Session, reminder: Reminder, *, policy: Policy, now: datetime) -> int:
    """Owe a reminder to the contacts who heard the announcement by contract; how many deliveries."""
    if policy.maintenance.email_to != "contacts":
        return 0
    about = {
        "kind": reminders.NAME,
        "lane": MAINTENANCE_LANE,
        "reminder_id": reminder.id,
        "thread": reminder.maintenance_id,
    }
    return _owe(session, load_obliged(session, policy, now), Delivery.reminder_id == reminder.id, about, now)


def _owe_post(session: Session, post: Update, contacts: Sequence[Contact], now: datetime) -> int:
    about = {"kind": updates.NAME, "lane": MAINTENANCE_LANE, "update_id": post.id, "thread": updates.thread_of(post)}
    return _owe(session, contacts, Delivery.update_id == post.id, about, now)


def _owe(
    session: Session, contacts: Sequence[Contact], same: ColumnElement[bool], about: dict[str, Any], now: datetime
) -> int:
    """One mail to each contact whose address no delivery of the `same` news reaches as a subscriber's; how many."""
    mailed = select(Subscriber.address_key).join(Delivery).where(same, Delivery.channel == "email")
    told = set(session.scalars(mailed))
    missing = [contact for contact in contacts if contact.email_key not in told]
    for contact in missing:
        outbox.owe(session, now=now, contact_id=contact.id, address=contact.email, **about)
    session.flush()
    return len(missing)
