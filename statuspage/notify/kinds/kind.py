"""What a kind of delivery looks like to the channels that carry it. A new one is a neighbour to copy, and a line in
`listing`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from statuspage.domain.sla.policy import Policy
from statuspage.models import Subscriber
from statuspage.notify.chats.bulletin import Bulletin
from statuspage.notify.digests import DigestNews
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Letter, Person, Writing
from statuspage.notify.outbox import Claimed
from statuspage.notify.recipients import is_listening

News = TypeVar("News")
Json = dict[str, Any]


@dataclass
class Desk:
    """What one run writes with, and what it need not look up again."""

    letterhead: Letterhead
    policy: Policy
    hearers: dict[str, Select[str]] = field(default_factory=dict)
    """By update: who of some `people` hears it; built once, because building it costs more than asking."""
    digests: dict[int, DigestNews] = field(default_factory=dict)
    """By delivery, of those in hand."""


@dataclass(frozen=True)
class Hearer:
    """Whom a message by webhook is for: `secret` is theirs, to check its signature with."""

    row: Claimed
    person: Person
    letterhead: Letterhead
    secret: str | None


def wanted(session: Session, rows: Sequence[Claimed], desk: Desk, now: datetime) -> Collection[int]:
    """Those of the rows that are owed to subscribers who are told anything at present."""
    people = {row.subscriber_id for row in rows}
    listening = set(session.scalars(select(Subscriber.id).where(is_listening(), Subscriber.id.in_(people))))
    return {row.id for row in rows if row.subscriber_id in listening}


def always(session: Session, row: Claimed, desk: Desk, now: datetime) -> bool:
    """It stays true, however late."""
    return True


@dataclass(frozen=True)
class Kind(Generic[News]):
    """One kind of delivery. A channel for which it has no shape is never owed it."""

    name: str
    """Delivery.kind."""
    about: str | None
    """The column of Delivery that names what is told: rows alike in it say the same. None: the kind says it all."""
    load: Callable[[Session, Claimed, Desk], News]
    """The facts that are told."""
    mail: Callable[[News, Writing], Letter] | None = None
    bulletin: Callable[[News, Person, Letterhead], Bulletin] | None = None
    """For chats."""
    members: Callable[[Session, News, Hearer], Json] | None = None
    """What a subscriber's webhook gets beside `meta` and `page`."""
    call: Callable[[News, Letterhead], bytes] | None = None
    """What a webhook gets that is nobody's subscription."""
    wanted: Callable[[Session, Sequence[Claimed], Desk, datetime], Collection[int]] = wanted
    """Of rows that are owed to subscribers, the ids of those that should be heard as wishes stand now. Whoever is
    owed it at an address of their own (Delivery.address) hears it whatever they chose."""
    is_true: Callable[[Session, Claimed, Desk, datetime], bool] = always
    """Whether it still says something."""
    same: Callable[[Claimed, Desk], str] | None = None
    """Where `about` is not enough: a name for the text, the same for all who read the same."""

    def text_of(self, row: Claimed, desk: Desk) -> str:
        """What rows that say the same have in common."""
        if self.same is not None:
            return f"{self.name} {self.same(row, desk)}"
        return f"{self.name} {getattr(row, self.about)}" if self.about else self.name
