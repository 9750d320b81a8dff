"""What the mails about incidents and maintenance say, kept whole under golden/ (see goldens)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from statuspage import incidents, maintenance, reminders, subscribers
from statuspage.changes import Installation
from statuspage.components import load_component
from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus, MaintenanceKind, MaintenanceStatus, Priority
from statuspage.drafts import (
    CancelDraft,
    IncidentDraft,
    MaintenanceDraft,
    MaintenanceUpdateDraft,
    MoveDraft,
    SubscriberDraft,
    UpdateDraft,
)
from tests.notify.conftest import Deliver, OpenIncident, Subscribe
from tests.notify.goldens import check_golden


def test_mails_of_an_incident(page: None, deliver: Deliver, installation: Installation, now: datetime) -> None:
    policy = installation.policy(now)
    opening = IncidentDraft(
        title="Calls to mobile numbers fail",
        priority=Priority.P1,
        body="Calls to **mobile numbers** fail since 10:55.\n\n- landlines work\n- see [the workaround]"
        "(https://example.com/workaround)",
        components={"sip-trunk-a": ComponentStatus.MAJOR_OUTAGE},
        started_at=now - timedelta(minutes=5),
    )
    steps = {
        "incident-updated": UpdateDraft(
            body="A carrier's switch drops calls.",
            status=IncidentStatus.IDENTIFIED,
            components={"portal": ComponentStatus.DEGRADED_PERFORMANCE},
        ),
        "incident-lowered": UpdateDraft(body="Half of the calls work again.", priority=Priority.P2),
        "incident-raised": UpdateDraft(body="It is worse than we thought.", priority=Priority.P1),
        "incident-resolved": UpdateDraft(body="All calls work again.", status=IncidentStatus.RESOLVED),
        "incident-postmortem": UpdateDraft(body="What happened, and why.", status=IncidentStatus.POSTMORTEM),
    }
    with installation.database.write() as session:
        incident = incidents.open_incident(session, opening, policy=policy, author="Anna", now=now)
    check_golden("incident-opened", deliver(now)[-1], installation)
    for n, (name, draft) in enumerate(steps.items(), 1):
        at = now + timedelta(minutes=10 * n)
        with installation.database.write() as session:
            found = incidents.load_incident(session, incident.id)
            incidents.post_update(session, found, draft, policy=policy, author="Anna", now=at)
        check_golden(name, deliver(at)[-1], installation)


def test_mails_of_a_maintenance(page: None, deliver: Deliver, installation: Installation, now: datetime) -> None:
    policy = installation.policy(now)
    begins = now + timedelta(days=20)
    draft = MaintenanceDraft(
        title="Replacing a core switch",
        body="Calls may drop once, for **a few seconds**.",
        starts_at=begins,
        ends_at=begins + timedelta(hours=2),
        components=["sip-trunk-a"],
        kind=MaintenanceKind.SCHEDULED,
    )
    with installation.database.write() as session:
        work = maintenance.schedule(session, draft, policy=policy, author="Anna", now=now)
    check_golden("maintenance-announced", deliver(now)[-1], installation)
    later = begins + timedelta(days=7)
    moved = MoveDraft(starts_at=later, ends_at=later + timedelta(hours=2), body="The new switch comes a week later.")
    with installation.database.write() as session:
        found = maintenance.load_maintenance(session, work.id)
        maintenance.move(session, found, moved, policy=policy, author="Anna", now=now + timedelta(days=1))
    check_golden("maintenance-moved", deliver(now + timedelta(days=1))[-1], installation)
    with installation.database.write() as session:
        reminders.remind_due(session, policy=policy, now=later - timedelta(hours=24))
    check_golden("maintenance-reminder", deliver(later - timedelta(hours=24))[-1], installation)
    steps = {
        "maintenance-started": (MaintenanceStatus.IN_PROGRESS, "We have begun.", later),
        "maintenance-updated": (None, "Half done.", later + timedelta(minutes=30)),
        "maintenance-finished": (MaintenanceStatus.COMPLETED, "Done, nothing dropped.", later + timedelta(hours=1)),
    }
    for name, (status, body, at) in steps.items():
        with installation.database.write() as session:
            found = maintenance.load_maintenance(session, work.id)
            word = MaintenanceUpdateDraft(status=status, body=body)
            maintenance.post_update(session, found, word, author="Anna", now=at)
        check_golden(name, deliver(at)[-1], installation)


def test_mails_of_urgent_work_that_is_cancelled(
    page: None, deliver: Deliver, installation: Installation, now: datetime
) -> None:
    policy = installation.policy(now)
    draft = MaintenanceDraft(
        title="Restarting the portal",
        body="The portal is away for a moment.",
        starts_at=now + timedelta(hours=3),
        ends_at=now + timedelta(hours=4),
        components=["portal"],
        kind=MaintenanceKind.EMERGENCY,
        reason_text="A security fix cannot wait.",
        confirm=True,
    )
    with installation.database.write() as session:
        work = maintenance.schedule(session, draft, policy=policy, author="Anna", now=now)
    check_golden("maintenance-urgent", deliver(now)[-1], installation)
    at = now + timedelta(hours=1)
    with installation.database.write() as session:
        found = maintenance.load_maintenance(session, work.id)
        maintenance.cancel(session, found, CancelDraft(body="Not needed."), author="Anna", now=at)
    check_golden("maintenance-cancelled", deliver(at)[-1], installation)


def test_mails_to_who_asks(page: None, deliver: Deliver, installation: Installation, now: datetime) -> None:
    draft = SubscriberDraft.model_validate({"email": "new@example.com", "kinds": ["incident"], "min_priority": "P2"})
    with installation.database.write() as session:
        subscribers.subscribe(session, draft, source="form", client="192.0.2.1", now=now)
    check_golden("confirmation", deliver(now)[-1], installation)
    again = SubscriberDraft(email="ANNA+status@xn--bcher-kva.example")
    with installation.database.write() as session:
        subscribers.subscribe(session, again, source="form", client="192.0.2.1", now=now)
    check_golden("already", deliver(now)[-1], installation)


def test_header_lines_of_news(page: None, deliver: Deliver, open_incident: OpenIncident, now: datetime) -> None:
    incident = open_incident()
    mail = deliver(now)[0]
    head = mail.message
    assert mail.recipient == head["To"] == "anna+status@xn--bcher-kva.example"
    assert head["From"] == "Example Telecom <status@status.example.com>"
    assert re.fullmatch(r"<https://status\.example\.com/unsubscribe/[\w-]{27}>", head["List-Unsubscribe"])
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert head["List-Id"] == "<updates.status.example.com>"
    assert head["Auto-Submitted"] == "auto-generated"
    assert head["In-Reply-To"] == head["References"] == f"<incident.{incident.id}@status.example.com>"
    assert "Precedence" not in head
    assert mail.text.startswith("Calls to mobile numbers fail.")
    assert max(len(line) for line in mail.data.split(b"\r\n")) <= 998


def test_updates_of_one_incident_thread(
    page: None, deliver: Deliver, open_incident: OpenIncident, installation: Installation, now: datetime
) -> None:
    incident = open_incident()
    with installation.database.write() as session:
        found = incidents.load_incident(session, incident.id)
        draft = UpdateDraft(body="Soon over.", status=IncidentStatus.MONITORING)
        incidents.post_update(session, found, draft, policy=installation.policy(now), author="Anna", now=now)
    first, second = (mail.message for mail in deliver(now))
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]


def test_script_and_markup_stay_text(
    page: None, deliver: Deliver, open_incident: OpenIncident, now: datetime
) -> None:
    open_incident(title='<script>alert(1)</script> & "quotes"', body="<img src=x onerror=alert(1)> <b>bold</b>")
    mail = deliver(now)[0]
    assert "<script" not in mail.html
    assert "<img" not in mail.html
    assert mail.message["Subject"] == '[P1 Investigating] <script>alert(1)</script> & "quotes"'


def test_longest_body_arrives_whole(page: None, deliver: Deliver, open_incident: OpenIncident, now: datetime) -> None:
    body = "é" * 25_000
    open_incident(title="t" * 255, body=body)
    mail = deliver(now)[0]
    assert body in mail.text.replace("\r\n", "")
    assert max(len(line) for line in mail.data.split(b"\r\n")) <= 998


def test_hidden_component_is_not_named(
    page: None,
    deliver: Deliver,
    open_incident: OpenIncident,
    installation: Installation,
    now: datetime,
    subscribe: Subscribe,
) -> None:
    subscribe("all@example.com")
    with installation.database.write() as session:
        load_component(session, "portal").hidden = True
    open_incident(portal="major_outage")
    by_recipient = {mail.recipient: mail for mail in deliver(now)}
    assert "Portal" not in by_recipient["all@example.com"].text


def test_mail_has_no_tracking(page: None, deliver: Deliver, open_incident: OpenIncident, now: datetime) -> None:
    open_incident()
    mail = deliver(now)[0]
    links = set(re.findall(r"https?://[^\s\"<>]+", mail.html + mail.text))
    assert {link.split("/")[2] for link in links} <= {"status.example.com", "example.com"}
    assert "<img" not in mail.html
