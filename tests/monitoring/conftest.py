"""Targets for monitors: real servers in processes of their own, and an authority whose certificates are trusted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from statuspage.changes import Installation, site_change
from statuspage.components import load_component
from statuspage.db import Base
from statuspage.instance import bring_up_to_date
from statuspage.monitor_drafts import MonitorTable
from statuspage.monitors import add_monitor
from tests.monitoring.probers import Watch
from tests.running import ROOT


@contextmanager
def running_target(*arguments: str) -> Iterator[int]:
    """The port of a misbehaving server that runs until the block ends."""
    command = [sys.executable, "-m", "tests.monitoring.target", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@pytest.fixture(scope="session")
def target() -> Iterator[int]:
    """The port of a server that misbehaves on request."""
    with running_target() as port:
        yield port


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Signs certificates."""
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process trusts the authority, and only it."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("SSL_CERT_DIR", os.devnull)


@pytest.fixture
def tls_target(authority: trustme.CA, tmp_path: Path) -> Iterator[Callable[..., int]]:
    """A function that starts a TLS server: tls_target(days=90, name="localhost") -> port; `signed` is who signs."""
    with ExitStack() as stack:

        def start(days: float = 90, name: str = "localhost", signed: trustme.CA | None = None) -> int:
            ends = datetime.now(UTC) + timedelta(days=days, hours=1)
            issued = (signed or authority).issue_cert(name, not_before=ends - timedelta(days=365), not_after=ends)
            chain, key = tmp_path / f"{name}{days}.pem", tmp_path / f"{name}{days}.key"
            issued.private_key_pem.write_to_path(str(key))
            chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
            return stack.enter_context(running_target(str(chain), str(key)))

        yield start


@pytest.fixture
def watch(installation: Installation, add_components: Callable[..., None]) -> Watch:
    """A function that adds a monitor of a URL to the one component and returns its id."""
    now = datetime.now(UTC)
    Base.metadata.drop_all(installation.database.engine)
    bring_up_to_date(installation, now)
    add_components("API")

    def add(target: str, every: str = "10s", **keys: object) -> str:
        table = MonitorTable.model_validate(
            {"kind": "http", "target": target, "timeout": "1s", "failures": 2, "recoveries": 1, **keys}
        )
        with site_change(installation, now, author="test") as change:
            monitor, _ = add_monitor(
                change.session, load_component(change.session, "api"), table, author="test", now=now
            )
            monitor.settings = {**monitor.settings, "every": every}  # shorter than a door would take
        return monitor.id

    return add
