"""One run of the worker over the outbox: claim, compose, send, record; no transaction is open while sending.

At most IN_FLIGHT mails are unrecorded at any instant: a worker killed there sends those again, with the same
Message-ID, and nobody is missed. Several runs in several processes share the outbox by its leases.
"""

from __future__ import annotations

import smtplib
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from statuspage import subscribers
from statuspage.db import Database
from statuspage.domain.sla.policy import Policy
from statuspage.models import Subscriber
from statuspage.notify import outbox, pauses
from statuspage.notify.composing import Composer, Mail
from statuspage.notify.connections import Connections
from statuspage.notify.email import TIMEOUT_SECONDS, Mailer
from statuspage.notify.letterhead import Letterhead, load_letterhead
from statuspage.notify.outbox import Claimed
from statuspage.notify.smtp import Meaning, Trouble, read_trouble
from statuspage.settings import Settings

IN_FLIGHT = 8
CONNECTIONS = 4
CLAIMED_AT_ONCE = 64
CONFIRMED_AT_ONCE = 8
"""Each round takes this many confirmations beside the notifications, so that neither waits for the other."""
RENEW_SECONDS = 8.0
"""How often leases are renewed while a slow server is waited for; a third of a lease."""
RECORD_TRIES = 6
"""Each waits for SQLite's busy timeout, so a database locked for half a minute repeats no mail."""
GRACE_SECONDS = 4.0
"""When told to stop: how long the server may still answer for mails under way."""
Results = list[tuple[Mail, Trouble | None]]
log = structlog.get_logger(__name__)


class Office(Protocol):
    """What a run needs of an installation (changes.Installation is one)."""

    @property
    def settings(self) -> Settings: ...

    @property
    def database(self) -> Database: ...

    def policy(self, now: datetime) -> Policy:
        """The policy in force."""
        ...


@dataclass
class Report:
    """What one run did. `paused` and `trouble` are the server's words when it stopped early."""

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
    *,
    budget: timedelta = timedelta(seconds=50),
    stop: threading.Event | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> Report:
    """Send what is due until nothing is, the budget is used up, the server is in trouble, or `stop` is set.

    Without a mail server nothing is claimed: mail is kept as due. `timeout` is for each answer of the server.
    """
    report = Report()
    if not office.settings.mail_server:
        return report
    with office.database.read() as session:
        if pauses.stands_still(session, office.settings, clock()):
            pause = pauses.load_pause(session)
            report.paused = pause.reason if pause else None
            return report
        if not outbox.is_anything_due(session, now=clock()):
            return report
        letterhead = load_letterhead(session, office.settings)
    run = _Run(office, clock, letterhead, report, stop or threading.Event(), timeout)
    try:
        run.work(until=time.monotonic() + budget.total_seconds())
    finally:
        run.close()
    return report


