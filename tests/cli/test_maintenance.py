"""flask maintenance."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Flask_


def window(days: int) -> tuple[str, ...]:
    start = datetime.now(UTC) + timedelta(days=days)
    return ("--starts-at", start.isoformat(), "--ends-at", (start + timedelta(hours=2)).isoformat())


SCHEDULE = ("maintenance", "schedule", "--title", "Upgrade", "--body", "We upgrade.")


def test_maintenance_is_announced_moved_cancelled(flask: Flask_, sip: str) -> None:
    announced = flask(*SCHEDULE, *window(20), "--component", sip)
    assert "left out of availability" in announced.stdout
    (listed,) = json.loads(flask("maintenance", "list", "--open", "--json").stdout)
    assert (listed["kind"], listed["urgent"], listed["components"]) == ("scheduled", False, ["sip"])
    moved = flask("maintenance", "move", listed["id"], *window(30), "--body", "Later.", "--json")
    assert json.loads(moved.stdout)["starts_at"] > listed["starts_at"]
    cancelled = flask("maintenance", "cancel", listed["id"], "--body", "Not needed.", "--json")
    assert json.loads(cancelled.stdout)["status"] == "cancelled"
    assert flask("maintenance", "list", "--open").stdout == "No maintenance announced or under way.\n"


def test_running_maintenance_is_extended(flask: Flask_, sip: str) -> None:
    now = datetime.now(UTC)
    times = ("--start", (now - timedelta(minutes=5)).isoformat(), "--end", (now + timedelta(hours=1)).isoformat())
    why = ("--reason-text", "The switch fails.")
    running = json.loads(flask(*SCHEDULE, *times, *why, "--component", sip, "--json").stdout)
    end = (now + timedelta(hours=2)).isoformat()
    further = json.loads(
        flask("maintenance", "extend", running["id"], "--end", end, "--body", "Longer.", *why, "--json").stdout
    )
    assert further["extends"] == running["id"]
    assert further["starts_at"] == running["ends_at"]


def test_short_notice_prints_what_would_do(flask: Flask_, sip: str) -> None:
    refused = flask(*SCHEDULE, *window(3), "--kind", "scheduled", code=2)
    assert "error: starts_at: " in refused.stderr
    assert "earliest start: 20" in refused.stderr
    assert "accepted now: emergency" in refused.stderr
    assert "[]" in flask("maintenance", "list", "--json").stdout


def test_end_before_start_is_refused(flask: Flask_) -> None:
    start, end = "2027-01-02 10:00", "2027-01-02 09:00"
    assert "error: ends_at: " in flask(*SCHEDULE, "--start", start, "--end", end, code=2).stderr
