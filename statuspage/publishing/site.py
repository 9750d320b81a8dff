"""Writes the public site: lock, load, render, replace file by file, the front page last, then the marker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from statuspage.db import Database
from statuspage.domain.sla.policy import PolicyBook


class PublishFailed(Exception):
    """The site could not be written; the message says why. What was public before still is, file by file."""


@dataclass(frozen=True)
class PublishResult:
    """What a publish did: the revision now public, files that changed, and seconds it took."""

    revision: int
    written: int
    seconds: float


class Publisher:
    """Writes the site of one page into one folder.

    `base_url` beats the page's own URL. Publishers of several processes take turns by a lock beside the folder.
    """

    def __init__(self, folder: Path, database: Database, policies: PolicyBook, base_url: str | None = None) -> None:
        self.folder = folder
        self.database = database
        self.policies = policies
        self.base_url = base_url

    def publish(
        self, now: datetime, everything: bool = False, progress: Callable[[str], None] | None = None
    ) -> PublishResult:
        """Bring the folder up to what the database holds. Renders what changed since the revision on disk, or
        everything. `progress` is told each path. Raises PublishFailed."""
        raise NotImplementedError

    def is_stale(self, session: Session, now: datetime) -> bool:
        """Whether a publish is due: something changed, or time alone changed what should be read."""
        raise NotImplementedError
