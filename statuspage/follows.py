"""Following one incident until it is resolved: asked for with an address of any channel, confirmed like any
subscription.

A follow is of the incident, not of its updates: it ends with the resolving update, and who followed hears again when
the incident is reopened within REOPENED_WITHIN. After that it is over, and who had nothing else is forgotten.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from statuspage import consent, opt_in
from statuspage.addresses import Address
from statuspage.components import load_page
from statuspage.drafts import SubscriberDraft
from statuspage.errors import Problem, Refused
from statuspage.models import Follow, Incident, Subscriber
from statuspage.notify.recipients import Audience, audience_of_incident, select_recipients, subscribes
from statuspage.wishes import set_kinds

REOPENED_WITHIN = timedelta(days=7)


def ask_to_follow(
    session: Session, draft: SubscriberDraft, *, source: str, client: str | None = None, now: datetime
) -> Subscriber:
    """Ask to follow `draft.incident`: one message to confirm, or "you are subscribed" to who hears of it already.

    Doors answer alike whatever the row says. Raises Refused for a bad address or an incident that is not public and
    open, Rationed when the client or everybody asked too often.
    """
    by_operator = source != opt_in.FORM
    incident, address, language = _check(session, draft, by_operator=by_operator)
    if not by_operator:
        opt_in.ration(session, client, now)
    subscriber = opt_in.find(session, address.key, address.channel)
    if subscriber is not None and hears_of(session, subscriber, incident):
        opt_in.owe(session, subscriber, "already", now=now)
        return subscriber
    if subscriber is None or not consent.is_active(subscriber):
        subscriber = _begin(session, subscriber or opt_in.add(session, address, now), language, now)
    subscriber.by_operator = subscriber.by_operator or by_operator
    _add_follow(session, subscriber, incident, now)
    consent.prove(session, subscriber, "asked", source=_where(source, incident), client=client, now=now)
    opt_in.owe(session, subscriber, "confirmation", now=now)
    return subscriber


def add_follower(
    session: Session, draft: SubscriberDraft, *, source: str, client: str | None, now: datetime
) -> Subscriber:
    """Add somebody whose wish to follow `draft.incident` was given elsewhere, nobody asked. Raises Refused.

    Who unsubscribed or bounced here stays so.
    """
    incident, address, language = _check(session, draft, by_operator=True)
    subscriber = opt_in.find(session, address.key, address.channel)
    if subscriber is not None and consent.ended_at(subscriber) is not None:
        return subscriber
    if subscriber is None or subscriber.confirmed_at is None:
        subscriber = _begin(session, subscriber or opt_in.add(session, address, now), language, now)
        set_kinds(subscriber, [])
        subscriber.confirmed_at = now
    subscriber.by_operator = True
    follow(session, subscriber, incident.id, source=source, client=client, now=now)
    return subscriber


def follow(
    session: Session, subscriber: Subscriber, incident_id: str, *, source: str, client: str | None, now: datetime
) -> None:
    """Somebody known by their link follows an incident from now on. Raises Refused."""
    incident = _check_incident(session, incident_id)
    _add_follow(session, subscriber, incident, now).confirmed_at = now
    consent.prove(session, subscriber, "confirmed", source=_where(source, incident), client=client, now=now)


def stop(
    session: Session, subscriber: Subscriber, incident_id: str, *, source: str, client: str | None, now: datetime
) -> None:
    """Follow it no longer; a second time, and an incident never followed, change nothing."""
    found = session.get(Follow, (subscriber.id, incident_id))
    if found is not None and found.ended_at is None:
        found.ended_at = now
        where = f"{source}, incident {incident_id}"
        consent.prove(session, subscriber, "withdrawn", source=where, client=client, now=now)


def confirm_asked(session: Session, subscriber: Subscriber, now: datetime) -> bool:
    """Begin the follows that were asked for lately; whether there were any."""
    asked = [each for each in subscriber.follows if consent.is_asked(each, now)]
    for each in asked:
        each.confirmed_at = now
    session.flush()
    return bool(asked)


def hears_of(session: Session, subscriber: Subscriber, incident: Incident) -> bool:
    """Whether somebody is told of this incident as it stands, by choice or because they follow it."""
    from_now = select_recipients(_followed(session, incident)).where(Subscriber.id == subscriber.id)
    return session.scalar(from_now) is not None


def load_open(session: Session) -> list[Incident]:
    """The incidents that can be followed, newest first."""
    query = select(Incident).where(Incident.public_at.is_not(None), Incident.resolved_at.is_(None))
    return [i for i in session.scalars(query.order_by(Incident.started_at.desc())) if i.status.is_open]


def end_over(session: Session, now: datetime) -> int:
    """End the follows of incidents that stayed resolved, and those never confirmed; forget who had nothing else.

    How many were forgotten. A suppressed or unsubscribed address stays: it must not be written to again.
    """
    resolved = select(Incident.id).where(Incident.resolved_at < now - REOPENED_WITHIN)
    session.execute(
        update(Follow).where(Follow.ended_at.is_(None), Follow.incident_id.in_(resolved)).values(ended_at=now)
    )
    session.execute(
        delete(Follow).where(Follow.confirmed_at.is_(None), Follow.created_at < now - consent.PENDING_FOR)
    )
    lasting = exists().where(Follow.subscriber_id == Subscriber.id, Follow.ended_at.is_(None))
    gone = session.scalars(
        delete(Subscriber)
        .where(
            ~subscribes(),
            ~lasting,
            Subscriber.confirmed_at.is_not(None),
            Subscriber.unsubscribed_at.is_(None),
            Subscriber.suppressed_at.is_(None),
        )
        .returning(Subscriber.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _followed(session: Session, incident: Incident) -> Audience:
    return replace(audience_of_incident(session, incident), incident_id=incident.id)


def _begin(session: Session, subscriber: Subscriber, language: str, now: datetime) -> Subscriber:
    """Somebody unknown, or who left, asks for this incident alone: no earlier wish comes back with it."""
    if subscriber.unsubscribed_at is not None or not subscriber.language:
        set_kinds(subscriber, [])
    subscriber.language = subscriber.language or language
    if subscriber.confirmed_at is None:
        subscriber.created_at = now  # the seven days begin anew
    session.flush()
    return subscriber


def _add_follow(session: Session, subscriber: Subscriber, incident: Incident, now: datetime) -> Follow:
    found = session.get(Follow, (subscriber.id, incident.id))
    if found is None:
        found = Follow(subscriber_id=subscriber.id, incident_id=incident.id)
        session.add(found)
    if found.ended_at is not None or found.confirmed_at is None:
        found.created_at, found.confirmed_at, found.ended_at = now, None, None
    session.flush()
    session.refresh(subscriber, ["follows"])
    return found


def _check(session: Session, draft: SubscriberDraft, *, by_operator: bool) -> tuple[Incident, Address, str]:
    incident = _check_incident(session, draft.incident or "")
    address = opt_in.check_address(draft, by_operator=by_operator)
    languages = load_page(session).languages
    language = draft.language or languages[0]
    if language not in languages:
        raise Refused(Problem("language", f"must be one of {', '.join(languages)}"))
    return incident, address, language


def _check_incident(session: Session, incident_id: str) -> Incident:
    incident = session.get(Incident, incident_id[:40])
    if incident is None or incident.public_at is None or incident.draft or not incident.status.is_open:
        raise Refused(Problem("incident", "there is no open incident with this id"))
    return incident


def _where(source: str, incident: Incident) -> str:
    return f"{source}, incident {incident.id}"
