"""What every page of the admin says in red while the machinery stands still: no worker, mail that waits, a full disk,
or a copy of the page that is old."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from statuspage.mirroring import Standing, standings
from statuspage.notify.flow import Standstill, mail_standstill, queue_trouble
from statuspage.settings import Settings
from statuspage.web.health import WORKER_SILENT, ProberBeat, last_beat, prober_beat

COPY_BEHIND = timedelta(minutes=1)
ROOM_NEEDED = 20 * 2**20
"""Bytes on the instance's disk; a post with its publish takes a few of them."""


@dataclass(frozen=True)
class Machinery:
    """When a worker was last seen (None: never) and whether it is silent since; why mail stands still, if it does."""

    worker_at: datetime | None
    worker_silent: bool
    prober: ProberBeat
    mail: Standstill | None
    queue: str | None = None
    """Why the queue is not reached; messages leave nevertheless."""
    copies: tuple[Standing, ...] = ()
    """Copies of the page that fail, or are behind by more than a minute."""
    room: int | None = None
    """MiB free on the instance's disk, where that is next to nothing."""


def load_machinery(session: Session, settings: Settings, now: datetime) -> Machinery:
    """The machinery at `now`. While no worker runs, that says why mail waits."""
    worker_at = last_beat(session)
    silent = worker_at is None or now - worker_at >= WORKER_SILENT
    mail = None if silent else mail_standstill(session, settings, now)
    copies = tuple(each for each in standings(settings) if each.error or each.behind_for(now) > COPY_BEHIND)
    queue = None if silent else queue_trouble(session, now)
    return Machinery(worker_at, silent, prober_beat(session, now), mail, queue, copies, _scarce_room(settings))


def _scarce_room(settings: Settings) -> int | None:
    free = shutil.disk_usage(settings.instance).free
    return free // 2**20 if free < ROOM_NEEDED else None
