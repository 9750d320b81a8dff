"""What every page of the admin says in red while the machinery stands still: no worker, or mail that waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.notify.flow import Standstill, mail_standstill
from statuspage.settings import Settings
from statuspage.web.health import WORKER_SILENT, last_beat


@dataclass(frozen=True)
class Machinery:
    """When a worker was last seen (None: never) and whether it is silent since; why mail stands still, if it does."""

    worker_at: datetime | None
    worker_silent: bool
    mail: Standstill | None


def load_machinery(session: Session, settings: Settings, now: datetime) -> Machinery:
    """The machinery at `now`. While no worker runs, that says why mail waits."""
    worker_at = last_beat(session)
    silent = worker_at is None or now - worker_at >= WORKER_SILENT
    return Machinery(worker_at, silent, None if silent else mail_standstill(session, settings, now))
