"""Names to addresses for the prober: asynchronous, so that a slow name server delays nobody else, and judged.

Addresses written out, /etc/hosts and localhost come first, as in the system's own resolver; the rest is asked of the
name servers in /etc/resolv.conf. A good answer is kept for its time to live, at most a minute; a failure is not kept.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

from statuspage.reaching import Address, Networks, check_addresses, written_address

HOSTS = Path("/etc/hosts")
RESOLVERS = Path("/etc/resolv.conf")
KEPT_SECONDS = 60.0
LIFETIME_SECONDS = 4.0


class NoSuchName(OSError):
    """The name servers answered, and there is no such name or no address to it."""


class NamesSilent(OSError):
    """No name server gave an answer: theirs may be broken, or our way to them."""


class Names:
    """Resolves and judges."""

    def __init__(self, allowed: Networks = ()) -> None:
        self._allowed = tuple(allowed)
        self._kept: dict[str, tuple[float, list[Address]]] = {}
        self._asking: dict[str, asyncio.Task[list[Address]]] = {}
        self._hosts: dict[str, list[Address]] = {}
        self._hosts_seen = 0.0
        self._resolver: dns.asyncresolver.Resolver | None = None
        self._resolvers_seen = 0.0
        self.heard_at = float("-inf")
        """When a name server last answered us, by the loop's clock."""

    async def addresses(self, host: str) -> list[Address]:
        """All addresses of `host`, each of which may be connected to.

        Raises Unreachable, NoSuchName and NamesSilent, which are OSErrors.
        """
        found = [*_literal(host)] or self._written_down(host) or await self._asked(host)
        check_addresses(host, found, self._allowed)
        return found

    def servers(self) -> dns.asyncresolver.Resolver:
        """The resolver of /etc/resolv.conf as it stands now. Raises NamesSilent where none is configured."""
        seen = _changed_at(RESOLVERS)
        if self._resolver is None or seen != self._resolvers_seen:
            try:
                self._resolver = dns.asyncresolver.Resolver(str(RESOLVERS))
            except dns.exception.DNSException as error:
                raise NamesSilent(f"no name server is configured: {error}") from None
            self._resolver.lifetime = LIFETIME_SECONDS
            self._resolver.timeout = LIFETIME_SECONDS / 2
            self._resolvers_seen = seen
        return self._resolver

    def note_answer(self) -> None:
        """A name server was heard just now."""
        self.heard_at = asyncio.get_running_loop().time()

    def _written_down(self, host: str) -> list[Address]:
        name = host.rstrip(".").lower()
        seen = _changed_at(HOSTS)
        if seen != self._hosts_seen:
            self._hosts, self._hosts_seen = _read_hosts(HOSTS), seen
        found = self._hosts.get(name, [])
        if not found and (name == "localhost" or name.endswith(".localhost")):
            return [ip_address("127.0.0.1"), ip_address("::1")]
        return found

    async def _asked(self, host: str) -> list[Address]:
        now = asyncio.get_running_loop().time()
        until, found = self._kept.get(host, (0.0, []))
        if until > now:
            return found
        task = self._asking.get(host)
        if task is None:  # checks of the same host share one question, and outlive each other
            task = self._asking[host] = asyncio.create_task(self._ask(host))
            task.add_done_callback(lambda done: self._forget(host, done))
        return await asyncio.shield(task)

    def _forget(self, host: str, task: asyncio.Task[list[Address]]) -> None:
        self._asking.pop(host, None)
        if not task.cancelled():
            task.exception()  # seen, so that nobody complains when all who waited have gone

    async def _ask(self, host: str) -> list[Address]:
        try:
            answers = await self.servers().resolve_name(host)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            self.note_answer()
            raise NoSuchName(f"{host} has no address") from None
        except (dns.resolver.NoNameservers, dns.exception.Timeout):
            raise NamesSilent(f"no answer for the name {host}") from None
        except (dns.exception.DNSException, ValueError, UnicodeError) as error:
            raise NoSuchName(f"{host} is not a name: {error}") from None
        except OSError as error:
            raise NamesSilent(f"no name server can be reached: {error.strerror or error}") from None
        self.note_answer()
        found = [ip_address(text) for text in answers.addresses()]
        if not found:
            raise NoSuchName(f"{host} has no address")
        ttl = min((answer.rrset.ttl for answer in answers.values() if answer.rrset is not None), default=0)
        self._keep(host, found, min(float(ttl), KEPT_SECONDS))
        return found

    def _keep(self, host: str, found: list[Address], seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        if len(self._kept) > 20_000:
            self._kept = {name: kept for name, kept in self._kept.items() if kept[0] > now}
        if seconds > 0:
            self._kept[host] = (now + seconds, found)


def family_of(address: Address) -> socket.AddressFamily:
    """AF_INET or AF_INET6."""
    return socket.AF_INET if address.version == 4 else socket.AF_INET6


@lru_cache(maxsize=20_000)
def _literal(host: str) -> tuple[Address, ...]:
    address = written_address(host)
    return () if address is None else (address,)


def _read_hosts(path: Path) -> dict[str, list[Address]]:
    found: dict[str, list[Address]] = {}
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        words: Sequence[str] = line.partition("#")[0].split()
        for name in words[1:]:
            found.setdefault(name.lower(), []).extend(_literal(words[0]))
    return found


def _changed_at(path: Path) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return -1.0
