"""A small SMTP server (RFC 5321) that keeps every message as a file and delivers none: for trying things out.

`python -m statuspage.demo.mail_sink --port 0 --folder DIR` prints the address it listens on, then one line per
message. A file holds the envelope as X-Envelope-From and X-Envelope-To, then the message as it came.
"""

from __future__ import annotations

import argparse
import os
import re
import socketserver
import sys
import threading
import time
from pathlib import Path

LONGEST_LINE = 1000
"""Octets with CRLF, as RFC 5321 section 4.5.3.1.6 has it: a longer line is refused, so that senders notice."""
LARGEST_MESSAGE = 10 * 1024 * 1024
IDLE_SECONDS = 300
_ADDRESS = re.compile(rb"(?:FROM|TO):\s*<([^<>\s]*)>", re.IGNORECASE)


class Mailbox(socketserver.ThreadingTCPServer):
    """Listens on loopback; `folder` fills with one .eml file per message."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, folder: Path, port: int = 0, *, quiet: bool = True) -> None:
        self.folder = folder
        self._quiet = quiet
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._count = sum(1 for _ in folder.glob("*.eml"))
        super().__init__(("127.0.0.1", port), Conversation)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def keep(self, sender: str, recipients: list[str], message: bytes) -> Path:
        """Write one message; a reader of the folder never sees half of it."""
        with self._lock:
            self._count += 1
            path = self.folder / f"{self._count:06d}.eml"
            envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n".encode()
            half = path.with_suffix(".part")
            half.write_bytes(envelope + message)
            os.replace(half, path)
            if not self._quiet:
                print(f"{path.name} to {', '.join(recipients)}", flush=True)
        return path


class Conversation(socketserver.StreamRequestHandler):
    """One client's session."""

    timeout = IDLE_SECONDS
    server: Mailbox

    def handle(self) -> None:
        """Greet, obey, say goodbye."""
        self.sender: str | None = None
        self.recipients: list[str] = []
        self._say(220, "mail sink, keeps all and delivers nothing")
        try:
            while (line := self.rfile.readline(LONGEST_LINE + 1)) and self._obey(line):
                pass
        except (TimeoutError, ConnectionError):
            return

    def _obey(self, line: bytes) -> bool:
        verb, _, rest = line.strip().partition(b" ")
        match verb.upper():
            case b"EHLO":
                self._reset()
                self.wfile.write(b"250-localhost\r\n250-8BITMIME\r\n250-PIPELINING\r\n")
                self._say(250, f"SIZE {LARGEST_MESSAGE}")
            case b"HELO" | b"RSET":
                self._reset()
                self._say(250, "OK")
            case b"MAIL":
                self._take_sender(rest)
            case b"RCPT":
                self._take_recipient(rest)
            case b"DATA":
                self._take_message()
            case b"NOOP":
                self._say(250, "OK")
            case b"QUIT":
                self._say(221, "Bye")
                return False
            case _:
                self._say(502, "Not known here")
        return True

    def _take_sender(self, rest: bytes) -> None:
        found = _ADDRESS.match(rest)
        if found is None:
            return self._say(501, "MAIL FROM:<address>")
        self._reset()
        self.sender = found[1].decode(errors="replace")
        return self._say(250, "OK")

    def _take_recipient(self, rest: bytes) -> None:
        found = _ADDRESS.match(rest)
        if self.sender is None:
            return self._say(503, "MAIL first")
        if found is None or not found[1]:
            return self._say(501, "RCPT TO:<address>")
        self.recipients.append(found[1].decode(errors="replace"))
        return self._say(250, "OK")

    def _take_message(self) -> None:
        if not self.recipients or self.sender is None:
            return self._say(503, "RCPT first")
        self._say(354, "End with a dot on a line of its own")
        lines, refusal = self._read_message()
        if refusal:
            self._say(*refusal)
        else:
            path = self.server.keep(self.sender, self.recipients, b"".join(lines))
            self._say(250, f"Kept as {path.name}")
        return self._reset()

    def _read_message(self) -> tuple[list[bytes], tuple[int, str] | None]:
        lines: list[bytes] = []
        size, refusal = 0, None
        while (line := self.rfile.readline(LARGEST_MESSAGE)) not in (b".\r\n", b".\n"):
            if not line:
                raise ConnectionError("the client went away in the middle of a message")
            if len(line) > LONGEST_LINE:
                refusal = 500, f"A line of more than {LONGEST_LINE} octets"
            size += len(line)
            if size > LARGEST_MESSAGE:
                refusal = 552, "Too large"
            if refusal is None:
                lines.append(line[1:] if line.startswith(b".") else line)
        return lines, refusal

    def _say(self, code: int, text: str) -> None:
        self.wfile.write(f"{code} {text}\r\n".encode())

    def _reset(self) -> None:
        self.sender = None
        self.recipients = []


def _end_with_parent(mailbox: Mailbox, parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    mailbox.shutdown()


def main(arguments: list[str] | None = None) -> int:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="mail_sink", description="Keeps every mail as a file; delivers none.")
    parser.add_argument("--port", type=int, default=1025, help="0 takes any free port")
    parser.add_argument("--folder", type=Path, default=Path("instance/mail"))
    parser.add_argument("--quiet", action="store_true", help="print the address and nothing after it")
    parser.add_argument("--with-parent", action="store_true", help="end when the process that started it ends")
    options = parser.parse_args(arguments)
    with Mailbox(options.folder, options.port, quiet=options.quiet) as mailbox:
        if options.with_parent:
            threading.Thread(target=_end_with_parent, args=(mailbox, os.getppid()), daemon=True).start()
        print(f"mail sink on 127.0.0.1:{mailbox.port}, keeping mail in {options.folder}", flush=True)
        try:
            mailbox.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
