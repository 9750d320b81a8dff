"""Checks against a real server that fails in every way we know, and what each failure is called."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest
import trustme
import uvloop

from statuspage.domain.health import Outcome
from statuspage.monitoring.aim import aim_of
from statuspage.monitoring.checking import check
from statuspage.monitoring.connecting import Reach
from statuspage.monitoring.finding import Doubt, Finding

LOCAL = IPv4Network("127.0.0.0/8")
UP, SLOW, DOWN, UNKNOWN = Outcome.UP, Outcome.SLOW, Outcome.DOWN, Outcome.UNKNOWN


def find(kind: str, address: str, allowed: IPv4Network | None = LOCAL, **settings: Any) -> Finding:
    """What one check finds."""

    async def run() -> Finding:
        reach = Reach([allowed] if allowed else [])
        aim = aim_of("m", {"kind": kind, "target": address, "timeout": "2s", **settings})
        return await check(aim, reach, datetime.now(UTC))

    def find_it() -> Finding:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # the prober's own loop
            return runner.run(run())

    with ThreadPoolExecutor(1) as thread:  # a browser of another test may hold a loop in this one
        return thread.submit(find_it).result()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("status/503", "answered 503"),
        ("reset", "connection reset"),
        ("close", "closed the connection without an answer"),
        ("half", "broke off in the middle of its answer"),
        ("bytes", "answered something that is not HTTP"),
        ("to/http://127.0.0.1", "answered 302, a redirect to http://127.0.0.1"),
    ],
)
def test_failing_server_is_down(target: int, path: str, words: str) -> None:
    found = find("http", f"http://127.0.0.1:{target}/{path}")
    assert (found.outcome, found.doubt) == (DOWN, None)
    assert found.words.startswith(words)


@pytest.mark.parametrize("path", ["hang", "drip"])
def test_silence_ends_with_the_timeout(target: int, path: str) -> None:
    began = time.monotonic()
    found = find("http", f"http://127.0.0.1:{target}/{path}", timeout="500ms")
    assert (found.outcome, found.words, found.doubt) == (DOWN, "no answer in 500 ms", Doubt.NETWORK)
    assert time.monotonic() - began < 10


def test_endless_answer_is_read_no_further(target: int) -> None:
    assert find("http", f"http://127.0.0.1:{target}/endless").outcome is UP


def test_late_answer_is_slow(target: int) -> None:
    found = find("http", f"http://127.0.0.1:{target}/slow", latency="100ms")
    assert found.outcome is SLOW
    assert found.latency_ms is not None
    assert found.latency_ms >= 300


@pytest.mark.parametrize(
    ("path", "settings", "outcome"),
    [
        ("", {"expect_body": "is well"}, UP),
        ("", {"expect_body": "is ill"}, DOWN),
        ("status/404", {"expect_status": [404]}, UP),
        ("status/204", {"expect_status": [200]}, DOWN),
        ("json", {"expect_json": {"path": "$.checks[0].state", "value": True}}, UP),
        ("json", {"expect_json": {"path": "checks[0].lag", "value": 3}}, UP),
        ("json", {"expect_json": {"path": "status"}}, UP),
        ("json", {"expect_json": {"path": "status", "value": "degraded"}}, DOWN),
        ("json", {"expect_json": {"path": "checks[0].state", "value": 1}}, DOWN),
        ("json", {"expect_json": {"path": "checks[4].state"}}, DOWN),
        ("", {"expect_json": {"path": "status"}}, DOWN),
        ("echo", {"expect_body": "POST /echo", "method": "POST", "body": "ping"}, UP),
        ("echo", {"expect_body": "ping", "method": "POST", "body": "ping"}, UP),
        ("echo", {"expect_body": "X-Key: hole", "headers": {"X-Key": "hole"}}, UP),
        ("echo", {"expect_body": "User-Agent: statuspage-prober"}, UP),
    ],
)
def test_answer_is_held_to_what_is_expected(
    target: int, path: str, settings: dict[str, Any], outcome: Outcome
) -> None:
    assert find("http", f"http://127.0.0.1:{target}/{path}", **settings).outcome is outcome


def test_redirects_are_followed_when_asked(target: int) -> None:
    address = f"http://127.0.0.1:{target}/to/http://127.0.0.1:{target}/"
    assert find("http", address, follow_redirects=True).outcome is UP
    assert find("http", f"http://127.0.0.1:{target}/loop", follow_redirects=True).words == (
        "redirected more than 10 times"
    )


def test_key_is_not_taken_to_another_host(target: int) -> None:
    headers = {"Authorization": "Bearer secret"}
    other = f"http://localhost:{target}/echo"
    address = f"http://127.0.0.1:{target}/to/{other}"
    settings = {"follow_redirects": True, "headers": headers, "expect_body": "Bearer secret"}
    assert find("http", address, IPv4Network("127.0.0.0/8"), **settings).outcome is not UP
    assert find("http", f"http://127.0.0.1:{target}/echo", **settings).outcome is UP


def test_redirect_to_private_address_is_refused(target: int) -> None:
    with socket.create_server(("127.0.0.2", 0)) as private:
        address = f"http://127.0.0.1:{target}/to/http://127.0.0.2:{private.getsockname()[1]}/"
        found = find("http", address, IPv4Network("127.0.0.1/32"), follow_redirects=True)
        private.settimeout(0.1)
        with pytest.raises(TimeoutError):
            private.accept()
    assert found.outcome is DOWN
    assert "not public" in found.words


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127。0。0。1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "10.0.0.1",
        "169.254.169.254",
    ],
)
@pytest.mark.parametrize("kind", ["http", "tcp", "tls"])
def test_private_targets_are_never_reached(host: str, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as private:
        port = private.getsockname()[1]
        address = f"http://{host}:{port}/" if kind == "http" else f"{host}:{port}"
        assert find(kind, address, None, timeout="500ms").outcome in (UNKNOWN, DOWN)
        private.settimeout(0.05)
        with pytest.raises(TimeoutError):
            private.accept()


def test_port_answers_or_refuses(target: int) -> None:
    assert find("tcp", f"127.0.0.1:{target}").outcome is UP
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert find("tcp", f"127.0.0.1:{nobody.getsockname()[1]}").words == "connection refused"


def test_port_is_talked_to(target: int) -> None:
    hello = {"send": r"GET /json HTTP/1.0\r\n\r\n", "expect": "200 OK"}
    assert find("tcp", f"127.0.0.1:{target}", **hello).outcome is UP
    assert find("tcp", f"127.0.0.1:{target}", **{**hello, "expect": "+PONG"}).words == "did not answer '+PONG'"


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("kind", ["http", "tls"])
class TestCertificates:
    """The same words from both kinds."""

    def find(self, kind: str, port: int, host: str = "localhost") -> Finding:
        return find(kind, f"https://{host}:{port}/" if kind == "http" else f"{host}:{port}")

    def test_good_one_is_up(self, kind: str, tls_target: Callable[..., int]) -> None:
        found = self.find(kind, tls_target(days=90))
        assert found.outcome is UP
        assert found.certificate_ends_at is not None
        assert found.certificate_ends_at > datetime.now(UTC) + timedelta(days=89)

    def test_one_that_ends_soon_is_said(self, kind: str, tls_target: Callable[..., int]) -> None:
        found = self.find(kind, tls_target(days=5))
        assert found.outcome is UP
        assert found.words.endswith("; certificate ends in 5 days")

    def test_expired_one_is_down(self, kind: str, tls_target: Callable[..., int]) -> None:
        ended = datetime.now(UTC) + timedelta(days=-3, hours=1)
        found = self.find(kind, tls_target(days=-3))
        assert (found.outcome, found.words) == (DOWN, f"certificate expired on {ended.day} {ended:%B %Y}")
        assert found.certificate_ends_at is not None

    def test_another_name_is_down(self, kind: str, tls_target: Callable[..., int]) -> None:
        found = self.find(kind, tls_target(name="other.example"))
        assert (found.outcome, found.words) == (DOWN, "certificate is for another name")

    def test_unknown_authority_is_down(self, kind: str, tls_target: Callable[..., int]) -> None:
        found = self.find(kind, tls_target(signed=trustme.CA()))
        assert found.outcome is DOWN
        assert found.words.startswith("certificate is s")

    def test_plain_server_is_down(self, kind: str, tls_target: Callable[..., int], target: int) -> None:
        assert self.find(kind, target).outcome is DOWN
