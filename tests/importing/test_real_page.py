"""Years of a real page: imported fast and once, published whole, and its bars counted a second time by hand.

Skipped where ../shared/data is absent.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import ensure_page
from statuspage.db import Base
from statuspage.domain.sla.policy import load_policies
from statuspage.domain.uptime import Day, day_bars
from statuspage.importing.statuspage import ImportReport, import_history
from statuspage.models import Delivery, Incident, Maintenance, StatusChange, Update
from statuspage.publishing.timelines import load_timelines
from statuspage.settings import Settings

NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)
FASTEST_EXPECTED = 60
"""Seconds an import and its publish may take."""

Page = dict[str, Any]
Imported = tuple[Installation, ImportReport]


@pytest.fixture(scope="module")
def imported(real_page: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imported]:
    """The real page in an instance of its own, published."""
    settings = Settings(
        statuspage_instance=tmp_path_factory.mktemp("real"), statuspage_url="https://status.example.com"
    )
    installation = open_installation(settings)
    Base.metadata.create_all(installation.database.engine)
    with installation.database.write() as session:
        ensure_page(session, NOW)
    began = time.monotonic()
    with site_change(installation, NOW, author="test") as change:
        report = import_history(change.session, real_page, now=NOW)
    assert change.publish_error is None
    assert time.monotonic() - began < FASTEST_EXPECTED
    yield installation, report
    installation.database.dispose()


@pytest.fixture(scope="module")
def site(imported: Imported) -> Path:
    return imported[0].settings.public_folder


def test_everything_is_there_once(imported: Imported, real_page: Page) -> None:
    installation, first = imported
    updates = sum(len(i["incident_updates"]) for i in real_page["incidents"])
    works = sum(len(m["incident_updates"]) for m in real_page["scheduled_maintenances"])
    assert first.incidents.created == len(real_page["incidents"])
    assert first.updates.created == updates + works
    with site_change(installation, NOW, author="test") as change:
        again = import_history(change.session, real_page, now=NOW)
    assert not again.wrote
    with installation.database.read() as session:
        count = {
            t: session.scalar(select(func.count()).select_from(t)) for t in (Incident, Maintenance, StatusChange)
        }
        assert count == {
            Incident: len(real_page["incidents"]),
            Maintenance: len(real_page["scheduled_maintenances"]),
            StatusChange: len(real_page["component_changes"]),
        }
        of_incidents = session.scalar(select(func.count()).where(Update.incident_id.is_not(None)))
        assert of_incidents == updates
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0


def test_times_and_impacts_are_kept(imported: Imported, real_page: Page) -> None:
    with imported[0].database.read() as session:
        stored = {i.id: i for i in session.scalars(select(Incident))}
        updates = {u.id: u for u in session.scalars(select(Update))}
    for wire in real_page["incidents"]:
        incident = stored[wire["id"]]
        assert incident.created_at == datetime.fromisoformat(wire["created_at"])
        assert incident.resolved_at == datetime.fromisoformat(wire["resolved_at"])
        assert (incident.impact.value, incident.priority) == (wire["impact"], None)
        assert incident.public_at == incident.created_at
        for update in wire["incident_updates"]:
            assert updates[update["id"]].posted_at == datetime.fromisoformat(update["display_at"])


def test_every_page_is_published(site: Path, real_page: Page) -> None:
    missing = [
        path
        for path in [
            *(f"incidents/{i['id']}.html" for i in real_page["incidents"]),
            *(f"maintenance/{m['id']}.html" for m in real_page["scheduled_maintenances"]),
            *(f"history/{month}.html" for month in months_of(real_page)),
            *(f"api/v2/incidents/{i['id']}.json" for i in real_page["incidents"]),
            *("index.html", "history.html", "uptime.html", "sla.html", "maintenance.ics", "sitemap.xml"),
            *("feed.atom", "feed.rss", "feed.json", "history.atom", "history.rss"),
            *("api/v2/summary.json", "api/v2/incidents.json", "api/v2/scheduled-maintenances.json"),
        ]
        if not (site / path).is_file()
    ]
    assert missing == []


def months_of(page: Page) -> set[str]:
    return {i["created_at"][:7] for i in page["incidents"]} | {
        m["scheduled_for"][:7] for m in page["scheduled_maintenances"]
    }


def test_months_hold_their_incidents(site: Path, real_page: Page) -> None:
    for wire in real_page["incidents"]:
        started = min(wire["started_at"], wire["resolved_at"])
        month = (site / "history" / f"{started[:7]}.html").read_text(encoding="utf-8")
        assert f"/incidents/{wire['id']}" in month


def test_v2_answers_as_captured(site: Path, real_page: Page) -> None:
    by_id = {i["id"]: i for i in real_page["incidents"]}
    assert len(answer_of(site, "incidents")["incidents"]) == min(50, len(by_id))
    for incident_id in by_id:
        incident = answer_of(site, f"incidents/{incident_id}")["incident"]
        wire = by_id[incident["id"]]
        assert [u["id"] for u in incident["incident_updates"]] == [u["id"] for u in wire["incident_updates"]]
        for update, captured in zip(incident["incident_updates"], wire["incident_updates"], strict=True):
            for member in ("created_at", "updated_at", "display_at"):
                assert datetime.fromisoformat(update[member]) == datetime.fromisoformat(captured[member])
        for member in ("name", "status", "impact", "shortlink"):
            assert incident[member] == wire[member]
        for member in ("created_at", "updated_at", "resolved_at"):
            assert datetime.fromisoformat(incident[member]) == datetime.fromisoformat(wire[member])
    components = answer_of(site, "components")["components"]
    assert [c["id"] for c in components] == [
        c["id"] for c in sorted(real_page["components"], key=lambda c: (c["position"], c["name"]))
    ]


def answer_of(site: Path, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((site / f"api/v2/{name}.json").read_text(encoding="utf-8"))
    return answer


def test_no_script_reaches_a_page(site: Path, real_page: Page) -> None:
    bodies = [u["body"] for i in real_page["incidents"] for u in i["incident_updates"]]
    assert any("<br" in body for body in bodies)
    for wire in real_page["incidents"][:40]:
        page = (site / "incidents" / f"{wire['id']}.html").read_text(encoding="utf-8")
        assert "&lt;br" not in page
        assert "onerror=" not in page


@pytest.mark.parametrize("zone_name", ["UTC", "Europe/Amsterdam"])
def test_bars_agree_with_a_walk(imported: Imported, real_page: Page, zone_name: str) -> None:
    """Ninety days up to two dates of the three components that changed most, every second of them."""
    zone = ZoneInfo(zone_name)
    rules = load_policies("standard").in_force(date(2026, 1, 1)).availability
    most = Counter(c["component_id"] for c in real_page["component_changes"]).most_common(3)
    for last in window_ends(real_page):
        days = [last - timedelta(days=n) for n in reversed(range(90))]
        since = datetime(days[0].year, days[0].month, days[0].day, tzinfo=zone)
        with imported[0].database.read() as session:
            histories = load_timelines(session, [key for key, _ in most], since=since, until=NOW)
        for component_id, history in histories.items():
            changes = changes_of(real_page, component_id)
            for bar in day_bars(history, days, zone, NOW, rules):
                assert figures(bar) == pytest.approx(walk(changes, bar.date, zone), abs=1e-6), (
                    component_id,
                    bar.date,
                )


def test_first_days_are_unknown(imported: Imported, real_page: Page) -> None:
    first = real_page["component_changes"][0]
    begins = datetime.fromisoformat(first["changed_at"])
    with imported[0].database.read() as session:
        histories = load_timelines(session, [first["component_id"]], since=begins - timedelta(days=9), until=NOW)
    rules = load_policies("standard").in_force(date(2026, 1, 1)).availability
    days = [begins.date() - timedelta(days=1), begins.date(), begins.date() + timedelta(days=1)]
    before, on, _ = day_bars(histories[first["component_id"]], days, ZoneInfo("UTC"), NOW, rules)
    assert before.unknown == 86_400
    assert on.unknown == pytest.approx(
        (begins - begins.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    )


def window_ends(page: Page) -> list[date]:
    """The last day of the capture, and one after a change of clocks."""
    last = max(datetime.fromisoformat(c["captured_at"]) for c in page["component_changes"]).date()
    return [last, date(last.year - 1, 11, 2)]


def changes_of(page: Page, component_id: str) -> list[tuple[datetime, str]]:
    rows = [c for c in page["component_changes"] if c["component_id"] == component_id]
    return sorted(((datetime.fromisoformat(c["changed_at"]), c["new_status"]) for c in rows), key=lambda c: c[0])


def figures(bar: Day) -> dict[str, float]:
    return {
        "major_outage": bar.down,
        "partial_outage": bar.partial,
        "degraded_performance": bar.degraded,
        "under_maintenance": bar.maintenance,
        "unknown": bar.unknown,
    }


def walk(changes: list[tuple[datetime, str]], day: date, zone: ZoneInfo) -> dict[str, float]:
    """Minute by minute through one local day; a minute in which something changed, change by change."""
    words = ("operational", "major_outage", "partial_outage", "degraded_performance", "under_maintenance", "unknown")
    seconds = dict.fromkeys(words, 0.0)
    minute = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    status = "unknown"
    ahead = list(changes)
    while minute.astimezone(zone).date() == day:
        after = minute + timedelta(minutes=1)
        at = minute
        while ahead and ahead[0][0] < after:
            changed_at, new = ahead.pop(0)
            if changed_at > at:
                seconds[status] += (changed_at - at).total_seconds()
                at = changed_at
            status = new
        seconds[status] += (after - at).total_seconds()
        minute = after
    del seconds["operational"]
    return seconds
