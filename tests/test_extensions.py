"""More time for work under way: its own notice before the window ends, its own class, one story for readers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import extensions, maintenance, measured, windows
from statuspage.claims import current_statuses
from statuspage.domain.intervals import Span
from statuspage.domain.sla.policy import Policy, load_policy
from statuspage.domain.vocabulary import ComponentStatus, MaintenanceKind, MaintenanceStatus
from statuspage.drafts import MaintenanceDraft, MaintenanceUpdateDraft
from statuspage.errors import Refused, TransitionRefused
from statuspage.models import Component, Delivery, Maintenance, Update
from statuspage.work_drafts import ExtensionDraft

NIGHT = datetime(2026, 12, 5, 22, 0, tzinfo=UTC)
"""A Saturday, when nothing is open."""
HOUR = timedelta(hours=1)


@pytest.fixture
def terms() -> Policy:
    """Announced work is left out of the figure, work announced late is not."""
    return load_policy("ecerium")


@pytest.fixture
def running(session: Session, add_components: Callable[..., None], terms: Policy, now: datetime) -> Maintenance:
    """Two hours on a Saturday night, announced in time, one hour into it."""
    add_components("Voice")
    draft = MaintenanceDraft(
        title="New firmware", body="Calls drop.", starts_at=NIGHT, ends_at=NIGHT + 2 * HOUR, components=["voice"]
    )
    work = maintenance.schedule(session, draft, policy=terms, author="ada", now=now)
    windows.advance_due(session, now=NIGHT + HOUR)
    return work


def extend(session: Session, work: Maintenance, terms: Policy, now: datetime, **more: object) -> Maintenance:
    draft = ExtensionDraft.model_validate({"ends_at": work.ends_at + 2 * HOUR, "body": "It takes longer.", **more})
    return extensions.extend(session, work, draft, policy=terms, author="ada", now=now)


def events_of(work: Maintenance) -> list[str]:
    return [update.event for update in work.updates]


def test_extension_is_classed_by_its_own_notice(session: Session, running: Maintenance, terms: Policy) -> None:
    further = extend(session, running, terms, NIGHT + HOUR)

    assert (further.starts_at, further.ends_at) == (NIGHT + 2 * HOUR, NIGHT + 4 * HOUR)
    assert further.kind is MaintenanceKind.EMERGENCY
    assert (running.excluded, further.excluded) == (True, False)
    assert running.kind is MaintenanceKind.SCHEDULED


def test_only_announced_part_is_spared(session: Session, running: Maintenance, terms: Policy) -> None:
    extend(session, running, terms, NIGHT + HOUR)
    windows.advance_due(session, now=NIGHT + 4 * HOUR)

    voice = session.scalars(select(Component.id)).one()
    day = Span(NIGHT - 2 * HOUR, NIGHT + 8 * HOUR)
    works = measured.load_spared_work(session, terms, day, [voice])[voice]
    assert [work.span for work in works] == [Span(NIGHT, NIGHT + 2 * HOUR)]


def test_component_stays_under_maintenance(session: Session, running: Maintenance, terms: Policy) -> None:
    extend(session, running, terms, NIGHT + HOUR)
    windows.advance_due(session, now=NIGHT + 2 * HOUR)

    voice = session.scalars(select(Component.id)).one()
    assert current_statuses(session, [voice], NIGHT + 3 * HOUR)[voice] is ComponentStatus.UNDER_MAINTENANCE
    windows.advance_due(session, now=NIGHT + 4 * HOUR)
    assert current_statuses(session, [voice], NIGHT + 4 * HOUR)[voice] is ComponentStatus.OPERATIONAL


def test_seam_is_not_announced(session: Session, running: Maintenance, terms: Policy) -> None:
    further = extend(session, running, terms, NIGHT + HOUR)
    windows.advance_due(session, now=NIGHT + 4 * HOUR)

    assert events_of(running) == ["announced", "started", "extended", "finished"]
    assert events_of(further) == ["announced", "started", "finished"]
    told = [update.event for work in (running, further) for update in work.updates if update.notify]
    assert told == ["announced", "started", "extended", "finished"]
    assert further.updates[-1].notify


def test_notice_comes_before_window_ends(session: Session, running: Maintenance, terms: Policy) -> None:
    with pytest.raises(TransitionRefused) as refused:
        extend(session, running, terms, NIGHT + 2 * HOUR)
    assert refused.value.problems[0].field == "ends_at"


def test_scheduled_work_is_moved_instead(
    session: Session, add_components: Callable[..., None], terms: Policy, now: datetime
) -> None:
    add_components("Voice")
    draft = MaintenanceDraft(title="Later", body="Soon.", starts_at=NIGHT, ends_at=NIGHT + HOUR, components=["voice"])
    work = maintenance.schedule(session, draft, policy=terms, author="ada", now=now)
    with pytest.raises(TransitionRefused, match="move it instead"):
        extend(session, work, terms, now)


def test_extension_ends_later(session: Session, running: Maintenance, terms: Policy) -> None:
    with pytest.raises(Refused) as refused:
        extend(session, running, terms, NIGHT + HOUR, ends_at=running.ends_at)
    assert refused.value.problems[0].field == "ends_at"


def test_reason_is_demanded_as_ever(session: Session, running: Maintenance) -> None:
    strict = load_policy("cm-com")
    with pytest.raises(Refused) as refused:
        extend(session, running, strict, NIGHT + HOUR)
    assert refused.value.problems[0].field == "reason"
    assert extend(session, running, strict, NIGHT + HOUR, reason="urgent", reason_text="The disk is slow.").urgent


def test_early_finish_withdraws_extension(session: Session, running: Maintenance, terms: Policy) -> None:
    further = extend(session, running, terms, NIGHT + HOUR)
    done = MaintenanceUpdateDraft(status=MaintenanceStatus.COMPLETED, body="Done.")
    maintenance.post_update(session, running, done, author="ada", now=NIGHT + HOUR)

    assert further.status is MaintenanceStatus.CANCELLED
    assert windows.advance_due(session, now=NIGHT + 4 * HOUR) == []


def test_extension_can_be_extended(session: Session, running: Maintenance, terms: Policy) -> None:
    further = extend(session, running, terms, NIGHT + HOUR)
    with pytest.raises(TransitionRefused, match="extended already"):
        extend(session, running, terms, NIGHT + HOUR)
    windows.advance_due(session, now=NIGHT + 3 * HOUR)

    assert extend(session, further, terms, NIGHT + 3 * HOUR).starts_at == NIGHT + 4 * HOUR


def test_update_names_old_and_new_end(session: Session, running: Maintenance, terms: Policy) -> None:
    extend(session, running, terms, NIGHT + HOUR)
    update = session.scalars(select(Update).where(Update.event == "extended")).one()

    assert update.details is not None
    assert (update.details["old_ends_at"], update.details["ends_at"]) == (
        "2026-12-06T00:00:00Z",
        "2026-12-06T02:00:00Z",
    )
    assert session.scalars(select(Delivery)).all() == []
