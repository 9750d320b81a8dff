"""The mail that invites somebody to become a user."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.models import Invitation
from statuspage.notify import outbox
from statuspage.notify.kinds.kind import Desk, Kind
from statuspage.notify.messages import Foot, Letter, Writing, write_letter
from statuspage.notify.outbox import Claimed

NAME = "invitation"
LANE = 5


def owe(session: Session, invitation: Invitation, *, now: datetime) -> None:
    """Owe the mail with the link."""
    outbox.owe(session, NAME, LANE, now=now, invitation_id=invitation.id, address=invitation.email)
    session.flush()


def _load(session: Session, row: Claimed, desk: Desk) -> Invitation:
    return session.get_one(Invitation, row.invitation_id)


def _is_true(session: Session, row: Claimed, desk: Desk, now: datetime) -> bool:
    """The link that the mail would carry works."""
    found = session.get(Invitation, row.invitation_id)
    return found is not None and found.token is not None and found.expires_at > now


def _write(invitation: Invitation, writing: Writing) -> Letter:
    url = writing.letterhead.url
    facts = {"invitation": invitation, "url": f"{url}/admin/invitation/{invitation.token}"}
    return write_letter(NAME, facts, writing, seed=f"{url} invitation {invitation.id}", foot=Foot.NONE)


INVITATION: Kind[Invitation] = Kind(NAME, about="invitation_id", load=_load, mail=_write, is_true=_is_true)
