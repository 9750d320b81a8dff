"""What a way of telling people looks like to the run that serves it (delivery): e-mail is one, each chat is one.

A channel composes messages and hands them over; claims, leases, the order in a thread, retries, caps for each
destination and the records are the run's. Copy `mailing` or a chat and add it to `channels.CHANNELS`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

from sqlalchemy.orm import Session

from statuspage.db import Database
from statuspage.domain.sla.policy import Policy
from statuspage.notify.outbox import Claimed
from statuspage.settings import Settings


class Meaning(Enum):
    """What to do after a message was not accepted."""

    RETRY = auto()
    """This one was put off: later; go on with the others."""
    LOST = auto()
    """No server, or it went away: this one later, and the others when somebody tries again."""
    UNTRIED = auto()
    """It never left: it is given back as it was."""
    ADDRESS_REFUSED = auto()
    """Nothing will ever arrive there: give up; the channel suppresses the address."""
    MESSAGE_REFUSED = auto()
    """This one is not taken for what it says: give up, but the address may be good."""
    SENDER_REFUSED = auto()
    """Nothing of ours is wanted at all: stop everything, tell the operator."""


@dataclass(frozen=True)
class Trouble:
    """A message that was not accepted: what it means, the other side's words, and how long it asked us to wait."""

    meaning: Meaning
    words: str
    retry_after: timedelta | None = None


@dataclass(slots=True, eq=False)
class Message:
    """One finished message of a claimed delivery. `destination` is what caps are for: a domain or a host."""

    row: Claimed
    recipient: str
    destination: str
    data: bytes


@dataclass(frozen=True)
class Composed:
    """What came of some claimed rows: messages to send, rows nobody wants any more (with the reason), rows that
    cannot be written (with the error)."""

    messages: list[Message] = field(default_factory=list)
    unwanted: list[tuple[Claimed, str]] = field(default_factory=list)
    unwritable: list[tuple[Claimed, str]] = field(default_factory=list)


Result = tuple[Message, Trouble | None]
"""A message and why it was not accepted; None: the other side took responsibility."""


class Office(Protocol):
    """What a run needs of an installation (changes.Installation is one)."""

    @property
    def settings(self) -> Settings: ...

    @property
    def database(self) -> Database: ...

    def policy(self, now: datetime) -> Policy:
        """The policy in force."""
        ...


class Sending(Protocol):
    """A channel while one run lasts; used by the run's thread alone."""

    def compose(self, session: Session, rows: Sequence[Claimed], now: datetime) -> Composed:
        """Messages for these rows, as consent and suppression stand now."""
        ...

    def start(self, message: Message) -> None:
        """Begin to hand a message over; returns at once."""
        ...

    def finished(self, seconds: float) -> list[Result]:
        """What came of messages that were started; waits up to so long for the first."""
        ...

    @property
    def heeds_success(self) -> bool:
        """Whether `heed` wants to know of messages that were accepted, too."""
        ...

    def heed(self, session: Session, results: Sequence[Result], now: datetime) -> None:
        """Remember what results say of the channel and its subscribers (a refused address, an end of failures),
        in the transaction that records them."""
        ...

    def abort(self) -> None:
        """Cut what is under way; it fails at once."""
        ...

    def close(self, *, patiently: bool) -> None:
        """The run is over; `patiently` waits for threads to end."""
        ...


class Channel(Protocol):
    """One way of telling people, declared once."""

    @property
    def name(self) -> str:
        """Of the run, in threads and logs."""
        ...

    @property
    def carries(self) -> Collection[str]:
        """The values of Delivery.channel that it serves."""
        ...

    @property
    def lanes(self) -> Sequence[int]:
        """The lanes that it serves (outbox.NOTIFICATIONS or outbox.REQUESTS)."""
        ...

    @property
    def in_flight(self) -> int:
        """How many messages may be unrecorded at any instant: a kill repeats no more than these."""
        ...

    @property
    def ahead(self) -> int:
        """How many more are handed over, to leave when those are recorded."""
        ...

    @property
    def waits(self) -> Sequence[timedelta]:
        """Waits after the first failure, the second …; after the last one a delivery is dead."""
        ...

    def standstill(self, session: Session, settings: Settings, now: datetime) -> str | None:
        """Why nothing may be claimed now, for the operator; None when messages flow."""
        ...

    def open(self, session: Session, office: Office, now: datetime) -> Sending:
        """Ready for one run."""
        ...


class InThreads:
    """Hands messages over one by one in threads: the half of a Sending that a slow protocol needs."""

    heeds_success = True

    def __init__(self, send: Callable[[Message], Trouble | None], threads: int, name: str) -> None:
        """`send` blocks, has its own timeout, and answers None once the other side took responsibility."""
        self._send = send
        self._pool = ThreadPoolExecutor(threads, name)
        self._flying: dict[Future[Trouble | None], Message] = {}

    def start(self, message: Message) -> None:
        """As Sending.start."""
        self._flying[self._pool.submit(self._send, message)] = message

    def finished(self, seconds: float) -> list[Result]:
        """As Sending.finished."""
        done, _ = wait(self._flying, timeout=seconds, return_when=FIRST_COMPLETED)
        return [(self._flying.pop(future), future.result()) for future in done]

    def abort(self) -> None:
        """What runs in a thread ends by its own timeout."""

    def close(self, *, patiently: bool) -> None:
        """As Sending.close."""
        self._pool.shutdown(wait=patiently, cancel_futures=True)
