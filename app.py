"""`app:app` is the WSGI application; `python app.py` runs the page, its worker and its prober in one process tree."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
import time
from datetime import UTC, datetime

import structlog
import uvloop
from sqlalchemy.exc import OperationalError

from statuspage import cli, instance, logs, people, prober, worker
from statuspage.changes import Installation
from statuspage.domain.sla.policy import PolicyError
from statuspage.factory import create_app, create_bare_app
from statuspage.migrations import DatabaseTooNew
from statuspage.processes import Child, supervise
from statuspage.settings import SettingsError, local_address, reachable_host
from statuspage.web import current, front

try:
    app = create_bare_app() if cli.needs_no_instance(sys.argv) else create_app()
except SettingsError as error:
    print(f"statuspage: {error}", file=sys.stderr)
    raise SystemExit(2) from None
except PolicyError as error:
    print(f"statuspage: STATUSPAGE_POLICY: {error}", file=sys.stderr)
    raise SystemExit(2) from None
if current.EXTENSION in app.extensions:
    installation: Installation = app.extensions[current.EXTENSION]
    logs.configure(installation.settings.log_level)
log = structlog.get_logger("app")


def main() -> int:
    """Bring the instance up to date, then run site, worker and prober until SIGTERM; the exit code."""
    settings = installation.settings
    try:
        port = free_port(settings.host, settings.port)
    except OSError as error:
        reason = error.strerror or str(error)
        print(f"statuspage: HOST/PORT: {settings.host}:{settings.port} cannot be used: {reason}", file=sys.stderr)
        return 1
    link = None
    try:
        link = prepare(datetime.now(UTC))
    except (SettingsError, DatabaseTooNew) as error:
        print(f"statuspage: {error}", file=sys.stderr)
        return 2
    except OperationalError as error:  # what is published is served all the same; the worker tries again
        log.error("database unavailable at start", reason=str(error.orig))
    installation.database.dispose()
    children = [
        Child("web", lambda: run_web(settings.host, port)),
        Child("worker", run_worker),
        Child("prober", run_prober),
    ]
    return supervise(children, lambda: announce(settings.host, port, link))


def run_web(host: str, port: int) -> int:
    """The page and its doors, until SIGTERM."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(front.serve(app, host, port))
    return 0


def run_worker() -> int:
    """What is due, until SIGTERM."""
    worker.run(installation, until_ended())
    return 0


def run_prober() -> int:
    """The monitors in their turn, until SIGTERM."""
    prober.run(installation, until_ended())
    return 0


def until_ended() -> threading.Event:
    """Set by SIGTERM and SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def free_port(host: str, port: int) -> int:
    """`port`, or any free one for 0. Raises OSError when something listens there already: the server itself shares
    its port (SO_REUSEPORT) and would not notice."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def prepare(now: datetime) -> str | None:
    """Bring the instance up to date; the path of the one-time set-up link while there is no user."""
    instance.bring_up_to_date(installation, now)
    with installation.database.write() as session:
        token = people.set_up_link(session, now)
    return f"/admin/setup/{token}" if token else None


def announce(host: str, port: int, link: str | None) -> None:
    """Say where the page is, once it answers."""
    address = local_address(host, port)
    for _ in range(200):
        try:
            socket.create_connection((reachable_host(host), port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    print(f"Status page: {installation.settings.statuspage_url or address}  (listening on {address})", flush=True)
    if link:
        print(f"Make the first administrator here, once: {address}{link}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
