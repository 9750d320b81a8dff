"""Which hosts we may connect to on somebody's word: public addresses, and those that the settings allow besides.

A name is resolved once and the connection goes to the address that was judged, so that a name which answers
differently the second time (DNS rebinding) gains nothing. Webhooks and monitors share this rule.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

NAT64 = IPv6Network("64:ff9b::/96")
UNICAST = IPv6Network("2000::/3")
"""All that is handed out for the public net; what lies outside (::127.0.0.1, fec0::) is somebody's own."""
NOT_PUBLIC = (IPv4Network("192.88.99.0/24"), IPv6Network("3fff::/20"))
"""Relays of 6to4 and documentation, which `is_global` lets through."""
Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]


class Unreachable(OSError):
    """A host that has no address we may connect to; the message says why."""


def resolve(host: str, port: int, allowed: Iterable[IPv4Network | IPv6Network] = ()) -> str:
    """The first address of a host that we may connect to. Raises Unreachable, also where any address is private:
    a name that mixes them is not to be trusted."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host} has no address: {error}") from None
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    check_addresses(host, addresses, tuple(allowed))
    return str(addresses[0])


def check_addresses(host: str, addresses: Iterable[Address], allowed: Networks) -> None:
    """Raises Unreachable when any address of `host` is one that we may not connect to."""
    for address in addresses:
        if not may_reach(address, allowed):
            raise Unreachable(f"{host} is {address}, which is not public")


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
