"""The upgrade drill: a database of the first tables, with a row in each, comes to the newest with nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import Connection, MetaData, Table

from statuspage import migrations
from statuspage.changes import open_installation, site_change
from statuspage.components import load_components
from statuspage.db import Database
from statuspage.drafts import UpdateDraft
from statuspage.incidents import load_incidents, post_update
from statuspage.instance import bring_up_to_date
from statuspage.maintenance import load_maintenances
from statuspage.models import Delivery
from statuspage.settings import Settings

FIRST = "0001"
THEN = datetime(2026, 11, 1, 10, tzinfo=UTC)
WORDS: dict[str, dict[str, Any]] = {
    "page": {
        "id": 1,
        "name": "Example",
        "timezone": "Europe/Amsterdam",
        "languages": ["en", "nl"],
        "reminders": [],
        "second_factor_from": None,
    },
    "incident": {
        **{"id": "outage000001", "priority": "P1", "impact": "critical", "status": "investigating", "cause": "own"},
        **{"draft": False, "publish_at": None, "withdrawn_at": None, "resolved_at": None, "imported_at": None},
        **{"texts": {"nl": {"title": "Bellen lukt niet"}}},
    },
    "maintenance": {
        **{
            "id": "upgrade00001",
            "asked_kind": "scheduled",
            "kind": "scheduled",
            "risk": "normal",
            "impact": "maintenance",
        },
        **{
            "notice_required": "14d",
            "status": "completed",
            "works_on": None,
            "effect": None,
            "extends_id": None,
            "slot_id": None,
        },
        **{"slot_on": None, "withdrawn_at": None, "cancelled_at": None, "texts": None, "reason": None},
    },
    "update": {
        "priority": "P1",
        "texts": None,
        "details": None,
        "maintenance_id": None,
        "markup": "markdown",
        "event": "opened",
        "status": "investigating",
    },
    "status_change": {"status": "major_outage", "cause": "own", "maintenance_id": None, "monitor_id": None},
    "affected_component": {"old_status": "operational", "new_status": "major_outage"},
    "component": {"slug": "sip", "withdrawn_at": None, "start_on": None},
    "delivery": {"state": "due", "channel": "email", "kind": "update", "lease_until": None},
    "subscriber": {"channel": "email", "frequency": "each", "min_priority": None, "language": "en"},
    "monitor": {"status": "operational", "kind": "http", "removed_at": None},
    "user": {"role": "admin", "active": True},
    "api_token": {"scope": "read"},
    "correction": {"status": "operational"},
    "look": {"logo": None, "colour": "#2b3fb8", "colour_dark": None, "stylesheet": None},
    "template": {"texts": None},
    "notice": {"kind": "notice", "texts": None, "ends_at": None},
    "latency_digest": {},
    "component_change": {"old_status": "operational", "new_status": "major_outage"},
    "invitation": {"role": "viewer"},
    "customer_report": {"cause": "own"},
}
"""What a generic value would not do for; all else is made up from the column's type."""
KEPT_APART = {"alembic_version"}


def filled(connection: Connection) -> dict[str, dict[str, Any]]:
    """A row in each table of the first version; what was put in, by table."""
    tables = MetaData()
    tables.reflect(connection)
    rows: dict[str, dict[str, Any]] = {}
    for table in tables.sorted_tables:
        if table.name in KEPT_APART:
            continue
        row = dict(values_for(table, rows))
        connection.execute(table.insert().values(row))
        rows[table.name] = row
    return rows


def values_for(table: Table, rows: dict[str, dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """A value for each column: as WORDS has it, what it refers to, or one of its type."""
    known = WORDS.get(table.name, {})
    for column in table.columns:
        reference = next(iter(column.foreign_keys), None)
        if column.name in known:
            yield column.name, known[column.name]
        elif reference is not None:
            target = rows.get(reference.column.table.name)
            yield column.name, target[reference.column.name] if target else None
        else:
            yield column.name, value_of(column)


def value_of(column: sa.Column[Any]) -> Any:
    name, kind = column.name, column.type
    match kind:
        case sa.Boolean():
            return False
        case sa.DateTime():
            return THEN
        case sa.Date():
            return date(2026, 11, 1)
        case sa.Time():
            return time(10)
        case sa.LargeBinary():
            return b"x"
        case sa.JSON():
            return ["x"] if name in ("kinds", "fields", "services") else {"x": 1}
        case sa.Integer() | sa.Numeric():
            return 1
    text = f"{name}@example.com" if "email" in name or name == "address" else f"{name} x"
    return text[: getattr(kind, "length", None) or 40]


def drill(database: Database) -> dict[str, dict[str, Any]]:
    """Build the first version with data, upgrade, and say what is kept of what was put in."""
    with database.write() as session:
        command.upgrade(migrations.make_config(session.connection()), FIRST)
        put_in = filled(session.connection())
        before = {name: stored(session.connection(), name) for name in put_in}
    migrations.upgrade(database)
    with database.read() as session:
        assert migrations.is_at_head(session)
        for name, rows in before.items():
            (after,) = stored(session.connection(), name)
            (row,) = rows
            lost = {column: value for column, value in row.items() if after.get(column) != value}
            assert not lost, (name, lost)
    return put_in


def stored(connection: Connection, name: str) -> list[dict[str, Any]]:
    quoted = f'SELECT * FROM "{name}"'
    return [dict(row) for row in connection.execute(sa.text(quoted)).mappings()]


def test_nothing_is_lost_on_the_way(tmp_path: Path, settings: Settings) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    put_in = drill(database)
    database.dispose()
    assert len(put_in) > 40
    moved = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'old.db'}"})
    installation = open_installation(moved)
    bring_up_to_date(installation, THEN)
    with installation.database.read() as session:
        (incident,), (component,), (work,) = (
            load_incidents(session),
            load_components(session),
            load_maintenances(session),
        )
        assert (incident.title, component.slug, work.status) == ("title x", "sip", "completed")
        assert session.query(Delivery).one().state == "due"
    with site_change(installation, THEN, author="ada") as change:
        (incident,) = load_incidents(change.session)
        draft = UpdateDraft(body="Still at it.")
        post_update(change.session, incident, draft, policy=change.policy, author="ada", now=THEN)
    page = installation.publisher.folder / "incidents" / "outage000001.html"
    assert "Still at it." in page.read_text()
    assert "Bellen lukt niet" in (installation.publisher.folder / "nl" / "index.html").read_text()
    installation.database.dispose()


@pytest.mark.postgres
def test_nothing_is_lost_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    drill(database)
    database.dispose()
