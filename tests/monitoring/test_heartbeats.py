"""Jobs that call: in time, late, failed; and calls that were lost because we were away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from statuspage.changes import Installation, site_change
from statuspage.components import load_component
from statuspage.domain.health import Outcome
from statuspage.domain.intervals import Span
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.measurement import take_call, take_results
from statuspage.models import Monitor
from statuspage.monitor_drafts import MonitorTable
from statuspage.monitoring.heartbeats import Signal, late_calls
from statuspage.monitoring.judging import Measured
from statuspage.monitors import add_monitor, pause_monitor

HOUR = timedelta(hours=1)


@pytest.fixture
def token(installation: Installation, add_components: Callable[..., None], now: datetime) -> str:
    """Of a heartbeat that calls once an hour, with ten minutes of grace."""
    add_components("Backup")
    table = MonitorTable(kind="heartbeat", period="1h", grace="10m")
    with site_change(installation, now, author="test") as change:
        component = load_component(change.session, "backup")
        _, token = add_monitor(change.session, component, table, author="test", now=now)
    assert token
    return token


def state(installation: Installation) -> Monitor:
    with installation.database.read() as session:
        return session.query(Monitor).one()


def look(installation: Installation, now: datetime, away: Span | None = None) -> list[Measured]:
    """What the prober's look finds, recorded."""
    with installation.database.read() as session:
        found = late_calls(session, away, now)
    take_results(installation, found, now)
    return found


def test_call_makes_it_operational(installation: Installation, token: str, now: datetime) -> None:
    take_call(installation, token, Signal.DONE, now)
    assert state(installation).status is ComponentStatus.OPERATIONAL
    assert look(installation, now + timedelta(minutes=69)) == []


def test_late_call_is_down_from_when_it_was_due(installation: Installation, token: str, now: datetime) -> None:
    take_call(installation, token, Signal.DONE, now)
    found = look(installation, now + timedelta(minutes=71))
    assert [each.result.words for each in found] == ["the job did not call in 1 h 10 min"]
    monitor = state(installation)
    assert (monitor.status, monitor.status_since) == (ComponentStatus.MAJOR_OUTAGE, now + timedelta(minutes=70))
    take_call(installation, token, Signal.DONE, now + timedelta(minutes=80))
    assert state(installation).status is ComponentStatus.OPERATIONAL


def test_never_called_is_not_late(installation: Installation, token: str, now: datetime) -> None:
    assert look(installation, now + timedelta(days=3)) == []
    assert state(installation).status is ComponentStatus.UNKNOWN


def test_failed_job_is_down_at_once(installation: Installation, token: str, now: datetime) -> None:
    take_call(installation, token, Signal.DONE, now)
    take_call(installation, token, Signal.FAIL, now + timedelta(minutes=5))
    assert state(installation).status is ComponentStatus.MAJOR_OUTAGE


def test_run_time_is_the_latency(installation: Installation, token: str, now: datetime) -> None:
    take_call(installation, token, Signal.START, now)
    take_call(installation, token, Signal.DONE, now + timedelta(seconds=90))
    monitor = state(installation)
    assert (monitor.latency_ms, monitor.last_words) == (90_000, "the job called after 1 min 30 s")


def test_job_that_never_ended_says_so(installation: Installation, token: str, now: datetime) -> None:
    take_call(installation, token, Signal.DONE, now)
    take_call(installation, token, Signal.START, now + HOUR)
    found = look(installation, now + timedelta(minutes=71))
    assert [each.result.words for each in found] == ["the job started and did not end in 1 h 10 min"]


def test_call_lost_while_away_is_unknown(installation: Installation, token: str, now: datetime) -> None:
    take_call(installation, token, Signal.DONE, now)
    away = Span(now + timedelta(minutes=58), now + timedelta(minutes=75))
    found = look(installation, now + timedelta(minutes=75), away)
    assert [each.result.outcome for each in found] == [Outcome.UNKNOWN]
    assert state(installation).status is ComponentStatus.UNKNOWN
    assert look(installation, now + timedelta(minutes=100)) == []


def test_absence_at_another_time_excuses_nobody(installation: Installation, token: str, now: datetime) -> None:
    take_call(installation, token, Signal.DONE, now)
    away = Span(now + timedelta(minutes=10), now + timedelta(minutes=40))
    assert look(installation, now + timedelta(minutes=40), away) == []
    assert [each.result.outcome for each in look(installation, now + timedelta(minutes=71))] == [Outcome.DOWN]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("word", ["", "/start", "/fail"])
def test_door_takes_all_methods(client: FlaskClient, token: str, method: str, word: str) -> None:
    answer = client.open(f"/heartbeat/{token}{word}", method=method)
    assert answer.status_code == 200
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers


def test_door_records_the_call(client: FlaskClient, installation: Installation, token: str) -> None:
    client.post(f"/heartbeat/{token}", data=b"\xff" * 5000, content_type="application/json")
    checked_at = state(installation).checked_at
    assert checked_at is not None
    assert datetime.now(UTC) - checked_at < timedelta(seconds=30)


def test_unknown_and_paused_tokens(
    client: FlaskClient, installation: Installation, token: str, now: datetime
) -> None:
    assert client.get("/heartbeat/" + "x" * 27).status_code == 404
    assert client.get("/heartbeat/%00").status_code == 404
    with site_change(installation, now, author="test") as change:
        pause_monitor(change.session, change.session.query(Monitor).one(), author="test", now=now)
    assert client.get(f"/heartbeat/{token}").status_code == 200
    assert state(installation).checked_at is None
