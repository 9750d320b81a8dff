"""What a person's change did to the rows, before and after, for the audit log: read off the session, whoever made it.

A door says who acts (`act_as`); from then on every transaction of this thread or task that changes what is traced
ends with an event of the audit log, the one that the verb wrote or, where it wrote none, one named by the door.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from statuspage import models
from statuspage.db import Base
from statuspage.models import AuditEvent

TRACED: tuple[type[Base], ...] = (
    models.ApiToken,
    models.Claim,
    models.Component,
    models.ComponentGroup,
    models.Contact,
    models.Correction,
    models.Customer,
    models.CustomerReport,
    models.CustomerTier,
    models.Hook,
    models.Identity,
    models.Incident,
    models.Invitation,
    models.Look,
    models.Maintenance,
    models.Monitor,
    models.Notice,
    models.Page,
    models.Passkey,
    models.RegularSlot,
    models.Subscriber,
    models.Template,
    models.Update,
    models.User,
)
LEFT_OUT = frozenset(
    {
        "address",
        "address_key",
        "alarm_webhook",
        "changed_in",
        "checked_at",
        "credential_id",
        "email_key",
        "failing_since",
        "key_digest",
        "last_login_at",
        "last_used_at",
        "last_words",
        "latency_ms",
        "logo",
        "memory",
        "passkey_handle",
        "password",
        "public_key",
        "relaid_in",
        "revision",
        "secret",
        "seen_at",
        "sign_count",
        "silent_at",
        "status_since",
        "token",
        "token_digest",
        "totp_secret",
        "totp_step",
        "updated_at",
    }
)
"""Secrets, addresses of subscribers (an erasure must reach all of them), and what changes by itself."""
PERSONAL = {"contact": frozenset({"name", "email"}), "customer_report": frozenset({"reporter"})}
SECRET_KEYS = ("headers", "body", "send")
"""Parts of a monitor's settings that no page shows either."""
MOST_ROWS = 50
LONGEST_TEXT = 2000
_EVENTS, _CHANGES, _ENDING = "audit.events", "audit.changes", "audit.ending"


@dataclass(frozen=True)
class Act:
    """Who does something, from where, by which door ("incident.open"), and when."""

    actor: str
    action: str
    client: str | None
    now: datetime


_act: ContextVar[Act | None] = ContextVar("statuspage_act", default=None)


def begin(act: Act | None) -> None:
    """From now on this thread or task acts so; None ends it."""
    _act.set(act)


@contextmanager
def acting(act: Act | None) -> Iterator[None]:
    """Act so within the block; None: nobody's doing."""
    token = _act.set(act)
    try:
        yield
    finally:
        _act.reset(token)


def add(session: Session, row: AuditEvent) -> None:
    """Keep an event: at once, or, while somebody acts, with what the transaction changed at its end."""
    if _act.get() is None:
        session.add(row)
    else:
        session.info.setdefault(_EVENTS, []).append(row)


def action_of(name: str) -> str:
    """The audit log's word for a view of the API: "open_incident" -> "incident.open"."""
    verb, _, noun = name.partition("_")
    return f"{noun or 'page'}.{verb}"


@event.listens_for(Session, "before_flush")
def _collect(session: Session, *_: Any) -> None:
    if _act.get() is None:
        return
    changes = session.info.setdefault(_CHANGES, {})
    for row in session.new:
        if isinstance(row, TRACED):
            changes.setdefault(id(row), (row, {}, {}))[2].update(_values(row))
    for row in session.dirty:
        if isinstance(row, TRACED):
            _note_changed(changes, row)
    for row in session.deleted:
        if isinstance(row, TRACED):
            changes[id(row)] = (row, _values(row), {})


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    act = _act.get()
    if act is None or session.info.get(_ENDING):
        return
    session.flush()
    events: list[AuditEvent] = session.info.pop(_EVENTS, [])
    changes = _told(session.info.pop(_CHANGES, {}))
    if changes and not events:
        target = changes[0]["row"][:255]
        events = [
            AuditEvent(at=act.now, actor=act.actor[:255], action=act.action[:80], target=target, client=act.client)
        ]
    if events:
        events[-1].changes = changes or None
        session.add_all(events)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_EVENTS, None)
    session.info.pop(_CHANGES, None)


def _note_changed(changes: dict[int, Any], row: Any) -> None:
    before, after = {}, {}
    for name in _traced_names(row):
        history = inspect(row).attrs[name].history
        if history.has_changes():
            before[name] = _plain(history.deleted[0]) if history.deleted else None
            after[name] = _plain(history.added[0]) if history.added else None
    if not after:
        return
    _row, older, newer = changes.setdefault(id(row), (row, {}, {}))
    for name, value in before.items():
        if name not in newer:
            older[name] = value
    newer.update(after)


def _told(changes: dict[int, Any]) -> list[dict[str, Any]]:
    found = [
        {"table": row.__tablename__, "row": _label(row), "before": before or None, "after": after or None}
        for row, before, after in changes.values()
        if before != after
    ]
    if len(found) > MOST_ROWS:
        rest = len(found) - MOST_ROWS
        found = [*found[:MOST_ROWS], {"table": "…", "row": f"{rest} more", "before": None, "after": None}]
    return found


def _label(row: Any) -> str:
    for name in ("slug", "name", "title", "email", "id"):
        value = getattr(row, name, None)
        if value is not None and name not in PERSONAL.get(row.__tablename__, ()):
            return str(value)
    return ""


def _traced_names(row: Any) -> list[str]:
    personal = PERSONAL.get(row.__tablename__, frozenset())
    return [each.key for each in inspect(row).mapper.column_attrs if each.key not in LEFT_OUT | personal]


def _values(row: Any) -> dict[str, Any]:
    loaded = inspect(row).dict
    return {name: _plain(loaded[name]) for name in _traced_names(row) if loaded.get(name) is not None}


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case bool() | int() | float() | None:
            return value
        case dict():
            return {str(key): _plain(each) for key, each in value.items() if key not in SECRET_KEYS}
        case list() | tuple():
            return [_plain(each) for each in value]
        case str():
            return value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]}…"
    return str(value)[:LONGEST_TEXT]
