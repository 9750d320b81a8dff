"""The prober: one process that checks, one loop for the network and one thread for the database.

The loop (monitoring.rounds) never waits for the database: a thread of its own reads which monitors there are, stores
what was found, looks for jobs that did not call, and renews the lease. Of several probers one works at a time: the
lease is a row, and when it runs out another takes over.
"""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
import uvloop
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from statuspage import logs
from statuspage.changes import Installation, open_installation
from statuspage.domain.intervals import Span
from statuspage.measurement import take_results, take_silence
from statuspage.models import Heartbeat, Monitor
from statuspage.monitoring.aim import Aim, aim_of
from statuspage.monitoring.checking import KINDS
from statuspage.monitoring.connecting import Reach
from statuspage.monitoring.heartbeats import AWAY, late_calls
from statuspage.monitoring.rounds import Rounds
from statuspage.monitoring.tray import Tray
from statuspage.settings import read_settings

LEASE = "prober"
LEASE_FOR = timedelta(seconds=15)
BEAT_SECONDS = 4.0
READ_SECONDS = 2.0
LOOK_SECONDS = 2.0
STORE_SECONDS = 0.5
BATCH = 1000
LONGEST_BACK_OFF = 5.0
ENDING_SECONDS = 4.0
SPARE_FILES = 200
MOST_AT_ONCE = 4000
SWITCH_SECONDS = 0.0001
"""SQLite lets go of the interpreter for each row; the thread that stores would wait 5 ms each time to get it back."""
log = structlog.get_logger(__name__)


def run(installation: Installation, stop: threading.Event) -> None:
    """Probe until `stop` is set; then store what was found and return within seconds."""
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(installation, stop))


async def _run(installation: Installation, stop: threading.Event) -> None:
    reach = Reach(installation.settings.probe_allow_private)
    tray = Tray()
    rounds = Rounds(reach, tray.put, _now, _most_at_once())
    loop = asyncio.get_running_loop()

    def set_aims(aims: Mapping[str, Aim]) -> None:
        loop.call_soon_threadsafe(rounds.replace, aims)

    keeper = Keeper(installation, tray, set_aims, lambda: _figures(rounds, tray))
    thread = threading.Thread(target=keeper.run, name="keeper", daemon=True)
    thread.start()
    probing = asyncio.create_task(rounds.run())
    while not stop.is_set() and not probing.done():
        await asyncio.sleep(0.1)
    probing.cancel()
    await asyncio.gather(probing, return_exceptions=True)
    keeper.stop.set()
    tray.news.set()
    await asyncio.to_thread(thread.join, ENDING_SECONDS)
    if not stop.is_set():
        await probing  # raises what ended it: the supervisor starts another


@dataclass
class Keeper:
    """The prober's side of the database, in a thread of its own."""

    installation: Installation
    tray: Tray
    set_aims: Callable[[Mapping[str, Aim]], None]
    figures: Callable[[], dict[str, Any]]
    name: str = field(default_factory=lambda: f"{platform.node()}:{os.getpid()}")
    stop: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    seen: tuple[Any, ...] | None = None
    looked_at: datetime | None = None
    due: dict[str, float] = field(default_factory=dict)
    failures: int = 0

    def run(self) -> None:
        """Work until `stop` is set, whatever the database does meanwhile."""
        while not self.stop.is_set():
            try:
                self.work()
                self.failures = 0
                wait = STORE_SECONDS
            except Exception as error:  # whatever broke, the prober must live to try again
                self.failures += 1
                wait = min(0.5 * 2.0 ** min(self.failures, 5), LONGEST_BACK_OFF)
                traced = not isinstance(error, OperationalError)
                log.error(
                    "prober's database failed", kind=type(error).__name__, error=str(error), exc_info=traced,
                    kept=len(self.tray), retry_in=wait,
                )  # fmt: skip
            self.tray.news.wait(wait) if not self.failures else self.stop.wait(wait)
            self.tray.news.clear()
        self._end()

    def work(self) -> None:
        """What is due now: lease, monitors, results, late jobs."""
        self._when_due("lease", BEAT_SECONDS, self.renew_lease)
        if not self.leads:
            return
        self._when_due("monitors", READ_SECONDS, self.read_monitors)
        self.store()
        self._when_due("late", LOOK_SECONDS, self.look_for_late)

    def renew_lease(self) -> None:
        """Take the lease, keep it, or see that another prober has it."""
        now = _now()
        with self.installation.database.write() as session:
            led, away = self.leads, take_lease(session, self.name, self.figures(), now)
        self.leads = away is not None
        if self.leads and not led:
            log.info("prober works", name=self.name)
            self.looked_at = away.start if away else None
            take_silence(self.installation, now)
        if led and not self.leads:
            log.warning("another prober works", name=self.name)
            self.seen = None
            self.set_aims({})

    def read_monitors(self) -> None:
        """Hand the loop the monitors, where any was added, changed or removed."""
        with self.installation.database.read() as session:
            seen = tuple(session.execute(_SIGNATURE).one())
            if seen == self.seen:
                return
            aims = load_aims(session)
        self.set_aims(aims)
        self.seen = seen

    def store(self) -> None:
        """Store and judge what lies in the tray; on a failure it is put back."""
        while batch := self.tray.take(BATCH, _now()):
            try:
                take_results(self.installation, batch, _now(), at_once=False)
            except BaseException:
                self.tray.put_back(batch)
                raise

    def look_for_late(self) -> None:
        """Record the jobs that did not call in time; those we could not have heard are unknown."""
        now = _now()
        away = None
        if self.looked_at is not None and now - self.looked_at > AWAY:
            away = Span(self.looked_at, now)
        with self.installation.database.read() as session:
            late = late_calls(session, away, now)
        if late:
            take_results(self.installation, late, now, at_once=False)
        self.looked_at = now

    def _when_due(self, chore: str, every: float, act: Callable[[], None]) -> None:
        if self.due.get(chore, 0.0) <= time.monotonic():
            act()
            self.due[chore] = time.monotonic() + every

    def _end(self) -> None:
        try:
            if self.leads:
                self.store()
                with self.installation.database.write() as session:
                    release_lease(session, self.name, self.figures(), _now())
        except Exception as error:  # what was not stored is unknown time; the lease runs out by itself
            log.warning("prober's end not stored", kind=type(error).__name__, kept=len(self.tray))


