"""The second factor of a log-in: codes of an authenticator (RFC 6238, 30 s, 6 digits, SHA-1) and recovery codes.
Passkeys are one too (see `passkeys`); recovery codes stand in for either.

A code counts for its own half minute and the ones beside it, for clocks that differ, and is taken once.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from statuspage.domain.vocabulary import Role
from statuspage.errors import Problem, Refused
from statuspage.identifiers import digest
from statuspage.models import Page, Passkey, RecoveryCode, SignIn, User

STEP = 30
DIGITS = 6
RECOVERY_CODES = 10
_RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def begin(session: Session, user: User) -> str:
    """A new secret for the authenticator, which counts once `confirm` saw a code of it. Raises Refused while an
    older one is in use."""
    if user.totp_since is not None:
        raise Refused(Problem("", "the second factor is on already: turn it off first"))
    user.totp_secret = base64.b32encode(secrets.token_bytes(20)).decode()
    session.flush()
    return user.totp_secret


def confirm(session: Session, user: User, code: str, now: datetime) -> list[str]:
    """Turn the second factor on; the recovery codes, shown this once. Raises Refused for a wrong code."""
    if user.totp_secret is None or user.totp_since is not None:
        raise Refused(Problem("code", "begin anew: there is no authenticator to confirm"))
    if not _take_code(session, user, code, now):
        raise Refused(Problem("code", "is not what the authenticator shows now"))
    user.totp_since = now
    return renew_recovery_codes(session, user)


def take(session: Session, user: User, code: str, now: datetime) -> bool:
    """Whether `code` is the authenticator's, or a recovery code that nobody used; either is used up by this."""
    typed = "".join(code.split()).replace("-", "").lower()
    if not user.has_second_factor:
        return False
    if user.totp_since is not None and _take_code(session, user, typed, now):
        return True
    return _take_recovery_code(session, user, typed, now)


def end_authenticator(session: Session, user: User) -> None:
    """Turn the authenticator off; recovery codes stay where a passkey does."""
    user.totp_secret = user.totp_since = user.totp_step = None
    session.flush()
    forget_unused_codes(session, user)


def end(session: Session, user: User) -> None:
    """Turn it off for somebody who lost it: authenticator, passkeys and recovery codes are forgotten."""
    for row in session.scalars(select(Passkey).where(Passkey.user_id == user.id)):
        session.delete(row)
    user.passkey_since = None
    end_authenticator(session, user)


def forget_unused_codes(session: Session, user: User) -> None:
    """Recovery codes of somebody who has no second factor any more."""
    if not user.has_second_factor:
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def renew_recovery_codes(session: Session, user: User) -> list[str]:
    """Ten new recovery codes in the place of all older ones; only their digests are kept."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = ["".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.id, code_digest=digest(code)) for code in codes)
    session.flush()
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


def count_recovery_codes(session: Session, user: User) -> int:
    """How many recovery codes are left."""
    unused = select(func.count()).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def require_from(session: Session, role: Role | None) -> None:
    """From this role on a second factor is needed to work in the admin; None: nobody needs one."""
    session.get_one(Page, 1).second_factor_from = role
    session.flush()


def is_missing(page: Page, user: User, sign_in: SignIn | None) -> bool:
    """Whether `user` must have a second factor and has none, nor proved one elsewhere in this session."""
    needed = page.second_factor_from
    proven = user.has_second_factor or (sign_in is not None and sign_in.two_factors)
    return needed is not None and not proven and user.role.includes(needed)


def address_of(secret: str, email: str, issuer: str) -> str:
    """The otpauth address that authenticators read from the QR code."""
    named = {"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP}
    return f"otpauth://totp/{quote(f'{issuer}:{email}', safe='@:')}?{urlencode(named, quote_via=quote)}"


def code_at(secret: str, step: int) -> str:
    """The code of one half minute since 1970 (RFC 4226, 5.3)."""
    hashed = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = hashed[-1] & 0x0F
    number = int.from_bytes(hashed[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def _take_code(session: Session, user: User, code: str, now: datetime) -> bool:
    """One UPDATE decides: of two requests with the same code only one finds its half minute untaken."""
    step = int(now.timestamp()) // STEP
    typed = "".join(code.split())
    matching = [each for each in (step, step - 1, step + 1) if _same(code_at(user.totp_secret or "", each), typed)]
    if not matching:
        return False
    taken = session.execute(
        update(User)
        .where(User.id == user.id, or_(User.totp_step.is_(None), User.totp_step < matching[0]))
        .values(totp_step=matching[0])
        .returning(User.id)
    )
    return len(taken.all()) == 1


def _take_recovery_code(session: Session, user: User, code: str, now: datetime) -> bool:
    taken = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id, RecoveryCode.code_digest == digest(code), RecoveryCode.used_at.is_(None)
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    return len(taken.all()) == 1


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode(errors="replace"))
