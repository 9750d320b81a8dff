"""Run by Alembic: with the connection handed over, else (the `alembic` tool) with the settings' database."""

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from statuspage import models  # noqa: F401  all tables
from statuspage.db import Base, Database, EnumWord, UtcDateTime
from statuspage.settings import read_settings


def render_plain(kind: str, value: object, autogen: AutogenContext) -> str | bool:
    """Migrations speak of plain column types, so that old ones keep working when the words change."""
    if kind == "type" and isinstance(value, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, EnumWord):
        return f"sa.String(length={value.impl_instance.length})"
    return False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_plain,
        transactional_ddl=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if isinstance(given, Connection):
    migrate(given)
elif given is not None:
    with given.connect() as opened:
        migrate(opened)
else:
    with Database(read_settings().database).write() as session:
        migrate(session.connection())
