"""Runs `python app.py` as a process of its own, for tests that need the whole tree."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 40.0


@dataclass
class RunningPage:
    """A page that runs: its process, where it listens, what it printed at the start."""

    process: subprocess.Popen[str]
    port: int
    printed: list[str]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
        """One request; header names have _ for -."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def children(self) -> list[int]:
        """Process ids of the tree's children."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]


def environment(instance: Path, **settings: str) -> dict[str, str]:
    """The environment of a page on `instance`, without settings of the test's own surroundings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
    return {**kept, "STATUSPAGE_INSTANCE": str(instance), "PORT": "0", **settings}


@contextmanager
def running_page(instance: Path, **settings: str) -> Iterator[RunningPage]:
    """Start `python app.py`, wait until it says where it is, end it with SIGTERM."""
    instance.mkdir(parents=True, exist_ok=True)
    log = instance / "log"
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")],
            env=environment(instance, **settings),
            cwd=instance,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout
    printed = [process.stdout.readline()]
    try:
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", printed[0])
        assert found, f"{printed[0]}{log.read_text()}"
        yield RunningPage(process, int(found[1]), printed, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(12)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdout.close()


def wait_until(condition: object, seconds: float = 30.0) -> bool:
    """Whether `condition()` came true within `seconds`."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
