"""A few SMTP sessions held open while a run of the worker lasts."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from statuspage.notify.email import MailConnection, Mailer


@dataclass
class Connections:
    """Sessions opened as they are needed, each used by one thread at a time (deque's ends are thread-safe)."""

    mailer: Mailer
    _idle: deque[MailConnection] = field(default_factory=deque)
    _opened: list[MailConnection] = field(default_factory=list)

    def send(self, sender: str, recipient: str, data: bytes) -> None:
        """One mail over an idle session or a new one. Raises what smtplib and the socket raise."""
        connection = self._take()
        try:
            connection.send_bytes(sender, recipient, data)
        finally:
            if connection.is_open:
                self._idle.append(connection)

    def abort(self) -> None:
        """Cut every line; what waits for an answer fails at once."""
        for connection in list(self._opened):
            connection.abort()

    def close(self) -> None:
        """Say goodbye on every line."""
        for connection in self._opened:
            connection.__exit__(None, None, None)

    def _take(self) -> MailConnection:
        try:
            return self._idle.pop()
        except IndexError:
            connection = self.mailer.connect()
            connection.__enter__()
            self._opened.append(connection)
            return connection
