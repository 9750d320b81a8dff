"""The demo's company is believable: it follows the rules, fills ninety days, and mails nobody about the past."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from sqlalchemy import func, select

from statuspage.changes import Installation, open_installation
from statuspage.claims import current_statuses
from statuspage.components import ensure_page, load_component, load_components, load_page
from statuspage.db import Base
from statuspage.demo.filling import fill
from statuspage.demo.measured import aim_at
from statuspage.domain.sla import cadence
from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus, MaintenanceKind, MaintenanceStatus, Priority
from statuspage.incidents import load_incidents, next_due
from statuspage.maintenance import load_maintenances
from statuspage.models import (
    Component,
    Delivery,
    Incident,
    LatencyDigest,
    Maintenance,
    StatusChange,
    Subscriber,
    Update,
)
from statuspage.monitors import load_monitors, load_results
from statuspage.settings import Settings
from tests.running import ROOT, environment, wait_until

NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One filled instance that all tests read and none changes."""
    installation = empty_instance(tmp_path_factory.mktemp("demo"))
    assert fill(installation, NOW)
    yield installation
    installation.database.dispose()


def empty_instance(folder: Path) -> Installation:
    installation = open_installation(Settings(statuspage_instance=folder))
    Base.metadata.create_all(installation.database.engine)
    with installation.database.write() as session:
        ensure_page(session, NOW)
    return installation


@pytest.fixture
def now() -> datetime:
    return NOW


def test_page_groups_and_components_stand(filled: Installation) -> None:
    with filled.database.read() as session:
        page = load_page(session)
        assert page.timezone == "Europe/Amsterdam"
        components = load_components(session)
        assert len(components) == 12
        assert len({c.group.name for c in components if c.group}) == 4


def test_history_covers_ninety_days(filled: Installation, now: datetime) -> None:
    with filled.database.read() as session:
        first_known = session.scalars(select(func.min(StatusChange.at)).group_by(StatusChange.component_id)).all()
        assert max(first_known) < now - timedelta(days=90)
        started = session.scalars(select(Incident.started_at).order_by(Incident.started_at)).all()
        assert now - started[0] > timedelta(days=80)
        public = session.scalar(select(func.count()).where(Incident.public_at.is_not(None)))
        assert public == 14
        assert session.scalar(select(func.max(Update.posted_at))) <= now  # type: ignore[operator]


def test_one_incident_is_open_and_in_time(filled: Installation, now: datetime) -> None:
    with filled.database.read() as session:
        open_ones = load_incidents(session, open_only=True)
        public = [i for i in open_ones if i.public_at]
        assert [(i.priority, i.status) for i in public] == [(Priority.P2, IncidentStatus.IDENTIFIED)]
        due = next_due(public[0], filled.policy(now))
        assert due is not None
        assert due > now
        assert [i.priority for i in open_ones if not i.public_at] == [Priority.P4]


def test_closed_incidents_let_go(filled: Installation, now: datetime) -> None:
    with filled.database.read() as session:
        components = load_components(session)
        shown = current_statuses(session, [c.id for c in components], now)
        bad = {c.slug: shown[c.id] for c in components if shown[c.id] is not ComponentStatus.OPERATIONAL}
        assert bad == {"sip-trunks": ComponentStatus.PARTIAL_OUTAGE}


def test_promised_cadence_was_kept(filled: Installation, now: datetime) -> None:
    policy = filled.policy(now)
    with filled.database.read() as session:
        for incident in load_incidents(session):
            posts = [(u.posted_at, u.priority) for u in incident.updates if u.event != "postmortem"]
            assert cadence.late(cadence.gaps(policy, posts)) == 0, incident.title


def test_maintenance_is_classed_by_notice(filled: Installation, now: datetime) -> None:
    with filled.database.read() as session:
        rows = load_maintenances(session)
        done = [m for m in rows if m.status is MaintenanceStatus.COMPLETED]
        assert [m.kind for m in done] == [
            MaintenanceKind.EMERGENCY,
            MaintenanceKind.SCHEDULED,
            MaintenanceKind.SCHEDULED,
        ]
        (coming,) = [m for m in rows if m.status is MaintenanceStatus.SCHEDULED]
        assert coming.notice_met
        assert coming.starts_at - coming.announced_at > timedelta(days=14)
        assert coming.starts_at > now
        assert session.scalar(select(func.count()).select_from(Maintenance)) == 4


