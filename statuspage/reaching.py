"""Which hosts we may connect to on somebody's word: public addresses, and those that the settings allow besides.

A name is resolved once and the connection goes to the address that was judged, so that a name which answers
differently the second time (DNS rebinding) gains nothing. Webhooks and monitors share this rule.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from unicodedata import normalize

NAT64 = IPv6Network("64:ff9b::/96")
UNICAST = IPv6Network("2000::/3")
"""All that is handed out for the public net; what lies outside (::127.0.0.1, fec0::) is somebody's own."""
NOT_PUBLIC = (IPv4Network("192.88.99.0/24"), IPv6Network("3fff::/20"))
"""Relays of 6to4 and documentation, which `is_global` lets through."""
RESOLVE_SECONDS = 8.0
"""getaddrinfo has no timeout of its own; a dead name server must not hold a sender."""
Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

_resolvers = ThreadPoolExecutor(16, "resolve")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|[0-9]+")


class Unreachable(OSError):
    """A host that has no address we may connect to; the message says why."""


def resolve(
    host: str,
    port: int,
    allowed: Iterable[IPv4Network | IPv6Network] = (),
    *,
    timeout: float = RESOLVE_SECONDS,
) -> str:
    """The first address of a host that we may connect to. Raises Unreachable, also where any address is private:
    a name that mixes them is not to be trusted."""
    asked = _resolvers.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = asked.result(timeout)
    except TimeoutError:
        raise Unreachable(f"{host} has no address: no name server answers") from None
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host} has no address: {error}") from None
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    check_addresses(host, addresses, tuple(allowed))
    return str(addresses[0])


def check_addresses(host: str, addresses: Iterable[Address], allowed: Networks) -> None:
    """Raises Unreachable when any address of `host` is one that we may not connect to."""
    for address in addresses:
        if not may_reach(address, allowed):
            written = host.strip("[]") == str(address)
            raise Unreachable(f"{host} is {'' if written else f'{address}, which is '}not public")


def may_reach(address: Address, allowed: Iterable[IPv4Network | IPv6Network] = ()) -> bool:
    """Whether an address is public, or lies in an allowed network; IPv6 that carries IPv4 is judged by what it
    carries (mapped, NAT64, 6to4), Teredo is not reached at all."""
    inner = _carried(address)
    if any(inner.version == network.version and inner in network for network in allowed):
        return True
    if isinstance(inner, IPv6Address) and (inner.teredo is not None or inner not in UNICAST):
        return False
    if any(inner.version == network.version and inner in network for network in NOT_PUBLIC):
        return False
    return inner.is_global and not inner.is_multicast


def _carried(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def written_address(host: str) -> Address | None:
    """The address that the host of a URL spells out, in any spelling that some resolver takes for one: decimal,
    octal, hexadecimal, of fewer than four parts, in full-width digits. None for a name."""
    text = normalize("NFKC", host).replace("\u3002", ".").strip("[]").partition("%")[0].removesuffix(".")
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
        *heads, last = [_read_number(part) for part in parts]
    except ValueError:
        return None
    if any(head > 255 for head in heads) or last >= 256 ** (4 - len(heads)):
        return None
    return IPv4Address(sum(head << (24 - 8 * place) for place, head in enumerate(heads)) + last)


def _read_number(text: str) -> int:
    if text[:2].lower() == "0x":
        return int(text[2:], 16)
    return int(text, 8 if text.startswith("0") else 10)
