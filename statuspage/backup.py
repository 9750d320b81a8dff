"""Backup and restore: one file with the database, the secret key and a manifest; the published site is made anew.

A backup is taken while everything runs. A restore sends nobody anything twice: what was due when the backup was
taken may have been sent since, so it is set aside; windows that passed meanwhile are closed in silence, and posts
whose time passed wait for an operator.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, exists, select, update
from sqlalchemy.engine import make_url

from statuspage import instance, migrations, proposals, timed_posts, windows
from statuspage.changes import Installation, site_change
from statuspage.domain.vocabulary import Frequency
from statuspage.models import Component, Delivery, Incident, Maintenance, Page, Subscriber, User
from statuspage.publishing.marker import read_marker

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database"
SECRET_KEY = "secret_key"  # noqa: S105  the name of a member
AUTHOR = "restore"
SET_ASIDE = "restored from a backup; it may have been sent before"


class BackupFailed(Exception):
    """The backup or restore could not be made; the message is one line."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `engine` is sqlite or postgresql, `version` the tables' version."""

    format: int
    engine: str
    version: str | None
    created_at: str
    secret_key: bool


def write_backup(installation: Installation, file: Path, now: datetime) -> Manifest:
    """Write a backup to `file` (mode 0600), whole or not at all. Raises BackupFailed."""
    database = make_url(installation.database.url)
    engine = database.get_backend_name()
    with installation.database.read() as session:
        version = migrations.current(session)
    key = installation.settings.instance / SECRET_KEY
    manifest = Manifest(FORMAT, engine, version, now.isoformat(), key.exists())
    try:
        with _beside(file) as scratch:
            dump = scratch / DATABASE
            _dump_sqlite(database, dump) if engine == "sqlite" else _dump_postgres(database, dump)
            packed = scratch / "backup.tar"
            _pack(packed, manifest, dump, key)
            os.replace(packed, file)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"the backup could not be written: {error}") from error
    return manifest


def restore_backup(installation: Installation, file: Path, now: datetime, *, force: bool = False) -> Manifest:
    """Put a backup in place of what the instance holds, bring it to the newest tables and publish everything.

    Raises BackupFailed: not a backup, of another database engine or of a newer version; or the instance is not empty
    and `force` is not given.
    """
    settings = installation.settings
    instance.make_folders(settings)
    database = make_url(installation.database.url)
    with tempfile.TemporaryDirectory(dir=settings.instance, prefix=".restore-") as folder:
        scratch = Path(folder)
        manifest = _unpack(file, scratch)
        _check_manifest(manifest, database)
        if not force and holds_anything(installation):
            raise BackupFailed("the instance is not empty; --force replaces what it holds")
        installation.database.dispose()
        dump = scratch / DATABASE
        _load_sqlite(database, dump) if manifest.engine == "sqlite" else _load_postgres(database, dump)
        if manifest.secret_key and not settings.secret_key:
            os.chmod(scratch / SECRET_KEY, 0o600)
            os.replace(scratch / SECRET_KEY, settings.instance / SECRET_KEY)
    installation.database.dispose()
    migrations.upgrade(installation.database)
    _set_aside(installation, now)
    installation.publisher.publish(now, everything=True)
    return manifest


def holds_anything(installation: Installation) -> bool:
    """Whether the instance's database holds what a restore would destroy."""
    with installation.database.read() as session:
        if migrations.current(session) is None:
            return False
        return any(
            session.scalar(select(exists().select_from(table)))
            for table in (User, Component, Incident, Maintenance, Subscriber)
        )


