"""Components and groups of another page: ids kept, slugs made from names.

A component that only old incidents or changes still name was deleted over there: it is kept hidden, so that the
history stays whole while the page shows what exists. Where a file lists no components at all, those inside its
incidents are the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.identifiers import slug_of
from statuspage.importing.capture import Capture, WireComponent
from statuspage.importing.rows import load_rows, store_rows
from statuspage.importing.tally import Tally
from statuspage.models import Component, ComponentGroup

ONCE = ("id", "slug", "hidden", "created_at", "changed_in")


def store_components(session: Session, capture: Capture, *, revision: int, tally: Tally) -> None:
    """Store groups and components. A component changed here later than over there stays as it is."""
    groups = _store_groups(session, [c for c in _listed(capture) if c.group])
    listed = {c.id: c for c in _listed(capture) if not c.group}
    named = {key: name for key, name in _named(capture) if key not in listed and key not in groups}
    stored = load_rows(session, Component, [*listed, *named])
    slugs = _Slugs(session.scalars(select(Component.slug)))
    wanted = {key: _row(c, groups) for key, c in listed.items()}
    for key, name in named.items():
        if key not in stored:
            wanted[key] = _deleted_row(key, name, capture.begins_at)
    for key, row in wanted.items():
        row["changed_in"] = revision
        row["slug"] = stored[key].slug if key in stored else slugs.take(row["name"], key)
    store_rows(session, Component, wanted, stored=stored, once=ONCE, tally=tally)


def _listed(capture: Capture) -> Iterator[WireComponent]:
    return iter(capture.components) if capture.components is not None else capture.embedded_components()


def _named(capture: Capture) -> Iterator[tuple[str, str]]:
    """Id and name of everything that events and changes mention, the newest name last."""
    for component in capture.embedded_components():
        if not component.group:
            yield component.id, component.name
    for affected in capture.affected():
        if affected.code and affected.new_status:
            yield affected.code, " ".join((affected.name or "").split())[:255] or affected.code
    for change in capture.component_changes:
        yield change.component_id, change.name


def _store_groups(session: Session, groups: Iterable[WireComponent]) -> dict[str, str]:
    """Store the groups; wire id -> stored id (a group of that name may stand here already)."""
    by_name = {g.name: g for g in session.scalars(select(ComponentGroup))}
    by_id = {g.id: g for g in by_name.values()}
    ids: dict[str, str] = {}
    for group in groups:
        row = by_id.get(group.id) or by_name.get(group.name)
        if row is None:
            row = ComponentGroup(id=group.id, created_at=group.created_at, updated_at=group.updated_at)
            row.name, row.position = group.name, group.position
            session.add(row)
        elif row.updated_at < group.updated_at and by_name.get(group.name, row) is row:
            row.name, row.position, row.updated_at = group.name, group.position, group.updated_at
        by_id[row.id] = by_name[row.name] = row
        ids[group.id] = row.id
    session.flush()
    return ids


def _row(component: WireComponent, groups: dict[str, str]) -> dict[str, Any]:
    return {
        "id": component.id,
        "name": component.name,
        "description": component.description or None,
        "group_id": groups.get(component.group_id or ""),
        "showcase": component.showcase,
        "only_show_if_degraded": component.only_show_if_degraded,
        "start_on": component.start_date,
        "position": component.position,
        "hidden": False,
        "created_at": component.created_at,
        "updated_at": component.updated_at,
    }


def _deleted_row(key: str, name: str, seen_at: datetime) -> dict[str, Any]:
    return {
        "id": key,
        "name": name,
        "description": None,
        "group_id": None,
        "showcase": False,
        "only_show_if_degraded": False,
        "start_on": None,
        "position": 0,
        "hidden": True,
        "created_at": seen_at,
        "updated_at": seen_at,
    }


class _Slugs:
    """Slugs that are taken; hands out free ones."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def take(self, name: str, key: str) -> str:
        """The name's slug, with a number behind it when another component has it."""
        base = slug_of(name) or slug_of(key) or "component"
        slug, number = base, 2
        while slug in self._taken:
            slug, number = f"{base}-{number}", number + 1
        self._taken.add(slug)
        return slug
