"""The page under measurement: `python app.py` on an instance of the benchmark's own, and its process tree."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Page:
    """Where the page listens, and a token of admin scope."""

    port: int
    token: str
    public: Path
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time of the whole process tree."""
        return cpu_seconds(self.pid)

    def resident_mb(self) -> float:
        """Memory of the whole process tree; pages that several hold are counted once."""
        lines = (line for pid in _tree(self.pid) for line in _rollup(pid).splitlines())
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextmanager
def running(instance: Path, token: str, core: int | None = None, **settings: str) -> Iterator[Page]:
    """`python app.py` on the instance, all of it on one core if one is named."""
    environment = {**os.environ, "STATUSPAGE_INSTANCE": str(instance), "PORT": "0", "LOG_LEVEL": "error", **settings}
    pin = ["taskset", "-c", str(core)] if core is not None else []
    process = subprocess.Popen(
        [*pin, sys.executable, str(ROOT / "app.py")], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
        assert found, line
        yield Page(int(found[1]), token, instance / "public", process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def cpu_seconds(root: int) -> float:
    """Processor time of a process and all below it."""
    ticks = 0
    for pid in _tree(root):
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(facts[11]) + int(facts[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _tree(int(child)))]


def _rollup(pid: int) -> str:
    return Path(f"/proc/{pid}/smaps_rollup").read_text()
