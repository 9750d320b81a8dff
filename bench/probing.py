"""How many checks one prober process makes, and whether thousands of monitors are all checked in time.

The target is a process of its own on the other core: python -m bench.probing [N] serves until killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import and_, func, insert, select

from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import add_component
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.drafts import ComponentDraft
from statuspage.instance import bring_up_to_date
from statuspage.models import CheckResult, Heartbeat, Monitor
from statuspage.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
MONITORS = 5000
SECONDS = 20.0
COMPONENTS = 100
JUDGED_SECONDS = 90.0
"""At most, until every monitor was found up and published so."""
MINUTES = float(os.environ.get("BENCH_PROBING_MINUTES", "1"))
"""Of the second measurement; ten for the whole promise."""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\nall is well\n"


def measure_checks(_instance: Path, _token: str) -> Iterator[dict[str, object]]:
    """More monitors than can be served in time, each asked for every second; what was stored is counted."""
    with tempfile.TemporaryDirectory(prefix="statuspage-probing-") as folder, target() as port:
        installation = fill(Path(folder), port, every="1s")
        with prober(installation) as pid:
            wait_until_judged(installation)
            before, began, spent = stored(installation), time.monotonic(), cpu_seconds(pid)
            time.sleep(SECONDS)
            after, took = stored(installation), time.monotonic() - began
            used = cpu_seconds(pid) - spent
            rss = resident_mb(pid)
    rate = (after - before) / took
    facts = {
        "monitors": MONITORS,
        "cores_used": round(used / took, 2),
        "cpu_s_per_1000": round(used / (after - before) * 1000, 3),
        "load": round(os.getloadavg()[0], 1),
    }
    yield {"figure": "checks_per_s", "value": round(rate), **facts}
    yield {"figure": "prober_overloaded_mb", "value": round(rss), "monitors": MONITORS}


def measure_lateness(_instance: Path, _token: str) -> Iterator[dict[str, object]]:
    """5,000 monitors once a minute: the latest of all checks, and how many were lost."""
    with tempfile.TemporaryDirectory(prefix="statuspage-probing-") as folder, target() as port:
        installation = fill(Path(folder), port, every="60s")
        with prober(installation) as pid:
            wait_until_judged(installation)
            began, spent = datetime.now(UTC), cpu_seconds(pid)
            time.sleep(MINUTES * 60)
            used, rss = cpu_seconds(pid) - spent, resident_mb(pid)
        figures, lost = said(installation), count_lost(installation, began)
    cores = round(used / MINUTES / 60, 3)
    facts = {"monitors": MONITORS, "minutes": MINUTES, "cores_used": cores, "load": round(os.getloadavg()[1], 1)}
    yield {"figure": "prober_memory_mb", "value": round(rss), **facts}
    yield {"figure": "check_lateness_s", "value": figures["latest_s"], **facts}
    yield {"figure": "checks_lost", "value": lost, "checks": sum(figures["outcomes"].values()), **facts}


def count_lost(installation: Installation, began: datetime) -> int:
    """Checks that each monitor lacks of those it should have had since, and findings that were dropped. A monitor's
    second check may be a minute and a half after its first, until it is in its place."""
    since = and_(CheckResult.monitor_id == Monitor.id, CheckResult.at >= began)
    per_monitor = select(func.count(CheckResult.id)).select_from(Monitor).outerjoin(CheckResult, since)
    with installation.database.read() as session:
        counts = session.scalars(per_monitor.group_by(Monitor.id)).all()
    figures = said(installation)
    fewest = int(MINUTES) - 1
    return (
        sum(max(fewest - count, 0) for count in counts) + int(str(figures["dropped"])) + int(str(figures["skipped"]))
    )


def fill(folder: Path, port: int, every: str) -> Installation:
    """An installation with 5,000 monitors of a hundred components, at intervals shorter than a door would take."""
    installation = open_installation(Settings(statuspage_instance=folder, statuspage_url="http://127.0.0.1"))
    now = datetime.now(UTC)
    bring_up_to_date(installation, now)
    with site_change(installation, now, author="bench") as change:
        components = [
            add_component(change.session, ComponentDraft(name=f"Target {n}"), author="bench", now=now).id
            for n in range(COMPONENTS)
        ]
    row = {"kind": "http", "status": ComponentStatus.UNKNOWN}
    stamps = {"enabled": True, "position": 0, "name": "", "created_at": now, "updated_at": now}
    with installation.database.write() as session:
        session.execute(
            insert(Monitor),
            [
                {
                    "id": f"m{n:011}",
                    "component_id": components[n % COMPONENTS],
                    "settings": aim(n, port, every),
                    **row,
                    **stamps,
                }
                for n in range(MONITORS)
            ],
        )
    return installation


def wait_until_judged(installation: Installation) -> None:
    """Until every monitor's first results were stored, judged and published."""
    unheard = select(func.count()).where(Monitor.status == ComponentStatus.UNKNOWN)
    deadline = time.monotonic() + JUDGED_SECONDS
    while time.monotonic() < deadline:
        with installation.database.read() as session:
            if not session.scalar(unheard):
                break
        time.sleep(0.5)
    time.sleep(5)


def aim(number: int, port: int, every: str) -> dict[str, object]:
    """Settings of a monitor. A hundred addresses of this machine: one alone has too few ports."""
    return {"kind": "http", "target": f"http://127.1.{number % 100}.1:{port}/", "every": every, "timeout": "5s"}


@contextmanager
def target() -> Iterator[int]:
    """The port of a server that answers anything with 200."""
    command = [sys.executable, "-m", "bench.probing"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def prober(installation: Installation) -> Iterator[int]:
    """The process id of what `flask prober` becomes, on that instance."""
    environment = {
        **os.environ,
        "STATUSPAGE_INSTANCE": str(installation.settings.instance),
        "PROBE_ALLOW_PRIVATE": "127.0.0.0/8",
        "LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "statuspage.prober"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


def stored(installation: Installation) -> int:
    """How many results are in the database; their ids only grow."""
    with installation.database.read() as session:
        return session.scalar(select(func.max(CheckResult.id))) or 0


def said(installation: Installation) -> dict[str, object]:
    """What the prober says of itself."""
    with installation.database.read() as session:
        return dict(session.get_one(Heartbeat, "prober").details or {})


def resident_mb(pid: int) -> float:
    """The process' memory in use, the most it ever was."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def cpu_seconds(pid: int) -> float:
    """Processor time of all the process' threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Quick(asyncio.Protocol):
    """Answers as soon as anything was heard, and hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(ANSWER)
        self._transport.close()


async def serve() -> None:
    """Serve until killed; prints the port."""
    server = await asyncio.get_running_loop().create_server(Quick, "0.0.0.0", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
