"""The prober as a process: findings judged, stored, published; killed, frozen, doubled, without a database."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from statuspage.changes import Installation, site_change
from statuspage.components import load_component
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.measurement import take_call
from statuspage.models import Heartbeat, Monitor
from statuspage.monitor_drafts import MonitorTable
from statuspage.monitoring.heartbeats import Signal
from statuspage.monitors import add_monitor, change_monitor, remove_monitor, table_of
from statuspage.prober import LEASE, LEASE_FOR, release_lease, take_lease
from tests.monitoring.conftest import running_target
from tests.monitoring.probers import HEALTHY, START_SECONDS, Watch, probing, publishing, results, shows
from tests.running import wait_until


def test_outage_is_found_published_and_ended(installation: Installation, watch: Watch) -> None:
    page = installation.settings.public_folder / "api/v2/components.json"
    with running_target() as port:
        watched = watch(f"http://127.0.0.1:{port}/", "8s")
        with probing(installation), publishing(installation):
            assert shows(installation, watched, ComponentStatus.OPERATIONAL)
            assert wait_until(lambda: page.exists() and "operational" in page.read_text())
            os.kill(_listener(port), signal.SIGSTOP)
            assert shows(installation, watched, ComponentStatus.MAJOR_OUTAGE)
            assert wait_until(lambda: "major_outage" in page.read_text())
            os.kill(_listener(port), signal.SIGCONT)
            assert shows(installation, watched, ComponentStatus.OPERATIONAL)
    first, second = [each for each in results(installation, watched) if each.outcome == "down"][:2]
    assert first.words == "no answer in 1 s"
    assert second.at - first.at < timedelta(seconds=8), "the first failure is tried again at once"


def _listener(port: int) -> int:
    """The process that listens on a port of this machine."""
    wanted = {
        line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
    }  # fmt: skip
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            links = {os.readlink(entry) for entry in folder.iterdir()}
        except OSError:
            continue
        if any(f"socket:[{inode}]" in links for inode in wanted):
            return int(folder.parent.name)
    raise AssertionError(f"nobody listens on {port}")


def test_slow_targets_delay_nobody(installation: Installation, watch: Watch, target: int) -> None:
    for number in range(100):
        watch(f"http://127.0.0.1:{target}/hang?{number}", "1s")
    quick = watch(f"http://127.0.0.1:{target}/", "1s", timeout=HEALTHY)
    with probing(installation):
        assert wait_until(lambda: len(results(installation, quick)) >= 5, START_SECONDS)
    assert {each.outcome for each in results(installation, quick)} == {"up"}


def test_changes_are_picked_up_in_seconds(installation: Installation, watch: Watch, target: int) -> None:
    first = watch(f"http://127.0.0.1:{target}/", "1s")
    with probing(installation):
        assert shows(installation, first, ComponentStatus.OPERATIONAL)
        second = watch(f"http://127.0.0.1:{target}/status/500", "1s")
        assert shows(installation, second, ComponentStatus.MAJOR_OUTAGE)
        with site_change(installation, datetime.now(UTC), author="test") as change:
            row = change.session.get_one(Monitor, second)
            table = table_of(row, every="10s", target=f"http://127.0.0.1:{target}/")
            change_monitor(change.session, row, table, author="test", now=datetime.now(UTC))
        assert shows(installation, second, ComponentStatus.OPERATIONAL)
        with site_change(installation, datetime.now(UTC), author="test") as change:
            row = change.session.get_one(Monitor, first)
            remove_monitor(change.session, row, author="test", now=datetime.now(UTC))
        time.sleep(3)
        counted = len(results(installation, first))
        time.sleep(2)
        assert len(results(installation, first)) == counted


@pytest.mark.sqlite
def test_locked_database_loses_nothing(installation: Installation, watch: Watch, target: int) -> None:
    watched = watch(f"http://127.0.0.1:{target}/", "1s", timeout=HEALTHY)
    with probing(installation):
        assert shows(installation, watched, ComponentStatus.OPERATIONAL)
        holder = sqlite3.connect(installation.settings.instance / "statuspage.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        locked_at = datetime.now(UTC)
        time.sleep(5)
        before, released_at = len(results(installation, watched)), datetime.now(UTC)
        holder.rollback()
        holder.close()
        assert wait_until(lambda: len(results(installation, watched)) >= before + 4, 30)
    found = results(installation, watched)
    assert {each.outcome for each in found} == {"up"}
    assert any(locked_at < each.at < released_at for each in found), "what was found meanwhile is not lost"


def test_frozen_prober_blames_nobody(installation: Installation, watch: Watch, target: int) -> None:
    watched = watch(f"http://127.0.0.1:{target}/slow", "1s")
    with probing(installation) as process:
        assert shows(installation, watched, ComponentStatus.OPERATIONAL)
        for _ in range(3):
            process.send_signal(signal.SIGSTOP)
            time.sleep(2.5)
            process.send_signal(signal.SIGCONT)
            time.sleep(1.2)
        count = len(results(installation, watched))
        assert wait_until(lambda: len(results(installation, watched)) > count)
    assert "down" not in {each.outcome for each in results(installation, watched)}


def test_killed_prober_leaves_no_outage(installation: Installation, watch: Watch, target: int) -> None:
    watched = watch(f"http://127.0.0.1:{target}/", "1s", timeout=HEALTHY)
    with probing(installation) as process:
        assert shows(installation, watched, ComponentStatus.OPERATIONAL)
        process.kill()
        process.wait()
    time.sleep(4)
    with probing(installation):
        last = results(installation, watched)[-1].at
        assert wait_until(lambda: results(installation, watched)[-1].at > last + timedelta(seconds=3), START_SECONDS)
    assert "down" not in {each.outcome for each in results(installation, watched)}


def test_of_two_probers_one_works(installation: Installation, watch: Watch, target: int) -> None:
    watched = watch(f"http://127.0.0.1:{target}/", "1s")
    with probing(installation), probing(installation):
        assert wait_until(lambda: len(results(installation, watched)) >= 6, START_SECONDS)
    found = [each.at for each in results(installation, watched)]
    gaps = [after - before for before, after in pairwise(found[1:])]
    assert min(gaps) > timedelta(seconds=0.5)


def test_lease_runs_out_or_is_given_back(installation: Installation, now: datetime) -> None:
    later = now + LEASE_FOR + timedelta(seconds=1)
    with installation.database.write() as session:
        assert take_lease(session, "elsewhere:1", {}, now) is not None
        assert take_lease(session, "here:2", {}, now + LEASE_FOR) is None
        away = take_lease(session, "here:2", {}, later)
        assert away is not None
        assert (away.start, away.end) == (now, later)
        release_lease(session, "here:2", {}, later)
        assert take_lease(session, "elsewhere:1", {}, later) is not None


def test_clock_set_back_frees_the_lease(installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        assert take_lease(session, "elsewhere:1", {}, now + timedelta(hours=5)) is not None
        away = take_lease(session, "here:2", {}, now)
        assert away is not None
        assert away.start == away.end == now


def test_late_job_is_down_until_it_calls(installation: Installation, watch: Watch) -> None:
    page = installation.settings.public_folder / "api/v2/components.json"
    now = datetime.now(UTC)
    table = MonitorTable.model_validate({"kind": "heartbeat", "every": "60s", "grace": "5s"})
    with site_change(installation, now, author="test") as change:
        job, token = add_monitor(change.session, load_component(change.session, "api"), table, author="test", now=now)
        watched = job.id
    assert token
    with probing(installation), publishing(installation):
        assert wait_until(lambda: _leads(installation), START_SECONDS)
        take_call(installation, token, Signal.START, datetime.now(UTC) - timedelta(seconds=70))
        take_call(installation, token, Signal.DONE, datetime.now(UTC) - timedelta(seconds=62))
        assert "operational" in page.read_text()
        assert wait_until(lambda: "major_outage" in page.read_text(), 30)
        take_call(installation, token, Signal.DONE, datetime.now(UTC))
        assert "major_outage" not in page.read_text()
    found = results(installation, watched)
    assert [each.outcome for each in found] == ["up", "down", "up"]
    assert found[0].latency_ms == pytest.approx(8000, abs=2000)
    assert found[1].words == "the job did not call in 1 min 5 s"


def _leads(installation: Installation) -> bool:
    with installation.database.read() as session:
        return session.get(Heartbeat, LEASE) is not None


def test_prober_says_what_it_did(installation: Installation, watch: Watch, target: int) -> None:
    watched = watch(f"http://127.0.0.1:{target}/", "1s")
    with probing(installation):
        assert shows(installation, watched, ComponentStatus.OPERATIONAL)
    with installation.database.read() as session:
        row = session.get_one(Heartbeat, LEASE)
        assert row.details
        assert row.details["holder"] is None
        assert row.details["outcomes"]["up"] >= 1
