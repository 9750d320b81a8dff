"""Reminders of maintenance: once for each window and length, to who heard of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from statuspage import maintenance, reminders, subscribers
from statuspage.changes import Installation
from statuspage.components import load_page
from statuspage.domain.reminding import due_reminders, in_order
from statuspage.domain.vocabulary import MaintenanceKind
from statuspage.drafts import CancelDraft, MaintenanceDraft, MoveDraft, SubscriberDraft
from statuspage.models import Delivery
from statuspage.windows import advance_due

START = datetime(2026, 12, 14, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
Remind = Callable[[datetime], list[str]]


@pytest.fixture
def work(installation: Installation, add_components: Callable[..., None], now: datetime) -> str:
    """The id of a window four weeks ahead, on a page with two readers of whom one wants no maintenance."""
    add_components("API")
    draft = MaintenanceDraft(
        title="New switch",
        body="Calls may drop.",
        starts_at=START,
        ends_at=START + 2 * HOUR,
        components=["api"],
        kind=MaintenanceKind.SCHEDULED,
    )
    with installation.database.write() as session:
        for address, kinds in (("anna@example.com", ["maintenance"]), ("ben@example.com", ["incident"])):
            reader = SubscriberDraft.model_validate({"email": address, "kinds": kinds})
            subscribers.add_confirmed(session, reader, source="test", now=now)
        return maintenance.schedule(session, draft, policy=installation.policy(now), author="Anna", now=now).id


@pytest.fixture
def remind(installation: Installation) -> Remind:
    """A function that does the worker's chore and gives who is owed a reminder by it."""

    def act(at: datetime) -> list[str]:
        with installation.database.write() as session:
            before = set(session.scalars(select(Delivery.id)))
            asked = reminders.is_anything_due(session, now=at)
            reminders.remind_due(session, policy=installation.policy(at), now=at)
            rows = session.scalars(select(Delivery).where(Delivery.kind == "reminder", Delivery.id.not_in(before)))
            told = [row.subscriber.address for row in rows if row.subscriber]
            assert asked or not told
            return told

    return act


def move(installation: Installation, work: str, to: datetime, at: datetime) -> None:
    with installation.database.write() as session:
        found = maintenance.load_maintenance(session, work)
        draft = MoveDraft(starts_at=to, ends_at=to + HOUR, body="Later.", confirm=True)
        maintenance.move(session, found, draft, policy=installation.policy(at), author="Anna", now=at)


def test_reminded_a_day_and_an_hour_before(work: str, remind: Remind) -> None:
    assert remind(START - 25 * HOUR) == []
    assert remind(START - 24 * HOUR) == ["anna@example.com"]
    assert remind(START - 23 * HOUR) == []
    assert remind(START - HOUR) == ["anna@example.com"]
    assert remind(START - HOUR / 2) == []
    assert remind(START) == []


def test_worker_that_was_away_reminds_once(work: str, remind: Remind) -> None:
    assert remind(START - HOUR / 2) == ["anna@example.com"]
    assert remind(START - HOUR / 4) == []


def test_moved_window_is_reminded_anew(work: str, remind: Remind, installation: Installation) -> None:
    assert remind(START - 24 * HOUR) == ["anna@example.com"]
    later = START + timedelta(days=30)
    move(installation, work, later, START - 20 * HOUR)
    assert remind(START - HOUR) == []
    assert remind(later - 24 * HOUR) == ["anna@example.com"]
    assert remind(later - HOUR) == ["anna@example.com"]


def test_cancelled_window_is_not_reminded(work: str, remind: Remind, installation: Installation) -> None:
    at = START - 30 * HOUR
    with installation.database.write() as session:
        found = maintenance.load_maintenance(session, work)
        maintenance.cancel(session, found, CancelDraft(body="No."), author="Anna", now=at)
    assert remind(START - 24 * HOUR) == []


def test_begun_window_is_not_reminded(work: str, remind: Remind, installation: Installation) -> None:
    with installation.database.write() as session:
        advance_due(session, now=START)
    assert remind(START + timedelta(minutes=1)) == []


def test_empty_setting_reminds_nobody(work: str, remind: Remind, installation: Installation) -> None:
    with installation.database.write() as session:
        load_page(session).reminders = []
    assert remind(START - HOUR / 2) == []


def test_late_announcement_skips_what_it_says_itself() -> None:
    announced = START - 3 * HOUR
    assert due_reminders(START, announced, ["24h", "1h"], announced) == []
    assert due_reminders(START, announced, ["24h", "1h"], START - HOUR) == ["1h"]
    assert due_reminders(START, START - HOUR, ["1h"], START - HOUR / 2) == []


def test_lengths_are_ordered_and_checked() -> None:
    assert in_order(["1h", "2d", "24h", "1d", "60m"]) == ["2d", "1d", "60m"]
    for bad in ("", "1", "1w", "-1h", "4m", "31d", "0h", "1.5h", "99999d"):
        with pytest.raises(ValueError, match="length"):
            in_order([bad])
