"""Other people's servers for the benchmarks: postfix's smtp-sink, a mail server with a clock, PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SBIN = "/usr/sbin:/usr/bin"


def find_program(name: str, path: str = SBIN) -> str:
    """Where a Debian package put it."""
    program = shutil.which(name, path=path)
    assert program, f"{name} is missing: install Debian's postfix and postgresql"
    return program


@contextmanager
def smtp_sink(core: int) -> Iterator[int]:
    """Postfix's smtp-sink on a core of its own; its port."""
    port = _free_port()
    owner = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = ["taskset", "-c", str(core), find_program("smtp-sink"), *owner, f"127.0.0.1:{port}", "200"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sink:
        try:
            _wait_for(port)
            yield port
        finally:
            sink.kill()


class ClockedServer:
    """Takes every mail and remembers when the first one with a given text came."""

    def __init__(self) -> None:
        self._mark = b""
        self._came = threading.Event()
        self._at = 0.0

    def look_for(self, text: str) -> None:
        """From now on wait for this."""
        self._came.clear()
        self._mark = text.encode()

    def came_at(self, seconds: float) -> float:
        """When it came, as time.perf_counter says; waits for it."""
        assert self._came.wait(seconds), "no mail came"
        return self._at

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One session."""
        writer.write(b"220 bench\r\n")
        while line := await reader.readline():
            match line[:4].upper():
                case b"EHLO":
                    writer.write(b"250-bench\r\n250 PIPELINING\r\n")
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    self._heed(await reader.readuntil(b"\r\n.\r\n"))
                    writer.write(b"250 taken\r\n")
                case _:
                    writer.write(b"250 well\r\n")
            await writer.drain()
        writer.close()

    def _heed(self, mail: bytes) -> None:
        if self._mark and not self._came.is_set() and self._mark in mail:
            self._at = time.perf_counter()
            self._came.set()


@contextmanager
def clocked_server() -> Iterator[tuple[ClockedServer, int]]:
    """A server in a thread of this process, and its port."""
    server, port = ClockedServer(), _free_port()
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(server.serve, "127.0.0.1", port, limit=1 << 20))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server, port
    finally:
        loop.call_soon_threadsafe(listening.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database of a server of one's own, that is as durable as it comes."""
    programs = ":".join(sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)) or SBIN
    folder = Path(tempfile.mkdtemp(prefix="statuspage-pg-"))
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres", "postgres")
    port = _free_port()
    make = [
        find_program("initdb", programs),
        "-D",
        str(folder / "data"),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    subprocess.run([*user, *make, "--locale=C"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    serve = [find_program("postgres", programs), "-D", str(folder / "data"), "-p", str(port)]
    options = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*user, *serve, *options], stdout=log, stderr=log, cwd=folder)
    try:
        _wait_for(port)
        time.sleep(1)  # it listens before it lets anybody in
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("the server did not start")
