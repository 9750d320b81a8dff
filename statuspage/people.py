"""The people behind the page: users, API tokens, and the one-time link of the first set-up.

Passwords are kept as argon2id hashes (RFC 9106), tokens and links as digests. Hashing is done here and not by
Flask-Security: its hooks read the session on every request, public ones too, and its hashes need an application.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from base64 import b64encode
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from statuspage import signins
from statuspage.domain.vocabulary import Role, Scope
from statuspage.errors import Conflicted, NotFound, Problem, Refused
from statuspage.identifiers import digest, new_token
from statuspage.models import ApiToken, OneTimeLink, User

PASSWORD_SHORTEST = 12
PASSWORD_LONGEST = 1000
EMAIL_LONGEST = 254
SET_UP = "set_up"
TOKEN_PREFIX = "sp_"  # noqa: S105  (marks our tokens for people and for secret scanners)
LAST_USE_GRAIN = timedelta(minutes=1)

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+")
_hasher = PasswordHasher()


def _hash_of_nothing() -> str:
    """A well-formed hash that no password has, drawn and not computed: a start need not wait for one."""
    drawn = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (_hasher.salt_len, _hasher.hash_len)
    )
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return "$".join(("", "argon2id", "v=19", costs, *drawn))


_NOBODYS_HASH = _hash_of_nothing()


# Users


def create_user(session: Session, email: str, password: str, role: Role, now: datetime) -> User:
    """A new user. Raises Refused for a bad address or password, Conflicted when the address is taken."""
    email = read_email(email)
    check_password(password)
    if load_by_email(session, email) is not None:
        raise Conflicted(f"{email} is a user already")
    user = add_user(session, email, role, now)
    user.password = _hash_of(password)
    session.flush()
    return user


def add_user(session: Session, email: str, role: Role, now: datetime) -> User:
    """A new user without a password, whose address was read and is nobody's: a sign-on elsewhere opens it."""
    user = User(email=email, role=role, active=True, created_at=now)
    session.add(user)
    session.flush()
    return user


def set_password(session: Session, user: User, password: str) -> None:
    """A new password; every session of this user ends. Raises Refused for a bad one."""
    check_password(password)
    user.password = _hash_of(password)
    signins.end_all(session, user)
    session.flush()


def set_role(session: Session, user: User, role: Role) -> None:
    """Another role; with it every session of this user ends. Raises Refused when the last admin would lose theirs."""
    if role is user.role:
        return
    if role is not Role.ADMIN:
        _check_not_last_admin(session, user)
    user.role = role
    signins.end_all(session, user)
    session.flush()


def deactivate(session: Session, user: User) -> None:
    """Shut a user out, at once. Raises Refused for the last admin."""
    _check_not_last_admin(session, user)
    user.active = False
    signins.end_all(session, user)
    session.flush()


def reactivate(session: Session, user: User) -> None:
    """Let a user in again, with the password they had."""
    user.active = True
    session.flush()


def verify_user(session: Session, email: str, password: str) -> User | None:
    """The active user with this address and password, else None: the same work for unknown addresses."""
    user = load_by_email(session, email)
    stored = user.password if user and user.active and user.password else _NOBODYS_HASH
    right = password_matches(stored, password)
    return user if right and stored is not _NOBODYS_HASH else None


def load_by_email(session: Session, email: str) -> User | None:
    """The user with this address, however it is written."""
    return session.scalars(select(User).where(User.email == _key_of(email))).one_or_none()


