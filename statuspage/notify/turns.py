"""Whose turn it is: gravest first, one message at a time to one recipient, and no destination that takes its time
holds up the others."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import chain

from statuspage.notify.channel import Message
from statuspage.notify.outbox import Claimed

SLOW_SECONDS = 1.0
"""A destination that lets us wait so long for one message is slow until it answers faster."""
NOTED_SECONDS = 0.1
"""How often it is looked who is slow."""
FRESH_SECONDS = 1.0
"""A composed message that waited longer is written anew: consent and suppression may have changed."""
FEWEST_AT_ONCE = 32
MOST_AT_ONCE = 512
"""How many are written at once: few to begin with, so that the first leaves soon, more while they leave quickly."""
KEPT_BACK = 64
"""So many ready messages are enough; those to slow destinations that are more are put aside for a while."""


class Turns:
    """The rows and messages one run has in hand: waiting (claimed), ready (composed), flying (handed over).

    One destination gets at most half of what may fly, and all slow ones together no more than that, but for one
    message to each by which it can show that it is slow no longer; a quarter is never theirs.
    """

    def __init__(self, in_flight: int, slow: set[str], ahead: int = 0) -> None:
        """`slow` holds destinations known to be slow; it is kept from run to run. So many more as `ahead` says fly
        behind those that are in flight, for what is not slow."""
        self.in_flight = in_flight + ahead
        self.cap = max(in_flight // 2, 1)
        self._most_slow = in_flight - max(in_flight // 4, 1)
        self.leaves_slow = False
        """The run is to end: slow destinations get no more than one message each."""
        self._slow = slow
        self._waiting: list[tuple[int, int, Claimed]] = []
        self.at_once = FEWEST_AT_ONCE
        """How many messages are to be written next."""
        self._ready: dict[str, deque[tuple[float, Message]]] = {}
        """By destination, with the time of writing; never an empty one."""
        self._ready_count = 0
        self._composed_at = 0.0
        self._noted_at = 0.0
        self._flying: dict[int, tuple[Message, float]] = {}
        self._recipients: set[str] = set()
        self._destinations: defaultdict[str, int] = defaultdict(int)

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
        return bool(self._waiting or self._ready_count or self._flying)

    @property
    def awaits_slow(self) -> bool:
        """Whether somebody slow has yet to answer."""
        return any(self._destinations[name] for name in self._slow)

    @property
    def rows(self) -> list[Claimed]:
        """Every row in hand."""
        waiting = [row for _, _, row in self._waiting]
        return [*waiting, *(message.row for message in self._all_ready()), *self.flying_rows]

    @property
    def flying_rows(self) -> list[Claimed]:
        """The rows whose messages were handed over."""
        return [message.row for message, _ in self._flying.values()]

    def add_rows(self, rows: Sequence[Claimed]) -> None:
        """Rows that were claimed. What is composed waits again where these are graver."""
        gravest = min((row.lane for row in rows), default=None)
        if gravest is not None and any(message.row.lane > gravest for message in self._all_ready()):
            rows = [*rows, *self._unready()]
        for row in rows:
            heappush(self._waiting, (row.lane, row.id, row))

    def rows_to_compose(self) -> Sequence[Claimed]:
        """The next rows to be written, while something could fly; they are the caller's until add_messages."""
        if len(self._flying) >= self.in_flight or not self._waiting or self._has_enough:
            return ()
        if time.monotonic() - self._composed_at < FRESH_SECONDS / 2:
            self.at_once = min(2 * self.at_once, MOST_AT_ONCE)
        return [heappop(self._waiting)[2] for _ in range(min(self.at_once, len(self._waiting)))]

    def add_messages(self, messages: Iterable[Message]) -> list[Claimed]:
        """Messages that were written; rows to be put aside, because enough of them wait for their destinations."""
        self._composed_at = now = time.monotonic()
        for message in messages:
            self._ready.setdefault(message.destination, deque()).append((now, message))
            self._ready_count += 1
        aside = []
        while self._slow_ready() > KEPT_BACK:
            longest = max(self._slow & self._ready.keys(), key=lambda name: len(self._ready[name]))
            aside.append(self._ready[longest].pop()[1].row)
            self._ready_count -= 1
        return aside

    def next_message(self) -> Message | None:
        """The next message that may fly, which it does from now on; None when none may."""
        if not self._ready_count or len(self._flying) >= self.in_flight:
            return None
        now = time.monotonic()
        if now - self._noted_at > NOTED_SECONDS:
            self._note_slow(now)
        for destination, messages in self._ready.items():
            if self._has_room(destination):
                for number, (written_at, message) in enumerate(messages):
                    if message.recipient not in self._recipients:
                        if now - written_at > FRESH_SECONDS:
                            self._write_anew(now)
                            return self.next_message()
                        self._fly(destination, number, now)
                        return message
        return None

    def end(self, messages: Iterable[Message]) -> None:
        """These have landed and are recorded."""
        quick = time.monotonic() - SLOW_SECONDS
        for message in messages:
            _, since = self._flying.pop(message.row.id)
            self._recipients.discard(message.recipient)
            self._destinations[message.destination] -= 1
            if since > quick:
                self._slow.discard(message.destination)

    def give_back(self) -> list[Claimed]:
        """The rows that did not fly; they are no longer in hand."""
        rows = [row for _, _, row in self._waiting] + self._unready()
        self._waiting.clear()
        return rows

    def _all_ready(self) -> Iterator[Message]:
        return (message for _, message in chain.from_iterable(self._ready.values()))

    def _unready(self) -> list[Claimed]:
        rows = [message.row for message in self._all_ready()]
        self._ready.clear()
        self._ready_count = 0
        return rows

    def _write_anew(self, now: float) -> None:
        """What was written too long ago waits again."""
        self.at_once = FEWEST_AT_ONCE
        stale = [name for name, messages in self._ready.items() if now - messages[0][0] > FRESH_SECONDS]
        rows = [message.row for name in stale for _, message in self._ready.pop(name)]
        self._ready_count -= len(rows)
        self.add_rows(rows)

    def _slow_ready(self) -> int:
        return sum(len(self._ready[name]) for name in self._slow if name in self._ready)

    @property
    def _has_enough(self) -> bool:
        return self._ready_count >= KEPT_BACK and self._ready_count - self._slow_ready() >= KEPT_BACK

    def _has_room(self, destination: str) -> bool:
        if self._destinations[destination] >= self.cap:
            return False
        if destination not in self._slow:
            return True
        slow = sum(self._destinations[name] for name in self._slow)
        if not self._destinations[destination] and slow < self._most_slow:
            return True  # else one slow moment would leave it behind whoever is slow for minutes
        return slow < self.cap and not self.leaves_slow

    def _fly(self, destination: str, number: int, now: float) -> None:
        messages = self._ready.pop(destination)
        _, message = messages[number]
        del messages[number]
        if messages:
            self._ready[destination] = messages  # behind the others: each has its turn
        self._ready_count -= 1
        self._flying[message.row.id] = message, now
        self._recipients.add(message.recipient)
        self._destinations[destination] += 1

    def _note_slow(self, now: float) -> None:
        self._noted_at = now
        late = now - SLOW_SECONDS
        self._slow.update(message.destination for message, since in self._flying.values() if since < late)
