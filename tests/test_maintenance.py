"""Announcing, moving and cancelling maintenances, and what the clock does with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from statuspage import maintenance as verbs
from statuspage import windows
from statuspage.changes import Installation
from statuspage.components import current_statuses, load_component
from statuspage.domain.sla.policy import load_policy
from statuspage.drafts import CancelDraft, MaintenanceDraft, MaintenanceUpdateDraft, MoveDraft, read_draft
from statuspage.errors import NoticeTooShort, Refused, TransitionRefused
from statuspage.models import Maintenance, Update


class Desk:
    """An operator with a clock of her own, planning work on one session."""

    def __init__(self, session: Session, installation: Installation, now: datetime) -> None:
        self.session, self.now = session, now
        self.policy = installation.policy(now)

    def schedule(self, starts_in: timedelta, hours: float = 2, **values: Any) -> Maintenance:
        start = self.now + starts_in
        values = {
            "title": "Database upgrade",
            "body": "Short interruptions are possible.",
            "starts_at": start.isoformat(),
            "ends_at": (start + timedelta(hours=hours)).isoformat(),
            "components": ["voice"],
            **values,
        }
        draft = read_draft(MaintenanceDraft, values)
        return verbs.schedule(self.session, draft, policy=self.policy, author="ada", now=self.now)

    def move(self, planned: Maintenance, starts_in: timedelta, hours: float = 2, **values: Any) -> Update:
        start = self.now + starts_in
        window = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=hours)).isoformat()}
        draft = read_draft(MoveDraft, {"body": "Moved.", **window, **values})
        return verbs.move(self.session, planned, draft, policy=self.policy, author="ada", now=self.now)

    def advance(self, by: timedelta) -> list[Update]:
        self.now += by
        return windows.advance_due(self.session, now=self.now)

    def status(self) -> str:
        voice = load_component(self.session, "voice")
        return current_statuses(self.session, [voice.id], self.now)[voice.id].value


@pytest.fixture
def desk(session: Session, installation: Installation, add_components: Callable[..., None], now: datetime) -> Desk:
    add_components("API", "Voice")
    return Desk(session, installation, now)


@pytest.mark.parametrize(
    ("notice", "kind", "urgent"),
    [
        (timedelta(days=14), "scheduled", False),
        (timedelta(days=14, minutes=-1), "emergency", False),
        (timedelta(hours=24), "emergency", False),
    ],
)
def test_notice_decides_the_class(desk: Desk, notice: timedelta, kind: str, urgent: bool) -> None:
    planned = desk.schedule(notice)
    assert (planned.kind.value, planned.urgent, planned.notice_met) == (kind, urgent, True)


def test_scheduled_with_too_little_notice_is_refused(desk: Desk) -> None:
    with pytest.raises(NoticeTooShort) as refused:
        desk.schedule(timedelta(days=13), kind="scheduled")
    assert refused.value.problems[0].field == "starts_at"
    assert refused.value.facts["earliest_start"] == "2026-11-30T10:00:00Z"
    assert refused.value.facts["accepted_kinds"] == ["emergency"]
    assert verbs.load_maintenances(desk.session) == []


def test_urgent_needs_a_reason_and_keeps_it(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        desk.schedule(timedelta(hours=3))
    assert refused.value.problems[0].field == "reason"
    planned = desk.schedule(timedelta(hours=3), reason="urgent", reason_text="A disk is failing.")
    assert (planned.kind.value, planned.urgent) == ("emergency", True)
    assert planned.reason_text == "A disk is failing."


def test_emergency_with_enough_notice_is_scheduled(desk: Desk) -> None:
    planned = desk.schedule(timedelta(days=20), kind="emergency")
    assert (planned.kind.value, planned.asked_kind) == ("scheduled", "emergency")
    assert planned.excluded is True


def test_fourteen_days_across_a_clock_change(
    session: Session, installation: Installation, add_components: Callable[..., None]
) -> None:
    add_components("Voice")
    desk = Desk(session, installation, datetime(2024, 3, 20, 1, 0, tzinfo=UTC))
    desk.policy = load_policy("cm-com")
    planned = desk.schedule(timedelta(hours=335), kind="scheduled")
    assert planned.kind.value == "scheduled"


def test_window_starts_and_ends_by_itself(desk: Desk) -> None:
    planned = desk.schedule(timedelta(days=14))
    assert desk.advance(timedelta(days=14, seconds=-1)) == []
    (started,) = desk.advance(timedelta(seconds=31))
    assert (started.event, started.posted_at, desk.status()) == (
        "started",
        planned.starts_at,
        "under_maintenance",
    )
    assert desk.advance(timedelta(minutes=5)) == []
    (finished,) = desk.advance(timedelta(hours=2))
    assert (finished.event, finished.posted_at, desk.status()) == ("finished", planned.ends_at, "operational")
    assert desk.advance(timedelta(days=1)) == []


def test_both_steps_are_made_good_after_an_outage(desk: Desk) -> None:
    planned = desk.schedule(timedelta(days=14))
    events = desk.advance(timedelta(days=15))
    assert [(u.event, u.posted_at) for u in events] == [
        ("started", planned.starts_at),
        ("finished", planned.ends_at),
    ]
    assert (planned.began_at, planned.completed_at) == (planned.starts_at, planned.ends_at)


def test_move_starts_the_notice_anew(desk: Desk) -> None:
    planned = desk.schedule(timedelta(days=20), kind="scheduled")
    old = planned.starts_at
    desk.now += timedelta(days=10)
    with pytest.raises(NoticeTooShort):
        desk.move(planned, timedelta(days=12))
    update = desk.move(planned, timedelta(days=15))
    assert (planned.announced_at, planned.kind.value, planned.sequence) == (desk.now, "scheduled", 1)
    assert update.details is not None
    assert update.details["old_starts_at"] == old.isoformat().replace("+00:00", "Z")


def test_cancelled_work_never_starts(desk: Desk) -> None:
    planned = desk.schedule(timedelta(days=14))
    cancelled = verbs.cancel(desk.session, planned, CancelDraft(body="Not needed."), author="ada", now=desk.now)
    assert (cancelled.event, planned.status.value) == ("cancelled", "cancelled")
    assert desk.advance(timedelta(days=15)) == []


def test_running_work_cannot_be_cancelled_or_moved(desk: Desk) -> None:
    planned = desk.schedule(timedelta(days=14))
    desk.advance(timedelta(days=14, minutes=1))
    with pytest.raises(TransitionRefused, match="in_progress"):
        verbs.cancel(desk.session, planned, CancelDraft(body="No."), author="ada", now=desk.now)
    with pytest.raises(TransitionRefused, match="in_progress"):
        desk.move(planned, timedelta(days=20))


def test_work_can_finish_early(desk: Desk) -> None:
    planned = desk.schedule(timedelta(days=14))
    desk.advance(timedelta(days=14, minutes=10))
    draft = MaintenanceUpdateDraft(status="completed", body="Done sooner than planned.")
    update = verbs.post_update(desk.session, planned, draft, author="ada", now=desk.now)
    assert (update.event, planned.completed_at, desk.status()) == ("finished", desk.now, "operational")
    assert desk.advance(timedelta(hours=3)) == []


def test_incident_is_worse_than_maintenance(desk: Desk) -> None:
    desk.schedule(timedelta(days=14))
    desk.advance(timedelta(days=14, minutes=1))
    voice = load_component(desk.session, "voice")
    assert desk.status() == "under_maintenance"
    assert voice.updated_at == desk.now - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("starts_in", "hours", "values", "field"),
    [
        (timedelta(days=14), -1, {}, "ends_at"),
        (timedelta(days=14), 0, {}, "ends_at"),
        (timedelta(days=-1), 48, {"kind": "scheduled"}, "starts_at"),
        (timedelta(days=-2), 24, {}, "starts_at"),
        (timedelta(days=14), 2, {"reason": "boredom"}, "reason"),
        (timedelta(days=14), 2, {"components": ["nope"]}, "components.nope"),
        (timedelta(days=14), 2, {"kind": "regular"}, "kind"),
        (timedelta(days=14), 2, {"starts_at": "2026-12-24T10:00:00"}, "starts_at"),
    ],
)
def test_bad_windows_name_the_field(
    desk: Desk, starts_in: timedelta, hours: float, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        desk.schedule(starts_in, hours, **values)
    assert refused.value.problems[0].field == field
    assert verbs.load_maintenances(desk.session) == []


def test_announced_after_the_start_is_under_way(desk: Desk) -> None:
    planned = desk.schedule(timedelta(minutes=-10), reason="urgent", reason_text="Fire in the rack.")
    assert planned.status.value == "in_progress"
    assert planned.began_at == planned.starts_at
    assert planned.updates[-1].posted_at == desk.now
    assert desk.status() == "under_maintenance"