_SIGNATURE = select(func.count(), func.max(Monitor.updated_at)).where(Monitor.enabled, Monitor.removed_at.is_(None))
"""Changes with every change that matters to the loop; results do not touch it."""


def load_aims(session: Session) -> dict[str, Aim]:
    """What is to be checked, by monitor. A monitor whose settings cannot be read is left out, and said."""
    aims: dict[str, Aim] = {}
    query = select(Monitor.id, Monitor.settings).where(
        Monitor.enabled, Monitor.removed_at.is_(None), Monitor.kind.in_(list(KINDS))
    )
    for monitor_id, settings in session.execute(query):
        try:
            aims[monitor_id] = aim_of(monitor_id, settings)
        except (ValueError, KeyError, TypeError) as error:
            log.error("monitor cannot be read", monitor=monitor_id, error=str(error))
    return aims


def take_lease(session: Session, name: str, figures: Mapping[str, Any], now: datetime) -> Span | None:
    """When nobody worked before us, empty when it was ourselves; None when another prober holds the lease.

    A lease runs out by time, from ahead too (the clock was set back), or with its process on this machine.
    """
    row = session.get(Heartbeat, LEASE, with_for_update=True)
    if row is None:
        session.add(Heartbeat(name=LEASE, at=now, details={**figures, "holder": name}))
        return Span(now, now)
    holder = (row.details or {}).get("holder")
    if holder not in (None, name) and abs(now - row.at) <= LEASE_FOR and not _is_dead(holder):
        return None
    before = min(row.at, now)
    row.at, row.details = now, {**figures, "holder": name}
    return Span(before, now)


def release_lease(session: Session, name: str, figures: Mapping[str, Any], now: datetime) -> None:
    """Let another prober work at once; the row stays, and says until when somebody worked."""
    row = session.get(Heartbeat, LEASE, with_for_update=True)
    if row is not None and (row.details or {}).get("holder") == name:
        row.at, row.details = now, {**figures, "holder": None}


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that is gone."""
    node, _, pid = holder.rpartition(":")
    if node != platform.node() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _figures(rounds: Rounds, tray: Tray) -> dict[str, Any]:
    figures = rounds.figures
    return {
        "outcomes": dict(figures.outcomes),
        "latest_s": round(figures.latest, 3),
        "late": figures.late,
        "skipped": figures.skipped,
        "waiting": len(tray),
        "dropped": tray.dropped,
    }


def _most_at_once() -> int:
    """As many checks at once as this process may open files, some spared."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(50, min(MOST_AT_ONCE, hard - SPARE_FILES))


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> int:
    """A process that is a prober and nothing else: without the doors, the queue and the migrations it takes half
    the memory. The instance is up to date, or the worker makes it so."""
    settings = read_settings()
    logs.configure(settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(open_installation(settings), stop)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
