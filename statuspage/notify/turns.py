"""Whose turn it is: gravest first, one message at a time to one recipient, and no destination that takes its time
holds up the others."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush

from statuspage.notify.channel import Message
from statuspage.notify.outbox import Claimed

SLOW_SECONDS = 1.0
"""A destination that lets us wait so long for one message is slow until it answers faster."""
FRESH_SECONDS = 1.0
"""A composed message that waited longer is written anew: consent and suppression may have changed."""
KEPT_BACK = 64
"""So many ready messages are enough; those to slow destinations that are more are put aside for a while."""


class Turns:
    """The rows and messages one run has in hand: waiting (claimed), ready (composed), flying (handed over).

    One destination gets at most half of what may fly, and all slow ones together no more than that.
    """

    def __init__(self, in_flight: int, slow: set[str]) -> None:
        """`slow` holds destinations known to be slow; it is kept from run to run."""
        self.in_flight = in_flight
        self.cap = max(in_flight // 2, 1)
        self._slow = slow
        self._waiting: list[tuple[int, int, Claimed]] = []
        self._ready: list[Message] = []
        self._composed_at = 0.0
        self._flying: dict[int, tuple[Message, float]] = {}
        self._recipients: set[str] = set()
        self._destinations: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """How many rows are neither flying nor held up."""
        return len(self._waiting)

    @property
    def gravest(self) -> int:
        """The lane of the gravest row that waits; there must be one."""
        return self._waiting[0][0]

    @property
    def in_hand(self) -> bool:
        """Whether anything is left to do."""
        return bool(self._waiting or self._ready or self._flying)

    @property
    def rows(self) -> list[Claimed]:
        """Every row in hand."""
        waiting = [row for _, _, row in self._waiting]
        return [*waiting, *(message.row for message in self._ready), *self.flying_rows]

    @property
    def flying_rows(self) -> list[Claimed]:
        """The rows whose messages were handed over."""
        return [message.row for message, _ in self._flying.values()]

    def add_rows(self, rows: Iterable[Claimed]) -> None:
        """Rows that were claimed."""
        for row in rows:
            heappush(self._waiting, (row.lane, row.id, row))

    def rows_to_compose(self, most: int) -> Sequence[Claimed]:
        """The next rows to be written, while something could fly; they are the caller's until add_messages."""
        if len(self._flying) >= self.in_flight or not self._waiting or self._has_enough:
            return ()
        return [heappop(self._waiting)[2] for _ in range(min(most, len(self._waiting)))]

    def add_messages(self, messages: Iterable[Message]) -> list[Claimed]:
        """Messages that were written; rows to be put aside, because enough of them wait for their destinations."""
        self._ready.extend(messages)
        self._composed_at = time.monotonic()
        held_up = [message for message in self._ready if message.destination in self._slow]
        aside = {message.row.id: message.row for message in held_up[KEPT_BACK:]}
        if aside:
            self._ready = [message for message in self._ready if message.row.id not in aside]
        return list(aside.values())

    def next_message(self) -> Message | None:
        """The next message that may fly, which it does from now on; None when none may."""
        if not self._ready or len(self._flying) >= self.in_flight:
            return None
        if time.monotonic() - self._composed_at > FRESH_SECONDS:
            self.add_rows(message.row for message in self._ready)
            self._ready.clear()
            return None
        self._note_slow()
        for number, message in enumerate(self._ready):
            if self._may_fly(message):
                del self._ready[number]
                self._fly(message)
                return message
        return None

    def end(self, messages: Iterable[Message]) -> None:
        """These have landed and are recorded."""
        for message in messages:
            _, since = self._flying.pop(message.row.id)
            self._recipients.discard(message.recipient)
            self._destinations[message.destination] -= 1
            if time.monotonic() - since < SLOW_SECONDS:
                self._slow.discard(message.destination)

    def give_back(self) -> list[Claimed]:
        """The rows that did not fly; they are no longer in hand."""
        rows = [row for _, _, row in self._waiting] + [message.row for message in self._ready]
        self._waiting.clear()
        self._ready.clear()
        return rows

    @property
    def _has_enough(self) -> bool:
        if len(self._ready) < KEPT_BACK:
            return False
        return sum(message.destination not in self._slow for message in self._ready) >= KEPT_BACK

    def _may_fly(self, message: Message) -> bool:
        if message.recipient in self._recipients or self._destinations[message.destination] >= self.cap:
            return False
        if message.destination not in self._slow:
            return True
        return sum(self._destinations[name] for name in self._slow) < self.cap

    def _fly(self, message: Message) -> None:
        self._flying[message.row.id] = message, time.monotonic()
        self._recipients.add(message.recipient)
        self._destinations[message.destination] += 1

    def _note_slow(self) -> None:
        late = time.monotonic() - SLOW_SECONDS
        self._slow.update(message.destination for message, since in self._flying.values() if since < late)
