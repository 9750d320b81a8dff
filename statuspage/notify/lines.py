"""Several SMTP sessions side by side in one thread: sockets that never block, one message at a time on each.

Opening a session (connect, TLS, log-in) is Flask-Mail's and smtplib's and may take its time, so it is done in
threads. From then on the dialogue of RFC 5321 is spoken here, pipelined (RFC 2920) where the server offers it.
"""

from __future__ import annotations

import selectors
import smtplib
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from ssl import SSLWantReadError, SSLWantWriteError

from statuspage.notify.channel import Meaning, Result, Trouble
from statuspage.notify.composing import Mail
from statuspage.notify.email import MailConnection, Mailer
from statuspage.notify.smtp import CLOSING, read_trouble

READ_BYTES = 1 << 16
LONGEST_ANSWER = 1 << 16
POLL_SECONDS = 0.01
"""How often opening sessions are looked at."""
_BLOCKED = (BlockingIOError, SSLWantReadError, SSLWantWriteError)


class Line:
    """One session and the message on it."""

    def __init__(self, connection: MailConnection, timeout: float) -> None:
        host = connection.session()
        self.connection = connection
        self.sock = connection.socket()
        self.timeout = timeout
        self.pipelines = host.has_extn("pipelining")
        self.says_size = host.has_extn("size")
        self.accepted = 0
        self.deadline = 0.0
        self.mail: Mail | None = None
        self._failure: smtplib.SMTPException | None = None
        self._awaited: deque[str] = deque()
        self._steps: deque[tuple[str, bytes]] = deque()
        self._unread = b""
        self._unsent = memoryview(b"")
        self.sock.setblocking(False)

    @property
    def wants_to_write(self) -> bool:
        """Whether the socket took less than was said."""
        return bool(self._unsent)

    def begin(self, mail: Mail) -> None:
        """Say who writes to whom. Raises OSError."""
        self.mail = mail
        self._failure = None
        size = f" SIZE={len(mail.data)}" if self.says_size else ""
        sender = f"MAIL FROM:<{mail.envelope_from}>{size}\r\n".encode("ascii")
        recipient = f"RCPT TO:<{mail.recipient}>\r\n".encode("ascii")
        if self.pipelines:
            self._awaited.extend(("MAIL", "RCPT", "DATA"))
            self._say(sender + recipient + b"DATA\r\n")
        else:
            self._steps.extend((("MAIL", sender), ("RCPT", recipient), ("DATA", b"DATA\r\n")))
            self._next_step()

    def read(self) -> Trouble | bool | None:
        """Take what the server says. False while the message is under way, else what came of it (as Result has it).
        Raises OSError or SMTPServerDisconnected."""
        try:
            heard = self.sock.recv(READ_BYTES)
        except _BLOCKED:
            return False
        if not heard:
            raise smtplib.SMTPServerDisconnected("connection closed")
        self.deadline = time.monotonic() + self.timeout
        lines = (self._unread + heard).split(b"\r\n")
        self._unread = lines.pop()
        if len(self._unread) > LONGEST_ANSWER:
            raise smtplib.SMTPServerDisconnected("an answer without end")
        for line in lines:
            if line[3:4] != b"-" and self._answered(line):
                return self._outcome()
        return False

    def write(self) -> None:
        """Say what the socket did not take before. Raises OSError."""
        with suppress(*_BLOCKED):
            self._unsent = self._unsent[self.sock.send(self._unsent) :]

    def trouble_of(self, error: Exception) -> Trouble:
        """What the end of the line means for the message on it. A server that closes after some messages has
        not refused the next one."""
        if self.accepted and self._awaited and self._awaited[0] == "MAIL":
            return Trouble(Meaning.UNTRIED, f"the session ended: {error}")
        return read_trouble(error)

    def _answered(self, line: bytes) -> bool:
        """Take one answer; whether it was the message's last."""
        if not self._awaited:
            raise smtplib.SMTPServerDisconnected(line.decode("utf-8", "replace"))
        said, code = self._awaited[0], _code_of(line)
        if code == CLOSING:
            raise smtplib.SMTPResponseException(code, line[4:])
        self._awaited.popleft()
        if said == "DATA" and code == 354:
            self._say_mail()
        elif code >= 300 and said not in ("RSET", "NOTHING"):
            self._failure = self._failure or self._refusal(said, code, line[4:])
        if self._awaited:
            return False
        if self._failure is not None and said != "RSET":
            self._steps.clear()
            self._awaited.append("RSET")
            self._say(b"RSET\r\n")
            return False
        if self._failure is None and self._steps:
            self._next_step()
        return not self._awaited

    def _say_mail(self) -> None:
        """The mail itself; nothing, where its recipient was refused and the server wants data nevertheless."""
        assert self.mail is not None
        if self._failure is not None:
            self._awaited.append("NOTHING")
            self._say(b".\r\n")
            return
        data = self.mail.data.replace(b"\r\n.", b"\r\n..")  # a mail begins with a header, never with a dot
        self._awaited.append("MAIL DATA")
        self._say(data + (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"))

    def _refusal(self, said: str, code: int, words: bytes) -> smtplib.SMTPException:
        assert self.mail is not None
        match said:
            case "MAIL":
                return smtplib.SMTPSenderRefused(code, words, self.mail.envelope_from)
            case "RCPT":
                return smtplib.SMTPRecipientsRefused({self.mail.recipient: (code, words)})
        return smtplib.SMTPDataError(code, words)

    def _outcome(self) -> Trouble | None:
        if self._failure is not None:
            return read_trouble(self._failure)
        self.accepted += 1
        return None

    def _next_step(self) -> None:
        said, command = self._steps.popleft()
        self._awaited.append(said)
        self._say(command)

    def _say(self, words: bytes) -> None:
        self.deadline = time.monotonic() + self.timeout
        sent = 0
        if not self._unsent:
            with suppress(*_BLOCKED):
                sent = self.sock.send(words)
        if sent < len(words):
            self._unsent = memoryview(bytes(self._unsent) + words[sent:])


class Lines:
    """The sessions of one run, opened as they are needed."""

    def __init__(self, mailer: Mailer, most: int) -> None:
        """At most `most` sessions: as many messages may be started and not finished."""
        self._mailer = mailer
        self._pool = ThreadPoolExecutor(most, "smtp-open")
        self._selector = selectors.DefaultSelector()
        self._opening: dict[Future[Line], tuple[MailConnection, Mail]] = {}
        self._busy: set[Line] = set()
        self._idle: list[Line] = []
        self._results: list[Result] = []
        self._accepted = False

    def start(self, mail: Mail) -> None:
        """Begin to hand a mail over; returns at once."""
        if self._idle:
            self._begin(self._idle.pop(), mail)
            return
        connection = self._mailer.connect()
        self._opening[self._pool.submit(_open, connection, self._mailer.timeout)] = connection, mail

    def finished(self, seconds: float) -> list[Result]:
        """What came of mails that were started; waits up to so long for the first, and takes all that are there."""
        until = time.monotonic() + seconds
        while True:
            self._welcome()
            wait = 0.0 if self._results else max(until - time.monotonic(), 0.0)
            if self._opening:
                wait = min(wait, POLL_SECONDS)
            heard = self._selector.select(wait)
            for key, _ in heard:
                self._heed(key.data)
            if not heard:
                self._drop_late()
            if (self._results and not heard) or time.monotonic() >= until:
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

    def _welcome(self) -> None:
        """Sessions that are open now get their mail; those that failed say why."""
        for future in [future for future in self._opening if future.done()]:
            _, mail = self._opening.pop(future)
            try:
                line = future.result()
            except (smtplib.SMTPException, OSError) as error:
                self._results.append((mail, read_trouble(error)))
                continue
            self._selector.register(line.sock, selectors.EVENT_READ, line)
            self._begin(line, mail)

    def _begin(self, line: Line, mail: Mail) -> None:
        self._busy.add(line)
        self._guarded(line, lambda: line.begin(mail))

    def _heed(self, line: Line) -> None:
        def go_on() -> None:
            if line.wants_to_write:
                line.write()
            outcome = line.read()
            if not isinstance(outcome, bool) and line.mail is not None:
                self._results.append((line.mail, outcome))
                self._accepted = self._accepted or outcome is None
                line.mail = None
                self._busy.discard(line)
                self._idle.append(line)

        self._guarded(line, go_on)

    def _guarded(self, line: Line, act: Callable[[], None]) -> None:
        """Do something on a line; when it breaks, it is dropped and its mail has met with trouble."""
        try:
            act()
        except (smtplib.SMTPException, OSError) as error:
            self._drop(line, error)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.wants_to_write else 0)
        if self._selector.get_key(line.sock).events != events:
            self._selector.modify(line.sock, events, line)

    def _drop(self, line: Line, error: Exception) -> None:
        if line.mail is not None:
            self._results.append((line.mail, self._trouble_of(line, error)))
        self._selector.unregister(line.sock)
        self._busy.discard(line)
        if line in self._idle:
            self._idle.remove(line)
        line.connection.hang_up(politely=False)

    def _trouble_of(self, line: Line, error: Exception) -> Trouble:
        """A server that is silent on one line and took other mail in the same run has not gone away: some
        recipients' servers, which it asks, are slow. Where it went away after all, the next to connect finds out."""
        if isinstance(error, TimeoutError) and self._accepted:
            return Trouble(Meaning.RETRY, f"no answer within {line.timeout:g} s")
        return line.trouble_of(error)

    def _drop_late(self) -> None:
        now = time.monotonic()
        for line in [line for line in self._busy if line.deadline < now]:
            self._drop(line, TimeoutError("timed out"))


def _open(connection: MailConnection, timeout: float) -> Line:
    connection.__enter__()
    return Line(connection, timeout)


def _code_of(line: bytes) -> int:
    try:
        return int(line[:3])
    except ValueError:
        raise smtplib.SMTPServerDisconnected(f"no SMTP answer: {line[:80]!r}") from None
