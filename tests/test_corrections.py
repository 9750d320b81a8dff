"""Corrections and backfills: they rule their span, are recorded, listed, withdrawn; intervals from CSV."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.components import change_component, load_component, set_base_status
from statuspage.corrections import (
    CorrectionDraft,
    import_intervals,
    load_corrections,
    record_correction,
    withdraw_correction,
)
from statuspage.domain.intervals import Span
from statuspage.domain.sla.policy import Policy, load_policy
from statuspage.domain.uptime import tally_of
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.drafts import ComponentChange
from statuspage.errors import Refused
from statuspage.models import Alert, AuditEvent, Hook
from statuspage.publishing.timelines import load_timelines

HOUR = timedelta(hours=1)
MAJOR = ComponentStatus.MAJOR_OUTAGE


@pytest.fixture
def policy() -> Policy:
    return load_policy("standard")


@pytest.fixture
def api(session: Session, add_components: Callable[..., None], now: datetime) -> str:
    """The API was down for two hours from `now` on. Gives its id."""
    add_components("API")
    component = load_component(session, "api")
    set_base_status(session, component, MAJOR, author="ada", now=now)
    set_base_status(session, component, ComponentStatus.OPERATIONAL, author="ada", now=now + 2 * HOUR)
    return component.id


def draft(now: datetime, **more: Any) -> CorrectionDraft:
    values = {"component": "api", "starts_at": now, "ends_at": now + HOUR, "status": "operational", "reason": "No."}
    return CorrectionDraft.model_validate({**values, **more})


def seconds_down(session: Session, api: str, now: datetime, policy: Policy) -> tuple[int, int]:
    """Seconds of major outage, and seconds not known, in the day around `now`."""
    span = Span(now - 4 * HOUR, now + 4 * HOUR)
    history = load_timelines(session, [api], since=span.start, until=span.end)[api]
    tally = tally_of(history, span, policy.availability)
    return tally.down_us // 1_000_000, tally.unknown_us // 1_000_000


def test_correction_rules_and_is_withdrawn(session: Session, api: str, policy: Policy, now: datetime) -> None:
    later = now + 5 * HOUR
    assert seconds_down(session, api, now, policy) == (7200, 4 * 3600)
    row = record_correction(session, draft(now), policy=policy, author="ada", now=later)
    assert seconds_down(session, api, now, policy) == (3600, 4 * 3600)
    withdraw_correction(session, row, author="bob", now=later)
    assert seconds_down(session, api, now, policy) == (7200, 4 * 3600)
    with pytest.raises(Refused):
        withdraw_correction(session, row, author="bob", now=later)
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(each.action, each.actor) for each in events][-2:] == [
        ("correction.record", "ada"),
        ("correction.withdraw", "bob"),
    ]


def test_backfill_makes_unknown_time_known(session: Session, api: str, policy: Policy, now: datetime) -> None:
    filled = draft(now, starts_at=now - 3 * HOUR, ends_at=now - HOUR, status="major_outage")
    record_correction(session, filled, policy=policy, author="ada", now=now + 5 * HOUR)
    assert seconds_down(session, api, now, policy) == (7200 + 7200, 2 * 3600)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"component": "nope"}, "component"),
        ({"hours": 0}, "ends_at"),
        ({"hours": 9}, "ends_at"),
    ],
)
def test_wrong_interval_is_refused_by_field(
    session: Session, api: str, policy: Policy, now: datetime, more: dict[str, Any], field: str
) -> None:
    if "hours" in more:
        more = {"ends_at": now + more["hours"] * HOUR}
    with pytest.raises(Refused) as refused:
        record_correction(session, draft(now, **more), policy=policy, author="ada", now=now + 5 * HOUR)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_readings_of_the_contracts_monitor_stay(session: Session, api: str, now: datetime) -> None:
    optimy = load_policy("optimy")
    hook = Hook(id="hook", name="Neutral", kind="alert", token_digest="x", created_at=now)
    alert = Alert(hook_id="hook", fingerprint="f", starts_at=now, title="Down", component_id=api, received_at=now)
    alert.subject = api
    session.add(hook)
    session.flush()
    session.add(alert)
    session.flush()
    with pytest.raises(Refused):
        record_correction(session, draft(now), policy=optimy, author="ada", now=now + 5 * HOUR)
    before = draft(now, starts_at=now - 2 * HOUR, ends_at=now - HOUR)
    assert record_correction(session, before, policy=optimy, author="ada", now=now + 5 * HOUR)


def test_own_status_is_what_outside_reads(session: Session, api: str, policy: Policy, now: datetime) -> None:
    optimy, api_row = load_policy("optimy"), load_component(session, "api")
    down = ComponentChange(status=MAJOR)
    change_component(session, api_row, down, author="ada", now=now, policy=optimy)
    hook = Hook(id="hook", name="Neutral", kind="alert", token_digest="x", component_id=api, created_at=now)
    session.add(hook)
    session.flush()
    with pytest.raises(Refused) as refused:
        change_component(session, api_row, down, author="ada", now=now, policy=optimy)
    (problem,) = refused.value.problems
    assert (problem.field, "'Neutral'" in problem.message) == ("status", True)
    change_component(session, api_row, ComponentChange(beta=True), author="ada", now=now, policy=optimy)
    change_component(session, api_row, down, author="ada", now=now, policy=policy)
    hook.revoked_at = now
    change_component(session, api_row, down, author="ada", now=now, policy=optimy)


def test_intervals_come_from_csv_once(session: Session, api: str, policy: Policy, now: datetime) -> None:
    text = (
        "component,starts_at,ends_at,status,reason\n"
        "api,2026-11-16T08:00:00Z,2026-11-16T09:00:00+00:00,major_outage,From the old tool\n"
        'api,2026-11-16T06:00:00Z,2026-11-16T07:00:00Z,operational,"From the old tool, too"\n'
    )
    later = now + 5 * HOUR
    first = import_intervals(session, text, policy=policy, author="ada", now=later)
    again = import_intervals(session, text, policy=policy, author="ada", now=later)
    assert ((first.added, first.known), (again.added, again.known)) == ((2, 0), (0, 2))
    assert [row.reason for row in load_corrections(session)] == ["From the old tool, too", "From the old tool"]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("component,starts_at\napi,2026-11-16T08:00:00Z\n", "line 1, ends_at"),
        ("component,starts_at,ends_at,status,reason,x\n", "line 1, x"),
        ("component,starts_at,ends_at,status,reason\napi,yesterday,2026-11-16T09:00:00Z,operational,x\n",
         "line 2, starts_at"),
        ("component,starts_at,ends_at,status,reason\n"
         "api,2026-11-16T08:00:00Z,2026-11-16T09:00:00Z,sunny,x\n", "line 2, status"),
        ("component,starts_at,ends_at,status,reason\n\n"
         "gone,2026-11-16T08:00:00Z,2026-11-16T09:00:00Z,operational,x\n", "line 3, component"),
        ("component,starts_at,ends_at,status,reason\napi,2026-11-16T08:00:00Z\n", "line 2"),
    ],
)  # fmt: skip
def test_bad_csv_names_line_and_column(
    session: Session, api: str, policy: Policy, now: datetime, text: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        import_intervals(session, text, policy=policy, author="ada", now=now + 5 * HOUR)
    assert refused.value.problems[0].field == field
    assert load_corrections(session) == []
