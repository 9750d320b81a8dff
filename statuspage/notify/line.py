"""One session with a mail server, spoken without ever blocking (RFC 5321): a message under way, and where the server
offers pipelining (RFC 2920) the envelope of the next one in the same breath as the body of this one."""

from __future__ import annotations

import smtplib
import time
from collections import deque
from contextlib import suppress
from ssl import SSLWantReadError, SSLWantWriteError

from statuspage.notify.channel import Meaning, Result, Trouble
from statuspage.notify.composing import Mail
from statuspage.notify.email import MailConnection
from statuspage.notify.smtp import CLOSING, read_trouble

READ_BYTES = 1 << 16
LONGEST_ANSWER = 1 << 16
_BLOCKED = (BlockingIOError, SSLWantReadError, SSLWantWriteError)
_ENVELOPE = ("MAIL", "RCPT", "DATA")


class Line:
    """One session. A mail's body is said by `go_on` alone, so that its owner decides how many are under way."""

    def __init__(self, connection: MailConnection, timeout: float) -> None:
        host = connection.session()
        self.connection = connection
        self.sock = connection.socket()
        self.timeout = timeout
        self.pipelines = host.has_extn("pipelining")
        self.says_size = host.has_extn("size")
        self.speaks_utf8 = host.has_extn("smtputf8")
        self.accepted = 0
        self.deadline = 0.0
        self.said_at = 0.0
        self.mail: Mail | None = None
        self.next: Mail | None = None
        self.is_ready = False
        """The server waits for the body of `mail`."""
        self.is_leaving = False
        """To be hung up when `mail` is through."""
        self.watches_writing = False
        """Its owner's note of what the selector looks for."""
        self._body_said = False
        self._next_said = False
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

    @property
    def has_room(self) -> bool:
        """Whether a mail may be put behind the one under way."""
        return self.pipelines and self.mail is not None and self.next is None and not self.is_leaving

    def begin(self, mail: Mail) -> None:
        """Say who writes to whom, or do so when the mail under way is said. Raises OSError."""
        if self.mail is None:
            self.mail = mail
            self._say_envelope()
            return
        self.next = mail
        if self._body_said:
            self._next_said = True
            self._awaited.extend(_ENVELOPE)
            self._say(self._envelope_of(mail))

    def go_on(self) -> None:
        """Say the body the server waits for, and the envelope of the next. Raises OSError."""
        if not self.is_ready or self.mail is None:
            return
        self.is_ready, self._body_said = False, True
        self._awaited.append("BODY")
        data = self.mail.data
        if not self.mail.is_doubled:
            data = data.replace(b"\r\n.", b"\r\n..")  # a mail begins with a header, never with a dot
        end = b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"
        if self.next is not None:
            self._next_said = True
            self._awaited.extend(_ENVELOPE)
            end += self._envelope_of(self.next)
        self._say(data + end)

    def read(self) -> list[Result]:
        """Take what the server says; what came of mails. Raises OSError or SMTPException."""
        try:
            heard = self.sock.recv(READ_BYTES)
        except _BLOCKED:
            return []
        if not heard:
            raise smtplib.SMTPServerDisconnected("connection closed")
        self.deadline = time.monotonic() + self.timeout
        lines = (self._unread + heard).split(b"\r\n")
        self._unread = lines.pop()
        if len(self._unread) > LONGEST_ANSWER:
            raise smtplib.SMTPServerDisconnected("an answer without end")
        results: list[Result] = []
        for line in lines:
            if line[3:4] != b"-" and (mail := self.mail) is not None and self._answered(line):
                results.append((mail, self._outcome()))
                self._follow_up()
        return results

    def write(self) -> None:
        """Say what the socket did not take before. Raises OSError."""
        with suppress(*_BLOCKED):
            self._unsent = self._unsent[self.sock.send(self._unsent) :]

    def take_back(self) -> Mail | None:
        """The mail behind the one under way, of which nothing but the envelope was said; where that was, the line
        ends after this mail."""
        mail, self.next = self.next, None
        self.is_leaving = self.is_leaving or self._next_said
        return mail

    def trouble_of(self, error: Exception) -> Trouble:
        """What the end of the line means for the message on it. A server that closes after some messages has
        not refused the next one."""
        if self.accepted and self._awaited and self._awaited[0] == "MAIL":
            return Trouble(Meaning.UNTRIED, f"the session ended: {error}")
        return read_trouble(error)

    def _answered(self, line: bytes) -> bool:
        """Take one answer; whether it was the last about the mail under way."""
        if not self._awaited:
            raise smtplib.SMTPServerDisconnected(line.decode("utf-8", "replace"))
        said, code = self._awaited[0], _code_of(line)
        if code == CLOSING:
            raise smtplib.SMTPResponseException(code, line[4:])
        self._awaited.popleft()
        if said == "DATA" and code == 354:
            self._offered()
        elif code >= 300 and said not in ("RSET", "NOTHING"):
            self._failure = self._failure or self._refusal(said, code, line[4:])
        if said in ("BODY", "RSET"):
            return True
        if self._awaited or self.is_ready:
            return False
        if self._failure is not None:
            self._steps.clear()
            self._awaited.append("RSET")
            self._say(b"RSET\r\n")
        elif self._steps:
            self._next_step()
        return False

    def _offered(self) -> None:
        """The server waits for a body, even where it refused the recipient before: then there is none."""
        if self._failure is None:
            self.is_ready = True
        else:
            self._awaited.append("NOTHING")
            self._say(b".\r\n")

    def _outcome(self) -> Trouble | None:
        if self._failure is not None:
            return read_trouble(self._failure)
        self.accepted += 1
        return None

    def _follow_up(self) -> None:
        """The next mail is the one under way now."""
        was_said, self._next_said = self._next_said, False
        self.mail, self.next = self.next, None
        self._failure, self._body_said = None, False
        if self.mail is not None and not was_said:
            self._say_envelope()

    def _say_envelope(self) -> None:
        assert self.mail is not None
        if self.pipelines:
            self._awaited.extend(_ENVELOPE)
            self._say(self._envelope_of(self.mail))
        else:
            commands = self._envelope_of(self.mail).splitlines(keepends=True)
            self._steps.extend(zip(_ENVELOPE, commands, strict=True))
            self._next_step()

    def _envelope_of(self, mail: Mail) -> bytes:
        options = f" SIZE={len(mail.data)}" if self.says_size else ""
        if not mail.recipient.isascii():
            options += " BODY=8BITMIME SMTPUTF8"  # RFC 6531: the address stands in the To header, too
        return f"MAIL FROM:<{mail.envelope_from}>{options}\r\nRCPT TO:<{mail.recipient}>\r\nDATA\r\n".encode()

    def _refusal(self, said: str, code: int, words: bytes) -> smtplib.SMTPException:
        assert self.mail is not None
        match said:
            case "MAIL":
                return smtplib.SMTPSenderRefused(code, words, self.mail.envelope_from)
            case "RCPT":
                return smtplib.SMTPRecipientsRefused({self.mail.recipient: (code, words)})
        return smtplib.SMTPDataError(code, words)

    def _next_step(self) -> None:
        said, command = self._steps.popleft()
        self._awaited.append(said)
        self._say(command)

    def _say(self, words: bytes) -> None:
        self.said_at = time.monotonic()
        self.deadline = self.said_at + self.timeout
        sent = 0
        if not self._unsent:
            with suppress(*_BLOCKED):
                sent = self.sock.send(words)
        if sent < len(words):
            self._unsent = memoryview(bytes(self._unsent) + words[sent:])


def _code_of(line: bytes) -> int:
    try:
        return int(line[:3])
    except ValueError:
        raise smtplib.SMTPServerDisconnected(f"no SMTP answer: {line[:80]!r}") from None
