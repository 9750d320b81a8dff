"""flask db, flask backup and flask restore."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from statuspage.backup import BackupFailed, restore_backup, write_backup
from statuspage.cli.console import fail, opened, plainly, say
from statuspage.web import current

db = AppGroup("db", help="The database.")


@db.command("upgrade")
@plainly
def upgrade() -> None:
    """Bring the database to this version's tables; nothing happens when it is there."""
    opened()
    say("The database is up to date.")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
@plainly
def backup(file: Path) -> None:
    """Write database and secret key to FILE, while everything runs. Keep it safe: it holds subscribers' addresses."""
    installation, now = opened()
    try:
        manifest = write_backup(installation, file, now)
    except BackupFailed as error:
        fail(str(error))
    say(f"{file}: {manifest.engine}, {file.stat().st_size} bytes.")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what the instance holds.")
@with_appcontext
@plainly
def restore(file: Path, force: bool) -> None:
    """Put the backup FILE in place of an empty instance, and publish everything. What was due when it was taken is
    set aside, so that nobody is told old news again: see `flask deliveries`."""
    try:
        manifest = restore_backup(current.installation(), file, current.now(), force=force)
    except BackupFailed as error:
        fail(str(error))
    say(f"Restored from {file}, taken {manifest.created_at}.")
