"""Connections of the checks: only to addresses that were judged, each one fresh."""

from __future__ import annotations

import asyncio
import socket
import ssl
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import aiohappyeyeballs
import aiohttp

from statuspage.monitoring.names import Names, family_of
from statuspage.reaching import Networks, Unreachable, may_reach

EYEBALLS_SECONDS = 0.25
"""So long the first address has, before the next is tried beside it (RFC 8305)."""
USER_AGENT = "statuspage-prober"


class Reach:
    """What a check needs to reach its target: names, judged sockets, TLS, and one HTTP session for all of them."""

    def __init__(self, allowed: Networks = ()) -> None:
        self._allowed = tuple(allowed)
        self.names = Names(allowed)
        self.tls = ssl.create_default_context()
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self.names,
                socket_factory=self._open_socket,
                use_dns_cache=False,
                force_close=True,
                limit=0,
                happy_eyeballs_delay=EYEBALLS_SECONDS,
            ),
            response_class=Answer,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            headers={"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"},
            trust_env=False,
            read_bufsize=1 << 14,
        )

    async def connect(
        self, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A fresh connection to `host`, with TLS where a context is given. Raises OSError and its kinds."""
        targets: list[Any] = [
            (family_of(address), socket.SOCK_STREAM, 0, "", (str(address), port))
            for address in await self.names.addresses(host)
        ]
        connection = await aiohappyeyeballs.start_connection(
            targets, happy_eyeballs_delay=EYEBALLS_SECONDS, socket_factory=self._open_socket
        )
        try:
            if tls is None:
                return await asyncio.open_connection(sock=connection)
            return await asyncio.open_connection(sock=connection, ssl=tls, server_hostname=host.rstrip("."))
        except BaseException:
            connection.close()
            raise

    async def close(self) -> None:
        """Let go of the session."""
        await self.session.close()

    def _open_socket(self, info: Any) -> socket.socket:
        """The last gate: no socket is made for an address that may not be reached, whoever asks."""
        family, kind, protocol, _, address = info
        if not _may_reach(str(address[0]), self._allowed):
            raise Unreachable(f"{address[0]} is not public")
        return socket.socket(family, kind, protocol)


@lru_cache(maxsize=20_000)
def _may_reach(address: str, allowed: Networks) -> bool:
    return may_reach(ip_address(address.partition("%")[0]), allowed)


class Answer(aiohttp.ClientResponse):
    """An answer that remembers the certificate of its connection, which aiohttp lets go of with the last byte."""

    certificate: dict[str, Any] | None = None

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        """Read status and headers."""
        tls = connection.transport.get_extra_info("ssl_object") if connection.transport else None
        if tls is not None:
            self.certificate = tls.getpeercert()
        return await super().start(connection)
