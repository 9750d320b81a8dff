"""A real webhook receiver in its own process, for every test that wants to see what is posted."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SERVER = Path(__file__).parent / "notify" / "hook_server.py"


@dataclass(frozen=True)
class Posted:
    """One request as the receiver got it; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The payload, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Receiver:
    """The running receiver: where it is, what it got, and how it is to answer."""

    port: int
    folder: Path

    def url(self, path: str = "taken") -> str:
        """An address that answers as hook_server says of its path."""
        return f"http://127.0.0.1:{self.port}/{path}"

    def behave(self, fault: str = "") -> None:
        """From now on like this whatever the path; empty: as the path says."""
        (self.folder / "fault").unlink(missing_ok=True)
        if fault:
            (self.folder / "fault").write_text(fault)

    def got(self) -> list[Posted]:
        """All requests so far, in order."""
        loaded = [json.loads(path.read_text("utf-8")) for path in sorted(self.folder.glob("*.json"))]
        return [
            Posted(
                each["path"],
                {name.lower(): value for name, value in each["headers"].items()},
                each["body"].encode("utf-8", "surrogateescape"),
            )
            for each in loaded
        ]

    def wait_for(self, number: int, seconds: float = 20) -> list[Posted]:
        """The requests once there are so many."""
        end = time.monotonic() + seconds
        while len(self.got()) < number:
            assert time.monotonic() < end, f"only {len(self.got())} of {number} requests came"
            time.sleep(0.02)
        return self.got()


@pytest.fixture(scope="session")
def receiver_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """One receiver for all tests of a run (see `receiver`)."""
    folder = tmp_path_factory.mktemp("hooks")
    process = subprocess.Popen([sys.executable, SERVER, folder], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Receiver(int(process.stdout.readline()), folder)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def receiver(receiver_process: Receiver) -> Receiver:
    """The receiver with an empty folder, answering well."""
    for path in receiver_process.folder.iterdir():
        path.unlink()
    return receiver_process
