"""Invitations: somebody is asked by mail to become a user, by a link that works once and for a week."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from statuspage import people
from statuspage.domain.vocabulary import Role
from statuspage.errors import Conflicted, NotFound, Problem, Refused
from statuspage.identifiers import new_token
from statuspage.models import Delivery, Invitation, User
from statuspage.notify.kinds import invitations

LASTS_FOR = timedelta(days=7)


def invite(session: Session, email: str, role: Role, *, by: str, now: datetime) -> Invitation:
    """Owe somebody the mail with the link. An older invitation of the same address ends. Raises Refused for a bad
    address, Conflicted for one that is a user's."""
    email = people.read_email(email)
    if people.load_by_email(session, email) is not None:
        raise Conflicted(f"{email} is a user already")
    older = select(Invitation).where(Invitation.email == email, Invitation.token.is_not(None))
    for row in session.scalars(older):
        revoke(session, row, now)
    row = Invitation(
        email=email, role=role, token=new_token(), invited_by=by[:255], created_at=now, expires_at=now + LASTS_FOR
    )
    session.add(row)
    session.flush()
    _owe(session, row, now)
    return row


def send_again(session: Session, row: Invitation, now: datetime) -> None:
    """Owe the mail once more, with a new link; the one sent before ends. Raises Refused for one that is over."""
    if row.used_at is not None or row.revoked_at is not None:
        raise Refused(Problem("", "this invitation was used or revoked: invite anew"))
    row.token, row.expires_at = new_token(), now + LASTS_FOR
    session.flush()
    _owe(session, row, now)


def revoke(session: Session, row: Invitation, now: datetime) -> None:
    """End an invitation for good; one that was used, or ended before, stays as it is."""
    if row.used_at is None and row.revoked_at is None:
        row.revoked_at, row.token = now, None
    session.flush()


def is_open(row: Invitation, now: datetime) -> bool:
    """Whether its link works."""
    return row.token is not None and row.expires_at > now


def load(session: Session, invitation_id: int) -> Invitation:
    """One invitation. Raises NotFound."""
    row = session.get(Invitation, invitation_id)
    if row is None:
        raise NotFound("invitation", str(invitation_id))
    return row


def load_by_token(session: Session, token: str, now: datetime) -> Invitation:
    """The invitation whose link this is. Raises NotFound when it does not work (any more)."""
    row = session.scalars(select(Invitation).where(Invitation.token == token)).one_or_none()
    if row is None or not is_open(row, now):
        raise NotFound("invitation", token)
    return row


def load_all(session: Session) -> list[Invitation]:
    """All invitations, the newest first."""
    return list(session.scalars(select(Invitation).order_by(Invitation.created_at.desc(), Invitation.id.desc())))


def accept(session: Session, token: str, password: str, now: datetime) -> User:
    """Make the invited person a user. Raises NotFound when the link does not work, Refused for a bad password."""
    people.check_password(password)
    row = load_by_token(session, token, now)
    if people.load_by_email(session, row.email) is not None:
        raise NotFound("invitation", token)
    use(session, row, now)
    return people.create_user(session, row.email, password, row.role, now)


def use(session: Session, row: Invitation, now: datetime) -> None:
    """Use an invitation up. Raises NotFound for whoever comes second: one UPDATE decides."""
    token = row.token or ""
    taken = session.execute(
        update(Invitation)
        .where(Invitation.id == row.id, Invitation.token == token)
        .values(used_at=now, token=None)
        .returning(Invitation.id)
    ).all()
    if len(taken) != 1:
        raise NotFound("invitation", token)


def _owe(session: Session, row: Invitation, now: datetime) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.invitation_id == row.id, Delivery.state == "due", Delivery.lease_until.is_(None))
        .values(state="skipped", last_error="a newer link took its place")
    )
    invitations.owe(session, row, now=now)
