"""Who somebody is here whom the provider of the single sign-on vouches for.

The provider's own name for an account decides, once it is linked; the first time its verified e-mail address does.
Nobody's role is changed by it, and nobody is let in who was neither known, nor invited, nor meant by OIDC_ROLES.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from statuspage import audit, invitations, people
from statuspage.admission import RoleRule, role_of
from statuspage.errors import Refused
from statuspage.models import Identity, Invitation, User
from statuspage.openid import Assertion, SignOnFailed


def admit(session: Session, said: Assertion, *, rules: Sequence[RoleRule], client: str | None, now: datetime) -> User:
    """The user that this is, linked or made where it is the first time. Raises SignOnFailed."""
    linked = session.scalars(
        select(Identity).where(Identity.issuer == said.issuer, Identity.subject == said.subject)
    ).one_or_none()
    if linked is not None:
        linked.last_used_at = max(linked.last_used_at, now)
        return _let_in(people.load_by_id(session, linked.user_id))
    email = _verified_address(said)
    user = people.load_by_email(session, email)
    if user is None:
        user = _make(session, said, email, rules, client=client, now=now)
    elif load_of(session, user, said.issuer):
        raise SignOnFailed(f"{email} belongs to another account of the provider. An admin can end that link.")
    _let_in(user)
    session.add(Identity(user_id=user.id, issuer=said.issuer, subject=said.subject, linked_at=now, last_used_at=now))
    facts = {"issuer": said.issuer}
    audit.record(session, "user.link", actor=email, target=email, details=facts, client=client, now=now)
    session.flush()
    return user


def load_of(session: Session, user: User, issuer: str | None = None) -> list[Identity]:
    """The accounts elsewhere that open this user's, of one issuer or of all."""
    query = select(Identity).where(Identity.user_id == user.id).order_by(Identity.id)
    return list(session.scalars(query if issuer is None else query.where(Identity.issuer == issuer)))


def load_linked(session: Session) -> set[int]:
    """The ids of all users who have such an account."""
    return set(session.scalars(select(Identity.user_id)))


def unlink(session: Session, user: User) -> None:
    """End the links; the next sign-on links anew, by the verified address."""
    session.execute(delete(Identity).where(Identity.user_id == user.id))


def _verified_address(said: Assertion) -> str:
    if said.email is None:
        raise SignOnFailed("The provider does not tell your e-mail address: it must give the scope “email”.")
    if not said.verified:
        raise SignOnFailed(f"The provider has not verified {said.email[:254]}.")
    try:
        return people.read_email(said.email)
    except Refused:
        raise SignOnFailed("The provider's e-mail address for you is none.") from None


def _make(
    session: Session, said: Assertion, email: str, rules: Sequence[RoleRule], *, client: str | None, now: datetime
) -> User:
    """A user without a password: invited, or meant by a rule."""
    invited = session.scalars(
        select(Invitation).where(
            Invitation.email == email, Invitation.token.is_not(None), Invitation.expires_at > now
        )
    ).first()
    role = invited.role if invited is not None else role_of(rules, said.claims, email)
    if role is None:
        raise SignOnFailed(f"Nobody here has the address {email}. Ask an admin to invite you.")
    if invited is not None:
        invitations.use(session, invited, now)
    user = people.add_user(session, email, role, now)
    facts = {"role": role.value, "invited_by": invited.invited_by if invited is not None else "OIDC_ROLES"}
    audit.record(session, "user.join", actor=email, target=email, details=facts, client=client, now=now)
    return user


def _let_in(user: User) -> User:
    if not user.active:
        raise SignOnFailed(f"{user.email} is shut out.")
    return user
