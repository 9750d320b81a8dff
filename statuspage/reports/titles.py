"""Titles of the events a report refers to."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.models import Incident, Maintenance

_AT_ONCE = 500
"""Ids asked for in one statement; databases limit the parameters."""
_TABLES: dict[str, type[Incident | Maintenance]] = {"incident": Incident, "maintenance": Maintenance}


def load_titles(session: Session, refs: Iterable[str]) -> dict[str, str]:
    """Titles by reference ("incident:ID", "maintenance:ID"); other references are passed over."""
    titles: dict[str, str] = {}
    named = {ref.partition(":")[::2] for ref in refs}
    for kind, table in _TABLES.items():
        ids = sorted(key for of, key in named if of == kind)
        for start in range(0, len(ids), _AT_ONCE):
            rows = session.execute(select(table.id, table.title).where(table.id.in_(ids[start : start + _AT_ONCE])))
            titles |= {f"{kind}:{key}": title for key, title in rows}
    return titles
