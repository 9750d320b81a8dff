"""The prober and the worker as processes of their own, and what came of their work."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from statuspage.changes import Installation
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import CheckResult, Monitor
from tests.running import ROOT, environment, wait_until

Watch = Callable[..., str]
START_SECONDS = 60.0
"""A process may take so long to start on a busy machine."""
HEALTHY = "20s"
"""The timeout of a target that is to be up: no stall of the machine makes it down."""


@contextmanager
def publishing(installation: Installation) -> Iterator[None]:
    """`flask worker` beside it, which publishes what the prober judged."""
    command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
    surroundings = environment(
        installation.settings.instance,
        DATABASE_URL=installation.settings.database,
        SECRET_KEY="k" * 32,
        LOG_LEVEL="warning",
    )
    with subprocess.Popen(command, cwd=ROOT, env=surroundings) as process:
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def probing(
    installation: Installation, *arguments: str, prefix: Sequence[str] = (), **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    """`flask prober` on the installation, or what `arguments` make of Python; ended by SIGTERM, which must take
    seconds only. `prefix` begins the command."""
    known = {"PROBE_ALLOW_PRIVATE": "127.0.0.0/8", "SECRET_KEY": "k" * 32, "LOG_LEVEL": "warning", **settings}
    known["DATABASE_URL"] = installation.settings.database
    surroundings = environment(installation.settings.instance, **known)
    command = [*prefix, sys.executable, *(arguments or ("-m", "flask", "--app", "app", "prober"))]
    with subprocess.Popen(command, cwd=ROOT, env=surroundings) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                assert wait_until(lambda: catches_sigterm(process.pid))
                process.send_signal(signal.SIGTERM)
                assert process.wait(9) == 0


def catches_sigterm(pid: int) -> bool:
    """Whether a process is far enough to end in its own way."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def monitor(installation: Installation, monitor_id: str) -> Monitor:
    with installation.database.read() as session:
        return session.get_one(Monitor, monitor_id)


def shows(installation: Installation, monitor_id: str, status: ComponentStatus) -> bool:
    return wait_until(lambda: monitor(installation, monitor_id).status is status, START_SECONDS)


def results(installation: Installation, monitor_id: str) -> list[CheckResult]:
    with installation.database.read() as session:
        query = select(CheckResult).where(CheckResult.monitor_id == monitor_id).order_by(CheckResult.at)
        return list(session.scalars(query))
