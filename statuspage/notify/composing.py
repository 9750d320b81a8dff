"""From claimed deliveries to finished mails: who still wants it is read again, each text is written once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from statuspage import subscribers
from statuspage.domain.sla.policy import Policy
from statuspage.models import Contact, ContactLetter, Page, Subscriber, Update
from statuspage.notify import alarms, letters, quarantine, welcome
from statuspage.notify.channel import Composed, Message
from statuspage.notify.digests import DigestNews, load_digests
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Letter, Person, Wishes, write_digest, write_news, write_notice, write_request
from statuspage.notify.news import is_reminder_true, load_news, load_notice_news, load_reminder_news
from statuspage.notify.outbox import Claimed
from statuspage.notify.readers import load_people
from statuspage.notify.recipients import Audience, audience_of, select_recipients

NOTHING_CHOSEN = Wishes()
ENOUGH_LETTERS = 64
"""Texts kept at once; a worker that clears a long queue does not grow."""


@dataclass(frozen=True)
class Mail(Message):
    """One finished mail of a claimed delivery."""

    envelope_from: str


class Composer:
    """Writes mails for one run of the worker; letters are kept while it lasts."""

    def __init__(self, letterhead: Letterhead, policy: Policy) -> None:
        self.letterhead = letterhead
        self.policy = policy
        self._audiences: dict[str, Audience] = {}
        self._letters: dict[tuple[str, str], Letter] = {}

    def compose(self, session: Session, rows: Sequence[Claimed], now: datetime) -> Composed:
        """Mails for these rows, as consent and suppression stand now."""
        people = load_people(session, [row.subscriber_id for row in rows if row.subscriber_id])
        wanted = self.still_wanted(session, rows, people, now)
        digests = self._digests(session, rows)
        result = Composed()
        for row in rows:
            person = _addressee(session, row) or people.get(row.subscriber_id or "")
            if person is None or row.id not in wanted or (row.kind == "digest" and row.id not in digests):
                result.unwanted.append((row, "no longer wanted when it was to be sent"))
                continue
            try:
                result.messages.append(self._mail(session, row, person, now, digests.get(row.id)))
            except SQLAlchemyError:
                raise
            except Exception as error:  # one mail that cannot be written must not hold up the others
                result.unwritable.append((row, f"{type(error).__name__}: {error}"))
        return result

    def still_wanted(
        self, session: Session, rows: Sequence[Claimed], people: Collection[str], now: datetime
    ) -> set[int]:
        """The ids of the rows that somebody should hear as things stand now; `people` are ids of subscribers."""
        wanted: set[int] = set()
        told = {row.update_id for row in rows if row.update_id}
        gone = set(session.scalars(select(Update.id).where(Update.id.in_(told), Update.public_at.is_(None))))
        rows = [row for row in rows if row.update_id not in gone]
        for update_id in told - gone:
            audience = self._audience(session, update_id)
            listening = set(session.scalars(select_recipients(audience).where(Subscriber.id.in_(people))))
            wanted |= {row.id for row in rows if row.update_id == update_id and row.subscriber_id in listening}
        for row in rows:
            if row.reminder_id is not None and not is_reminder_true(session, row.reminder_id, now):
                continue
            if row.ring_id is not None:
                if alarms.is_still_true(session, row.ring_id, self.policy):
                    wanted.add(row.id)
            elif row.invitation_id is not None:
                if welcome.is_still_true(session, row.invitation_id, now):
                    wanted.add(row.id)
            elif row.kind == quarantine.KIND:
                if quarantine.is_still_true(session, row.subscriber_id or ""):
                    wanted.add(row.id)
            elif row.contact_id is not None:
                if session.get(Contact, row.contact_id) is not None:
                    wanted.add(row.id)
            elif row.update_id is None and row.subscriber_id in people:
                subscriber = session.get_one(Subscriber, row.subscriber_id)
                awaited = subscribers.is_awaited(session, subscriber, now)
                if awaited if row.kind == "confirmation" else subscribers.is_active(subscriber):
                    wanted.add(row.id)
        return wanted

    def _digests(self, session: Session, rows: Sequence[Claimed]) -> dict[int, DigestNews]:
        """What each digest tells, by delivery; an empty one is left out: its reader chose otherwise since."""
        found: dict[int, DigestNews] = {}
        times = {(row.told_from, row.told_until) for row in rows if row.told_from and row.told_until}
        for since, until in times:
            owed = {
                row.subscriber_id or "": row.id for row in rows if (row.told_from, row.told_until) == (since, until)
            }
            told = load_digests(session, owed, since, until)
            found |= {owed[person]: news for person, news in told.items()}
        return found

    def _mail(
        self, session: Session, row: Claimed, person: Person, now: datetime, digest: DigestNews | None = None
    ) -> Mail:
        letter = self._letter(session, row, person.language, now, digest)
        message_id = self.letterhead.message_id(row.update_id or row.notice_id or f"{row.kind}-{row.id}", person.id)
        recipient = person.recipient
        sealed = self.letterhead.sealed(letter.fill(person, recipient, message_id))
        domain = recipient.rpartition("@")[2].lower()
        return Mail(row, recipient, domain, sealed, self.letterhead.return_address(row.id))

    def _letter(
        self, session: Session, row: Claimed, language: str, now: datetime, digest: DigestNews | None
    ) -> Letter:
        key = (digest.key if digest else _text_of(row), language)
        if key not in self._letters:
            if len(self._letters) >= ENOUGH_LETTERS:
                self._letters.clear()
                self._audiences.clear()
            if digest is not None:
                letter = write_digest(digest, self.letterhead, language, now)
            elif row.update_id:
                news = load_news(session, row.update_id, self.policy)
                letter = write_news(news, self.letterhead, language, now, to_contact=row.contact_id is not None)
            elif row.notice_id is not None:
                told = load_notice_news(session, row.notice_id, self.letterhead.url)
                letter = write_notice(told, self.letterhead, language, now, to_contact=row.contact_id is not None)
            elif row.reminder_id is not None:
                soon = load_reminder_news(session, row.reminder_id, self.policy)
                letter = write_news(soon, self.letterhead, language, now, to_contact=row.contact_id is not None)
            elif row.ring_id is not None:
                alarm = alarms.load_alarm(session, row.ring_id)
                letter = alarms.write_alarm(alarm, self.letterhead, language, now)
            elif row.letter_id is not None:
                stored = session.get_one(ContactLetter, row.letter_id)
                letter = letters.write_letter(stored, self.letterhead, language, now)
            elif row.invitation_id is not None:
                letter = welcome.write_invitation(session, row.invitation_id, self.letterhead, language, now)
            elif row.kind == quarantine.KIND and row.subscriber_id is not None:
                letter = quarantine.write_quarantine(session, row.subscriber_id, self.letterhead, language, now)
            else:
                letter = write_request(row.kind, self.letterhead, language, now)
            self._letters[key] = letter
        return self._letters[key]

    def _audience(self, session: Session, update_id: str) -> Audience:
        if update_id not in self._audiences:
            self._audiences[update_id] = audience_of(session, session.get_one(Update, update_id))
        return self._audiences[update_id]


def _text_of(row: Claimed) -> str:
    """What rows that say the same have in common; contacts read another foot than subscribers."""
    said = row.update_id or row.notice_id or row.letter_id or (f"ring-{row.ring_id}" if row.ring_id else row.kind)
    if row.reminder_id is not None:
        said = f"reminder-{row.reminder_id}"
    if row.invitation_id is not None:
        return f"invitation-{row.invitation_id}"
    if row.kind == quarantine.KIND:
        return f"{said} of {row.subscriber_id}"
    return f"{said} to contacts" if row.contact_id else said


def _addressee(session: Session, row: Claimed) -> Person | None:
    """Somebody who is owed a mail without having subscribed; written to in the page's first language."""
    if row.address is None:
        return None
    language = session.get_one(Page, 1).languages[0]
    return Person(f"address-{row.id}", row.address, "", language, NOTHING_CHOSEN)
