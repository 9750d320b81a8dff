"""Letters to a customer's contacts about its reports and claims: written once, owed to each through the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.identifiers import new_id
from statuspage.models import Contact, ContactLetter, Customer, Delivery
from statuspage.notify.email import MailTemplate, one_line
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Letter, Places, write_mail
from statuspage.notify.outbox import LETTER_LANE

KIND = "letter"


def write(
    session: Session, customer: Customer, subject: str, body: str, *, now: datetime, reporter: str = ""
) -> tuple[str, ...]:
    """Owe a letter to whoever reported and to the administrators, else to the main contact, else to the backup.

    The addresses, none where the customer has no contact.
    """
    chosen = addressees(customer, reporter)
    if not chosen:
        return ()
    letter = ContactLetter(id=new_id(), subject=one_line(subject)[:255], body=body, created_at=now)
    session.add(letter)
    session.flush()
    for contact in chosen:
        session.add(
            Delivery(
                kind=KIND,
                lane=LETTER_LANE,
                contact_id=contact.id,
                letter_id=letter.id,
                address=contact.email,
                created_at=now,
                due_at=now,
            )
        )
    session.flush()
    return tuple(contact.email for contact in chosen)


def addressees(customer: Customer, reporter: str = "") -> tuple[Contact, ...]:
    """Who is written to about a report or claim, each address once."""
    known = {contact.role: contact for contact in customer.contacts if contact.role in ("main", "backup")}
    wanted = [
        contact
        for contact in customer.contacts
        if contact.role == "administrator" or (reporter and contact.email.lower() == reporter.lower())
    ]
    return _once(wanted or [known[role] for role in ("main", "backup") if role in known][:1])


def write_letter(letter: ContactLetter, letterhead: Letterhead, language: str, now: datetime) -> Letter:
    """The mail of a stored letter. Contacts are written to by contract: there is nothing to unsubscribe from."""
    words = letterhead.words(language)
    places = Places.of(f"{letterhead.url} letter {letter.id}")
    facts = {"letter": letter, "paragraphs": letter.body.split("\n\n")}
    mail = write_mail("letter", facts, {}, letterhead, words, places, now)
    return Letter(MailTemplate.of(mail, {places.recipient: 1, places.message_id: 1}), places, words)


def _once(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    return tuple({contact.email_key: contact for contact in contacts}.values())
