"""Everything that is kept, as JSON, for leaving with it: every table but secrets and what runs by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.db import Base

FORMAT = 1
CHUNK = 1000
NOT_KEPT_FOR_READING = frozenset(
    {
        "attempt",
        "ceremony",
        "check_result",
        "clock_ring",
        "delivery",
        "heartbeat",
        "idempotent_answer",
        "one_time_link",
        "recovery_code",
        "settled_quarter",
        "sign_in",
        "unsent_form",
    }
)
"""The machine's own notes: of no use elsewhere, or secret altogether."""
SECRETS = frozenset(
    {
        "code_digest",
        "credential_id",
        "key_digest",
        "logo",
        "memory",
        "passkey_handle",
        "password",
        "public_key",
        "secret",
        "token",
        "token_digest",
        "totp_secret",
        "totp_step",
    }
)
"""Columns that are left out, wherever they stand; of the logo there is the published file."""


def exported_tables() -> list[str]:
    """The names of the tables that are written, parents before children."""
    return [table.name for table in Base.metadata.sorted_tables if table.name not in NOT_KEPT_FOR_READING]


def export_everything(session: Session, now: datetime) -> Iterator[str]:
    """One JSON object in pieces: {"format": 1, "exported_at": …, "tables": {name: [row, …], …}}. Addresses of
    subscribers are in it; no password, token or key is."""
    yield f'{{"format": {FORMAT}, "exported_at": {json.dumps(now.isoformat())}, "tables": {{\n'
    for number, name in enumerate(exported_tables()):
        yield (",\n" if number else "") + f"{json.dumps(name)}: ["
        for place, row in enumerate(_rows(session, name)):
            yield (",\n" if place else "\n") + json.dumps(row, ensure_ascii=False)
        yield "]"
    yield "\n}}\n"


def _rows(session: Session, name: str) -> Iterator[dict[str, Any]]:
    table = Base.metadata.tables[name]
    columns = [column for column in table.columns if column.name not in SECRETS]
    found = session.execute(select(*columns).order_by(*table.primary_key.columns).execution_options(yield_per=CHUNK))
    for row in found:
        yield {column.name: _plain(value) for column, value in zip(columns, row, strict=True)}


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return None
        case dict():
            return {str(key): _plain(each) for key, each in value.items() if key != "headers"}
        case list() | tuple():
            return [_plain(each) for each in value]
        case str() | int() | float() | None:
            return value
    return str(value)
