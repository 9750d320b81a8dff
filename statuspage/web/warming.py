"""Keeps what the web process remembers of the published site up to what others publish, so that a post is quick.

The worker publishes too: figures that time moved, work that begins and ends. After each time the pieces that this
process remembers are of the past; they are made again here, beside the requests, before somebody posts.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog

from statuspage.publishing.site import Publisher

LOOK_SECONDS = 0.5
LATER_SECONDS = 10.0
log = structlog.get_logger(__name__)


@contextmanager
def kept_warm(publisher: Publisher) -> Iterator[None]:
    """Within the block a thread follows what is published."""
    stop = threading.Event()
    thread = threading.Thread(target=_follow, args=(publisher, stop), name="warming", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()


def _follow(publisher: Publisher, stop: threading.Event) -> None:
    wait = LOOK_SECONDS
    while not stop.wait(wait):
        try:
            if not publisher.is_warm():
                publisher.warm(datetime.now(UTC))
            wait = LOOK_SECONDS
        except Exception as error:  # whatever is wrong, whoever publishes next is told; nothing rests on warmth
            log.debug("not warmed", error=str(error))
            wait = LATER_SECONDS
