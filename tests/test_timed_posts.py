"""Updates and announcements that publish themselves: at their time, judged by it, never past a colleague."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from statuspage import amendments, incidents, timed_posts, worker
from statuspage.amendment_drafts import Withdrawal
from statuspage.audit import load_events
from statuspage.changes import Installation, site_change
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import IncidentDraft, MaintenanceDraft, UpdateDraft, read_draft
from statuspage.errors import Refused
from statuspage.maintenance import load_maintenances
from statuspage.models import TimedPost
from statuspage.timed_posts import Planner
from tests.web.api_v1.conftest import Api, fields_of, make_api

__all__ = ["make_api"]

HOUR = timedelta(hours=1)
DUE = HOUR + timedelta(seconds=1)


class Desk:
    """An open incident, and what is planned on it an hour ahead."""

    def __init__(self, installation: Installation, now: datetime) -> None:
        self.installation, self.now = installation, now
        with self.change() as change:
            draft = read_draft(IncidentDraft, {"title": "Calls fail", "priority": "P2", "body": "We look."})
            row = incidents.open_incident(change.session, draft, policy=change.policy, author="ada", now=now)
            self.incident, self.first = row.id, row.updates[0].id

    def change(self) -> Any:
        return site_change(self.installation, self.now, author="ada")

    def plan(self, **values: Any) -> str:
        with self.change() as change:
            row = incidents.load_incident(change.session, self.incident)
            draft = read_draft(UpdateDraft, {"body": "The part has come.", **values})
            planner = Planner("ada", self.now + HOUR, change.policy, self.now)
            return timed_posts.plan_update(change.session, row, draft, planner).id

    def post(self, **values: Any) -> None:
        with self.change() as change:
            row = incidents.load_incident(change.session, self.incident)
            draft = read_draft(UpdateDraft, {"body": "Bob was here.", **values})
            incidents.post_update(change.session, row, draft, policy=change.policy, author="bob", now=self.now)

    def tick(self, after: timedelta) -> None:
        worker.publish_later(self.installation, self.now + after)

    def said(self) -> list[str]:
        with self.installation.database.read() as session:
            return [update.body for update in incidents.load_incident(session, self.incident).updates]

    def held(self) -> list[str]:
        with self.installation.database.read() as session:
            return [row.held_because or "" for row in timed_posts.load_timed(session)]


@pytest.fixture
def desk(installation: Installation, add_components: Callable[..., None], now: datetime) -> Desk:
    add_components("API")
    return Desk(installation, now)


def test_update_publishes_itself_at_its_time(desk: Desk) -> None:
    desk.plan(status="identified", after=desk.first)
    page = desk.installation.publisher.folder / "incidents" / f"{desk.incident}.html"
    desk.tick(HOUR - timedelta(seconds=1))
    assert (desk.said(), "part has come" in page.read_text()) == (["We look."], False)
    desk.tick(DUE)
    desk.tick(DUE + HOUR)
    assert (desk.said(), desk.held()) == (["We look.", "The part has come."], [])
    assert "part has come" in page.read_text()
    with desk.installation.database.read() as session:
        assert load_events(session)[0].action == "timed.post"
        assert incidents.load_incident(session, desk.incident).updates[-1].author == "ada"


@pytest.mark.parametrize(
    ("planned", "meanwhile", "why"),
    [
        ({}, {"status": "resolved"}, "the incident was resolved meanwhile"),
        ({"status": "monitoring"}, {"status": "resolved"}, "the incident was resolved meanwhile"),
        ({"after": True}, {}, "posted meanwhile by bob"),
    ],
)
def test_what_came_between_holds_it(desk: Desk, planned: dict[str, Any], meanwhile: dict[str, Any], why: str) -> None:
    desk.plan(**{name: desk.first if name == "after" else value for name, value in planned.items()})
    desk.post(**meanwhile)
    desk.tick(DUE)
    assert desk.said() == ["We look.", "Bob was here."]
    (reason,) = desk.held()
    assert why in reason
    desk.tick(DUE + HOUR)
    assert desk.said() == ["We look.", "Bob was here."]


def test_cancelled_or_withdrawn_is_not_posted(desk: Desk) -> None:
    first, _second = desk.plan(), desk.plan()
    with desk.change() as change:
        timed_posts.cancel(
            change.session, timed_posts.load_timed_post(change.session, first), author="bob", now=desk.now
        )
    with desk.change() as change:
        found = incidents.load_incident(change.session, desk.incident)
        why = Withdrawal(reason="A test.")
        amendments.withdraw_incident(change.session, found, why, author="bob", now=desk.now)
    desk.tick(DUE)
    with desk.installation.database.read() as session:
        assert session.query(TimedPost).count() == 0
        assert [event.action for event in load_events(session)].count("timed.cancel") == 2


def test_notice_is_judged_at_its_time(desk: Desk) -> None:
    window = {"starts_at": desk.now + timedelta(days=14, hours=2), "ends_at": desk.now + timedelta(days=14, hours=4)}
    draft = read_draft(MaintenanceDraft, {"title": "Upgrade", "body": "We upgrade.", "kind": "scheduled", **window})
    with desk.change() as change, pytest.raises(Refused, match="notice"):
        late = Planner("ada", desk.now + 3 * HOUR, change.policy, desk.now)
        timed_posts.plan_maintenance(change.session, draft, late)
    with desk.change() as change:
        timed_posts.plan_maintenance(change.session, draft, Planner("ada", desk.now + HOUR, change.policy, desk.now))
    desk.tick(HOUR - timedelta(seconds=1))
    with desk.installation.database.read() as session:
        assert load_maintenances(session) == []
    desk.tick(DUE)
    with desk.installation.database.read() as session:
        (work,) = load_maintenances(session)
        assert (work.announced_at, work.kind.value) == (desk.now + DUE, "scheduled")


def test_worker_that_was_away_announces_nothing_late(desk: Desk) -> None:
    window = {"starts_at": desk.now + timedelta(days=14, hours=2), "ends_at": desk.now + timedelta(days=14, hours=4)}
    draft = read_draft(MaintenanceDraft, {"title": "Upgrade", "body": "We upgrade.", "kind": "scheduled", **window})
    with desk.change() as change:
        timed_posts.plan_maintenance(change.session, draft, Planner("ada", desk.now + HOUR, change.policy, desk.now))
    desk.tick(5 * HOUR)
    (why,) = desk.held()
    assert "notice" in why


def test_api_plans_moves_and_cancels(desk: Desk, make_api: Callable[[Scope], Api]) -> None:
    api = make_api(Scope.WRITE)
    path = f"/incidents/{desk.incident}/updates/later"
    soon = {"body": "Later.", "publish_at": "2090-01-01T10:00:00Z"}
    made = api.post(path, soon).json
    assert (made["kind"], made["title"], made["post"]) == ("incident_update", "Calls fail", {"body": "Later."})
    assert fields_of(api.post(path, {**soon, "publish_at": "2020-01-01T10:00:00Z"})) == ["publish_at"]
    assert fields_of(api.post(path, {**soon, "status": "postmortem"})) == ["status"]
    window = {"starts_at": "2090-02-01T10:00:00Z", "ends_at": "2090-02-01T12:00:00Z"}
    work = {"title": "Work", "body": "We work.", "publish_at": "2090-01-31T10:00:00Z", **window}
    assert "kind" not in api.post("/maintenances/later", work).json["post"]
    assert fields_of(api.post("/maintenances/later", {**work, "kind": "scheduled"})) == ["starts_at"]
    moved = api.patch(f"/timed/{made['id']}", {"publish_at": "2090-01-02T10:00:00Z"}).json
    assert moved["publish_at"] == "2090-01-02T10:00:00Z"
    assert [each["kind"] for each in api.get("/timed").json["items"]] == ["incident_update", "maintenance"]
    assert api.delete(f"/timed/{made['id']}").status_code == 204
    assert api.get(f"/timed/{made['id']}").status_code == 404