def _set_aside(installation: Installation, now: datetime) -> None:
    with installation.database.read() as session:
        if session.get(Page, 1) is None:
            return
    before = read_marker(installation.settings.public_folder)
    with site_change(installation, now, author=AUTHOR) as change:
        page = change.session.get_one(Page, 1)
        # beyond all that any running process remembers of the state before: nobody takes a piece of it again
        page.revision = max(page.revision, before.revision if before else 0) + 1
        windows.advance_due(change.session, now=now)
        timed_posts.hold_due(change.session, timed_posts.RESTORED, now=now)
        proposals.hold_due(change.session, timed_posts.RESTORED, author=AUTHOR, now=now)
        change.session.flush()
        change.session.execute(
            update(Delivery).where(Delivery.state == "due").values(state="skipped", last_error=SET_ASIDE)
        )
        daily = Subscriber.frequency == Frequency.DAILY
        change.session.execute(update(Subscriber).where(daily).values(digested_at=now))


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A scratch folder on the file's own disk, so that the last step is a rename."""
    with tempfile.TemporaryDirectory(dir=file.resolve().parent, prefix=".backup-") as folder:
        yield Path(folder)


def _pack(packed: Path, manifest: Manifest, dump: Path, key: Path) -> None:
    descriptor = os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as tar:
            body = json.dumps(asdict(manifest), indent=2).encode()
            member = tarfile.TarInfo(MANIFEST)
            member.size, member.mode = len(body), 0o600
            tar.addfile(member, io.BytesIO(body))
            tar.add(dump, DATABASE)
            if manifest.secret_key:
                tar.add(key, SECRET_KEY)
        raw.flush()
        os.fsync(raw.fileno())


def _unpack(file: Path, scratch: Path) -> Manifest:
    try:
        with tarfile.open(file, "r:gz") as tar:
            for name in (MANIFEST, DATABASE, SECRET_KEY):
                member = tar.extractfile(name) if name in tar.getnames() else None
                if member is not None:
                    with member, (scratch / name).open("wb") as copy:
                        shutil.copyfileobj(member, copy)
        return Manifest(**json.loads((scratch / MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise BackupFailed(f"there is no such file: {error.filename}") from None
    except (OSError, tarfile.TarError, EOFError, ValueError, TypeError) as error:
        raise BackupFailed(f"{str(file)!r} is not a backup: {error}") from error


def _check_manifest(manifest: Manifest, database: URL) -> None:
    if manifest.format != FORMAT:
        raise BackupFailed(f"the backup has format {manifest.format}, this version reads {FORMAT}")
    if manifest.engine != database.get_backend_name():
        raise BackupFailed(f"the backup is of {manifest.engine}, DATABASE_URL is {database.get_backend_name()}")
    if manifest.version is not None and not migrations.is_known(manifest.version):
        raise BackupFailed("the backup was made by a newer version of the product")


def _dump_sqlite(database: URL, dump: Path) -> None:
    """SQLite's online backup, in one step: one state, however much is written meanwhile."""
    with closing(sqlite3.connect(str(database.database), timeout=30)) as live, closing(sqlite3.connect(dump)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise BackupFailed(f"the database is damaged: {verdict}")


def _load_sqlite(database: URL, dump: Path) -> None:
    """Replaces the content within one transaction, so that running processes see the old state or the new."""
    try:
        with (
            closing(sqlite3.connect(dump)) as copy,
            closing(sqlite3.connect(str(database.database), timeout=30)) as live,
        ):
            live.execute("PRAGMA journal_mode=WAL")
            copy.backup(live)
    except sqlite3.Error as error:
        raise BackupFailed(f"the database could not be restored: {error}") from error


def _dump_postgres(database: URL, dump: Path) -> None:
    _run("pg_dump", database, ["--format=custom", "--no-owner", "--no-privileges", f"--file={dump}"])


def _load_postgres(database: URL, dump: Path) -> None:
    flags = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    _run("pg_restore", database, [*flags, str(dump)])


def _run(program: str, database: URL, arguments: list[str]) -> None:
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(f"{program} is not installed; it comes with PostgreSQL's client programs")
    address = database.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, "PGPASSWORD": database.password or os.environ.get("PGPASSWORD", "")}
    done = subprocess.run(  # noqa: S603  the program's path is looked up, its arguments are ours
        [path, f"--dbname={address}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BackupFailed(f"{program}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}")
