"""Regular slots: announced in time as ordinary maintenance, skipped like any other, one a week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import maintenance, slots
from statuspage.components import load_page
from statuspage.domain.sla.policy import Policy, load_policy
from statuspage.domain.vocabulary import MaintenanceKind, MaintenanceStatus
from statuspage.drafts import CancelDraft, MaintenanceDraft
from statuspage.errors import Refused
from statuspage.models import Maintenance, RegularSlot
from statuspage.work_drafts import SlotDraft

SATURDAY = 5


@pytest.fixture
def terms() -> Policy:
    """Five business days of notice, one regular slot a week outside business hours."""
    return load_policy("optimy")


@pytest.fixture
def slot(session: Session, add_components: Callable[..., None], terms: Policy, now: datetime) -> RegularSlot:
    """Two hours each Saturday from 04:00."""
    add_components("API")
    return add(session, terms, now)


def add(session: Session, terms: Policy, now: datetime, **more: object) -> RegularSlot:
    values = {"title": "Weekly work", "body": "Short breaks.", "weekday": SATURDAY, "starts": time(4), "minutes": 120}
    draft = SlotDraft.model_validate({**values, "components": ["api"], **more})
    return slots.add_slot(session, draft, policy=terms, author="ada", now=now)


def announce_for(session: Session, terms: Policy, now: datetime, days: int) -> list[Maintenance]:
    """What is announced when a worker looks every six hours."""
    found = []
    for step in range(days * 4):
        found += slots.announce_due(session, policy=terms, now=now + timedelta(hours=6 * step))
    return found


def test_each_occurrence_is_announced_in_time(
    session: Session, slot: RegularSlot, terms: Policy, now: datetime
) -> None:
    works = announce_for(session, terms, now, 28)

    starts = [work.starts_at.astimezone(terms.zone) for work in works]
    assert len(works) >= 4
    assert {(at.weekday(), at.hour) for at in starts} == {(SATURDAY, 4)}
    assert [b - a for a, b in pairwise(starts)] == [timedelta(days=7)] * (len(works) - 1)
    assert all(work.kind is MaintenanceKind.REGULAR and work.notice_met for work in works)
    assert all(work.ends_at - work.starts_at == timedelta(hours=2) for work in works)
    assert [c.slug for c in works[0].components] == ["api"]


def test_occurrences_speak_the_slot_s_languages(
    session: Session, add_components: Callable[..., None], terms: Policy, now: datetime
) -> None:
    add_components("API")
    page = load_page(session)
    page.languages = ["en", "nl", "de"]
    with pytest.raises(Refused, match="no further language"):
        add(session, terms, now, translations={"fr": {"title": "Chaque semaine"}})
    said = {"nl": {"title": "Wekelijks werk", "body": "Korte onderbrekingen."}, "de": {"title": "Jede Woche"}}
    add(session, terms, now, translations=said)
    page.languages = ["en", "nl"]
    work, *_ = slots.announce_due(session, policy=terms, now=now)
    assert work.texts == {"nl": {"title": "Wekelijks werk"}}
    assert work.updates[0].texts == {"nl": {"body": "Korte onderbrekingen."}}


def test_next_occurrence_is_announced_at_once(
    session: Session, slot: RegularSlot, terms: Policy, now: datetime
) -> None:
    _, window = next(slots.occurrences(slot, terms, now))
    announced = slots.announce_due(session, policy=terms, now=now)
    assert announced[0].starts_at == window.starts_at
    assert 1 <= len(announced) <= 2


def test_occurrence_is_announced_once(session: Session, slot: RegularSlot, terms: Policy, now: datetime) -> None:
    later = now + timedelta(days=6, hours=12)
    assert slots.announce_due(session, policy=terms, now=later)
    assert not slots.is_anything_due(session, policy=terms, now=later)
    assert slots.announce_due(session, policy=terms, now=later) == []


def test_skipped_occurrence_stays_skipped(session: Session, slot: RegularSlot, terms: Policy, now: datetime) -> None:
    (work, *_) = announce_for(session, terms, now, 10)
    at = work.announced_at + timedelta(hours=1)
    maintenance.cancel(session, work, CancelDraft(body="Not this week."), author="ada", now=at)

    again = announce_for(session, terms, at, 10)
    assert work.starts_at not in {each.starts_at for each in again}
    days = session.scalars(select(Maintenance.slot_on).where(Maintenance.status == MaintenanceStatus.CANCELLED)).all()
    assert days == [work.slot_on]


def test_slot_keeps_its_wall_time(session: Session, slot: RegularSlot, terms: Policy) -> None:
    spring = datetime(2027, 2, 20, tzinfo=UTC)
    works = announce_for(session, terms, spring, 35)
    assert {work.starts_at.astimezone(terms.zone).hour for work in works} == {4}
    assert len({work.starts_at.hour for work in works}) == 2


def test_second_slot_is_refused(session: Session, slot: RegularSlot, terms: Policy, now: datetime) -> None:
    with pytest.raises(Refused, match="one regular slot a week"):
        add(session, terms, now, weekday=6)
    slots.end_slot(session, slot, now=now)
    assert add(session, terms, now, weekday=6)


def test_ended_slot_is_silent(session: Session, slot: RegularSlot, terms: Policy, now: datetime) -> None:
    slots.end_slot(session, slot, now=now)
    assert announce_for(session, terms, now, 21) == []


def test_slot_lies_outside_business_hours(
    session: Session, add_components: Callable[..., None], terms: Policy, now: datetime
) -> None:
    add_components("API")
    with pytest.raises(Refused) as refused:
        add(session, terms, now, weekday=1, starts=time(11))
    assert refused.value.problems[0].field == "starts"


def test_policy_without_regular_work_refuses(session: Session, now: datetime) -> None:
    with pytest.raises(Refused, match="no regular maintenance"):
        add(session, load_policy("cm-com"), now, components=[])


def test_regular_work_by_hand_takes_the_week(
    session: Session, slot: RegularSlot, terms: Policy, now: datetime
) -> None:
    friday = datetime(2026, 12, 5, 5, 0, tzinfo=UTC)
    draft = MaintenanceDraft(
        title="By hand",
        body="Other day.",
        starts_at=friday,
        ends_at=friday + timedelta(hours=1),
        components=["api"],
        kind=MaintenanceKind.REGULAR,
    )
    maintenance.schedule(session, draft, policy=terms, author="ada", now=now)

    weeks = [work.starts_at.isocalendar()[:2] for work in announce_for(session, terms, now, 28)]
    assert friday.isocalendar()[:2] not in weeks
    assert weeks
