"""The mail that invites somebody to become a user."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.models import Invitation
from statuspage.notify.email import MailTemplate
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Letter, Places, write_mail


def is_still_true(session: Session, invitation_id: int, now: datetime) -> bool:
    """Whether the link that the mail would carry works."""
    row = session.get(Invitation, invitation_id)
    return row is not None and row.token is not None and row.expires_at > now


def write_invitation(
    session: Session, invitation_id: int, letterhead: Letterhead, language: str, now: datetime
) -> Letter:
    """The mail of one invitation."""
    row = session.get_one(Invitation, invitation_id)
    words = letterhead.words(language)
    places = Places.of(f"{letterhead.url} invitation {row.id}")
    facts = {"invitation": row, "url": f"{letterhead.url}/admin/invitation/{row.token}"}
    mail = write_mail("invitation", facts, {}, letterhead, words, places, now)
    return Letter(MailTemplate.of(mail, {places.recipient: 1, places.message_id: 1}), places, words)
