"""Which hosts we may connect to on somebody's word: public addresses, and those that the settings allow besides.

A name is resolved once and the connection goes to the address that was judged, so that a name which answers
differently the second time (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from unicodedata import normalize

NAT64 = IPv6Network("64:ff9b::/96")
NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
"""RFC 8215: translated within one network, so never public; `is_global` of Python 3.11 lets it pass."""
COMPATIBLE = IPv6Network("::/96")
"""RFC 4291 section 2.5.5.1, deprecated: ::127.0.0.1 is still taken for loopback by some systems."""
RESOLVE_SECONDS = 8.0
"""getaddrinfo has no timeout of its own; a dead name server must not hold a sender."""
Address = IPv4Address | IPv6Address
Networks = Iterable[IPv4Network | IPv6Network]
_resolvers = ThreadPoolExecutor(16, "resolve")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


class Unreachable(OSError):
    """A host that has no address we may connect to; the message says why."""


def resolve(host: str, port: int, allowed: Networks = (), *, timeout: float = RESOLVE_SECONDS) -> str:
    """The first address of a host that we may connect to. Raises Unreachable, also where any address is private:
    a name that mixes them is not to be trusted."""
    addresses = _addresses_of(host, port, timeout)
    networks = tuple(allowed)
    for address in addresses:
        if not may_reach(address, networks):
            raise Unreachable(f"{host} is {address}, which is not public")
    return str(addresses[0])


def may_reach(address: Address, allowed: Networks = ()) -> bool:
    """Whether an address is public, or lies in an allowed network; IPv6 that carries IPv4 is judged by what it
    carries (mapped, compatible, NAT64, 6to4), Teredo is not reached at all."""
    inner = _carried(address)
    if any(inner.version == network.version and inner in network for network in allowed):
        return True
    if isinstance(inner, IPv6Address) and (inner.teredo is not None or inner in NAT64_LOCAL):
        return False
    return inner.is_global and not inner.is_multicast


def written_address(host: str) -> Address | None:
    """The address that a host of a URL spells out, in any spelling that some resolver takes for one: decimal, octal,
    hexadecimal, with fewer than four parts, in full-width digits. None for a name."""
    text = normalize("NFKC", host).replace("。", ".").strip("[]").partition("%")[0]
    text = text.removesuffix(".")
    try:
        return ip_address(text)
    except ValueError:
        return _numbered(text)


def _numbered(text: str) -> IPv4Address | None:
    """inet_aton's reading: one to four numbers, of which the last fills what is left."""
    parts = text.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        numbers = [_read_number(part) for part in parts]
    except ValueError:
        return None
    *heads, last = numbers
    if any(head > 255 for head in heads) or last >= 256 ** (5 - len(numbers)):
        return None
    value = sum(head << (24 - 8 * place) for place, head in enumerate(heads)) + last
    return IPv4Address(value)


def _read_number(text: str) -> int:
    if text[:2].lower() == "0x":
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") and len(text) > 1 else 10)


def _addresses_of(host: str, port: int, timeout: float) -> list[Address]:
    written = written_address(host)
    if written is not None:
        return [written]
    asked = _resolvers.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = asked.result(timeout)
    except TimeoutError:
        raise Unreachable(f"{host} has no address: the name servers do not answer") from None
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host} has no address: {error}") from None
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _carried(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64 or (address in COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
