"""Several SMTP sessions side by side in one thread.

Opening a session (connect, TLS, log-in) is Flask-Mail's and smtplib's and may take its time, so it is done in
threads; from then on each is a `Line`. A body is said only when all that was accepted before is recorded, so no more
mails than there are lines can be in doubt at any instant.
"""

from __future__ import annotations

import selectors
import smtplib
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from statuspage.notify.channel import Meaning, Result, Trouble
from statuspage.notify.composing import Mail
from statuspage.notify.email import MailConnection, Mailer
from statuspage.notify.line import Line
from statuspage.notify.smtp import read_trouble

POLL_SECONDS = 0.01
"""How often opening sessions are looked at."""
LOOK_SECONDS = 0.25
"""How often lines are looked at that say nothing."""
STALL_SECONDS = 1.0
"""Who lets us wait so long keeps the next mail no longer: it takes another line."""
UNCARRIED = Trouble(
    Meaning.MESSAGE_REFUSED,
    "the mail server does not offer SMTPUTF8 (RFC 6531): it cannot write to letters beyond ASCII before the @",
)


class Lines:
    """The sessions of one run, opened as they are needed."""

    def __init__(self, mailer: Mailer, most: int) -> None:
        """At most `most` sessions; mails that are started beyond those wait behind others."""
        self._mailer = mailer
        self._most = most
        self._pool = ThreadPoolExecutor(most, "smtp-open")
        self._selector = selectors.DefaultSelector()
        self._opening: dict[Future[Line], tuple[MailConnection, Mail]] = {}
        self._busy: set[Line] = set()
        self._idle: list[Line] = []
        self._ready: list[Line] = []
        self._results: list[Result] = []
        self._stalled: set[str] = set()
        self._queue: deque[Mail] = deque()
        self._accepted = False
        self._speaks_utf8 = True
        self._looked_at = time.monotonic()

    def start(self, mail: Mail) -> None:
        """Begin to hand a mail over; returns at once. What was finished before must be recorded by now."""
        if not self._carries(mail):
            self._results.append((mail, UNCARRIED))
            return
        while self._ready:
            line = self._ready.pop()
            if line.has_room and not self._is_stalled(line):
                self._guarded(line, _begin_behind, mail)
                return
            self._guarded(line, Line.go_on)
        if self._idle:
            self._begin(self._idle.pop(), mail)
        elif len(self._busy) + len(self._opening) < self._most:
            connection = self._mailer.connect()
            self._opening[self._pool.submit(_open, connection, self._mailer.timeout)] = connection, mail
        elif not self._put_behind(mail):
            self._queue.append(mail)

    def finished(self, seconds: float) -> list[Result]:
        """What came of mails that were started; waits up to so long for the first. What was finished before must be
        recorded by now."""
        until = time.monotonic() + seconds
        while True:
            self._go_on()
            self._welcome()
            wait = 0.0 if self._results else max(until - time.monotonic(), 0.0)
            if self._opening:
                wait = min(wait, POLL_SECONDS)
            while heard := self._selector.select(min(wait, LOOK_SECONDS)):
                for key, _ in heard:
                    self._heed(key.data)
                wait = 0.0
            now = time.monotonic()
            if now - self._looked_at > LOOK_SECONDS:
                self._look_round(now)
            if self._results or now >= until:
                results, self._results = self._results, []
                return results

    def abort(self) -> None:
        """Cut every line; what is under way fails at once."""
        for connection, _ in self._opening.values():
            connection.abort()
        for line in [*self._busy, *self._idle]:
            line.connection.abort()

    def close(self, *, patiently: bool) -> None:
        """Say goodbye on every line."""
        self._pool.shutdown(wait=patiently, cancel_futures=True)
        for line in [*self._idle, *self._busy]:
            line.connection.hang_up(politely=line.mail is None)
        self._selector.close()

    def _go_on(self) -> None:
        """Nothing further came for these: they say what they have."""
        while self._ready:
            line = self._ready.pop()
            if self._queue and line.has_room and not self._is_stalled(line):
                line.begin(self._queue.popleft())
            self._guarded(line, Line.go_on)

    def _put_behind(self, mail: Mail) -> bool:
        """Put a mail behind one that is under way; False where no line has room."""
        for line in self._busy:
            if line.has_room and not self._is_stalled(line):
                self._guarded(line, Line.begin, mail)
                return True
        return False

    def _is_stalled(self, line: Line) -> bool:
        """Whether it waits, or is likely to wait, for a destination that takes its time."""
        if line.mail is not None and line.mail.destination in self._stalled:
            return True
        return not line.is_ready and time.monotonic() - line.said_at > STALL_SECONDS

    def _welcome(self) -> None:
        """Sessions that are open now get their mails; those that failed say why."""
        for future in [future for future in self._opening if future.done()]:
            _, mail = self._opening.pop(future)
            try:
                line = future.result()
            except (smtplib.SMTPException, OSError) as error:
                self._results.append((mail, read_trouble(error)))
                self._give_up_queue(error)
                continue
            self._selector.register(line.sock, selectors.EVENT_READ, line)
            self._speaks_utf8 = line.speaks_utf8
            waiting = [mail, *self._queue]
            self._results += [(each, UNCARRIED) for each in waiting if not self._carries(each)]
            self._queue = deque(each for each in waiting if self._carries(each))
            if not self._queue:
                self._idle.append(line)
                continue
            self._begin(line, self._queue.popleft())
            if self._queue and line.has_room:
                self._guarded(line, Line.begin, self._queue.popleft())

    def _carries(self, mail: Mail) -> bool:
        """Whether the server, as far as we know it, takes mail to such an address at all."""
        return self._speaks_utf8 or mail.recipient.isascii()

    def _begin(self, line: Line, mail: Mail) -> None:
        self._busy.add(line)
        self._guarded(line, Line.begin, mail)

    def _heed(self, line: Line) -> None:
        if line not in self._busy and line not in self._idle:
            return  # dropped since the selector spoke of it
        self._guarded(line, self._listen)

    def _listen(self, line: Line) -> None:
        if line.wants_to_write:
            line.write()
        was_ready = line.is_ready
        results = line.read()
        for mail, trouble in results:
            self._results.append((mail, trouble))
            self._accepted = self._accepted or trouble is None
        if line.is_ready and not was_ready:
            self._ready.append(line)
        if results and line.is_leaving:
            self._drop(line, None)
        elif results and line.mail is None:
            if self._queue:
                line.begin(self._queue.popleft())
            else:
                self._busy.discard(line)
                self._idle.append(line)

    def _guarded(self, line: Line, act: Callable[..., None], *what: Mail) -> None:
        """Do something on a line; when it breaks, it is dropped and its mails have met with trouble."""
        try:
            act(line, *what)
        except (smtplib.SMTPException, OSError) as error:
            self._drop(line, error)
            return
        if line.wants_to_write is not line.watches_writing and (line in self._busy or line in self._idle):
            line.watches_writing = line.wants_to_write
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.wants_to_write else 0)
            self._selector.modify(line.sock, events, line)

    def _drop(self, line: Line, error: Exception | None) -> None:
        if line.mail is not None and error is not None:
            self._results.append((line.mail, self._trouble_of(line, error)))
        if line.next is not None:
            self._results.append((line.next, _untried(error)))
        self._selector.unregister(line.sock)
        self._busy.discard(line)
        for others in (self._idle, self._ready):
            if line in others:
                others.remove(line)
        line.connection.hang_up(politely=False)
        if error is not None:
            self._give_up_queue(error)
        elif self._queue:
            self.start(self._queue.popleft())

    def _give_up_queue(self, error: Exception) -> None:
        """Where no line is left, what waits for one is given back."""
        if not self._busy and not self._opening:
            self._results += [(mail, _untried(error)) for mail in self._queue]
            self._queue.clear()

    def _trouble_of(self, line: Line, error: Exception) -> Trouble:
        """A server that is silent on one line and took other mail in the same run has not gone away: some
        recipients' servers, which it asks, are slow. Where it went away after all, the next to connect finds out."""
        if isinstance(error, TimeoutError) and self._accepted:
            return Trouble(Meaning.RETRY, f"no answer within {line.timeout:g} s")
        return line.trouble_of(error)

    def _look_round(self, now: float) -> None:
        """Who is silent for too long loses its line; who takes its time, what waits behind."""
        self._looked_at = now
        waiting: list[Mail] = []
        for line in list(self._busy):
            if line.deadline < now:
                self._drop(line, TimeoutError("timed out"))
            elif line.mail is not None and now - line.said_at > STALL_SECONDS:
                self._stalled.add(line.mail.destination)
                if (mail := line.take_back()) is not None:
                    waiting.append(mail)
        for mail in waiting:
            self.start(mail)


def _open(connection: MailConnection, timeout: float) -> Line:
    connection.__enter__()
    return Line(connection, timeout)


def _begin_behind(line: Line, mail: Mail) -> None:
    line.begin(mail)
    line.go_on()


def _untried(error: Exception | None) -> Trouble:
    return Trouble(Meaning.UNTRIED, f"the session ended: {error}")
