"""Letters to a customer's contacts about its reports and claims: written once, owed to each through the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.identifiers import new_id
from statuspage.models import Contact, ContactLetter, Customer
from statuspage.notify import messages, outbox
from statuspage.notify.email import one_line
from statuspage.notify.kinds.kind import Desk, Kind
from statuspage.notify.messages import Foot, Letter, Writing
from statuspage.notify.outbox import Claimed

NAME = "letter"
LANE = 5


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
        about = {"contact_id": contact.id, "letter_id": letter.id, "address": contact.email}
        outbox.owe(session, NAME, LANE, now=now, **about)
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


def _load(session: Session, row: Claimed, desk: Desk) -> ContactLetter:
    return session.get_one(ContactLetter, row.letter_id)


def _write(letter: ContactLetter, writing: Writing) -> Letter:
    """Contacts are written to by contract: there is nothing to unsubscribe from."""
    facts = {"letter": letter, "paragraphs": letter.body.split("\n\n")}
    seed = f"{writing.letterhead.url} letter {letter.id}"
    return messages.write_letter(NAME, facts, writing, seed=seed, foot=Foot.NONE)


def _once(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    return tuple({contact.email_key: contact for contact in contacts}.values())


LETTER: Kind[ContactLetter] = Kind(NAME, about="letter_id", load=_load, mail=_write)
