"""One run over the outbox for one channel: claim, compose, send, record; no transaction is open while sending.

At most the channel's `in_flight` messages are unrecorded at any instant: a worker killed there sends those again,
as the same message, and nobody is missed. Several runs in several processes share the outbox by its leases.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from statuspage.notify import outbox
from statuspage.notify.channel import Channel, Meaning, Office, Result, Sending, Trouble
from statuspage.notify.outbox import Claimed
from statuspage.notify.recording import Recording
from statuspage.notify.turns import Turns

FEW_LEFT = 32
"""So many waiting rows are left when more are claimed."""
PEEK_SECONDS = 0.25
"""How often graver deliveries than those in hand are looked for."""
ASIDE = timedelta(seconds=5)
"""How long rows are left alone whose destination has enough to do."""
RENEW_SECONDS = 8.0
"""How often leases are renewed while a slow server is waited for; a third of a lease."""
RECORD_TRIES = 6
"""Each waits for SQLite's busy timeout, so a database locked for half a minute repeats no message."""
PATIENCE_SECONDS = 60.0
"""So long past its time a run goes on for the others' sake, while it waits for somebody slow."""
GRACE_SECONDS = 4.0
"""When told to stop: how long the other side may still answer for messages under way."""
log = structlog.get_logger(__name__)


@dataclass
class Report:
    """What one run did. `paused` and `trouble` are the other side's words when it stopped early."""

    sent: int = 0
    retrying: int = 0
    dead: int = 0
    skipped: int = 0
    released: int = 0
    paused: str | None = None
    trouble: str | None = None


def deliver_due(
    office: Office,
    clock: Callable[[], datetime],
    channel: Channel,
    *,
    budget: timedelta = timedelta(seconds=50),
    stop: threading.Event | None = None,
    slow: set[str] | None = None,
) -> Report:
    """Send what is due on a channel until nothing is, the budget is used up, the other side is in trouble, or `stop`
    is set. Nothing is claimed while the channel stands still. `slow` remembers slow destinations from run to run."""
    report = Report()
    with office.database.read() as session:
        now = clock()
        report.paused = channel.standstill(session, office.settings, now)
        if report.paused is not None:
            return report
        if not outbox.is_anything_due(session, now=now, channels=channel.carries, lanes=channel.lanes):
            return report
        sending = channel.open(session, office, now)
    turns = Turns(channel.in_flight, set() if slow is None else slow, channel.ahead)
    run = _Run(office, clock, channel, sending, turns, report, stop or threading.Event())
    try:
        run.work(until=time.monotonic() + budget.total_seconds())
    finally:
        sending.close(patiently=not run.stop.is_set())
        run.recording.close()
    return report


