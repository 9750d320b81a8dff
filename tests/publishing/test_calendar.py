"""The maintenance calendar, read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from icalendar import Calendar

from statuspage.publishing.calendar import render_calendar
from statuspage.publishing.snapshot import Snapshot
from tests.publishing import sample
from tests.publishing.conftest import Operator


def calendar_bytes(snapshot: Snapshot) -> bytes:
    return dict(render_calendar(snapshot))["maintenance.ics"]


def events(snapshot: Snapshot) -> dict[str, Calendar]:
    return {str(event["SUMMARY"]): event for event in Calendar.from_ical(calendar_bytes(snapshot)).walk("VEVENT")}


def test_window_class_and_announcement_are_told() -> None:
    event = events(sample.calm())["New firmware on the Frankfurt exchange"]
    work = sample.PLANNED[0]
    assert event["DTSTART"].dt == work.starts_at
    assert event["DTEND"].dt == work.ends_at
    assert event["STATUS"] == "CONFIRMED"
    assert "Scheduled maintenance, announced 2 November 2026, 10:12 CET." in event["DESCRIPTION"]
    assert str(event["URL"]) == "https://status.larkwing.example/maintenance/m000000plan1"


def test_lines_are_folded_and_end_in_crlf() -> None:
    content = calendar_bytes(sample.trouble())
    lines = content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "title", ["a\r\nATTENDEE:mailto:x@example.com", "semi;colon, comma\\n", "🔥" * 60, "bell\x07 rings"]
)
def test_titles_cannot_inject_properties(title: str) -> None:
    snapshot = sample.calm()
    work = replace(snapshot.maintenances[0], title=title, reason_text=title)
    content = calendar_bytes(replace(snapshot, maintenances=(work,)))
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert "ATTENDEE" not in event
    assert str(event["SUMMARY"]) == " ".join(title.replace("\x07", "").split())


def test_calendar_without_maintenance_is_valid() -> None:
    (event,) = Calendar.from_ical(calendar_bytes(replace(sample.calm(), maintenances=()))).walk("VEVENT")
    assert event["STATUS"] == "CANCELLED"
    assert event["UID"]


def test_refresh_interval_is_an_hour() -> None:
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in calendar_bytes(sample.calm())


def test_move_keeps_uid_and_raises_sequence(operator: Operator, load: Callable[..., Snapshot]) -> None:
    work = operator.schedule(operator.now + timedelta(days=20))
    first = events(load())["New firmware"]
    operator.move(work, operator.now + timedelta(days=30))
    moved = events(load())["New firmware"]
    operator.cancel(work)
    cancelled = events(load())["New firmware"]
    assert first["UID"] == moved["UID"] == cancelled["UID"]
    assert first["SEQUENCE"] < moved["SEQUENCE"] < cancelled["SEQUENCE"]
    assert (moved["STATUS"], cancelled["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert moved["DTSTART"].dt > first["DTSTART"].dt
