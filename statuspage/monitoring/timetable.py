"""When each monitor's turn comes, by a clock that never jumps; pure, so that no test needs to wait.

Each monitor has a place of its own within its interval, taken from its id, so that thousands of them are spread
evenly whatever order they came in. A monitor that is new, or overdue after a restart, has its first turn soon and
then moves to its place.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from zlib import crc32

SOON_SECONDS = 2.0
AT_ONCE = 400.0
"""So many first turns a second at most, when many monitors come at once."""


class Timetable:
    """Turns of monitors by id. Instants are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._every: dict[str, float] = {}
        self._turns: list[tuple[float, str]] = []
        self._due: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._every)

    def replace(self, every: Mapping[str, float], now: float) -> None:
        """Let exactly these monitors have turns, by interval in seconds; one whose interval stays keeps its turn."""
        new = [key for key, seconds in every.items() if self._every.get(key) != seconds]
        for key in self._every.keys() - every.keys():
            self._due.pop(key, None)
        window = max(SOON_SECONDS, len(new) / AT_ONCE)
        for key in new:
            self._set(key, now + place(key) * min(window, every[key]))
        self._every = dict(every)

    def next_at(self) -> float | None:
        """When the next turn comes."""
        while self._turns and self._due.get(self._turns[0][1]) != self._turns[0][0]:
            heapq.heappop(self._turns)
        return self._turns[0][0] if self._turns else None

    def take(self, now: float) -> tuple[str, float] | None:
        """A monitor whose turn has come, and when it was due; its next turn is set. Turns that were missed
        altogether are not made up for."""
        due = self.next_at()
        if due is None or due > now:
            return None
        _, key = heapq.heappop(self._turns)
        self._set(key, self._after(key, due, now))
        return key, due

    def _after(self, key: str, due: float, now: float) -> float:
        every = self._every[key]
        following = due + every
        behind = (following - place(key) * every) % every
        if behind > 1e-6 and every - behind > 1e-6:  # not in its place yet
            following += every - behind if behind > every / 2 else -behind
        if following <= now:
            following += every * ((now - following) // every + 1)
        return following

    def _set(self, key: str, due: float) -> None:
        self._due[key] = due
        heapq.heappush(self._turns, (due, key))


def place(key: str) -> float:
    """A monitor's place within its interval, from 0 to 1."""
    return crc32(key.encode()) / 2**32
