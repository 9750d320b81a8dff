"""Connections of the checks: only to addresses that were judged, each one fresh."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import lru_cache, partial
from ipaddress import ip_address
from typing import Any, TypeVar

import aiohappyeyeballs

from statuspage.monitoring.names import Names, family_of
from statuspage.reaching import Networks, Unreachable, may_reach

EYEBALLS_SECONDS = 0.25
"""So long the first address has, before the next is tried beside it (RFC 8305)."""
Protocol = TypeVar("Protocol", bound=asyncio.BaseProtocol)


class Reach:
    """What a check needs to reach its target: names, judged addresses, TLS."""

    def __init__(self, allowed: Networks = ()) -> None:
        self._allowed = tuple(allowed)
        self.names = Names(allowed)
        self.tls = ssl.create_default_context()

    async def connect(
        self, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A fresh connection to `host`, with TLS where a context is given. Raises OSError and its kinds."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        make = partial(asyncio.StreamReaderProtocol, reader, loop=loop)
        transport, protocol = await self._open(host, port, make, tls)
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    async def converse(
        self, host: str, port: int, make: Callable[[], Protocol], tls: ssl.SSLContext | None = None
    ) -> Protocol:
        """Likewise, spoken by the protocol that `make` gives."""
        return (await self._open(host, port, make, tls))[1]

    async def _open(
        self, host: str, port: int, make: Callable[[], Protocol], tls: ssl.SSLContext | None
    ) -> tuple[asyncio.Transport, Protocol]:
        """The name is resolved once, every address is judged, and the connection goes to one of those."""
        addresses = [str(address) for address in await self.names.addresses(host)]
        loop = asyncio.get_running_loop()
        name = host.rstrip(".") if tls is not None else None
        if len(addresses) == 1:
            self._check(addresses[0])
            return await loop.create_connection(make, addresses[0], port, ssl=tls, server_hostname=name)
        connection = await self._race(addresses, port)
        try:
            return await loop.create_connection(make, sock=connection, ssl=tls, server_hostname=name)
        except BaseException:
            connection.close()
            raise

    async def _race(self, addresses: list[str], port: int) -> socket.socket:
        targets: list[Any] = [
            (family_of(ip_address(address)), socket.SOCK_STREAM, 0, "", (address, port)) for address in addresses
        ]
        return await aiohappyeyeballs.start_connection(
            targets, happy_eyeballs_delay=EYEBALLS_SECONDS, socket_factory=self._open_socket
        )

    def _open_socket(self, info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        self._check(str(address[0]))
        return socket.socket(family, kind, protocol)

    def _check(self, address: str) -> None:
        """The last gate: nothing connects to an address that may not be reached, whoever asks."""
        if not _may_reach(address, self._allowed):
            raise Unreachable(f"{address} is not public")


@lru_cache(maxsize=20_000)
def _may_reach(address: str, allowed: Networks) -> bool:
    return may_reach(ip_address(address.partition("%")[0]), allowed)
