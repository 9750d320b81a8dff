"""The prober with a wall clock that can be set: python -m tests.monitoring.jumping FILE

On SIGUSR1 the clock is set to so many seconds from the right time as the file says.
"""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

from statuspage import prober

_SET: list[time_machine.travel] = []


def set_clock(*_: object) -> None:
    """Read the file and set the clock."""
    while _SET:
        _SET.pop().stop()
    seconds = int(Path(sys.argv[1]).read_text())
    if seconds:
        _SET.append(time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True))
        _SET[0].start()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, set_clock)
    raise SystemExit(prober.main())