class _Run:
    """One run; the sender threads do nothing but talk to the server."""

    def __init__(
        self,
        office: Office,
        now: Callable[[], datetime],
        letterhead: Letterhead,
        report: Report,
        stop: threading.Event,
        timeout: float,
    ) -> None:
        self.database = office.database
        self.settings = office.settings
        self.clock = now
        self.report = report
        self.stop = stop
        helo = letterhead.host if "." in letterhead.host else "[127.0.0.1]"
        self.connections = Connections(Mailer(office.settings, helo=helo, timeout=timeout))
        self.composer = Composer(letterhead, office.policy(now()))
        self.senders = ThreadPoolExecutor(CONNECTIONS, "smtp")
        self.renewed = time.monotonic()
        self.stopping: float | None = None

    def work(self, until: float) -> None:
        """Round after round until nothing is due or something says stop."""
        while time.monotonic() < until and not self._halted:
            rows = self._claim()
            if not rows:
                return
            self._deliver(rows)

    def close(self) -> None:
        """Hang up; a sender that is still connecting is not waited for when we are told to stop."""
        self.senders.shutdown(wait=not self.stop.is_set(), cancel_futures=True)
        self.connections.close()

    @property
    def _halted(self) -> bool:
        return self.stop.is_set() or self.report.trouble is not None or self.report.paused is not None

    def _claim(self) -> list[Claimed]:
        with self.database.write() as session:
            now = self.clock()
            asked = outbox.claim(session, now=now, limit=CONFIRMED_AT_ONCE, kinds=outbox.CONFIRMATIONS)
            owed = outbox.claim(session, now=now, limit=CLAIMED_AT_ONCE)
        self.renewed = time.monotonic()
        return [*asked, *owed]

    def _deliver(self, rows: list[Claimed]) -> None:
        waiting, flying = deque(rows), dict[Future[Trouble | None], Mail]()
        while waiting or flying:
            if self._halted:
                self._release(waiting)
                waiting.clear()
            elif len(flying) < IN_FLIGHT:
                chunk = [waiting.popleft() for _ in range(min(IN_FLIGHT - len(flying), len(waiting)))]
                flying |= {self.senders.submit(self._send, mail): mail for mail in self._compose(chunk)}
            done, _ = wait(flying, timeout=1.0, return_when=FIRST_COMPLETED)
            self._record([(flying.pop(future), future.result()) for future in done])
            self._renew([*waiting, *(mail.row for mail in flying.values())])
            if self._must_leave():
                self._release(mail.row for mail in flying.values())
                return

    def _compose(self, rows: list[Claimed]) -> list[Mail]:
        if not rows:
            return []
        with self.database.read() as session:
            composed = self.composer.compose(session, rows, self.clock())
        if composed.unwanted or composed.unwritable:
            with self.database.write() as session:
                for row, reason in composed.unwanted:
                    outbox.record_skipped(session, [row.id], reason=reason)
                for row, error in composed.unwritable:
                    log.error("mail cannot be written", delivery=row.id, error=error)
                    outbox.record_failed(session, row, error=error, now=self.clock())
        self.report.skipped += len(composed.unwanted)
        self.report.retrying += len(composed.unwritable)
        return composed.mails

    def _send(self, mail: Mail) -> Trouble | None:
        """In a sender thread: None once the server took the mail."""
        try:
            self.connections.send(mail.envelope_from, mail.recipient, mail.data)
        except (smtplib.SMTPException, OSError) as error:
            return read_trouble(error)
        return None

    def _record(self, results: Results) -> None:
        """Write down what came of these; a locked database is waited for, else they would be sent again."""
        if not results:
            return
        for tries_left in reversed(range(RECORD_TRIES)):
            try:
                with self.database.write() as session:
                    counts = self._write_down(session, results)
                break
            except OperationalError:
                if not tries_left:
                    raise
                time.sleep(1)
        for name, number in counts.items():
            setattr(self.report, name, getattr(self.report, name) + number)
        self.report.paused = self.report.paused or _words_of(results, Meaning.SENDER_REFUSED)
        self.report.trouble = self.report.trouble or _words_of(results, Meaning.LOST)

    def _write_down(self, session: Session, results: Results) -> Counter[str]:
        now = self.clock()
        counts: Counter[str] = Counter()
        sent = [mail.row.id for mail, trouble in results if trouble is None]
        if sent:
            outbox.record_sent(session, sent, now=now)
            pauses.resume(session)
            counts["sent"] = len(sent)
        if not self.report.paused and (refused := _words_of(results, Meaning.SENDER_REFUSED)):
            pauses.pause(session, self.settings, reason=refused, now=now)
        for mail, trouble in results:
            if trouble is not None:
                counts[self._write_trouble(session, mail.row, trouble, now)] += 1
        return counts

    def _write_trouble(self, session: Session, row: Claimed, trouble: Trouble, now: datetime) -> str:
        """Keep one failure as it deserves; the name of the report's counter it belongs to."""
        log.warning("mail not accepted", delivery=row.id, meaning=trouble.meaning.name, words=trouble.words)
        match trouble.meaning:
            case Meaning.SENDER_REFUSED:
                outbox.release(session, [row.id])
                return "released"
            case Meaning.LOST if self.stop.is_set():
                outbox.release(session, [row.id])
                return "released"
            case Meaning.ADDRESS_REFUSED:
                if row.subscriber_id and (subscriber := session.get(Subscriber, row.subscriber_id)):
                    subscribers.suppress(session, subscriber, reason=trouble.words, now=now)
                outbox.record_dead(session, row, error=trouble.words)
                return "dead"
            case Meaning.MAIL_REFUSED:
                outbox.record_dead(session, row, error=trouble.words)
                return "dead"
        due_at = outbox.record_failed(session, row, error=trouble.words, now=now)
        return "retrying" if due_at else "dead"

    def _release(self, rows: Iterable[Claimed]) -> None:
        ids = [row.id for row in rows]
        if ids:
            with self.database.write() as session:
                outbox.release(session, ids)
            self.report.released += len(ids)

    def _renew(self, rows: list[Claimed]) -> None:
        if rows and time.monotonic() - self.renewed > RENEW_SECONDS:
            with self.database.write() as session:
                outbox.renew(session, [row.id for row in rows], now=self.clock())
            self.renewed = time.monotonic()

    def _must_leave(self) -> bool:
        """Told to stop: let answers arrive for a while, then cut the lines, then leave."""
        if not self.stop.is_set():
            return False
        self.stopping = self.stopping or time.monotonic()
        waited = time.monotonic() - self.stopping
        if waited > GRACE_SECONDS:
            self.connections.abort()
        return waited > GRACE_SECONDS + 2


def _words_of(results: Results, meaning: Meaning) -> str | None:
    """The server's words of the first mail that met with this."""
    return next((trouble.words for _, trouble in results if trouble and trouble.meaning is meaning), None)
