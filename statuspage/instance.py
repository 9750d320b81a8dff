"""The instance folder and database, brought up to date: what every start and every command does first."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import structlog

from statuspage import migrations
from statuspage.changes import Installation
from statuspage.components import ensure_page
from statuspage.models import Page
from statuspage.settings import Settings, SettingsError, load_secret_key

log = structlog.get_logger(__name__)


def bring_up_to_date(installation: Installation, now: datetime) -> None:
    """Make the folders, the secret key, the newest tables and the page row; publish if nothing was published yet.

    Cheap when all is there; a site that is merely stale is the worker's, so that a start never waits for it. Several
    processes may call it at once. A publish that fails is logged and left to the worker.

    Raises SettingsError (folder not writable) and DatabaseTooNew.
    """
    make_folders(installation.settings)
    with locked(installation.settings.instance / ".start.lock"):
        migrations.upgrade(installation.database)
        with installation.database.write() as session:
            if session.get(Page, 1) is None:
                ensure_page(session, now)
        if not (installation.settings.public_folder / "index.html").exists():
            publish_first(installation, now)


def make_folders(settings: Settings) -> None:
    """The instance, its public folder and its secret key. Raises SettingsError when they cannot be made."""
    try:
        settings.public_folder.mkdir(parents=True, exist_ok=True)
        load_secret_key(settings)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError(f"STATUSPAGE_INSTANCE: {str(settings.instance)!r} cannot be used: {reason}") from None


def publish_first(installation: Installation, now: datetime) -> None:
    """Publish everything into an empty folder. A failure is logged, not raised: the worker tries again."""
    try:
        installation.publisher.publish(now)
    except Exception as error:
        log.exception("publish failed", error=str(error))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`, waiting for it; released when the block ends or the process dies."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
