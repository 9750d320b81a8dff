"""One process tree: children that are started again when they die, and all end together."""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

ENDING_SECONDS = 9.0
LONGEST_BACK_OFF = 15.0
HEALTHY_SECONDS = 30.0
PR_SET_PDEATHSIG = 1
log = structlog.get_logger(__name__)


@dataclass
class Child:
    """A process of the tree: `main` runs in a fork and returns its exit code."""

    name: str
    main: Callable[[], int]
    pid: int = 0
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0


def supervise(children: list[Child], on_started: Callable[[], None] = lambda: None) -> int:
    """Run the children until SIGTERM or SIGINT, then end them; the exit code.

    A child that dies is started again, at once the first time, then later and later. The caller must hold no threads
    and no open connections: children are forks.
    """
    ending = _Ending()
    _tune_limits()
    for child in children:
        _start(child)
    on_started()
    while not ending.wait(0.2):
        for child in children:
            _look_after(child)
    return _end(children)


class _Ending:
    """Set by SIGTERM and SIGINT; a pipe, so that waiting for it is woken."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: object) -> None:
        os.write(self._write, b"x")

    def wait(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._read], [], [], seconds)
        return bool(ready)


def _start(child: Child) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os._exit(_run_child(child, parent))
    child.pid, child.started_at = pid, time.monotonic()


def _run_child(child: Child, parent: int) -> int:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _die_with(parent)
    try:
        return child.main()
    except KeyboardInterrupt:
        return 0
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except BaseException:
        log.exception("process failed", process=child.name)
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _die_with(parent: int) -> None:
    """Ask the kernel for SIGTERM when the parent is gone, however it went (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def _look_after(child: Child) -> None:
    now = time.monotonic()
    if child.pid == 0:
        if now >= child.start_at:
            _start(child)
        return
    pid, status = os.waitpid(child.pid, os.WNOHANG)
    if pid == 0:
        return
    lived = now - child.started_at
    child.failures = 0 if lived > HEALTHY_SECONDS else child.failures + 1
    wait = 0.0 if child.failures <= 1 else min(2.0 ** (child.failures - 2), LONGEST_BACK_OFF)
    log.error("process died", process=child.name, code=os.waitstatus_to_exitcode(status), restart_in=wait)
    child.pid, child.start_at = 0, now + wait


def _end(children: list[Child]) -> int:
    alive = [child for child in children if child.pid]
    for child in alive:
        os.kill(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + ENDING_SECONDS
    while alive and time.monotonic() < deadline:
        alive = [child for child in alive if os.waitpid(child.pid, os.WNOHANG)[0] == 0]
        time.sleep(0.02)
    for child in alive:
        log.error("process killed", process=child.name)
        os.kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)
    return 0


def _tune_limits() -> None:
    """As many open sockets as the system lets us have: stalled clients each hold one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
