"""The queue (huey): a nudge that tells the workers to look now instead of at their next tick.

The outbox table is the truth. A nudge that is lost, doubled or late costs at most a second, never a message; so it
is given from a thread of its own and nobody who posts ever waits for the queue.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.consumer import Consumer
from redis import ConnectionPool
from sqlalchemy.engine import make_url

QUEUE = "statuspage"
TASK = "deliver"
POLL_SECONDS = 0.15
CONNECT_SECONDS = 2
log = structlog.get_logger(__name__)


def open_queue(url: str) -> Huey:
    """The queue at `url` (sqlite:///…, postgresql://…, redis://…). Connects; raises what its driver raises."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return SqliteHuey(QUEUE, filename=make_url(url).database, results=False, timeout=2, fsync=False)
    if scheme in ("redis", "rediss"):
        pool = ConnectionPool.from_url(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=5)
        return RedisHuey(QUEUE, connection_pool=pool, results=False, read_timeout=1)
    return PostgresHuey(QUEUE, dsn=url, results=False, read_timeout=1, connect_timeout=CONNECT_SECONDS)


class Nudge:
    """Call it after something was queued. Never blocks, never raises; several calls may become one task."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._asked = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        self._asked.set()
        with self._starting:
            if self._thread is None or not self._thread.is_alive():  # not alive: this process is a fork
                self._thread = threading.Thread(target=self._work, name="nudge", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        enqueue: Callable[[], Any] | None = None
        while True:
            self._asked.wait()
            self._asked.clear()
            try:
                enqueue = enqueue or add_task(open_queue(self._url), do_nothing)
                enqueue()
            except Exception as error:  # the worker looks by itself every second
                log.warning("nudge failed", kind=type(error).__name__, error=str(error))
                enqueue = None


def add_task(queue: Huey, act: Callable[[], None]) -> Callable[[], Any]:
    """Register the one task there is: workers run `act` for it; calling the result enqueues it."""

    def deliver() -> None:
        act()

    task: Callable[[], Any] = queue.task(name=TASK)(deliver)
    return task


def do_nothing() -> None:
    """What the task means in a process that only enqueues it."""


class QuietConsumer(Consumer):  # type: ignore[misc]  # huey is untyped
    """Huey's consumer inside our worker: signals are the worker's own business, there are no periodic tasks."""

    def _set_signal_handlers(self) -> None:
        return


def check_reached(consumer: Consumer) -> None:
    """Ask the queue something. Raises what its driver raises when it is away."""
    consumer.huey.pending_count()


def start_consumer(url: str, act: Callable[[], None]) -> Consumer:
    """Run `act` for each nudge that arrives, in a thread. Raises when the queue cannot be reached."""
    queue = open_queue(url)
    add_task(queue, act)
    consumer = QuietConsumer(
        queue, workers=1, periodic=False, initial_delay=POLL_SECONDS, backoff=1.0, max_delay=POLL_SECONDS
    )
    consumer.start()
    return consumer
