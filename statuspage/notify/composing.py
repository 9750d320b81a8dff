"""From claimed deliveries to finished messages: who still wants it is read again, each text is written once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from statuspage.domain.sla.policy import Policy
from statuspage.models import Contact, Page
from statuspage.notify.channel import Composed, Message
from statuspage.notify.kinds.kind import Desk, Kind
from statuspage.notify.kinds.listing import KINDS
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Letter, Person, Writing
from statuspage.notify.outbox import Claimed
from statuspage.notify.readers import load_people
from statuspage.notify.wished import Wishes

NOTHING_CHOSEN = Wishes()
ENOUGH_LETTERS = 64
"""Texts kept at once; a worker that clears a long queue does not grow."""
UNWANTED = "no longer wanted when it was to be sent"
Write = Callable[[Kind[Any], Claimed, Person], Message]


@dataclass(slots=True, eq=False)
class Mail(Message):
    """One finished mail of a claimed delivery."""

    envelope_from: str
    is_doubled: bool
    """Whether a dot that begins a line stands there twice, as SMTP sends it."""


class Composer:
    """Writes messages for one run of the worker; letters are kept while it lasts."""

    def __init__(self, letterhead: Letterhead, policy: Policy) -> None:
        self.desk = Desk(letterhead, policy)
        self._letters: dict[tuple[str, str, bool], Letter] = {}

    @property
    def letterhead(self) -> Letterhead:
        """On whose paper all is written."""
        return self.desk.letterhead

    def compose(self, session: Session, rows: Sequence[Claimed], now: datetime) -> Composed:
        """Mails for these rows, as consent and suppression stand now."""

        def write(kind: Kind[Any], row: Claimed, person: Person) -> Message:
            return self._mail(session, kind, row, person, now)

        return self.compose_each(session, rows, now, write)

    def compose_each(self, session: Session, rows: Sequence[Claimed], now: datetime, write: Write) -> Composed:
        """Messages for these rows in some other shape, as consent and suppression stand now."""
        people = load_people(session, [row.subscriber_id for row in rows if row.subscriber_id])
        wanted = self._wanted(session, rows, now)
        result = Composed()
        for row in rows:
            person = _addressee(session, row) if row.address is not None else people.get(row.subscriber_id or "")
            if person is None or row.id not in wanted:
                result.unwanted.append((row, UNWANTED))
                continue
            try:
                result.messages.append(write(KINDS[row.kind], row, person))
            except SQLAlchemyError:
                raise
            except Exception as error:  # one message that cannot be written must not hold up the others
                result.unwritable.append((row, f"{type(error).__name__}: {error}"))
        return result

    def _wanted(self, session: Session, rows: Sequence[Claimed], now: datetime) -> set[int]:
        """The ids of the rows that somebody should hear as things stand now."""
        wanted: set[int] = set()
        for name, alike in groupby(sorted(rows, key=lambda row: row.kind), key=lambda row: row.kind):
            kind = KINDS[name]
            true = self._true(session, kind, list(alike), now)
            subscribed = [row for row in true if row.address is None]
            if subscribed:
                wanted.update(kind.wanted(session, subscribed, self.desk, now))
            addressed = [row for row in true if row.address is not None]
            wanted |= {row.id for row in addressed} - _left(session, addressed)
        return wanted

    def _true(self, session: Session, kind: Kind[Any], rows: Sequence[Claimed], now: datetime) -> list[Claimed]:
        """Those that still say something; asked once of all that say the same."""
        told = {getattr(row, kind.about or "kind"): row for row in rows}
        true = {said for said, row in told.items() if kind.is_true(session, row, self.desk, now)}
        return [row for row in rows if getattr(row, kind.about or "kind") in true]

    def _mail(self, session: Session, kind: Kind[Any], row: Claimed, person: Person, now: datetime) -> Mail:
        letter = self._letter(session, kind, row, person.language, now)
        recipient = person.recipient
        message_id = self.letterhead.message_id(row.said, person.id)
        doubled = self.letterhead.signer is None  # a signature is over what is read
        sealed = self.letterhead.sealed(letter.fill(person, recipient, message_id, doubled=doubled))
        domain = recipient.rpartition("@")[2].lower()
        return Mail(row, recipient, domain, sealed, self.letterhead.return_address(row.id), doubled)

    def _letter(self, session: Session, kind: Kind[Any], row: Claimed, language: str, now: datetime) -> Letter:
        to_contact = row.contact_id is not None
        key = (kind.text_of(row, self.desk), language, to_contact)
        letter = self._letters.get(key)
        if letter is None:
            if kind.mail is None:
                raise ValueError(f"no mail is written of kind {kind.name}")
            if len(self._letters) >= ENOUGH_LETTERS:
                self._letters.clear()
                self.desk.hearers.clear()
            writing = Writing(self.letterhead, language, now, to_contact=to_contact)
            letter = self._letters[key] = kind.mail(kind.load(session, row, self.desk), writing)
        return letter


def _left(session: Session, rows: Sequence[Claimed]) -> set[int]:
    """Rows of contacts who are none any more."""
    contacts = {row.contact_id for row in rows if row.contact_id is not None}
    known = set(session.scalars(select(Contact.id).where(Contact.id.in_(contacts)))) if contacts else set()
    return {row.id for row in rows if row.contact_id is not None and row.contact_id not in known}


def _addressee(session: Session, row: Claimed) -> Person | None:
    """Somebody who is owed a message without having subscribed; told in the page's first language."""
    language = session.get_one(Page, 1).languages[0]
    return Person(f"address-{row.id}", row.address or "", "", language, NOTHING_CHOSEN)
