"""What measuring adds to a component's page: figures, response times drawn and tabled, corrections, unknown time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from statuspage import hooks
from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import load_component
from statuspage.corrections import CorrectionDraft, record_correction, withdraw_correction
from statuspage.domain.health import Outcome, Result
from statuspage.hook_drafts import HookDraft
from statuspage.measurement import keep_digests, take_results, take_silence
from statuspage.models import LatencyDigest, Monitor
from statuspage.monitor_drafts import MonitorTable
from statuspage.monitoring.judging import Measured
from statuspage.monitors import add_monitor
from statuspage.publishing.responses import chart_of
from statuspage.publishing.snapshot import ResponseDay, Responses


@pytest.fixture
def monitor(installation: Installation, add_components: Callable[..., None], now: datetime) -> Monitor:
    """Measures the API."""
    add_components("API", "Web")
    with site_change(installation, now, author="ada") as change:
        table = MonitorTable.model_validate({"kind": "http", "target": "https://api.example.com/", "every": "30s"})
        row, _ = add_monitor(change.session, load_component(change.session, "api"), table, author="ada", now=now)
        change.session.flush()
        change.session.expunge(row)
    return row


def page(installation: Installation, path: str = "components/api.html") -> str:
    return (installation.settings.public_folder / path).read_text("utf-8")


def measure(installation: Installation, monitor: Monitor, start: datetime, words: str) -> datetime:
    """Takes one result every 30 s and gives the time after the last."""
    outcome = {"u": Outcome.UP, "d": Outcome.DOWN, "?": Outcome.UNKNOWN}
    for n, word in enumerate(words):
        at = start + timedelta(seconds=30 * n)
        take_results(installation, [Measured(monitor.id, Result(at, outcome[word], 40 + n))], at)
    return start + timedelta(seconds=30 * len(words))


def test_measured_outage_is_on_the_page_at_once(installation: Installation, monitor: Monitor, now: datetime) -> None:
    measure(installation, monitor, now, "uuddd")
    summary = json.loads(page(installation, "api/v2/summary.json"))
    assert [each["status"] for each in summary["components"]] == ["major_outage", "operational"]


def test_silence_is_shown_as_unknown(installation: Installation, monitor: Monitor, now: datetime) -> None:
    later = measure(installation, monitor, now, "uu") + timedelta(minutes=10)
    take_silence(installation, later)
    assert "Unknown" in re.search("<h1.*?</h1>", page(installation), re.DOTALL)[0]  # type: ignore[index]
    installation.publisher.publish(later + timedelta(minutes=50))
    (api, _) = json.loads(page(installation, "uptime.json"))["components"]
    assert api["unknown_seconds"] > 3600
    assert api["periods"]["24h"] == "100.00"


def test_response_times_are_drawn_and_tabled(installation: Installation, monitor: Monitor, now: datetime) -> None:
    later = measure(installation, monitor, now, "uuu") + timedelta(minutes=5)
    keep_digests(installation, later)
    installation.publisher.publish(later, everything=True)
    text = page(installation)
    assert '<path class="line p50" d="M720 ' in text
    assert ">41 ms</td>" in text
    assert "style=" not in text


def test_correction_is_public_with_its_reason(installation: Installation, monitor: Monitor, now: datetime) -> None:
    values = {"component": "api", "starts_at": now - timedelta(hours=2), "ends_at": now - timedelta(hours=1)}
    draft = CorrectionDraft.model_validate({**values, "status": "major_outage", "reason": "Seen <b>late</b>."})
    with site_change(installation, now, author="ada") as change:
        row = record_correction(change.session, draft, policy=change.policy, author="ada", now=now)
        key = row.id
    for path in ("components/api.html", "uptime.html"):
        assert "Seen &lt;b&gt;late&lt;/b&gt;." in page(installation, path)
    assert "withdrawn" not in page(installation)
    with site_change(installation, now, author="ada") as change:
        withdraw_correction(change.session, change.session.get_one(type(row), key), author="ada", now=now)
    assert "withdrawn" in page(installation)


def test_outside_monitor_is_named(
    installation: Installation, add_components: Callable[..., None], now: datetime
) -> None:
    add_components("API", "Web")
    later = now + timedelta(minutes=1)
    settings = installation.settings.model_copy(update={"statuspage_policy": "optimy"})
    relying = open_installation(settings)
    draft = HookDraft(name="Neutral <Probe>", kind="alert", component="api")
    with site_change(relying, later, author="ada") as change:
        hook, _ = hooks.create_hook(change.session, draft, author="ada", now=later)
        key = hook.id
    for path in ("components/api.html", "index.html"):
        assert "Neutral &lt;Probe&gt;" in page(installation, path)
    assert "Neutral" not in page(installation, "components/web.html")
    with site_change(relying, later, author="ada") as change:
        hooks.revoke_hook(change.session, hooks.load_hook(change.session, key), later + timedelta(minutes=1))
    for path in ("components/api.html", "index.html", "sla.html"):
        assert "Neutral" not in page(installation, path)
    relying.database.dispose()


def test_hidden_component_stays_hidden(installation: Installation, monitor: Monitor, now: datetime) -> None:
    with site_change(installation, now, author="ada") as change:
        load_component(change.session, "api").hidden = True
    later = measure(installation, monitor, now, "uddd")
    keep_digests(installation, later + timedelta(minutes=5))
    installation.publisher.publish(later, everything=True)
    assert "api" not in {each["slug"] for each in json.loads(page(installation, "uptime.json"))["components"]}
    assert 'status-word">Major outage' not in page(installation, "index.html")


def test_same_measurements_give_the_same_bytes(
    installation: Installation, session: Session, monitor: Monitor, now: datetime
) -> None:
    day = now.date() - timedelta(days=3)
    row = LatencyDigest(monitor_id=monitor.id, day=day, checks=9, p50_ms=10, p95_ms=20, p99_ms=30, counted_until=now)
    session.add(row)
    session.commit()
    installation.publisher.publish(now, everything=True)
    first = page(installation)
    assert installation.publisher.publish(now, everything=True).written == 0
    assert page(installation) == first
    assert "30 ms" in first


def test_day_without_measurement_breaks_the_line(now: datetime) -> None:
    today = now.date()
    days = [ResponseDay(today - timedelta(days=n), 5, 10 + n, 90, 95) for n in (5, 4, 1, 0)]
    chart = chart_of(Responses("API", tuple(days)), today)
    assert chart is not None
    assert chart.top_ms == 100
    assert [d.count("M") for _, d in chart.lines] == [2, 2]
    assert chart_of(Responses("API", (ResponseDay(today - timedelta(days=400), 5, 1, 2, 3),)), today) is None
