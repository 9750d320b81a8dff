"""One request and its answer over a connection of their own (HTTP/1.1, RFC 9112): nothing is kept, nothing shared.

A general client costs several times as much a check, for pools, cookies and streams that no check needs.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from yarl import URL

LONGEST_READ = 1024 * 1024
LONGEST_HEAD = 64 * 1024
USER_AGENT = "statuspage-prober"
_DEFAULTS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}


class NotHttp(Exception):
    """What came back is no answer in HTTP/1."""


class Unanswered(Exception):
    """The connection was closed before an answer had begun in earnest."""


class BrokenOff(Exception):
    """The connection was closed in the middle of an answer that had said how long it would be."""


class Exchange(asyncio.Protocol):
    """Sends one request and reads one answer, of its body at most LONGEST_READ bytes; what follows is never read."""

    def __init__(self, request: bytes, has_body: bool) -> None:
        """`has_body` is false where the method (HEAD) has answers without one."""
        self._request, self._has_body = request, has_body
        self._parser = HttpResponseParser(self)
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._in_body = False
        self._head_length = 0
        self.certificate: dict[str, Any] | None = None
        """Of the other side, as the ssl module shows it; None without TLS."""
        self.status = 0
        self.headers: dict[str, str] = {}
        """By name in lower case; of several with a name the first."""
        self.content = bytearray()

    async def answered(self) -> None:
        """Wait for the end of the answer. Raises NotHttp, Unanswered, BrokenOff and OSError."""
        await self._ended

    def abort(self) -> None:
        """Let go of the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected: send."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass
        tls = transport.get_extra_info("ssl_object")
        self.certificate = tls.getpeercert() if tls is not None else None
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Read on, until the answer has ended."""
        if self._ended.done():
            return
        if not self._in_body:
            self._head_length += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self._end()
        except HttpParserError as error:
            self._end(NotHttp(str(error)))
        if not self._in_body and self._head_length > LONGEST_HEAD:
            self._end(NotHttp("its headers do not end"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Closed by the other side; where the answer has no length of its own, that is its end (RFC 9112, 6.3)."""
        if exc is not None:
            self._end(exc)
        elif not self._in_body:
            self._end(Unanswered())
        elif "content-length" in self.headers or "transfer-encoding" in self.headers:
            self._end(BrokenOff())
        else:
            self._end()

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser read a header, or a trailer."""
        if not self._in_body:
            self.headers.setdefault(name.decode("latin-1").lower(), value.decode("utf-8", "surrogateescape"))

    def on_headers_complete(self) -> None:
        """The parser read the head of an answer; one of 1xx only precedes it, save for 101."""
        self.status = self._parser.get_status_code()
        if self.status < 200 and self.status != 101:
            self.headers = {}
            return
        self._in_body = True
        if not self._has_body or self.status == 101:
            self._end()

    def on_body(self, part: bytes) -> None:
        """The parser read a part of the body."""
        if self._ended.done():
            return
        self.content += part
        if len(self.content) >= LONGEST_READ:
            del self.content[LONGEST_READ:]
            self._end()

    def on_message_complete(self) -> None:
        """The parser read to the end."""
        if self._in_body:
            self._end()

    def _end(self, error: Exception | None = None) -> None:
        if self._ended.done():
            return
        if error is None:
            self._ended.set_result(None)
        else:
            self._ended.set_exception(error)
            self._ended.exception()  # seen, so that nobody complains where the check had given up


def request_of(method: str, url: URL, headers: Mapping[str, str], body: str | None) -> bytes:
    """The bytes of a request that closes its connection; `headers` go before our own of the same name."""
    named = {name.lower() for name in headers}
    own = {"Host": (url.host_port_subcomponent or "").rstrip("."), **_DEFAULTS}
    if url.user is not None or url.password is not None:
        own["Authorization"] = "Basic " + b64encode(f"{url.user or ''}:{url.password or ''}".encode()).decode()
    content = body.encode() if body is not None else b""
    if body is not None:
        own |= {"Content-Type": "application/octet-stream", "Content-Length": str(len(content))}
    lines = [f"{method} {url.raw_path_qs} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in own.items() if name.lower() not in named]
    lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() not in _SET_BY_US]
    lines.append("Connection: close\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1") + content


_SET_BY_US = ("connection", "content-length", "transfer-encoding")
