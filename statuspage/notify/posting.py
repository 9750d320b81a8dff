"""One POST to an address that somebody gave us: the only way by which webhooks, chats and alarms leave.

No redirect is followed, no proxy of the environment is used, the whole exchange has one deadline whatever the other
side does, at most ENOUGH bytes of the answer are read, and the connection goes to the very address that was judged.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import httpcore2
from httpcore2 import SOCKET_OPTION, NetworkBackend, NetworkStream, SyncBackend

from statuspage.reaching import Networks, Unreachable, resolve

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 30.0
"""From the name server's answer to the last byte read: what Statuspage gives its receivers, and the most that
Standard Webhooks advises. Longer than a lease, which is renewed meanwhile."""
ENOUGH = 1000
"""Bytes of an answer that are read, for the words an operator is shown; it could be endless."""
LONGEST_WAIT = timedelta(hours=24)
AGENT = "statuspage"


@dataclass(frozen=True)
class Answer:
    """What the other side said: its status, its first words, and how long it asked us to wait (Retry-After)."""

    status: int
    words: str
    retry_after: timedelta | None = None

    @property
    def taken(self) -> bool:
        """Whether it took responsibility; a redirect is a failure."""
        return 200 <= self.status < 300


class NoAnswer(OSError):
    """Nothing usable came back: no address we may connect to, no connection, no answer in time."""


def post_json(
    url: str,
    payload: bytes,
    *,
    now: datetime,
    headers: Mapping[str, str] | None = None,
    allowed: Networks = (),
    total: float = TOTAL_SECONDS,
) -> Answer:
    """POST JSON and read the beginning of the answer. Raises NoAnswer; `now` dates a Retry-After."""
    backend = JudgedBackend(allowed, time.monotonic() + total)
    sent: dict[bytes | str, bytes | str] = {"Content-Type": "application/json", "User-Agent": AGENT, "Accept": "*/*"}
    sent.update(headers or {})
    with httpcore2.ConnectionPool(ssl_context=tls_context(), network_backend=backend, max_connections=1) as pool:
        timeouts = {"connect": CONNECT_SECONDS, "read": total, "write": total, "pool": total}
        try:
            target = httpcore2.URL(ascii_url(url))
            with pool.stream(
                "POST", target, headers=sent, content=payload, extensions={"timeout": timeouts}
            ) as response:
                return _read(response, now)
        except Unreachable as error:
            raise NoAnswer(str(error)) from None
        except (httpcore2.TimeoutException, TimeoutError):
            raise NoAnswer(f"no answer within {total:g} s") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol) as error:
            raise NoAnswer(f"{type(error).__name__}: {error}"[:300]) from None
        except (OSError, ValueError) as error:
            raise NoAnswer(f"{type(error).__name__}: {error}"[:300]) from None


def _read(response: Any, now: datetime) -> Answer:
    read = b""
    try:
        for piece in response.iter_stream():
            read += piece
            if len(read) >= ENOUGH:
                break
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
        pass  # the status has been given; words that never end do not take it back
    words = " ".join(read[:ENOUGH].decode("utf-8", "replace").split())
    waits = [value for name, value in response.headers if name.lower() == b"retry-after"]
    return Answer(response.status, words, _wait_of(waits[0], now) if waits else None)


def _wait_of(value: bytes, now: datetime) -> timedelta | None:
    """Retry-After as a length (RFC 9110 section 10.2.3): seconds, or a date; at most LONGEST_WAIT."""
    text = value.decode("ascii", "replace").strip()
    if text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if until.tzinfo is None:
        return None
    return min(max(until - now, timedelta(0)), LONGEST_WAIT)


def ascii_url(url: str) -> str:
    """The URL as it travels: a name outside ASCII in the DNS's spelling. Raises ValueError."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    return f"{scheme}{separator}{host}{slash}{path}".split("#")[0]


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Certificates are checked against the machine's authorities, or those of SSL_CERT_FILE."""
    return ssl.create_default_context()


class JudgedBackend(NetworkBackend):
    """Connects to the address that was judged, and gives no step more time than is left until the deadline."""

    def __init__(self, allowed: Networks, deadline: float) -> None:
        self.allowed = allowed
        self.deadline = deadline
        self.plain = SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        """A connection to the host's judged address. Raises Unreachable."""
        address = resolve(host, port, self.allowed)
        return _TimedStream(
            self.plain.connect_tcp(address, port, self.left(timeout), local_address, socket_options), self.left
        )

    def left(self, timeout: float | None) -> float:
        """The seconds a step may take. Raises TimeoutError when none are left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("deadline")
        return left if timeout is None else min(left, timeout)


class _TimedStream(NetworkStream):
    def __init__(self, stream: NetworkStream, left: Any) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
