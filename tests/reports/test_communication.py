"""The communication report: promises of updates and of notice, kept and broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from tests.reports.conftest import Story

Tell = Callable[[str], Story]
MINUTE = timedelta(minutes=1)


def test_late_update_is_counted_with_its_lateness(tell: Tell) -> None:
    story = tell("cm-com")
    story.posts(*(f"2024-07-01T09:{minute:02}Z" for minute in (0, 14, 31, 46, 50)))
    [kept] = story.communication("2024-07").incidents
    assert (kept.due, kept.posted) == (4, 5)
    [late] = kept.late
    assert late.due_at == datetime.fromisoformat("2024-07-01T09:29Z")
    assert late.posted_at == datetime.fromisoformat("2024-07-01T09:31Z")
    assert kept.late_for == 2 * MINUTE


def test_missing_update_is_late_until_now(tell: Tell) -> None:
    story = tell("cm-com")
    story.posts("2024-07-01T09:00Z", "2024-07-01T09:10Z", resolved=False)
    before = story.communication("2024-07", now="2024-07-01T09:20Z")
    assert (before.updates_due, before.updates_late) == (1, 0)
    after = story.communication("2024-07", now="2024-07-01T10:00Z")
    assert (after.updates_due, after.updates_late) == (2, 1)
    [late] = after.incidents[0].late
    assert (late.posted_at, late.by) == (None, 35 * MINUTE)


def test_promise_belongs_to_one_period(tell: Tell) -> None:
    story = tell("cm-com")
    story.posts("2024-07-31T21:40Z", "2024-07-31T21:50Z", "2024-07-31T22:08Z", "2024-07-31T22:10Z")
    july, august = story.communication("2024-07"), story.communication("2024-08")
    assert (july.updates_due, july.updates_posted, july.updates_late) == (1, 2, 0)
    assert (august.updates_due, august.updates_posted, august.updates_late) == (2, 2, 1)


def test_nothing_is_promised_where_no_interval_is(tell: Tell) -> None:
    story = tell("optimy")
    story.posts("2024-07-01T09:00Z", "2024-07-02T09:00Z")
    report = story.communication("2024-07")
    assert (report.updates_due, report.updates_posted, report.updates_late) == (0, 2, 0)


def test_internal_incident_promises_nothing(tell: Tell) -> None:
    story = tell("cm-com")
    story.posts("2024-07-01T09:00Z", "2024-07-02T09:00Z", priority="P4")
    assert story.communication("2024-07").incidents == ()


def test_notices_are_counted_where_work_starts(tell: Tell) -> None:
    story = tell("cm-com")
    story.component("sms", "business-messaging")
    story.work("2024-07-01T09:00Z", "2024-07-31T21:00Z", 120 * MINUTE, "sms")
    urgent = {"kind": "emergency", "reason": "urgent", "reason_text": "A leak."}
    story.work("2024-07-10T09:00Z", "2024-07-10T20:00Z", 30 * MINUTE, "sms", **urgent)
    july, august = story.communication("2024-07"), story.communication("2024-08")
    assert (july.notices_due, july.notices_met) == (2, 1)
    assert august.notices_due == 0
