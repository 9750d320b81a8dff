"""Keeps the copies of the published folder up to date: one thread for each target of PUBLISH_TARGETS, so that a slow
one holds up neither the page nor the others."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import structlog

from statuspage.publishing.mirrors import (
    FolderTarget,
    Ledger,
    MirrorFailed,
    Target,
    behind_since,
    is_behind,
    load_ledger,
    mirror,
)
from statuspage.settings import Settings

LOOK_SECONDS = 1.0
LONGEST_BACK_OFF = 60.0
log = structlog.get_logger(__name__)


def start(settings: Settings, stop: threading.Event) -> list[threading.Thread]:
    """A running thread for each target; they end when `stop` is set."""
    threads = [
        threading.Thread(target=_keep, args=(settings, address, stop), name="mirror", daemon=True)
        for address in settings.publish_targets
    ]
    for thread in threads:
        thread.start()
    return threads


def copy_now(settings: Settings, now: datetime) -> list[Ledger]:
    """Bring every target up to date, one after the other. Raises MirrorFailed for the first that fails."""
    return [
        mirror(settings.public_folder, open_target(address), ledgers_of(settings), now)
        for address in settings.publish_targets
    ]


def open_target(address: str) -> Target:
    """The target that an entry of PUBLISH_TARGETS names. Raises MirrorFailed when its client cannot be made."""
    if not address.startswith("s3://"):
        return FolderTarget(Path(address))
    try:
        # by name, because the client library costs every start half a second that hardly anybody needs
        target: Target = import_module("statuspage.publishing.s3").BucketTarget(address)
    except Exception as error:  # botocore's errors have no common base worth importing it for
        raise MirrorFailed(f"{address.partition('?')[0]}: {error}") from error
    return target


def ledgers_of(settings: Settings) -> Path:
    """Where the ledgers of the targets lie."""
    return settings.instance / "mirrors"


@dataclass(frozen=True)
class Standing:
    """How a copy stands: since when it is behind the page (None: it is not), and what went wrong at the last try."""

    target: str
    behind_since: datetime | None
    error: str | None

    def behind_for(self, now: datetime) -> timedelta:
        """How long it has been behind; nothing where it is not."""
        return max(now - self.behind_since, timedelta()) if self.behind_since else timedelta()


def standings(settings: Settings) -> list[Standing]:
    """Every target of PUBLISH_TARGETS, from its ledger: nothing is asked of the targets themselves."""
    found = []
    for address in settings.publish_targets:
        ledger = load_ledger(ledgers_of(settings), name_of(address))
        found.append(Standing(ledger.target, behind_since(settings.public_folder, ledger), ledger.error))
    return found


def name_of(address: str) -> str:
    """What a target is called, as its own `name` says it."""
    place = address.partition("?")[0].rstrip("/")
    return place if address.startswith("s3://") else str(Path(address))


def _keep(settings: Settings, address: str, stop: threading.Event) -> None:
    failures, target = 0, None
    while not stop.wait(LOOK_SECONDS if not failures else min(2.0**failures, LONGEST_BACK_OFF)):
        try:
            target = target or open_target(address)
            if is_behind(settings.public_folder, target, ledgers_of(settings)):
                began = time.monotonic()
                ledger = mirror(settings.public_folder, target, ledgers_of(settings), datetime.now(UTC))
                spent = round(time.monotonic() - began, 2)
                log.info("mirrored", target=target.name, revision=ledger.revision, seconds=spent)
            failures = 0
        except Exception as error:  # the copy is made good at the next try, whatever broke
            failures += 1
            log.warning("mirror failed", kind=type(error).__name__, error=str(error))
