"""Passkeys (WebAuthn Level 3): registered by name, used in place of the password or beside it, taken away.

A passkey must check its owner (a finger, a face, a PIN), so that it is two factors in one. Every challenge is good
for one answer of the browser it was made for. Which page it counts for is fixed by the page's own URL.
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from binascii import Error as Garbled
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from statuspage import ceremonies, people, second_factor
from statuspage.errors import NotFound, Problem, Refused
from statuspage.models import Passkey, User

MOST = 20
NAME_LONGEST = 80
ENOUGH = 20_000
"""Characters of a browser's answer; a true one has about a thousand."""
REGISTER, PROVE = "passkey.register", "passkey.prove"
Facts = Mapping[str, Any]
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Place:
    """The page as browsers know it: its host, and the one origin its answers may come from."""

    host: str
    origin: str
    name: str


def place_of(base_url: str, name: str) -> Place | None:
    """Where passkeys count; None where browsers know none: without https, and at a bare address. The machine itself
    is reached as localhost."""
    url = urlsplit(base_url)
    host = url.hostname or ""
    if host in _LOOPBACK:
        port = f":{url.port}" if url.port else ""
        return Place("localhost", f"{url.scheme}://localhost{port}", name)
    if url.scheme != "https" or _is_address(host):
        return None
    port = f":{url.port}" if url.port and url.port != 443 else ""
    return Place(host, f"https://{host}{port}", name)


def ask_to_register(session: Session, user: User, place: Place, now: datetime) -> tuple[str, str]:
    """The key of a registration, for the cookie, and what the browser needs, as JSON. Raises Refused."""
    present = load_of(session, user)
    if len(present) >= MOST:
        raise Refused(Problem("name", f"{MOST} passkeys are enough: remove one first"))
    user.passkey_handle = user.passkey_handle or _text(secrets.token_bytes(32))
    options = generate_registration_options(
        rp_id=place.host,
        rp_name=place.name,
        user_name=user.email,
        user_id=base64url_to_bytes(user.passkey_handle),
        exclude_credentials=_described(present),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    facts = {"challenge": _text(options.challenge), "user_id": user.id}
    return ceremonies.begin(session, REGISTER, facts, now), options_to_json(options)


def register(
    session: Session, user: User, name: str, answer: str, *, place: Place, facts: Facts | None, now: datetime
) -> Passkey:
    """Keep the passkey that the browser made; `facts` of its ceremony are used up already. Raises Refused."""
    name = check_name(name)
    if facts is None or facts["user_id"] != user.id:
        raise Refused(Problem("", "that took too long: begin again"))
    credential = _read(answer)
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(facts["challenge"]),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise _refused(error) from None
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == _text(made.credential_id))):
        raise Refused(Problem("", "this passkey is registered already"))
    row = Passkey(
        user_id=user.id,
        name=name,
        credential_id=_text(made.credential_id),
        public_key=_text(made.credential_public_key),
        sign_count=made.sign_count,
        transports=_transports(credential),
        backed_up=made.credential_backed_up,
        created_at=now,
    )
    session.add(row)
    user.passkey_since = user.passkey_since or now
    session.flush()
    return row


def ask_to_prove(session: Session, user: User | None, place: Place, now: datetime) -> tuple[str, str]:
    """The key of a log-in, for the cookie, and what the browser needs, as JSON; of `user` where it is known who."""
    options = generate_authentication_options(
        rp_id=place.host,
        allow_credentials=_described(load_of(session, user)) if user is not None else [],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    facts = {"challenge": _text(options.challenge), "user_id": user.id if user is not None else None}
    return ceremonies.begin(session, PROVE, facts, now), options_to_json(options)


def prove(session: Session, answer: str, *, place: Place, facts: Facts | None, now: datetime) -> User:
    """Whose passkey answered the challenge: an active user. `facts` of its ceremony are used up already. Raises
    Refused."""
    if facts is None:
        raise Refused(Problem("", "that took too long: begin again"))
    credential = _read(answer)
    named = str(credential.get("id"))
    row = session.scalars(select(Passkey).where(Passkey.credential_id == named)).one_or_none()
    user = session.get(User, row.user_id) if row is not None else None
    if row is None or user is None or not user.active or facts["user_id"] not in (None, user.id):
        raise Refused(Problem("", "this passkey opens nothing here"))
    _check_handle(credential, user)
    try:
        proven = verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(facts["challenge"]),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise _refused(error) from None
    _note_use(session, row, proven.new_sign_count, now)
    row.backed_up = proven.credential_backed_up
    return user


def load_of(session: Session, user: User) -> list[Passkey]:
    """A user's passkeys, the oldest first."""
    return list(session.scalars(select(Passkey).where(Passkey.user_id == user.id).order_by(Passkey.id)))


def remove(session: Session, user: User, passkey_id: int) -> Passkey:
    """Take a passkey away; recovery codes go with the last second factor. Raises NotFound."""
    row = session.get(Passkey, passkey_id)
    if row is None or row.user_id != user.id:
        raise NotFound("passkey", str(passkey_id))
    session.delete(row)
    session.flush()
    if not load_of(session, user):
        user.passkey_since = None
    session.flush()
    second_factor.forget_unused_codes(session, user)
    return row


def check_name(name: str) -> str:
    """What its owner calls it. Raises Refused."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LONGEST or not name.isprintable() or not people.is_text(name):
        raise Refused(Problem("name", f"must be one line of 1 to {NAME_LONGEST} characters"))
    return name


_BROKEN = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, Garbled, OverflowError, RecursionError)
"""What the library raises for an answer that is none."""


def _note_use(session: Session, row: Passkey, count: int, now: datetime) -> None:
    """One UPDATE decides: of two answers with the same count only one finds it as it was."""
    taken = session.execute(
        update(Passkey)
        .where(Passkey.id == row.id, Passkey.sign_count == row.sign_count)
        .values(sign_count=count, last_used_at=now)
        .returning(Passkey.id)
    ).all()
    if len(taken) != 1:
        raise Refused(Problem("", "this passkey was used at the same moment: try again"))


def _check_handle(credential: dict[str, Any], user: User) -> None:
    """The handle in the answer, where there is one, is this user's (WebAuthn, 7.2, step 6)."""
    response = credential.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    if handle and str(handle).rstrip("=") != user.passkey_handle:
        raise Refused(Problem("", "this passkey opens nothing here"))


def _described(rows: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(row.credential_id),
            transports=[AuthenticatorTransport(each) for each in row.transports or []] or None,
        )
        for row in rows
    ]


def _transports(credential: dict[str, Any]) -> list[str] | None:
    response = credential.get("response")
    said = response.get("transports") if isinstance(response, dict) else None
    known = set(AuthenticatorTransport)
    return [each for each in said if each in known][:10] or None if isinstance(said, list) else None


def _read(answer: str) -> dict[str, Any]:
    try:
        said = json.loads(answer) if len(answer) <= ENOUGH else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Refused(Problem("", "the browser sent no passkey"))
    return said


def _refused(error: Exception) -> Refused:
    return Refused(Problem("", f"this passkey does not hold: {error}"[:200]))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
