"""The embedded server: published files from memory in a thread of their own, everything else to Flask in others.

A slow door (a log-in, a hung database) therefore never holds up the page, and a public GET enters neither Flask nor
Jinja nor a database, nor an event loop.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from typing import Any

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from statuspage.web import current
from statuspage.web.doors import Doors
from statuspage.web.files import PublishedFiles
from statuspage.web.shortcut import spawn_of
from statuspage.web.warming import kept_warm

CONNECTIONS = 16_384
"""Connections held at once; a stalled one costs a few kilobytes and no thread."""
HEADER_MILLISECONDS = 15_000
ENDING_SECONDS = 5
SWITCH_SECONDS = 0.0005
"""A door that computes, such as one that publishes, lets the page's thread in after so long, for each request."""
ALIVE = b'{"status":"ok"}\n'
ALIVE_HEADERS = [
    ("content-type", "application/json"),
    ("content-length", str(len(ALIVE))),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
]


class Front:
    """`files` for what is published, `doors` for the rest."""

    def __init__(self, app: Flask) -> None:
        self.files = PublishedFiles(app.extensions[current.EXTENSION].settings.public_folder)
        self.doors = Doors(app.wsgi_app, app.config["MAX_CONTENT_LENGTH"])
        self._is_door = doors_of(app)

    def answer(self, scope: Any, proto: Any) -> bool:
        """Answer what needs no door, now; whether it was that. One thread calls this, for every request."""
        if scope.method not in ("GET", "HEAD"):
            return False
        path, headers = scope.path, scope.headers
        accepts = headers.get("accept-encoding", "")
        answer = self.files.answer(path, accepts, headers.get("if-none-match"))
        if answer is None:
            if (
                path == "/healthz"
            ):  # not by a door: that all of them wait for a database is no reason to end the process
                proto.response_bytes(200, ALIVE_HEADERS, ALIVE)
                return True
            if self._is_door(path):
                return False
            answer = self.files.not_found(path, accepts)
        proto.response_bytes(answer.status, answer.headers, answer.body)
        return True


def doors_of(app: Flask) -> Callable[[str], bool]:
    """Whether Flask itself answers at a path, by its first word or, below a language, its second; any other unknown
    path is the public 404 page."""
    words = [rule.rule.split("/")[1:] for rule in app.url_map.iter_rules()]
    names = {first for first, *_ in words if first and not first.startswith("<")}
    below_language = {second for first, second in (each for each in words if len(each) == 2) if first == "<lang>"}

    def is_door(path: str) -> bool:
        first, _, rest = path.removeprefix("/").partition("/")
        return first in names or rest in below_language

    return is_door


async def serve(app: Flask, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    front = Front(app)
    server = Server(
        front,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        websockets=False,
        http=HTTPModes.http1,
        backlog=2048,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        log_enabled=False,
    )
    server.workers_kill_timeout = ENDING_SECONDS
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with kept_warm(app.extensions[current.EXTENSION].publisher):
            await server.serve(spawn_of(front.answer, front.doors.serve))
    finally:
        front.doors.close()
