"""Webhooks and chats as a channel: one POST per message, to whatever address a subscriber gave.

A failure is tried again by the schedule of Standard Webhooks; an address that says it is gone is suppressed at once,
one that fails for an hour is quarantined (notify.quarantine).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from statuspage import subscribers
from statuspage.models import Subscriber
from statuspage.notify import outbox, quarantine, webhook_payload
from statuspage.notify.channel import Composed, InThreads, Meaning, Message, Office, Result, Trouble
from statuspage.notify.chats.listing import CHATS
from statuspage.notify.composing import Composer
from statuspage.notify.hook_addresses import HOOK_CHANNELS
from statuspage.notify.kinds.kind import Hearer, Kind
from statuspage.notify.letterhead import load_letterhead
from statuspage.notify.messages import Person
from statuspage.notify.outbox import Claimed
from statuspage.notify.posting import TOTAL_SECONDS, NoAnswer, post_json
from statuspage.notify.webhook_signature import signed_headers
from statuspage.reaching import Networks
from statuspage.settings import Settings

Shape = TypeVar("Shape")
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Standard Webhooks 1.0, "Deliverability and reliability"."""
GONE = (410,)
BUSY = (429, 503)
"""Answers whose Retry-After is heeded."""


@dataclass(slots=True, eq=False)
class Post(Message):
    """One finished POST. `gone` are the answers that end the subscription; `at` is when it was written."""

    headers: Mapping[str, str]
    allowed: Networks
    gone: Collection[int]
    at: datetime


@dataclass(frozen=True)
class HookChannel:
    """All addresses to post to. `total` is the time one exchange may take."""

    name: str = "hooks"
    lanes: Sequence[int] = outbox.NOTIFICATIONS
    in_flight: int = 32
    ahead: int = 0
    waits: Sequence[timedelta] = WAITS
    total: float = TOTAL_SECONDS
    carries: Collection[str] = field(default=HOOK_CHANNELS)

    def standstill(self, session: Session, settings: Settings, now: datetime) -> str | None:
        """Never: each address stands and falls by itself."""
        return None

    def open(self, session: Session, office: Office, now: datetime) -> _Hooking:
        """Ready to post."""
        composer = Composer(load_letterhead(session, office.settings), office.policy(now))
        return _Hooking(composer, office.settings, self)


HOOKS = HookChannel()
HOOK_REQUESTS = HookChannel(name="hook requests", lanes=outbox.REQUESTS, in_flight=4)
"""Confirmations that strangers ask for: few at once, beside the news."""


class _Hooking(InThreads):
    """One run; the threads do nothing but post."""

    def __init__(self, composer: Composer, settings: Settings, channel: HookChannel) -> None:
        super().__init__(self._send, channel.in_flight, "hook")
        self.composer = composer
        self.settings = settings
        self.channel = channel
        self._failing: set[str | None] = set()
        self._untried: list[Message] = []

    def start(self, message: Message) -> None:
        """As Sending.start; in quarantine one failure is enough for this run."""
        if message.row.subscriber_id in self._failing:
            self._untried.append(message)
        else:
            super().start(message)

    def finished(self, seconds: float) -> list[Result]:
        """As Sending.finished."""
        kept: list[Result] = [(message, Trouble(Meaning.UNTRIED, "in quarantine")) for message in self._untried]
        self._untried.clear()
        return kept + super().finished(0 if kept else seconds)

    def compose(self, session: Session, rows: Sequence[Claimed], now: datetime) -> Composed:
        """As Sending.compose."""

        def write(kind: Kind[Any], row: Claimed, person: Person) -> Message:
            return self._post(session, kind, row, person, now)

        return self.composer.compose_each(session, rows, now, write)

    def heed(self, session: Session, results: Sequence[Result], now: datetime) -> None:
        """What arrives ends a row of failures, what fails goes on with it or begins one; what is gone is suppressed,
        and so is what failed through the whole schedule."""
        for message, trouble in results:
            row = message.row
            subscriber = session.get(Subscriber, row.subscriber_id) if row.subscriber_id else None
            if subscriber is None or (trouble is not None and trouble.meaning is Meaning.UNTRIED):
                continue
            if trouble is None:
                quarantine.note_success(session, subscriber, now)
            elif trouble.meaning is Meaning.ADDRESS_REFUSED:
                subscribers.suppress(session, subscriber, reason=trouble.words, now=now)
            elif subscribers.is_active(subscriber) and trouble.retry_after is None:
                quarantine.note_failure(session, subscriber, row, self.channel.waits, now)
                if subscriber.quarantined_at is not None:
                    self._failing.add(subscriber.id)
                if row.attempts >= len(self.channel.waits):
                    subscribers.suppress(session, subscriber, reason=f"given up: {trouble.words}", now=now)

    def _post(self, session: Session, kind: Kind[Any], row: Claimed, person: Person, now: datetime) -> Post:
        desk = self.composer.desk
        private = self.settings.probe_allow_private
        news = kind.load(session, row, desk)
        if row.address is not None:
            data = _shape(kind.call, row)(news, desk.letterhead)
            return _addressed(row, row.address, data, {}, private, GONE, now)
        subscriber = session.get_one(Subscriber, person.id)
        allowed = private if subscriber.by_operator else ()
        chat = CHATS.get(subscriber.channel)
        if chat is not None:
            bulletin = _shape(kind.bulletin, row)(news, person, desk.letterhead)
            data = json.dumps(chat.render(bulletin), ensure_ascii=False).encode()
            return _addressed(row, subscriber.address, data, {}, allowed, chat.gone, now)
        members = _shape(kind.members, row)(session, news, Hearer(row, person, desk.letterhead, subscriber.secret))
        data = webhook_payload.whole_payload(session, members, person.token, desk.letterhead, desk.policy, now)
        headers = signed_headers(subscriber.secret, message_id(row, person), data, now) if subscriber.secret else {}
        return _addressed(row, subscriber.address, data, headers, allowed, GONE, now)

    def _send(self, message: Message) -> Trouble | None:
        assert isinstance(message, Post)
        try:
            answer = post_json(
                message.recipient,
                message.data,
                now=message.at,
                headers=message.headers,
                allowed=message.allowed,
                total=self.channel.total,
            )
        except NoAnswer as error:
            return Trouble(Meaning.RETRY, str(error))
        if answer.taken:
            return None
        words = f"answered {answer.status}: {answer.words}".rstrip(": ")[:300]
        if answer.status in message.gone:
            return Trouble(Meaning.ADDRESS_REFUSED, words)
        return Trouble(Meaning.RETRY, words, answer.retry_after if answer.status in BUSY else None)


def message_id(row: Claimed, person: Person) -> str:
    """The `webhook-id`: the same at every try, and for nothing else."""
    return f"{row.said}.{person.id}"


def _shape(found: Shape | None, row: Claimed) -> Shape:
    if found is None:
        raise ValueError(f"nothing is told of kind {row.kind} on this channel")
    return found


def _addressed(
    row: Claimed,
    url: str,
    data: bytes,
    headers: Mapping[str, str],
    allowed: Networks,
    gone: Collection[int],
    now: datetime,
) -> Post:
    return Post(row, url, urlsplit(url).netloc, data, headers, allowed, gone, now)
