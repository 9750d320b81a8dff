"""Importing another page: what is kept, what is made, what is left alone."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage.changes import Installation
from statuspage.components import add_component, load_component, load_components, load_page
from statuspage.db import Base, Database
from statuspage.domain.vocabulary import ComponentStatus, Impact, IncidentStatus, MaintenanceStatus, Priority
from statuspage.drafts import ComponentDraft, IncidentDraft, SubscriberDraft, UpdateDraft
from statuspage.importing.statuspage import ImportReport, import_history
from statuspage.incidents import load_incident, open_incident, post_update
from statuspage.maintenance import load_maintenance
from statuspage.models import Component, ComponentGroup, Delivery, Incident, Maintenance, StatusChange, Update
from statuspage.subscribers import add_confirmed

Page = dict[str, Any]


@pytest.fixture
def imported(session: Session, lantern: Page, now: datetime) -> ImportReport:
    return import_history(session, lantern, now=now)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def history_of(session: Session, component_id: str) -> list[tuple[datetime, str]]:
    query = select(StatusChange).where(StatusChange.component_id == component_id)
    rows = session.scalars(query.order_by(StatusChange.at, StatusChange.id))
    return [(row.at, row.status.value) for row in rows]


@pytest.mark.usefixtures("imported")
def test_ids_and_times_are_kept(session: Session) -> None:
    incident = load_incident(session, "lanterninc02")
    assert incident.created_at == instant("2025-03-30T00:40:00")
    assert incident.started_at == instant("2025-03-30T00:35:00")
    assert incident.resolved_at == instant("2025-03-30T02:10:00")
    assert incident.public_at == incident.created_at
    assert [u.id for u in incident.updates] == [f"lanternupd2{n}" for n in range(1, 6)]
    assert load_incident(session, "lanterninc03").created_at == instant("2025-06-10T19:50:00")


@pytest.mark.usefixtures("imported")
def test_priority_is_empty_and_impact_kept(session: Session) -> None:
    incident = load_incident(session, "lanterninc02")
    assert (incident.priority, incident.impact) == (None, Impact.CRITICAL)
    assert incident.status is IncidentStatus.POSTMORTEM


@pytest.mark.usefixtures("imported")
def test_updates_say_what_happened(session: Session) -> None:
    words = [u.event for u in load_incident(session, "lanterninc02").updates]
    assert words == ["opened", "updated", "updated", "resolved", "postmortem"]
    words = [u.event for u in load_maintenance(session, "lanternmnt01").updates]
    assert words == ["announced", "started", "finished"]


@pytest.mark.usefixtures("imported")
def test_bodies_are_kept_as_html(session: Session) -> None:
    update = session.get_one(Update, "lanternupd25")
    assert update.markup == "html"
    assert update.body.startswith("<h2>What happened</h2>")


def test_time_of_writing_is_kept_beside_time_shown(session: Session, lantern: Page, now: datetime) -> None:
    lantern["incidents"][2]["incident_updates"][0]["display_at"] = "2025-01-15T04:30:00Z"
    import_history(session, lantern, now=now)
    update = session.get_one(Update, "lanternupd11")
    assert update.posted_at == instant("2025-01-15T04:30:00")
    assert update.details == {"created_at": "2025-01-15T05:00:00+00:00"}
    assert session.get_one(Update, "lanternupd21").details is None


@pytest.mark.usefixtures("imported")
def test_maintenance_keeps_window_and_state(session: Session) -> None:
    done = load_maintenance(session, "lanternmnt01")
    assert (done.status, done.completed_at) == (MaintenanceStatus.COMPLETED, instant("2025-02-10T04:30:00"))
    assert (done.asked_kind, done.notice_met, done.notice_required) == (None, None, None)
    assert done.announced_at == done.created_at
    assert done.began_at == instant("2025-02-10T03:00:10")
    coming = load_maintenance(session, "lanternmnt02")
    assert coming.status is MaintenanceStatus.SCHEDULED
    assert coming.starts_at == instant("2025-06-28T22:00:00")
    assert [c.slug for c in coming.components] == ["databases"]


@pytest.mark.usefixtures("imported")
def test_groups_slugs_and_order_are_made(session: Session) -> None:
    shown = [c for c in load_components(session) if not c.hidden]
    assert [c.slug for c in shown] == ["web-servers", "dns", "databases", "dns-2"]
    databases = load_component(session, "databases")
    assert databases.group is not None
    assert databases.group.name == "Hosting"
    assert databases.start_on == date(2023, 2, 1)
    assert load_component(session, "dns").group is None


@pytest.mark.usefixtures("imported")
def test_deleted_components_are_kept_hidden(session: Session) -> None:
    hidden = {c.name for c in load_components(session) if c.hidden}
    assert hidden == {"Old FTP", "Legacy FTP"}


@pytest.mark.usefixtures("imported")
def test_sentence_without_code_is_skipped(session: Session) -> None:
    assert session.get_one(Update, "lanternupm21").affected == []


@pytest.mark.usefixtures("imported")
def test_changes_alone_make_history(session: Session) -> None:
    assert history_of(session, "lanternweb01")[:3] == [
        (instant("2024-12-20T12:00:00"), "operational"),
        (instant("2025-02-10T03:00:10"), "under_maintenance"),
        (instant("2025-02-10T04:30:00"), "operational"),
    ]
    assert session.scalar(select(func.count()).where(StatusChange.incident_id.is_not(None))) == 0
    assert history_of(session, "lanterndns02") == []


def test_without_changes_updates_make_history(session: Session, lantern: Page, now: datetime) -> None:
    del lantern["component_changes"]
    import_history(session, lantern, now=now)
    assert history_of(session, "lanternweb01") == [
        (instant("2025-01-15T05:00:00"), "operational"),
        (instant("2025-02-10T03:00:10"), "under_maintenance"),
        (instant("2025-02-10T04:30:00"), "operational"),
        (instant("2025-03-30T00:40:00"), "major_outage"),
        (instant("2025-03-30T01:20:00"), "partial_outage"),
        (instant("2025-03-30T02:10:00"), "operational"),
    ]
    # nobody ever said that this one recovered: its incident let go of it when it closed
    assert history_of(session, "lanternold01")[-1] == (instant("2025-03-30T02:10:00"), "operational")


def test_measured_changes_replace_derived_ones(session: Session, lantern: Page, now: datetime) -> None:
    derived = copy.deepcopy(lantern)
    del derived["component_changes"]
    import_history(session, derived, now=now)
    import_history(session, lantern, now=now)
    assert session.scalar(select(func.count()).where(StatusChange.incident_id.is_not(None))) == 0
    assert session.scalar(select(func.count()).where(StatusChange.maintenance_id.is_not(None))) == 0


def test_second_import_changes_nothing(session: Session, lantern: Page, now: datetime) -> None:
    first = import_history(session, lantern, now=now)
    before = count_all(session)
    relaid = load_page(session).relaid_in
    again = import_history(session, lantern, now=now + timedelta(days=1))
    assert first.incidents.created == again.incidents.unchanged == 3
    assert again.changes.unchanged == len(lantern["component_changes"])
    assert not again.wrote
    assert count_all(session) == before
    assert load_page(session).relaid_in == relaid


def count_all(session: Session) -> list[int | None]:
    tables = (Component, ComponentGroup, Incident, Maintenance, Update, StatusChange, Delivery)
    return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def newer_capture(page: Page) -> Page:
    newer = copy.deepcopy(page)
    incident = newer["incidents"][0]
    posted = copy.deepcopy(incident["incident_updates"][0])
    posted |= {"id": "lanternupd33", "status": "resolved", "body": "Over.", "affected_components": None}
    for member in ("created_at", "updated_at", "display_at"):
        posted[member] = "2025-06-10T22:00:00.000Z"
    incident["incident_updates"].insert(0, posted)
    incident |= {"status": "resolved", "resolved_at": posted["created_at"], "updated_at": posted["created_at"]}
    return newer


@pytest.mark.usefixtures("imported")
def test_newer_capture_moves_incidents_on(session: Session, lantern: Page, now: datetime) -> None:
    report = import_history(session, newer_capture(lantern), now=now)
    assert (report.incidents.updated, report.updates.created) == (1, 1)
    incident = load_incident(session, "lanterninc03")
    assert incident.status is IncidentStatus.RESOLVED
    assert incident.resolved_at == instant("2025-06-10T22:00:00")
    assert [u.id for u in incident.updates][-1] == "lanternupd33"


def test_older_capture_takes_nothing_back(session: Session, lantern: Page, now: datetime) -> None:
    import_history(session, newer_capture(lantern), now=now)
    report = import_history(session, lantern, now=now)
    assert not report.wrote
    assert load_incident(session, "lanterninc03").status is IncidentStatus.RESOLVED


@pytest.mark.usefixtures("imported")
def test_edited_update_is_replaced(session: Session, lantern: Page, now: datetime) -> None:
    edited = lantern["incidents"][1]["incident_updates"][4]
    edited |= {"body": "No web server answers, FTP works.", "updated_at": "2025-03-30T00:45:00.000Z"}
    edited["affected_components"] = edited["affected_components"][:1]
    report = import_history(session, lantern, now=now)
    assert report.updates.updated == 1
    update = session.get_one(Update, "lanternupd21")
    assert update.body == "No web server answers, FTP works."
    assert [a.component_id for a in update.affected] == ["lanternweb01"]


@pytest.mark.usefixtures("imported")
def test_what_operators_did_since_stays(
    session: Session, installation: Installation, lantern: Page, now: datetime
) -> None:
    incident = load_incident(session, "lanterninc03")
    draft = UpdateDraft(status=IncidentStatus.RESOLVED, body="We closed it here.")
    post_update(session, incident, draft, policy=installation.policy(now), author="op@example.com", now=now)
    component = load_component(session, "dns")
    component.name, component.updated_at = "Name service", now
    import_history(session, lantern, now=now)
    assert load_incident(session, "lanterninc03").status is IncidentStatus.RESOLVED
    assert load_component(session, "dns").name == "Name service"


def test_own_incident_of_same_id_is_left_alone(
    session: Session, installation: Installation, lantern: Page, now: datetime
) -> None:
    draft = IncidentDraft(title="Ours", priority=Priority.P2, body="Made here.")
    policy = installation.policy(now)
    own = open_incident(session, draft, policy=policy, author="op@example.com", now=now)
    lantern["incidents"][2]["id"] = own.id
    report = import_history(session, lantern, now=now)
    assert (report.incidents.created, report.incidents.unchanged) == (2, 1)
    assert session.get_one(Incident, own.id).title == "Ours"
    assert session.get(Update, "lanternupd11") is None


@pytest.mark.usefixtures("imported")
def test_other_page_with_same_update_ids_fits(session: Session, lantern: Page, now: datetime) -> None:
    other = copy.deepcopy(lantern)
    for event in (*other["incidents"], *other["scheduled_maintenances"]):
        event["id"] = "other" + event["id"]
    first = import_history(session, other, now=now)
    assert first.updates.created == 12
    assert [u.body for u in load_incident(session, "otherlanterninc01").updates] == [
        "Last night's backups are still running."
    ]
    assert not import_history(session, other, now=now).wrote


def test_own_component_of_same_name_keeps_slug(session: Session, lantern: Page, now: datetime) -> None:
    own = add_component(session, ComponentDraft(name="DNS"), author="op@example.com", now=now)
    import_history(session, lantern, now=now)
    assert load_component(session, "dns").id == own.id
    assert session.get_one(Component, "lanterndns01").slug == "dns-2"


def test_page_keeps_zone_and_url(session: Session, lantern: Page, now: datetime) -> None:
    page = load_page(session)
    page.url = "https://status.example.com"
    import_history(session, lantern, now=now)
    page = load_page(session)
    assert (page.timezone, page.url, page.name) == ("UTC", "https://status.example.com", "Lantern Hosting")
    assert page.relaid_in == page.revision + 1


def test_named_page_keeps_name(session: Session, lantern: Page, now: datetime) -> None:
    load_page(session).name = "Our own"
    import_history(session, lantern, now=now)
    assert load_page(session).name == "Our own"


def test_nobody_is_mailed(session: Session, lantern: Page, now: datetime) -> None:
    add_confirmed(session, SubscriberDraft(email="ada@example.org"), source="test", now=now)
    import_history(session, lantern, now=now)
    assert session.scalar(select(func.count()).select_from(Delivery)) == 0


def test_parts_of_the_api_are_enough(session: Session, lantern: Page, now: datetime) -> None:
    part = {"page": lantern["page"], "incidents": lantern["incidents"]}
    report = import_history(session, part, now=now)
    assert report.incidents.created == 3
    shown = {c.name for c in load_components(session) if not c.hidden}
    assert shown == {"Web servers", "DNS"}


def test_incident_ending_before_it_began_is_straightened(session: Session, lantern: Page, now: datetime) -> None:
    lantern["incidents"][2] |= {"started_at": "2025-01-15T09:00:00Z"}
    import_history(session, lantern, now=now)
    incident = load_incident(session, "lanterninc01")
    assert incident.started_at == incident.resolved_at == instant("2025-01-15T07:00:00")


def test_status_shown_is_last_change(session: Session, lantern: Page, now: datetime) -> None:
    lantern["component_changes"].append(
        lantern["component_changes"][-1] | {"new_status": "partial_outage", "changed_at": "2025-06-11T00:00:00Z"}
    )
    import_history(session, lantern, now=now)
    assert history_of(session, "lanterndns01")[-1][1] == ComponentStatus.PARTIAL_OUTAGE


@pytest.mark.postgres
def test_postgresql_takes_it_too(postgres_url: str, lantern: Page, now: datetime) -> None:
    database = Database(postgres_url)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        first = import_history(session, lantern, now=now)
    with database.write() as session:
        again = import_history(session, newer_capture(lantern), now=now)
    database.dispose()
    assert (first.incidents.created, first.updates.created) == (3, 12)
    assert (again.incidents.updated, again.updates.created) == (1, 1)
