"""The embedded server's way in, by a real server: what is at hand waits for nothing, whatever the loop does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from socket import create_connection

import pytest

from tests.running import ROOT, wait_until
from tests.servers import free_port

SERVER = """
import asyncio, sys, threading
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from statuspage.web.shortcut import spawn_of

go_on = threading.Event()

def answer(scope, proto):
    if scope.path == "/broken":
        raise KeyError("of our own")
    if scope.path == "/go-on":
        go_on.set()
    if scope.path in ("/at-hand", "/go-on"):
        proto.response_bytes(200, [("content-length", "7")], b"at hand")
        return True
    return False

async def later(scope, proto):
    if scope.path == "/fails":
        raise KeyError("of a door")
    if scope.path == "/holds-the-loop":
        go_on.wait(60)
    proto.response_bytes(200, [("content-length", "4")], b"door")

server = Server(None, port=int(sys.argv[1]), interface=Interfaces.RSGI, http=HTTPModes.http1, websockets=False,
                log_enabled=False)
asyncio.run(server.serve(spawn_of(answer, later)))
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where it listens."""
    number = free_port()
    with subprocess.Popen([sys.executable, "-c", SERVER, str(number)], cwd=ROOT) as process:
        assert wait_until(lambda: listens(number))
        yield number
        process.kill()


def listens(port: int) -> bool:
    try:
        create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def ask(port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


def test_held_loop_holds_no_page(port: int) -> None:
    holding = HTTPConnection("127.0.0.1", port, timeout=60)
    holding.request("GET", "/holds-the-loop")
    assert [ask(port, "/at-hand") for _ in range(3)] == [(200, b"at hand")] * 3
    assert ask(port, "/go-on")[0] == 200
    assert holding.getresponse().read() == b"door"
    holding.close()


@pytest.mark.parametrize("path", ["/broken", "/fails"])
def test_error_ends_its_request_only(port: int, path: str) -> None:
    assert ask(port, path)[0] == 500
    assert [ask(port, each) for each in ("/at-hand", "/any-door")] == [(200, b"at hand"), (200, b"door")]
