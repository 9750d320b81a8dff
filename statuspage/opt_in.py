"""Double opt-in: the address asked with, the pending row, the one message that asks, the rations against list
bombing.

Shared by whatever a stranger can ask for: a subscription, and to follow one incident.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import attempts
from statuspage.addresses import Address, read_address
from statuspage.attempts import Limit, Rationed
from statuspage.drafts import SubscriberDraft
from statuspage.errors import Problem, Refused
from statuspage.identifiers import new_id, new_token
from statuspage.models import Subscriber
from statuspage.notify.chats.listing import CHATS
from statuspage.notify.hook_addresses import read_hook_address
from statuspage.notify.kinds import requests
from statuspage.notify.webhook_signature import new_secret

PER_ADDRESS = (Limit(1, timedelta(hours=1)), Limit(3, timedelta(days=1)))
PER_CLIENT = (Limit(5, timedelta(hours=1)),)
PER_HOST = (Limit(10, timedelta(hours=1)), Limit(30, timedelta(days=1)))
IN_ALL = (Limit(200, timedelta(hours=1)),)
"""Rations against list bombing: messages to one address, sign-ups by one client, to one host of webhooks (a chat
service is the host of many), and altogether."""
FORM = "form"
"""The source that strangers can use; only it is rationed by client and in all."""


def check_address(draft: SubscriberDraft, *, by_operator: bool) -> Address:
    """The one address a draft gives, by its channel. Raises Refused naming the field."""
    given = draft.hooks
    if not given:
        if not (draft.email or "").strip():
            raise Refused(Problem("email", "give an e-mail address"))
        return read_address(draft.email)
    channel, url = next(iter(given.items()))
    if len(given) > 1 or (draft.email or "").strip():
        raise Refused(Problem(channel, "give one address only: a subscription has one channel"))
    return read_hook_address(channel, url, by_operator=by_operator)


def ration(session: Session, client: str | None, now: datetime) -> None:
    """Count one request by a stranger. Raises Rationed when the client or everybody asked too often."""
    attempts.check(session, "subscribe", "everybody", IN_ALL, now=now)
    attempts.record(session, "subscribe", "everybody", now)
    if client:
        attempts.check(session, "subscribe", f"client {client}", PER_CLIENT, now=now)
        attempts.record(session, "subscribe", f"client {client}", now)


def owe(session: Session, subscriber: Subscriber, kind: str, *, now: datetime) -> None:
    """Owe one message of notify.kinds.requests; an address that had its ration gets none, silently."""
    rations = {subscriber.address_key: PER_ADDRESS} | _host_ration(subscriber)
    try:
        for key, limits in rations.items():
            attempts.check(session, "confirmation", key, limits, now=now)
    except Rationed:
        return
    for key in rations:
        attempts.record(session, "confirmation", key, now)
    requests.owe(session, subscriber, kind, now=now)


def _host_ration(subscriber: Subscriber) -> dict[str, tuple[Limit, ...]]:
    """What strangers may make us post to one host; operators know their own."""
    chat = CHATS.get(subscriber.channel)
    if subscriber.channel == "email" or subscriber.by_operator or (chat is not None and chat.hosts):
        return {}
    return {f"host {urlsplit(subscriber.address).hostname}": PER_HOST}


def find(session: Session, key: str, channel: str = "email") -> Subscriber | None:
    """Who has this address, by the form of it that is compared."""
    return session.scalar(select(Subscriber).where(Subscriber.channel == channel, Subscriber.address_key == key))


def add(session: Session, address: Address, now: datetime) -> Subscriber:
    """A pending row for an address that is not known yet."""
    subscriber = Subscriber(
        id=new_id(),
        channel=address.channel,
        address=address.address,
        address_key=address.key,
        token=new_token(),
        secret=new_secret() if address.channel == "webhook" else None,
        language="",
        created_at=now,
    )
    session.add(subscriber)
    return subscriber
