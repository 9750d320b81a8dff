"""Snapshots: what they hold, what stays out, and at what cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from statuspage.changes import Installation
from statuspage.domain.intervals import Span
from statuspage.domain.uptime import uptime_of
from statuspage.domain.vocabulary import ComponentStatus, MaintenanceKind
from statuspage.publishing.snapshot import Snapshot
from statuspage.publishing.timelines import load_timelines
from tests.publishing.conftest import Operator

Load = Callable[..., Snapshot]


def test_open_incident_shows_with_its_promise(operator: Operator, load: Load) -> None:
    operator.open(components={"voice": "major_outage", "api": "degraded_performance"})
    snapshot = load()
    (incident,) = snapshot.incidents
    assert incident.next_update_due_at == operator.now + timedelta(minutes=15)
    assert {c.slug: c.new_status.value for c in incident.components} == {
        "voice": "major_outage",
        "api": "degraded_performance",
    }
    statuses = {component.slug: component.status for component in snapshot.components}
    assert statuses["voice"] is ComponentStatus.MAJOR_OUTAGE
    assert statuses["messaging"] is ComponentStatus.OPERATIONAL
    assert snapshot.overall.indicator == "critical"


def test_updates_come_newest_first(operator: Operator, load: Load) -> None:
    incident = operator.open()
    operator.update(incident, status="identified")
    assert [update.status for update in load().incidents[0].updates] == ["identified", "investigating"]


def test_internal_updates_stay_internal_when_raised(operator: Operator, load: Load) -> None:
    incident = operator.open(priority="P4", components={"voice": "major_outage"}, body="Secret.")
    assert load(everything=True).incidents == ()
    assert {c.status for c in load().components} == {ComponentStatus.OPERATIONAL}
    operator.update(incident, priority="P1", body="Public.")
    (raised,) = load().incidents
    assert [update.text for update in raised.updates] == ["Public."]
    assert load().overall.indicator == "critical"


def test_months_follow_the_pages_clock(operator: Operator, load: Load) -> None:
    operator.open(started_at="2026-09-30T22:30:00Z")
    assert load().months == (("2026-09", 1),)


def test_old_incidents_are_left_out_unless_touched(operator: Operator, load: Load) -> None:
    old = operator.open("Old", started_at="2026-01-10T10:00:00Z")
    operator.update(old, status="resolved")
    operator.open_many(101, started_at="2026-02-10T10:00:00Z", status="resolved")
    assert old not in {incident.id for incident in load().incidents}
    for touched in ({"incidents": frozenset([old])}, {"months": frozenset(["2026-01"])}, {"everything": True}):
        assert old in {incident.id for incident in load(**touched).incidents}


def test_maintenance_outside_its_window_is_an_overrun(
    operator: Operator, installation: Installation, load: Load
) -> None:
    starts_at = operator.now + timedelta(days=20)
    operator.schedule(starts_at)
    operator.advance(starts_at)
    operator.now += timedelta(minutes=90)
    voice = next(component for component in load().components if component.slug == "voice")
    inside, outside = [stretch for stretch in voice.timeline.stretches if stretch.state.works]
    assert inside.span == Span(starts_at, starts_at + timedelta(hours=1))
    assert {(work.kind, work.overrun) for work in inside.state.works} == {(MaintenanceKind.SCHEDULED, False)}
    assert {work.overrun for work in outside.state.works} == {True}
    figure = uptime_of(voice.timeline, Span(starts_at, operator.now), load().policy.availability)
    assert (figure.num, figure.den) == (1800, 1800)


def test_window_gives_the_same_states(operator: Operator, installation: Installation, load: Load) -> None:
    incident = operator.open(components={"voice": "major_outage"})
    operator.update(incident, components={"voice": "partial_outage"})
    since = operator.now + timedelta(seconds=1)
    operator.update(incident, status="resolved")
    ids = [component.id for component in load().components]
    with installation.database.read() as session:
        whole = load_timelines(session, ids, since=since - timedelta(days=9), until=operator.now)
        part = load_timelines(session, ids, since=since, until=operator.now)
    rules = load().policy.availability
    span = Span(since, operator.now)
    for component_id in ids:
        assert part[component_id].status is whole[component_id].status
        assert uptime_of(part[component_id], span, rules) == uptime_of(whole[component_id], span, rules)


def test_number_of_queries_does_not_grow(operator: Operator, installation: Installation, load: Load) -> None:
    asked: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    operator.open(components={"voice": "major_outage"})
    event.listen(installation.database.engine, "before_cursor_execute", count)
    load(everything=True)
    few = len(asked)
    for n in range(3):
        operator.update(operator.open(f"More {n}", components={"api": "partial_outage"}), status="identified")
    asked.clear()
    load(everything=True)
    event.remove(installation.database.engine, "before_cursor_execute", count)
    assert len(asked) == few
