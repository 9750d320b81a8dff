"""Which addresses we may connect to on somebody's word, however they are spelt."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_address

import pytest

from statuspage.reaching import Unreachable, may_reach, resolve

LOCAL = IPv4Network("127.0.0.0/8")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "192.88.99.1",
        "224.0.0.1",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::7f00:1",
        "2001::7f00:1",
        "2002:a00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_private_addresses_in_any_spelling(address: str) -> None:
    assert not may_reach(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:21f::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_reached(address: str) -> None:
    assert may_reach(ip_address(address))


def test_allowed_networks_are_reached() -> None:
    assert may_reach(ip_address("127.0.0.1"), [LOCAL])
    assert may_reach(ip_address("::ffff:127.0.0.1"), [LOCAL])
    assert not may_reach(ip_address("::1"), [LOCAL])


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127。0。0。1", "localhost"])
def test_disguised_hosts_are_seen_through(host: str) -> None:
    with pytest.raises(Unreachable):
        resolve(host, 80)