def load_by_id(session: Session, user_id: int) -> User:
    """One user. Raises NotFound."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("user", str(user_id))
    return user


def load_users(session: Session) -> list[User]:
    """All users by address."""
    return list(session.scalars(select(User).order_by(User.email)))


def users_exist(session: Session) -> bool:
    """Whether anybody was ever made a user."""
    return bool(session.scalar(select(exists().where(User.id.is_not(None)))))


def _check_not_last_admin(session: Session, user: User) -> None:
    others = select(func.count()).where(User.role == Role.ADMIN, User.active, User.id != user.id)
    if user.role is Role.ADMIN and user.active and not session.scalar(others):
        raise Refused(Problem("role", "the page needs one admin at least: make somebody else admin first"))


# Words people choose


def read_email(text: str) -> str:
    """An e-mail address in the form that is kept. Raises Refused."""
    email = _key_of(text)
    if len(email) > EMAIL_LONGEST or not _EMAIL.fullmatch(email):
        raise Refused(Problem("email", "must be an e-mail address such as name@example.com"))
    return email


def check_password(password: str) -> None:
    """Raises Refused for a password that is too short, too long or no text."""
    if len(password) < PASSWORD_SHORTEST:
        raise Refused(Problem("password", f"must have at least {PASSWORD_SHORTEST} characters"))
    if len(password) > PASSWORD_LONGEST:
        raise Refused(Problem("password", f"must have at most {PASSWORD_LONGEST} characters"))
    if not is_text(password):
        raise Refused(Problem("password", "must be text"))


def password_matches(stored: str, password: str) -> bool:
    """Whether `password` is the one that `stored` is the hash of; over-long ones are cut so that none is free."""
    typed = password if is_text(password) else ""
    try:
        return _hasher.verify(stored, _normal(typed[: PASSWORD_LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False


def _hash_of(password: str) -> str:
    return _hasher.hash(_normal(password))


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def is_text(text: str) -> bool:
    """Whether it can be written down: no lone surrogate is in it."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _key_of(email: str) -> str:
    return email.strip().lower() if is_text(email) else ""


# API tokens


def create_token(
    session: Session, name: str, scope: Scope, now: datetime, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token and its plain text, which is shown once and kept nowhere. Raises Refused."""
    name = name.strip()
    if not name or len(name) > 255 or not name.isprintable():
        raise Refused(Problem("name", "must be one line of 1 to 255 characters"))
    if expires_at is not None and expires_at <= now:
        raise Refused(Problem("expires_at", "must be in the future"))
    plain = TOKEN_PREFIX + new_token()
    token = ApiToken(name=name, token_digest=digest(plain), scope=scope, created_at=now, expires_at=expires_at)
    session.add(token)
    session.flush()
    return token, plain


def verify_token(session: Session, plain: str, now: datetime) -> ApiToken | None:
    """The living token that `plain` is, else None. Its last use is noted by the minute (in a write session)."""
    if not is_text(plain):
        return None
    token = session.scalars(select(ApiToken).where(ApiToken.token_digest == digest(plain))).one_or_none()
    if token is None or token.revoked_at is not None:
        return None
    if token.expires_at is not None and token.expires_at <= now:
        return None
    if token.last_used_at is None or now - token.last_used_at >= LAST_USE_GRAIN:
        token.last_used_at = now
    return token


def revoke_token(session: Session, token: ApiToken, now: datetime) -> None:
    """End a token for good; a second time changes nothing."""
    token.revoked_at = token.revoked_at or now
    session.flush()


def load_token(session: Session, token_id: int) -> ApiToken:
    """One token. Raises NotFound."""
    token = session.get(ApiToken, token_id)
    if token is None:
        raise NotFound("token", str(token_id))
    return token


def load_tokens(session: Session) -> list[ApiToken]:
    """All tokens, newest first, revoked ones among them."""
    return list(session.scalars(select(ApiToken).order_by(ApiToken.created_at.desc(), ApiToken.id.desc())))


# First set-up


def set_up_link(session: Session, now: datetime) -> str | None:
    """A fresh token for /admin/setup/TOKEN, or None when there is a user. Unused older ones end."""
    if users_exist(session):
        return None
    session.execute(delete(OneTimeLink).where(OneTimeLink.purpose == SET_UP, OneTimeLink.used_at.is_(None)))
    token = new_token()
    session.add(OneTimeLink(purpose=SET_UP, token_digest=digest(token), created_at=now))
    session.flush()
    return token


def set_up_is_open(session: Session, token: str) -> bool:
    """Whether the set-up link still works."""
    link = exists().where(
        OneTimeLink.purpose == SET_UP, OneTimeLink.token_digest == digest(token), OneTimeLink.used_at.is_(None)
    )
    return bool(session.scalar(select(link))) and not users_exist(session)


def use_set_up_link(session: Session, token: str, email: str, password: str, now: datetime) -> User:
    """The first admin. Raises NotFound when the link was used or a user exists, Refused for bad input.

    One UPDATE decides the race: of two requests only one finds the link unused.
    """
    read_email(email)
    check_password(password)
    taken = session.execute(
        update(OneTimeLink)
        .where(
            OneTimeLink.purpose == SET_UP,
            OneTimeLink.token_digest == digest(token),
            OneTimeLink.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(OneTimeLink.id)
    ).all()
    if len(taken) != 1 or users_exist(session):
        raise NotFound("set-up link", token)
    return create_user(session, email, password, Role.ADMIN, now)
