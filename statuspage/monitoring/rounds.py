"""The prober's loop: whose turn it is, each check in a task of its own, first failures again at once.

Nothing here waits for the database: findings are handed to `tell`, which must not block.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from statuspage.domain.health import Outcome, Result
from statuspage.monitoring.aim import Aim
from statuspage.monitoring.checking import check
from statuspage.monitoring.connecting import Reach
from statuspage.monitoring.finding import Finding, unknown
from statuspage.monitoring.judging import Measured
from statuspage.monitoring.timetable import Timetable
from statuspage.monitoring.witness import Pulse, Witness

PULSE_SECONDS = 0.25
LONGEST_NAP = 0.5
STARTS_AT_ONCE = 32
"""Then the checks that run have their go: when there is more to do than time, few run at once and none for long."""


@dataclass
class Figures:
    """What the prober did since it started; lateness in seconds, from when a check was due to when it began."""

    outcomes: Counter[str] = field(default_factory=Counter)
    latest: float = 0.0
    late: int = 0
    """Checks that began more than LATE_SECONDS after they were due."""
    skipped: int = 0
    """Turns that passed while the check before was still running."""


LATE_SECONDS = 5.0


class Rounds:
    """Checks the aims it was given, until it is stopped. All methods belong to the loop's thread."""

    def __init__(
        self,
        reach: Reach,
        tell: Callable[[Measured], None],
        clock: Callable[[], datetime],
        most_at_once: int = 2000,
    ) -> None:
        self._reach, self._tell, self._clock, self._most = reach, tell, clock, most_at_once
        self._witness = Witness(reach)
        self._pulse = Pulse()
        self._timetable = Timetable()
        self._aims: dict[str, Aim] = {}
        self._last: dict[str, Outcome] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self.figures = Figures()

    def replace(self, aims: Mapping[str, Aim]) -> None:
        """Check exactly these from now on; a check that runs is finished."""
        self._aims = dict(aims)
        self._last = {key: outcome for key, outcome in self._last.items() if key in aims}
        self._timetable.replace({key: aim.every for key, aim in aims.items()}, self._now())
        self._news.set()

    async def run(self) -> None:
        """Until cancelled; then the checks that run are given up, unrecorded."""
        pulse = asyncio.create_task(self._keep_pulse())
        try:
            while True:
                self._start_due()
                await self._nap()
        finally:
            pulse.cancel()
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _start_due(self) -> None:
        now = self._now()
        for _ in range(STARTS_AT_ONCE):
            turn = self._timetable.take(now) if len(self._running) < self._most else None
            if turn is None:
                return
            key, due = turn
            if key in self._running:
                self.figures.skipped += 1
                continue
            self._note_lateness(now - due)
            task = asyncio.create_task(self._take_turn(self._aims[key]))
            self._running[key] = task
            task.add_done_callback(partial(self._end_turn, key))

    def _end_turn(self, key: str, _: asyncio.Task[None]) -> None:
        self._running.pop(key, None)
        if len(self._running) == self._most - 1:
            self._news.set()

    def _note_lateness(self, late: float) -> None:
        self.figures.latest = max(self.figures.latest, late)
        self.figures.late += late > LATE_SECONDS

    async def _nap(self) -> None:
        """Until the next turn, or until there is news."""
        due = self._timetable.next_at()
        full = len(self._running) >= self._most
        wait = LONGEST_NAP if due is None or full else min(max(due - self._now(), 0.0), LONGEST_NAP)
        self._news.clear()
        if wait < 0.002:
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(wait):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _take_turn(self, aim: Aim) -> None:
        """A check, and where it is the first to fail, another at once: a hiccup ends there."""
        failing = self._last.get(aim.id) is Outcome.DOWN
        found = await self._record(aim)
        if found.outcome is Outcome.DOWN and not failing:
            found = await self._record(aim)
        if found.outcome is not Outcome.UNKNOWN:
            self._last[aim.id] = found.outcome

    async def _record(self, aim: Aim) -> Finding:
        at, found = await self._find(aim)
        self.figures.outcomes[found.outcome.value] += 1
        result = Result(at, found.outcome, found.latency_ms, found.words)
        self._tell(Measured(aim.id, result, found.certificate_ends_at))
        return found

    async def _find(self, aim: Aim) -> tuple[datetime, Finding]:
        """When the check began and what it found. What failed while this process stood still is tried again."""
        for _ in range(2):
            at, began = self._clock(), self._now()
            found = await check(aim, self._reach, at)
            self._witness.note(aim, found, self._now())
            if found.doubt is not None:
                found = await self._witness.settle(aim, found, began)
            good = found.outcome in (Outcome.UP, Outcome.UNKNOWN)
            if good or not self._pulse.was_disturbed(began, self._now(), self._clock().timestamp()):
                return at, found
        return at, unknown("this machine stood still, or its clock was set")

    async def _keep_pulse(self) -> None:
        while True:
            self._pulse.beat(self._now(), self._clock().timestamp())
            await asyncio.sleep(PULSE_SECONDS)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
