"""One POST to a stranger's address: what counts as taken, what ends it, and where it never goes."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from statuspage.notify.posting import NoAnswer, post_json
from tests.hooks import Receiver

LOCAL = (ip_network("127.0.0.0/8"),)
NOW = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(("path", "status"), [("taken", 204), ("200", 200), ("500", 500), ("410", 410)])
def test_status_of_the_answer_counts(receiver: Receiver, path: str, status: int) -> None:
    answer = post_json(receiver.url(path), b'{"a": 1}', now=NOW, allowed=LOCAL)
    assert answer.status == status
    assert answer.taken is (status < 300)
    posted = receiver.wait_for(1)[0]
    assert posted.json == {"a": 1}
    assert posted.headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize("status", ["301", "302", "307", "308"])
def test_redirect_is_a_failure(receiver: Receiver, status: str) -> None:
    assert not post_json(receiver.url(status), b"{}", now=NOW, allowed=LOCAL).taken
    assert len(receiver.got()) == 1
    assert not (receiver.folder / "followed").exists()


@pytest.mark.parametrize("path", ["silent", "drip"])
def test_silence_ends_at_the_deadline(receiver: Receiver, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"no answer within 0\.5 s"):
        post_json(receiver.url(path), b"{}", now=NOW, allowed=LOCAL, total=0.5)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("path", ["endless", "slowly"])
def test_endless_answer_is_cut_off(receiver: Receiver, path: str) -> None:
    answer = post_json(receiver.url(path), b"{}", now=NOW, allowed=LOCAL, total=1)
    assert answer.taken
    assert len(answer.words) <= 1000


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("90", timedelta(seconds=90)),
        ("99999999999999", timedelta(hours=24)),
        ("Mon,_16_Nov_2026_10:30:00_GMT", timedelta(minutes=30)),
        ("Mon,_16_Nov_2020_10:30:00_GMT", timedelta(0)),
        ("soon", None),
    ],
)
def test_wish_to_wait_is_read(receiver: Receiver, asked: str, wait: timedelta | None) -> None:
    answer = post_json(receiver.url(f"wait/{asked}"), b"{}", now=NOW, allowed=LOCAL)
    assert (answer.status, answer.retry_after) == (429, wait)


def test_closed_line_is_no_answer(receiver: Receiver) -> None:
    with pytest.raises(NoAnswer):
        post_json(receiver.url("hangup"), b"{}", now=NOW, allowed=LOCAL)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.1", "[::ffff:127.0.0.1]"])
def test_private_address_is_not_connected(receiver: Receiver, host: str) -> None:
    with pytest.raises(NoAnswer, match="not public"):
        post_json(f"http://{host}:{receiver.port}/", b"{}", now=NOW)
    assert receiver.got() == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "file:///etc/passwd", "http:///x", "nonsense"])
def test_only_web_addresses_are_posted_to(url: str) -> None:
    with pytest.raises(NoAnswer):
        post_json(url, b"{}", now=NOW, allowed=LOCAL)


def test_rebound_name_gains_nothing(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    look_up = socket.getaddrinfo

    def answer(host: str, *further: object, **named: object) -> list[object]:
        if host != "rebound.example.com":
            return look_up(host, *further, **named)  # type: ignore[arg-type, return-value]
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, receiver.port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    url = f"http://rebound.example.com:{receiver.port}/taken"
    assert post_json(url, b"{}", now=NOW, allowed=LOCAL).taken
    assert receiver.got()[0].headers["host"] == f"rebound.example.com:{receiver.port}"
    with pytest.raises(NoAnswer, match="not public"):
        post_json(url, b"{}", now=NOW, allowed=LOCAL)
