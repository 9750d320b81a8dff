"""A quarter of a real page under a contract of services, counted a second time minute by minute.

Skipped where ../shared/data is absent.
"""

from __future__ import annotations

import copy
import json
import os
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from statuspage.importing.statuspage import import_history
from statuspage.models import Component
from tests.reports.conftest import Story, figures, row_of

NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)
SHARED = Path(os.environ.get("STATUSPAGE_SHARED", Path(__file__).resolve().parents[3] / "shared" / "data"))
SERVICES = ("business-messaging", "voice", "service-cloud", "marketing-cloud", "conversational-ai-cloud")
QUARTER, BEGINS, ENDS = "2022-Q2", (2022, 4, 1), (2022, 7, 1)
MINUTE = timedelta(minutes=1)
Page = dict[str, Any]


@pytest.fixture(scope="module")
def page() -> Page:
    """The page with all times cut to whole minutes, so that a count of minutes is exact."""
    files = sorted(SHARED.glob("*-status-*.json"))
    if not files:
        pytest.skip("../shared/data is absent")
    whole = json.loads(files[0].read_text(encoding="utf-8"))
    return {**copy.deepcopy(whole), "component_changes": [_cut(change) for change in whole["component_changes"]]} | {
        "scheduled_maintenances": [_cut(work) for work in whole["scheduled_maintenances"]]
    }


def _cut(values: Page) -> Page:
    times = ("changed_at", "scheduled_for", "scheduled_until", "resolved_at", "updated_at")
    cut = {name: f"{values[name][:16]}:00.000Z" for name in times if values.get(name)}
    return {**values, **cut}


def services_of(page: Page) -> dict[str, str]:
    """Which component belongs to which service: dealt out in turn, the redundant service among them."""
    return {each["id"]: SERVICES[n % len(SERVICES)] for n, each in enumerate(page["components"])}


def test_report_agrees_with_a_count_of_minutes(tell: Callable[[str], Story], page: Page) -> None:
    story, dealt = tell("cm-com"), services_of(page)
    with story.installation.database.write() as session:
        import_history(session, page, now=NOW)
        for key, service in dealt.items():
            session.get_one(Component, key).service = service
    report = story.report(QUARTER, now=NOW.isoformat())
    counted = count_minutes(page, dealt)
    for service in SERVICES:
        found = figures(row_of(report, service))
        assert {name: found[name] / 60 for name in ("downtime", "removed", "unknown")} == {
            name: counted[service][name] for name in ("downtime", "removed", "unknown")
        }, service
        assert found["den"] == 60 * (
            counted[service]["all"] - counted[service]["removed"] - counted[service]["unknown"]
        )
    assert sum(counted[service]["downtime"] for service in SERVICES) > 0


def count_minutes(page: Page, dealt: dict[str, str]) -> dict[str, dict[str, int]]:
    """Each minute of the quarter asked what it was for each service; nothing of the product is used here."""
    zone = ZoneInfo("Europe/Amsterdam")
    minute, end = (datetime(*day, tzinfo=zone).astimezone(UTC) for day in (BEGINS, ENDS))
    changes = [(instant(c["changed_at"]), c["component_id"], c["new_status"]) for c in page["component_changes"]]
    changes.sort(key=lambda change: change[0])
    works = [(key, *window) for work in page["scheduled_maintenances"] for key, window in worked(work)]
    said: dict[str, str] = {}
    counted: dict[str, dict[str, int]] = {service: defaultdict(int) for service in SERVICES}
    n = 0
    while minute < end:
        while n < len(changes) and changes[n][0] <= minute:
            said[changes[n][1]] = changes[n][2]
            n += 1
        resting = {key for key, starts, ends in works if starts <= minute < ends}
        for service in SERVICES:
            states = [state(key, said, resting) for key in dealt if dealt[key] == service]
            counted[service]["all"] += 1
            counted[service][together(states, redundant=service == "voice")] += 1
        minute += MINUTE
    return counted


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def worked(work: Page) -> list[tuple[str, tuple[datetime, datetime]]]:
    """The window of each component the work names, up to its real end."""
    named = {each["id"] for each in work.get("components") or []}
    named |= {a["code"] for u in work["incident_updates"] for a in u["affected_components"] or []}
    ends = min(instant(work["scheduled_until"]), instant(work["resolved_at"] or work["scheduled_until"]))
    return [(key, (instant(work["scheduled_for"]), ends)) for key in named]


def state(key: str, said: dict[str, str], resting: set[str]) -> str:
    if key in resting:
        return "removed"
    if key not in said:
        return "unknown"
    return "downtime" if said[key] == "major_outage" else "up"


def together(states: list[str], *, redundant: bool) -> str:
    order = ("up", "unknown", "downtime", "removed") if redundant else ("downtime", "removed", "unknown", "up")
    return next(each for each in order if each in states)
