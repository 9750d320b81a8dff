"""The audit log is kept by the database itself: its rows can be added, and neither changed nor deleted."""

from __future__ import annotations

from sqlalchemy import DDL, Connection, event, inspect, text

from statuspage.models import AuditEvent

_SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS audit_event_kept_{verb} BEFORE {verb} ON audit_event "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
)
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION audit_event_kept() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
)
_POSTGRES = (
    "CREATE OR REPLACE TRIGGER audit_event_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_event_kept()"
)


def statements(dialect: str) -> tuple[str, ...]:
    """What makes the log append-only; said twice it changes nothing."""
    if dialect == "postgresql":
        return _FUNCTION, _POSTGRES
    return tuple(_SQLITE.format(verb=verb) for verb in ("UPDATE", "DELETE"))


def install(connection: Connection) -> None:
    """Guard the table of this database, where it has one."""
    if inspect(connection).has_table(AuditEvent.__tablename__):
        for statement in statements(connection.dialect.name):
            connection.execute(text(statement))


for _dialect in ("sqlite", "postgresql"):
    for _statement in statements(_dialect):
        guard = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        event.listen(AuditEvent.__table__, "after_create", guard)
