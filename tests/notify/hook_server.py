"""A webhook receiver in a process of its own: keeps what it gets and answers as the path says.

/taken: 204 · /CODE: that status, with a Location · /wait/SECONDS: 429 with Retry-After · /silent: never answers
· /drip: a byte of header now and then · /endless: 200 and bytes without end · /hangup: closes the line.
A file `fault` in its folder overrules the path. usage: hook_server.py FOLDER; prints its port.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

FOLDER = Path(sys.argv[1])
NUMBERS = count(1)


class Receiver(BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self) -> None:
        """Keep it, then answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        kept = {"path": self.path, "headers": dict(self.headers), "body": body.decode("utf-8", "surrogateescape")}
        part = FOLDER / f"{next(NUMBERS):05}.part"
        part.write_text(json.dumps(kept), encoding="utf-8")
        part.rename(part.with_suffix(".json"))
        fault = FOLDER / "fault"
        self.answer((fault.read_text() if fault.exists() else self.path).partition("?")[0].strip("/").split("/"))

    def do_GET(self) -> None:
        """Nobody should come: a redirect was followed."""
        (FOLDER / "followed").touch()
        self.reply(200)

    def answer(self, behaviour: list[str]) -> None:
        """As the words say."""
        match behaviour:
            case [code] if code.isdecimal():
                self.reply(int(code), Location="/trap")
            case ["wait", seconds]:
                self.reply(429, **{"Retry-After": seconds.replace("_", " ")})
            case ["silent"]:
                time.sleep(120)
            case ["drip"]:
                self.drip(b"HTTP/1.1 200 OK\r\nX: ", 0.05)
            case ["endless"]:
                self.drip(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 65536, 0)
            case ["slowly"]:
                self.drip(b"HTTP/1.1 200 OK\r\n\r\n", 0.05)
            case ["hangup"]:
                self.close_connection = True
            case _:
                self.reply(204)

    def drip(self, first: bytes, pause: float) -> None:
        """Send without end, until the other side has had enough."""
        self.wfile.write(first)
        while True:
            self.wfile.write(b"x" if pause else b"x" * 65536)
            time.sleep(pause)

    def reply(self, status: int, **headers: str) -> None:
        """A short answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0" if status == 204 else "5")
        self.end_headers()
        if status != 204:
            self.wfile.write(b"words")

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    """Threads that hang do not keep the process."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what we expect."""


server = Server(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
