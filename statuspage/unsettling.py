"""Whatever changes what was said of time that is settled lowers the mark of its components, in the same transaction.

The database does it itself, by triggers, so that no verb, no import and nobody at the database's own prompt can
forget it. On PostgreSQL each of them also waits for whoever settles the component just now (and holds its row), and
looks at the mark only then.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import DDL, Connection, Table, event, inspect, text

from statuspage.db import Base
from statuspage.models import Correction, Incident, Maintenance, SettledQuarter, StatusChange

SAID = {StatusChange.__tablename__: "at", Correction.__tablename__: "starts_at"}
"""Tables that say something of components, and from which instant on."""
TOLD = {
    Incident.__tablename__: ("incident_id", ("public_at", "started_at", "resolved_at")),
    Maintenance.__tablename__: ("maintenance_id", ("kind", "starts_at", "ends_at", "began_at", "completed_at")),
}
"""Tables that bear on what their status changes mean, by which columns."""


def statements(dialect: str, table: str) -> Iterator[str]:
    """What makes a table's changes lower the marks; said twice it changes nothing."""
    if table in SAID:
        yield from (_said_postgres if dialect == "postgresql" else _said_sqlite)(table, SAID[table])
    else:
        yield from (_told_postgres if dialect == "postgresql" else _told_sqlite)(table, *TOLD[table])


def install(connection: Connection) -> None:
    """Set up the triggers of this database, where it has settled states; a table that was made anew lost its own."""
    if inspect(connection).has_table(SettledQuarter.__tablename__):
        for table in (*SAID, *TOLD):
            for statement in statements(connection.dialect.name, table):
                connection.execute(text(statement))


def remove(connection: Connection) -> None:
    """Take the triggers away, for a version of the tables that knows no mark."""
    names = [f"{table}_{verb}_unsettles" for table in SAID for verb in ("insert", "update", "delete")]
    for name in (*names, *(f"{table}_update_unsettles" for table in TOLD)):
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"DROP FUNCTION IF EXISTS {name}() CASCADE"))
        else:
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))


def _said_sqlite(table: str, since: str) -> Iterator[str]:
    for verb, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
        lower = "".join(
            f"UPDATE component SET settled_until = {row}.{since}"
            f" WHERE id = {row}.component_id AND settled_until > {row}.{since}; "
            for row in rows
        )
        yield f"DROP TRIGGER IF EXISTS {table}_{verb.lower()}_unsettles"
        yield f"CREATE TRIGGER {table}_{verb.lower()}_unsettles AFTER {verb} ON {table} BEGIN {lower}END"


def _told_sqlite(table: str, key: str, columns: tuple[str, ...]) -> Iterator[str]:
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    first = f"(SELECT min(at) FROM status_change WHERE {key} = NEW.id AND component_id = component.id)"
    named = f"(SELECT component_id FROM status_change WHERE {key} = NEW.id)"
    yield f"DROP TRIGGER IF EXISTS {table}_update_unsettles"
    yield (
        f"CREATE TRIGGER {table}_update_unsettles AFTER UPDATE ON {table} WHEN {changed} BEGIN "
        f"UPDATE component SET settled_until = {first} WHERE id IN {named} AND settled_until > {first}; END"
    )


def _said_postgres(table: str, since: str) -> Iterator[str]:
    rows = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}
    for verb, images in rows.items():
        name = f"{table}_{verb}_unsettles"
        changed = " UNION ALL ".join(f"SELECT component_id, {since} AS at FROM {image}_rows" for image in images)
        references = " ".join(f"{image.upper()} TABLE AS {image}_rows" for image in images)
        yield _function(name, changed)
        yield (
            f"CREATE OR REPLACE TRIGGER {name} AFTER {verb.upper()} ON {table} REFERENCING {references} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def _told_postgres(table: str, key: str, columns: tuple[str, ...]) -> Iterator[str]:
    name = f"{table}_update_unsettles"
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    yield _function(name, f"SELECT component_id, at FROM status_change WHERE {key} = NEW.id")
    yield (
        f"CREATE OR REPLACE TRIGGER {name} AFTER UPDATE ON {table} FOR EACH ROW WHEN ({changed}) "
        f"EXECUTE FUNCTION {name}()"
    )


def _function(name: str, changed: str) -> str:
    """The row is written even where its mark stays: so it is waited for."""
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "UPDATE component SET settled_until = CASE WHEN settled_until > said.since THEN said.since "
        "ELSE settled_until END "
        f"FROM (SELECT component_id, min(at) AS since FROM ({changed}) AS changed GROUP BY component_id) AS said "
        "WHERE component.id = said.component_id; RETURN NULL; END $$"
    )


def _listen(table: Table) -> None:
    for dialect in ("sqlite", "postgresql"):
        for statement in statements(dialect, table.name):
            trigger = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", trigger)


for _name in (*SAID, *TOLD):
    _listen(Base.metadata.tables[_name])