def test_monitors_watch_this_page_alone(filled: Installation) -> None:
    with filled.database.read() as session:
        monitors = load_monitors(session)
        assert {each.component.slug for each in monitors} == {"api", "dashboard", "cards", "sip-trunks"}
        assert {urlsplit(each.settings["target"]).hostname for each in monitors} == {"127.0.0.1"}
        assert {each.status for each in monitors} == {ComponentStatus.OPERATIONAL}


def test_response_times_cover_ninety_days(filled: Installation, now: datetime) -> None:
    with filled.database.read() as session:
        for monitor in load_monitors(session):
            digests = session.scalars(select(LatencyDigest).where(LatencyDigest.monitor_id == monitor.id)).all()
            assert len(digests) == 90
            assert all(0 < each.p50_ms <= each.p95_ms <= each.p99_ms for each in digests)
            results = load_results(session, monitor, limit=1440)
            assert timedelta(hours=23) < results[0].at - results[-1].at <= timedelta(days=1)
            assert now - results[0].at < timedelta(minutes=2)


def test_measured_outage_began_the_open_incident(filled: Installation, now: datetime) -> None:
    with filled.database.read() as session:
        (opened,) = [each for each in load_incidents(session, open_only=True) if each.public_at]
        rows = session.scalars(select(StatusChange).where(StatusChange.monitor_id.is_not(None)))
        (outage,) = [each for each in rows if each.status is ComponentStatus.MAJOR_OUTAGE]
        assert load_component(session, "sip-trunks").id == outage.component_id
        assert abs(outage.at - opened.started_at) <= timedelta(minutes=1)
        assert "Response time" in filled.publisher.folder.joinpath("components/sip-trunks.html").read_text()


def test_demo_on_another_port_watches_that(tmp_path: Path) -> None:
    installation = empty_instance(tmp_path)
    assert fill(installation, NOW)
    with installation.database.write() as session:
        assert aim_at(session, "http://127.0.0.1:9", NOW)
        assert not aim_at(session, "http://127.0.0.1:9", NOW)
    installation.database.dispose()


def test_only_the_open_incident_is_mailed(filled: Installation) -> None:
    with filled.database.read() as session:
        assert session.scalar(select(func.count()).where(Subscriber.confirmed_at.is_not(None))) == 25
        query = select(Incident.title).join(Update, Update.incident_id == Incident.id)
        titles = set(session.scalars(query.join(Delivery, Delivery.update_id == Update.id)))
        assert titles == {"Some outgoing calls drop after thirty seconds"}
        assert session.scalar(select(func.count()).where(Delivery.kind != "update")) == 0


def test_second_run_does_nothing(filled: Installation, now: datetime) -> None:
    assert not fill(filled, now + timedelta(days=3))
    with filled.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Component)) == 12


def test_page_in_use_is_left_alone(installation: Installation, add_components: object, now: datetime) -> None:
    add_components("Ours")  # type: ignore[operator]
    assert not fill(installation, now)


@pytest.mark.parametrize("moment", ["2026-03-29T00:10+00:00", "2028-02-29T23:59+00:00"])
def test_any_day_will_do(tmp_path: Path, moment: str) -> None:
    installation = empty_instance(tmp_path)
    assert fill(installation, datetime.fromisoformat(moment))
    installation.database.dispose()


@pytest.mark.slow
def test_demo_runs_with_mail_and_ends(tmp_path: Path) -> None:
    page = subprocess.Popen(
        [sys.executable, "-m", "statuspage.demo"],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert page.stdout
    try:
        printed = page.stdout.readline() + page.stdout.readline()
        found = re.search(r"listening on (http://127\.0\.0\.1:\d+)", printed)
        assert found, printed
        with urlopen(found[1], timeout=20) as answer:
            is_told = b"Some outgoing calls drop after thirty seconds" in answer.read()
        assert is_told
        assert wait_until(lambda: any((tmp_path / "mail").glob("*.eml")), 30)
        processes = Path(f"/proc/{page.pid}/task/{page.pid}/children").read_text().split()
    finally:
        page.terminate()
        page.wait(12)
        page.stdout.close()
    assert len(processes) == 4, "mail sink, web, worker, prober"
    assert wait_until(lambda: not any(is_alive(pid) for pid in processes))


def is_alive(pid: str) -> bool:
    """Whether a process still runs; one that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
