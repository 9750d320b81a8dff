"""Who calls: a bearer token (RFC 6750) and what its scope allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from flask import Request
from sqlalchemy.orm import Session
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from statuspage import people
from statuspage.domain.vocabulary import Scope

REALM = "statuspage"


@dataclass(frozen=True)
class Caller:
    """The token that a request came with; its plain text is never shown."""

    id: int
    name: str
    scope: Scope
    plain: str

    def __repr__(self) -> str:
        return f"Caller({self.id}, {self.name!r})"

    @property
    def author(self) -> str:
        """How rows name who wrote them."""
        return f"token:{self.name}"[:255]

    def check_scope(self, needed: Scope, what: str = "This call") -> None:
        """Raises Forbidden (403) when the token's scope does not include `needed`."""
        if not self.scope.includes(needed):
            raise Forbidden(f"{what} needs a token of scope {needed.value}; this one has {self.scope.value}.")


def read_caller(request: Request, session: Session, now: datetime) -> Caller:
    """The caller of `request`. Raises Unauthorized (401)."""
    scheme, _, plain = request.headers.get("Authorization", "").partition(" ")
    plain = plain.strip()
    if scheme.lower() != "bearer" or not plain:
        _refuse("Send a token: Authorization: Bearer TOKEN.", None)
    token = people.verify_token(session, plain, now)
    if token is None:
        _refuse("The token is unknown, revoked or expired.", "invalid_token")
    return Caller(token.id, token.name, token.scope, plain)


def note_use(caller: Caller, session: Session, now: datetime) -> None:
    """Note in a write session that the token is in use; raises Unauthorized when it was revoked meanwhile."""
    if people.verify_token(session, caller.plain, now) is None:
        _refuse("The token is unknown, revoked or expired.", "invalid_token")


def _refuse(message: str, error: str | None) -> NoReturn:
    values: dict[str, str | None] = {"realm": REALM}
    if error:
        values["error"] = error
    raise Unauthorized(message, www_authenticate=WWWAuthenticate("bearer", values))
