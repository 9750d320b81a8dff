"""Idempotency-Key: a POST sent again with the same key gets the answer of the first and does nothing.

The key is claimed as the first row of the change's own transaction and its answer is stored in it: of two requests
at once the database lets one through, the other finds the answer; of a change that failed nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Request
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from statuspage.errors import Problem, Refused
from statuspage.models import IdempotentAnswer

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=48)
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")


class AnsweredMeanwhile(Exception):
    """Another request with the same key was faster; its answer is there now."""


@dataclass(frozen=True)
class Key:
    """An Idempotency-Key of one token, and a digest of the request it stands for."""

    token_id: int
    text: str
    request_digest: str


@dataclass(frozen=True)
class StoredAnswer:
    """What was answered: status, JSON text and the Location header."""

    status: int
    text: str
    location: str | None


def read_key(request: Request, token_id: int, canonical_body: str) -> Key | None:
    """The key the request came with, None without one. Raises Refused for a malformed one."""
    text = request.headers.get(HEADER)
    if text is None:
        return None
    if not _KEY.fullmatch(text):
        raise Refused(Problem(HEADER, "must be 1 to 255 printable ASCII characters"))
    said = "\n".join((request.method, request.path, canonical_body))
    return Key(token_id, text, hashlib.sha256(said.encode()).hexdigest())


def load_answer(session: Session, key: Key, now: datetime) -> StoredAnswer | None:
    """The answer given to this key. Raises Refused when it was given to another request."""
    row = session.get(IdempotentAnswer, (key.token_id, key.text))
    if row is None or row.created_at < now - KEPT_FOR:
        return None
    if row.request_digest != key.request_digest:
        raise Refused(Problem(HEADER, "was used for another request; take a new key for a new request"))
    kept = json.loads(row.body)
    return StoredAnswer(row.status, kept["text"], kept["location"])


def claim(session: Session, key: Key, now: datetime) -> IdempotentAnswer:
    """Reserve the key in this transaction. Raises AnsweredMeanwhile when another request has it."""
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.created_at < now - KEPT_FOR))
    row = IdempotentAnswer(
        token_id=key.token_id, key=key.text, request_digest=key.request_digest, status=0, body="", created_at=now
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise AnsweredMeanwhile from None
    return row


def store(row: IdempotentAnswer, answer: StoredAnswer) -> None:
    """Fill a claimed key with the answer that is about to be given."""
    row.status = answer.status
    row.body = json.dumps({"text": answer.text, "location": answer.location})
