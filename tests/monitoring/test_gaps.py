"""What bars and figures say of our own trouble: a prober killed or stopped, a clock that jumps, no network at all."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from statuspage.changes import Installation
from statuspage.components import load_component
from statuspage.domain.intervals import Span
from statuspage.domain.uptime import Tally, tally_of
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import Incident, Monitor, StatusChange
from statuspage.publishing.timelines import load_timelines
from tests.monitoring.probers import START_SECONDS, Watch, probing, publishing, results, shows
from tests.running import wait_until

UP, UNKNOWN = ComponentStatus.OPERATIONAL, ComponentStatus.UNKNOWN
SILENCE = timedelta(seconds=6)
"""Of a monitor that looks every second and waits four: two intervals and the timeout."""
HOUR = 3600


def tally(installation: Installation, start: datetime, end: datetime) -> Tally:
    """How long the API showed what."""
    with installation.database.read() as session:
        api = load_component(session, "api").id
        history = load_timelines(session, [api], since=start, until=end)[api]
    return tally_of(history, Span(start, end), installation.policy(end).availability)


def published(installation: Installation) -> dict[str, Any]:
    """The API in uptime.json; empty before the first publish."""
    path = installation.settings.public_folder / "uptime.json"
    return dict(json.loads(path.read_text())["components"][0]) if path.exists() else {}


def says(installation: Installation, status: ComponentStatus) -> bool:
    return wait_until(lambda: published(installation).get("status") == status.value)


@pytest.mark.timeout(400)
def test_gaps_of_the_prober_are_unknown(installation: Installation, watch: Watch, target: int) -> None:
    watched = watch(f"http://127.0.0.1:{target}/", "1s", timeout="4s", failures=3)
    with publishing(installation):
        with probing(installation, "-m", "statuspage.prober") as process:
            assert shows(installation, watched, UP)
            assert says(installation, UP)
            process.kill()
            process.wait()
            assert shows(installation, watched, UNKNOWN)
            assert says(installation, UNKNOWN)
        with probing(installation, "-m", "statuspage.prober") as process:
            assert shows(installation, watched, UP)
            process.send_signal(signal.SIGSTOP)
            assert shows(installation, watched, UNKNOWN)
            process.send_signal(signal.SIGCONT)
            assert shows(installation, watched, UP)
        assert says(installation, UP)
    heard = [each.at for each in results(installation, watched)]
    gaps = [after - before for before, after in pairwise(heard) if after - before > SILENCE]
    assert len(gaps) >= 2
    counted = tally(installation, heard[0], heard[-1])
    assert counted.down_us == 0
    assert timedelta(microseconds=counted.unknown_us) == sum(gaps, timedelta())
    assert published(installation)["unknown_seconds"] >= sum(gaps, timedelta()).total_seconds()
    page = (installation.settings.public_folder / "components/api.html").read_text()
    assert "unknown and left out" in page


@pytest.mark.timeout(400)
def test_set_clock_blames_nobody(installation: Installation, watch: Watch, target: int, tmp_path: Path) -> None:
    watched = watch(f"http://127.0.0.1:{target}/", "1s", timeout="4s", failures=2)
    offset = tmp_path / "offset"
    began = datetime.now(UTC) - timedelta(hours=2)
    with probing(installation, "-m", "tests.monitoring.jumping", str(offset)) as process:
        assert shows(installation, watched, UP)
        for seconds in (HOUR, 0, -HOUR, 0):
            offset.write_text(str(seconds))
            process.send_signal(signal.SIGUSR1)
            looked = partial(_looked_by, installation, watched, seconds)
            assert wait_until(looked, START_SECONDS), seconds
        assert shows(installation, watched, UP)
    now = datetime.now(UTC)
    assert max(each.at for each in results(installation, watched)) <= now
    with installation.database.read() as session:
        said = session.scalars(select(StatusChange).order_by(StatusChange.id)).all()
    assert {each.status for each in said} <= {UP, UNKNOWN}
    assert max(each.at for each in said) <= now
    assert tally(installation, began, now).down_us == 0


def _looked_by(installation: Installation, monitor_id: str, seconds: int) -> bool:
    """Whether the last look was by a clock that is wrong by so much."""
    with installation.database.read() as session:
        from_right = session.get_one(Monitor, monitor_id).checked_at
    assert from_right
    return abs((from_right - datetime.now(UTC)).total_seconds() - seconds) < HOUR / 2


def _has_results(installation: Installation, monitor_id: str) -> bool:
    return len(results(installation, monitor_id)) >= 3


CUT_OFF = (
    "import sys; from pathlib import Path; from statuspage.monitoring import names; from statuspage import prober; "
    "names.RESOLVERS = Path(sys.argv[1]); sys.exit(prober.main())"
)


def without_network() -> list[str]:
    """What begins a command that has no network; nothing where this machine does not let us."""
    program = shutil.which("unshare")
    for options in (["-n"], ["-r", "-n"]) if program else ():
        if subprocess.run([str(program), *options, "true"], capture_output=True, check=False).returncode == 0:
            return [str(program), *options]
    return []


@pytest.mark.timeout(400)
@pytest.mark.sqlite
def test_no_network_at_all_is_unknown(installation: Installation, watch: Watch, tmp_path: Path) -> None:
    silent = tmp_path / "resolv.conf"
    silent.write_text("nameserver 127.0.0.98\n")
    prefix = without_network()
    watched = [watch("https://api.example.invalid/", "1s", failures=2)]
    if prefix:
        watched += [watch("https://9.9.9.9/", "1s", failures=2), watch("9.9.9.9:53", "1s", kind="tcp", failures=2)]
    with publishing(installation), probing(installation, "-c", CUT_OFF, str(silent), prefix=prefix):
        for each in watched:
            assert wait_until(partial(_has_results, installation, each), START_SECONDS)
        assert says(installation, UNKNOWN)
    found = {each.outcome for key in watched for each in results(installation, key)}
    assert found == {"unknown"}
    with installation.database.read() as session:
        assert session.scalars(select(Incident)).all() == []
