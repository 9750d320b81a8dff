"""flask db, flask backup, flask restore and flask export."""

from __future__ import annotations

import os
from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from statuspage import settled
from statuspage.backup import BackupFailed, restore_backup, write_backup
from statuspage.changes import site_change
from statuspage.cli.console import author, fail, opened, plainly, say
from statuspage.exporting import export_everything
from statuspage.measurement import settle_all
from statuspage.web import current

db = AppGroup("db", help="The database.")


@db.command("upgrade")
@plainly
def upgrade() -> None:
    """Bring the database to this version's tables; nothing happens when it is there."""
    opened()
    say("The database is up to date.")


@db.command("resettle")
@plainly
def resettle() -> None:
    """Work out the states of past days anew from all that was said, and publish the page anew. Never needed, unless
    the database was changed behind the product's back."""
    installation, now = opened()
    with site_change(installation, now, author=author(), at_once=False) as change:
        count = settled.unsettle(change.session)
        change.unseen = True
    settle_all(installation, now)
    installation.publisher.publish(now, everything=True)
    say(f"{count} components.")


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


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@with_appcontext
@plainly
def export(file: Path) -> None:
    """Write everything that is kept to FILE as JSON (- is standard output): without secrets, with addresses."""
    installation, now = opened()
    with installation.database.read() as session:
        if str(file) == "-":
            for piece in export_everything(session, now):
                click.echo(piece, nl=False)
            return
        part = file.with_name(f".{file.name}.part")
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.writelines(export_everything(session, now))
        part.replace(file)
    say(f"{file}: {file.stat().st_size} bytes.")


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
