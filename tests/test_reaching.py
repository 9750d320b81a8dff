"""Which addresses we may connect to on somebody's word, however they are spelt."""

from __future__ import annotations

import socket
import time
from ipaddress import IPv4Network, ip_address

import pytest

from statuspage.reaching import Unreachable, may_reach, resolve, written_address

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


DISGUISES = [
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "127.1",
    "127.0.0.1.",
    "127。0。0。1",
    "１２７.0.0.1",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
]


@pytest.mark.parametrize("host", [*DISGUISES, "localhost", "fe80::1%lo"])
def test_disguised_hosts_are_seen_through(host: str) -> None:
    with pytest.raises(Unreachable):
        resolve(host, 80)


@pytest.mark.parametrize("host", DISGUISES)
def test_spelt_address_is_read(host: str) -> None:
    written = written_address(host)
    assert written is not None
    assert not may_reach(written)


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "1.2.3.4.5", "256.1.1.1", "09.1.1.1", "0x"])
def test_name_spells_no_address(host: str) -> None:
    assert written_address(host) is None


def test_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 80)) for each in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(Unreachable, match="not public"):
        resolve("mixed.example.com", 80)


def test_silent_name_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(0.5))
    with pytest.raises(Unreachable, match="no name server"):
        resolve("slow.example.com", 80, timeout=0.05)
