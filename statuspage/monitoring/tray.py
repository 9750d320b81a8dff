"""Findings on their way to the database: put down by the loop, taken by a thread that may have to wait.

While the database is away they are kept for a while. What does not fit any more, or is too old, is dropped: the
time it tells of becomes unknown, never down.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from statuspage.domain.health import Outcome
from statuspage.monitoring.judging import Measured

MOST_KEPT = 100_000
KEPT_FOR = timedelta(minutes=10)


class Tray:
    """A bounded queue between one thread that puts and one that takes."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._waiting: deque[Measured] = deque()
        self._lock = threading.Lock()
        self._most = most
        self.news = threading.Event()
        """Set when something was put down that should not wait."""
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, measured: Measured) -> None:
        """Put one down; never blocks for long."""
        with self._lock:
            self._waiting.append(measured)
            if len(self._waiting) > self._most:
                self._waiting.popleft()
                self.dropped += 1
        if measured.result.outcome is not Outcome.UP:
            self.news.set()

    def take(self, most: int, now: datetime) -> list[Measured]:
        """The oldest ones, at most so many; those that are too old are dropped."""
        with self._lock:
            while self._waiting and self._waiting[0].result.at < now - KEPT_FOR:
                self._waiting.popleft()
                self.dropped += 1
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def put_back(self, measured: Sequence[Measured]) -> None:
        """What could not be stored, to be taken first again."""
        with self._lock:
            self._waiting.extendleft(reversed(measured))
            while len(self._waiting) > self._most:
                self._waiting.popleft()
                self.dropped += 1
