"""Hands requests from the embedded server's loop to Flask, in threads: RSGI in front, WSGI behind (PEP 3333).

A door's answers are small, so a request's body and its answer are held whole. Bodies over the limit, bodies that
trickle in for ever and a queue of doors that only grows are refused here, before a thread is taken.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol

import structlog

BODY_SECONDS = 30.0
PAUSE_SECONDS = 8.0
"""A client on a bad line, or a busy machine, may be silent for so long in the middle of what it sends."""
READ_AWAY = 32 * 1024 * 1024
"""Of a body that is refused anyway, so much is taken in."""
THREADS = 12
WAITING_LIMIT = 400
log = structlog.get_logger(__name__)

Headers = list[tuple[str, str]]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Transport(Protocol):
    """The part of granian's RSGI HTTP protocol used here."""

    def __aiter__(self) -> Any: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...


class Doors:
    """Runs a WSGI application for requests that come in by RSGI."""

    def __init__(self, app: WsgiApp, body_limit: int, threads: int = THREADS) -> None:
        self._app = app
        self._limit = body_limit
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="door")
        self._waiting = 0

    async def serve(self, scope: Any, proto: Transport) -> None:
        """Answer one request."""
        if self._waiting >= WAITING_LIMIT:
            refuse(scope, proto, 503, "Too many requests are waiting.")
            return
        self._waiting += 1
        try:
            body = await self._read_body(scope, proto)
            if body is None:
                return
            loop = asyncio.get_running_loop()
            status, headers, content = await loop.run_in_executor(self._pool, self._run, make_environ(scope, body))
            proto.response_bytes(status, headers, content)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Take no more requests; those under way are finished by their threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _read_body(self, scope: Any, proto: Transport) -> bytes | None:
        declared = scope.headers.get("content-length")
        if declared is not None and not declared.isdigit():
            refuse(scope, proto, 400, "The request is too large.")
            return None
        if scope.method in ("GET", "HEAD") and not declared and not scope.headers.get("transfer-encoding"):
            return b""
        stream = _chunks(proto)
        if declared is not None and int(declared) > self._limit:
            await _refuse_body(scope, proto, stream)
            return None
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in stream:
                    size += len(chunk)
                    if size > self._limit:
                        break
                    chunks.append(bytes(chunk))
        except TimeoutError:
            refuse(scope, proto, 408, "The request took too long.")
            return None
        if size > self._limit:
            await _refuse_body(scope, proto, stream)
            return None
        return b"".join(chunks)

    def _run(self, environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
        started: list[tuple[str, Headers]] = []
        written: list[bytes] = []

        def start_response(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], None]:
            started[:] = [(status, headers)]
            return written.append

        try:
            result = self._app(environ, start_response)
            try:
                content = b"".join([*written, *result])
            finally:
                if hasattr(result, "close"):
                    result.close()
        except Exception:
            log.exception("a door failed outside Flask's own handlers")
            return 500, [("content-type", "text/plain; charset=utf-8")], b"Internal error\n"
        status, headers = started[0]
        return int(status.split(" ", 1)[0]), [(name.lower(), value) for name, value in headers], content


_TOO_LARGE = {
    "/admin/subscribers/import": "A file sent by this form may have 1 MiB. Import a longer one on the machine: "
    "flask --app app subscribers import FILE.csv"
}
"""What to do instead, where there is a way."""


async def _chunks(proto: Transport) -> AsyncIterator[bytes]:
    """The body piece by piece; unlike the server's own stream it can be gone on with."""
    async for chunk in proto:
        yield chunk


async def _refuse_body(scope: Any, proto: Transport, stream: AsyncIterator[bytes]) -> None:
    """Answer 413 once the client has sent what it sends, or pauses, or asked beforehand: the server hangs up with the
    answer, and a client that is still sending then sees a broken pipe in place of the refusal."""
    if scope.headers.get("expect") is None:
        await _read_away(stream)
    refuse(scope, proto, 413, _TOO_LARGE.get(scope.path, "The request is too large."))


async def _read_away(stream: AsyncIterator[bytes]) -> None:
    size, loop = 0, asyncio.get_running_loop()
    latest = loop.time() + BODY_SECONDS
    with suppress(TimeoutError):
        async with asyncio.timeout(PAUSE_SECONDS) as patience:
            async for chunk in stream:
                size += len(chunk)
                if size > READ_AWAY:
                    return
                patience.reschedule(min(loop.time() + PAUSE_SECONDS, latest))


def refuse(scope: Any, proto: Transport, status: int, detail: str) -> None:
    """A refusal before Flask: problem+json under /api/ (RFC 9457), else plain text."""
    if scope.path.startswith(("/api/", "/hooks/")):
        kind = "application/problem+json"
        body = f'{{"type": "about:blank", "status": {status}, "detail": "{detail}", "errors": []}}'.encode()
    else:
        kind = "text/plain; charset=utf-8"
        body = f"{detail}\n".encode()
    headers = [("content-type", kind), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")]
    if status == 503:
        headers.append(("retry-after", "5"))
    proto.response_bytes(status, headers, body)


def make_environ(scope: Any, body: bytes) -> dict[str, Any]:
    """PEP 3333's environ. Header names with an underscore are dropped: they could pose as others."""
    client, _, client_port = scope.client.rpartition(":")
    server, _, server_port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "REMOTE_ADDR": client.strip("[]").removeprefix("::ffff:"),
        "REMOTE_PORT": client_port,
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": server_port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" not in name:
            _add_header(environ, name, value)
    if "HTTP_HOST" not in environ and scope.authority:
        environ["HTTP_HOST"] = scope.authority
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    key = name.upper().replace("-", "_")
    if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = f"HTTP_{key}"
    joint = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
