"""Where it is switched on an outage is published and resolved by itself; flapping makes one incident."""

from __future__ import annotations

from statuspage import incidents, proposals
from statuspage.changes import site_change
from statuspage.components import load_component
from statuspage.domain.intervals import Span
from statuspage.domain.uptime import tally_of
from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus
from statuspage.drafts import UpdateDraft
from statuspage.publishing.timelines import load_timelines
from tests.detections.ground import MINUTE, Ground


def test_publishing_begins_at_first_failure(ground: Ground) -> None:
    ground.component("API")
    ground.measure(5, "api", since=1)
    (found,) = ground.incidents()
    with site_change(ground.installation, ground.at(9), author="ann@example.com") as change:
        row = incidents.load_incident(change.session, found.id)
        proposals.publish(change.session, row, policy=change.policy, author="ann@example.com", now=ground.at(9))
    (found,) = ground.incidents()
    assert not found.draft
    assert found.public_at == ground.at(9)
    assert found.started_at == ground.at(1)
    with ground.read() as session:
        assert incidents.components_held(session, found) == {"api": ComponentStatus.MAJOR_OUTAGE}
        policy = ground.installation.policy(ground.at(9))
        assert incidents.next_due(found, policy) == ground.at(24)


def test_publishes_itself_and_resolves(ground: Ground) -> None:
    ground.component("API", publishes_itself=True)
    ground.measure(2, "api", since=0)
    (found,) = ground.incidents()
    assert not found.draft
    assert found.public_at == ground.at(2)
    assert found.status is IncidentStatus.INVESTIGATING
    ground.recover(6, "api")
    (found,) = ground.incidents()
    assert found.status is IncidentStatus.RESOLVED
    assert found.updates[-1].body == "By our measurements API works again since 16 November 2026, 10:06 UTC."


def test_flapping_makes_one_incident(ground: Ground) -> None:
    ground.component("API", publishes_itself=True)
    for turn in range(10):
        ground.measure(2 * turn, "api")
        ground.recover(2 * turn + 1, "api")
    (found,) = ground.incidents()
    assert found.status.is_open
    public = [update.event for update in found.updates if update.public_at]
    assert public == ["opened", "resolved", "reopened", "resolved", "reopened"]
    ground.measure(30)
    (found,) = ground.incidents()
    assert found.status is IncidentStatus.RESOLVED


def seconds_down(ground: Ground, minutes: float) -> float:
    """How long the API was down until so many minutes, by all that was said of it."""
    with ground.read() as session:
        api = load_component(session, "api").id
        until = ground.at(minutes)
        history = load_timelines(session, [api], since=ground.began - MINUTE, until=until)[api]
    rules = ground.installation.policy(until).availability
    return tally_of(history, Span(ground.began - MINUTE, until), rules).down_us / 1e6


def test_incident_counts_what_was_measured(ground: Ground) -> None:
    ground.component("API", publishes_itself=True)
    ground.measure(1.5, "api", since=1)
    ground.measure(4, "api", status="operational", since=3)
    (found,) = ground.incidents()
    assert found.resolved_at == ground.at(3)
    assert [(each.old_status, each.new_status) for each in found.updates[-1].affected] == [
        (ComponentStatus.MAJOR_OUTAGE, ComponentStatus.OPERATIONAL)
    ]
    assert seconds_down(ground, 5) == 120
    for turn in (6, 8, 10):
        ground.measure(turn, "api")
        ground.recover(turn + 1, "api")
    assert ground.incidents()[0].status.is_open
    ground.measure(30)
    (found,) = ground.incidents()
    assert found.status is IncidentStatus.RESOLVED
    assert found.resolved_at == ground.at(11)
    assert seconds_down(ground, 40) == 120 + 3 * 60


def test_component_that_recovers_first_is_let_go(ground: Ground) -> None:
    for name in ("API", "Web"):
        ground.component(name, publishes_itself=True, service="front")
    ground.measure(1, "api", "web")
    ground.recover(3, "api")
    (found,) = ground.incidents()
    assert found.status.is_open
    with ground.read() as session:
        assert incidents.components_held(session, found) == {
            "api": ComponentStatus.OPERATIONAL,
            "web": ComponentStatus.MAJOR_OUTAGE,
        }
    assert seconds_down(ground, 9) == 120


def test_flapping_draft_stays_one(ground: Ground) -> None:
    ground.component("API")
    for turn in range(5):
        ground.measure(2 * turn, "api")
        ground.recover(2 * turn + 1, "api")
    (found,) = ground.incidents()
    assert found.draft
    assert found.resolved_at == ground.at(9)
    assert found.started_at == ground.at(0)
    ground.measure(30, "api")
    assert len(ground.incidents()) == 2


def test_recovered_draft_is_published_over(ground: Ground) -> None:
    ground.component("API")
    ground.measure(1, "api")
    ground.recover(4, "api")
    (found,) = ground.incidents()
    assert found.draft
    assert found.resolved_at == ground.at(4)
    with site_change(ground.installation, ground.at(9), author="ann") as change:
        row = incidents.load_incident(change.session, found.id)
        proposals.publish(change.session, row, policy=change.policy, author="ann", now=ground.at(9))
    (found,) = ground.incidents()
    assert found.status is IncidentStatus.RESOLVED
    assert found.resolved_at == ground.at(4)


def test_operators_incident_is_not_resolved(ground: Ground) -> None:
    ground.component("API")
    ground.measure(1, "api")
    (found,) = ground.incidents()
    with site_change(ground.installation, ground.at(2), author="ann") as change:
        row = incidents.load_incident(change.session, found.id)
        proposals.publish(change.session, row, policy=change.policy, author="ann", now=ground.at(2))
    ground.recover(5, "api")
    (found,) = ground.incidents()
    assert found.status.is_open
    assert found.updates[-1].event == "noted"
    assert found.updates[-1].public_at is None


def test_failure_after_operators_end_is_news(ground: Ground) -> None:
    ground.component("API")
    ground.measure(1, "api")
    (found,) = ground.incidents()
    with site_change(ground.installation, ground.at(2), author="ann") as change:
        row = incidents.load_incident(change.session, found.id)
        proposals.publish(change.session, row, policy=change.policy, author="ann", now=ground.at(2))
        done = UpdateDraft(status=IncidentStatus.RESOLVED, body="Done.")
        incidents.post_update(change.session, row, done, policy=change.policy, author="ann", now=ground.at(2))
    ground.recover(3, "api")
    ground.measure(5, "api")
    assert [each.draft for each in ground.incidents()] == [False, True]


def test_hidden_component_never_publishes_itself(ground: Ground) -> None:
    ground.component("Core router", hidden=True, publishes_itself=True)
    ground.measure(1, "core-router")
    assert [each.draft for each in ground.incidents()] == [True]


def test_interruption_waits_for_nobody_where_promised(ground: Ground) -> None:
    ground.terms = {"incidents.interruptions_public": True}
    for name, hidden in (("API", False), ("Core router", True)):
        ground.component(name, hidden=hidden)
    ground.measure(1, "api", "core-router")
    assert {each.title: each.draft for each in ground.incidents()} == {
        "API: major outage": False,
        "Core router: major outage": True,
    }