class _Run:
    """One run; nothing but this thread touches the database."""

    def __init__(
        self,
        office: Office,
        clock: Callable[[], datetime],
        channel: Channel,
        sending: Sending,
        turns: Turns,
        report: Report,
        stop: threading.Event,
    ) -> None:
        self.database = office.database
        self.clock = clock
        self.channel = channel
        self.sending = sending
        self.report = report
        self.stop = stop
        self.turns = turns
        self.recording = Recording(office.database)
        self.peeked = self.renewed = time.monotonic()
        self.found_all = False
        self.stopping: float | None = None

    def work(self, until: float) -> None:
        """Go on until nothing is due or something says stop. Whoever is slow to answer past `until` is waited for,
        and the others are served meanwhile."""
        while True:
            late = time.monotonic() - until
            self.turns.leaves_slow = late > 0
            if self._halted or late > PATIENCE_SECONDS or (late > 0 and not self.turns.awaits_slow):
                self._release(self.turns.give_back())
            else:
                self._claim()
                self._start()
            if not self.turns.in_hand:
                return
            self._record(self.sending.finished(PEEK_SECONDS))
            self._renew()
            if self._must_leave():
                self._release(self.turns.flying_rows)
                return

    @property
    def _halted(self) -> bool:
        return self.stop.is_set() or self.report.trouble is not None or self.report.paused is not None

    def _claim(self) -> None:
        """More rows when few are left, and now and then those that are graver than what waits."""
        lanes = self.channel.lanes
        lately = time.monotonic() - self.peeked < PEEK_SECONDS
        if lately and self.turns.in_hand and (self.turns.waiting > FEW_LEFT or self.found_all):
            return
        if self.turns.waiting > FEW_LEFT:
            self.peeked = time.monotonic()
            lanes = [lane for lane in lanes if lane < self.turns.gravest]
            with self.database.read() as session:
                if not outbox.is_anything_due(session, now=self.clock(), channels=self.channel.carries, lanes=lanes):
                    return
        most = 2 * self.turns.at_once
        with self.database.write(lightly=True) as session:
            rows = outbox.claim(session, now=self.clock(), limit=most, channels=self.channel.carries, lanes=lanes)
        self.turns.add_rows(rows)
        self.peeked = time.monotonic()
        self.found_all = len(rows) < most

    def _start(self) -> None:
        self._hand_over()
        if rows := self.turns.rows_to_compose():
            self._compose(rows)
            self._hand_over()

    def _hand_over(self) -> None:
        while message := self.turns.next_message():
            self.sending.start(message)

    def _compose(self, rows: Sequence[Claimed]) -> None:
        with self.database.read() as session:
            composed = self.sending.compose(session, rows, self.clock())
        if composed.unwanted or composed.unwritable:
            with self.database.write() as session:
                for row, reason in composed.unwanted:
                    outbox.record_skipped(session, [row.id], reason=reason)
                for row, error in composed.unwritable:
                    log.error("message cannot be written", delivery=row.id, error=error)
                    outbox.record_failed(session, row, error=error, now=self.clock(), waits=self.channel.waits)
        self.report.skipped += len(composed.unwanted)
        self.report.retrying += len(composed.unwritable)
        if aside := self.turns.add_messages(composed.messages):
            with self.database.write(lightly=True) as session:
                outbox.renew(session, [row.id for row in aside], now=self.clock(), lease_for=ASIDE)

    def _record(self, results: Sequence[Result]) -> None:
        """Write down what came of these; a locked database is waited for, else they would be sent again."""
        if not results:
            return
        for tries_left in reversed(range(RECORD_TRIES)):
            try:
                counts = self._write_down(results)
                break
            except OperationalError:
                if not tries_left:
                    raise
                time.sleep(1)
        self.turns.end(message for message, _ in results)
        for name, number in counts.items():
            setattr(self.report, name, getattr(self.report, name) + number)
        self.report.paused = self.report.paused or _words_of(results, Meaning.SENDER_REFUSED)
        self.report.trouble = self.report.trouble or _words_of(results, Meaning.LOST)

    def _write_down(self, results: Sequence[Result]) -> Counter[str]:
        now = self.clock()
        sent = [message.row.id for message, trouble in results if trouble is None]
        counts = Counter(sent=len(sent))
        if len(sent) == len(results) and not self.sending.heeds_success:
            self.recording.record_sent(sent, now=now)
            return counts
        with self.database.write() as session:
            if sent:
                outbox.record_sent(session, sent, now=now)
            self.sending.heed(session, results, now)
            for message, trouble in results:
                if trouble is not None:
                    counts[self._write_trouble(session, message.row, trouble, now)] += 1
        return counts

    def _write_trouble(self, session: Session, row: Claimed, trouble: Trouble, now: datetime) -> str:
        """Keep one failure as it deserves; the name of the report's counter it belongs to."""
        facts = {"channel": self.channel.name, "delivery": row.id}
        log.warning("message not accepted", **facts, meaning=trouble.meaning.name, words=trouble.words)
        match trouble.meaning:
            case Meaning.SENDER_REFUSED | Meaning.UNTRIED:
                outbox.release(session, [row.id])
                return "released"
            case Meaning.LOST if self.stop.is_set():
                outbox.release(session, [row.id])
                return "released"
            case Meaning.ADDRESS_REFUSED | Meaning.MESSAGE_REFUSED:
                outbox.record_dead(session, row, error=trouble.words)
                return "dead"
        due_at = outbox.record_failed(
            session, row, error=trouble.words, now=now, waits=self.channel.waits, at_least=trouble.retry_after
        )
        return "retrying" if due_at else "dead"

    def _release(self, rows: Iterable[Claimed]) -> None:
        ids = [row.id for row in rows]
        if ids:
            with self.database.write() as session:
                outbox.release(session, ids)
            self.report.released += len(ids)

    def _renew(self) -> None:
        if time.monotonic() - self.renewed > RENEW_SECONDS:
            with self.database.write(lightly=True) as session:
                outbox.renew(session, [row.id for row in self.turns.rows], now=self.clock())
            self.renewed = time.monotonic()

    def _must_leave(self) -> bool:
        """Told to stop: let answers arrive for a while, then cut the lines, then leave."""
        if not self.stop.is_set():
            return False
        self.stopping = self.stopping or time.monotonic()
        waited = time.monotonic() - self.stopping
        if waited > GRACE_SECONDS:
            self.sending.abort()
        return waited > GRACE_SECONDS + 2


def _words_of(results: Sequence[Result], meaning: Meaning) -> str | None:
    """The other side's words of the first message that met with this."""
    return next((trouble.words for _, trouble in results if trouble and trouble.meaning is meaning), None)
