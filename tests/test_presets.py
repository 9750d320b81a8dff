"""Each shipped policy as a story: posted, read on the page, mailed, and counted in the report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from html import unescape

import pytest
from sqlalchemy import select

from statuspage import (
    clocks,
    credit_claims,
    customer_reports,
    customers,
    incidents,
    maintenance,
    proposals,
    report_steps,
    subscribers,
    worker,
)
from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import ensure_page, load_page
from statuspage.customer_drafts import (
    ClaimDraft,
    ContactDraft,
    CustomerDraft,
    QualificationDraft,
    ReportDraft,
    SettlementDraft,
)
from statuspage.db import Base
from statuspage.domain.periods import parse_period
from statuspage.domain.vocabulary import MaintenanceKind
from statuspage.drafts import IncidentDraft, MaintenanceDraft, SubscriberDraft, UpdateDraft, read_draft
from statuspage.errors import NoticeTooShort, Refused
from statuspage.models import Component, Customer, Hook, Maintenance
from statuspage.notify import outbox
from statuspage.notify.composing import Composer
from statuspage.notify.letterhead import load_letterhead
from statuspage.offered_steps import STEPS
from statuspage.reports.claimed import claim_basis
from statuspage.reports.customer_record import shares_in_time
from statuspage.reports.customers import load_customer
from statuspage.settings import Settings
from tests.reports.conftest import Story, figures, row_of

MINUTE = timedelta(minutes=1)
BEGAN = datetime.fromisoformat("2024-01-01T00:00Z")
Tell = Callable[[str], "Told"]


class Told(Story):
    """A story that is also published and mailed."""

    def read(self, path: str, now: str) -> str:
        """The words of a page as it is published at a time."""
        self.installation.publisher.publish(datetime.fromisoformat(now))
        html = (self.installation.publisher.folder / path).read_text("utf-8")
        words = re.sub(r"<[^>]+>", " ", re.sub(r"(?s).*<body[^>]*>", "", html))
        return " ".join(unescape(words).split())

    def feed(self) -> str:
        return (self.installation.publisher.folder / "feed.atom").read_text("utf-8")

    def mails(self, now: str) -> list[tuple[str, str, str]]:
        """(to, subject, text) of all that is due, taken from the outbox as a worker does."""
        moment = datetime.fromisoformat(now)
        taken: list[bytes] = []
        with self.installation.database.write() as session:
            letterhead = load_letterhead(session, self.installation.settings)
            composer = Composer(letterhead, self.installation.policy(moment, session))
            # what follows in a thread is free once the one before it is sent
            while rows := outbox.claim(session, now=moment, limit=50):
                taken += [mail.data for mail in composer.compose(session, rows, moment).messages]
                outbox.record_sent(session, [row.id for row in rows], now=moment)
        found = [message_from_bytes(data, policy=policy.default) for data in taken]
        return [(m["To"], m["Subject"], m.get_body(("plain",)).get_content()) for m in found]  # type: ignore[union-attr]

    def subscribe(self, email: str) -> None:
        with self.installation.database.write() as session:
            subscribers.add_confirmed(session, SubscriberDraft(email=email), source="test", now=BEGAN)

    def open(self, at: str, title: str, priority: str = "P1", **more: object) -> str:
        now = datetime.fromisoformat(at)
        typed = {"title": title, "priority": priority, "body": "We look.", **more}
        with self.installation.database.write() as session:
            draft = read_draft(IncidentDraft, typed)
            terms = self.installation.policy(now, session)
            return incidents.open_incident(session, draft, policy=terms, author="ada", now=now).id

    def work(self, announced: str, start: str, length: timedelta, *components: str, **values: object) -> str:
        """A maintenance that begins and ends as announced, each step published; its id."""
        now, begins = datetime.fromisoformat(announced), datetime.fromisoformat(start)
        window = {"starts_at": begins.isoformat(), "ends_at": (begins + length).isoformat()}
        typed = {"title": "Work", "body": "We work.", "components": list(components), **window, **values}
        with site_change(self.installation, now, author="ada") as change:
            draft = read_draft(MaintenanceDraft, typed)
            key = maintenance.schedule(change.session, draft, policy=change.policy, author="ada", now=now).id
        worker.advance_maintenance(self.installation, begins)
        worker.advance_maintenance(self.installation, begins + length)
        return key

    def resolve(self, incident_id: str, at: str) -> None:
        now = datetime.fromisoformat(at)
        with self.installation.database.write() as session:
            found = incidents.load_incident(session, incident_id)
            draft = read_draft(UpdateDraft, {"status": "resolved", "body": "Solved."})
            incidents.post_update(
                session, found, draft, policy=self.installation.policy(now, session), author="ada", now=now
            )

    def update(self, incident_id: str, at: str, **values: object) -> None:
        now = datetime.fromisoformat(at)
        with site_change(self.installation, now, author="ada") as change:
            found = incidents.load_incident(change.session, incident_id)
            draft = read_draft(UpdateDraft, {"body": "News.", **values})
            incidents.post_update(change.session, found, draft, policy=change.policy, author="ada", now=now)

    def step(self, report_id: str, step: str, at: str, **values: object) -> None:
        """One step of a customer's report, as a door takes it."""
        now = datetime.fromisoformat(at)
        with self.installation.database.write() as session:
            report = customer_reports.load_report(session, report_id)
            policy = self.installation.policy(now, session)
            draft = read_draft(STEPS[step].draft, values)
            STEPS[step].take(session, report, draft, policy=policy, author="ada", now=now)

    def claim(self, customer_id: str, period: str, at: str, agreed: str) -> None:
        """A claim that is agreed on at once, as a refund."""
        now, month = datetime.fromisoformat(at), parse_period(period)
        typed = {"customer": customer_id, "period": period, "reason": "It was down."}
        with self.installation.database.write() as session:
            policy, computed = claim_basis(session, self.installation.policies, customer_id, month, now)
            draft = read_draft(ClaimDraft, typed)
            claim = credit_claims.receive_claim(
                session, draft, month, policy=policy, computed_pct=computed, author="ada", now=now
            )
            settled = read_draft(SettlementDraft, {"agreed_pct": agreed, "settled_as": "refund"})
            credit_claims.settle_claim(session, claim, settled, policy=policy, author="ada", now=now)

    def customer(self, name: str, **values: object) -> str:
        terms = self.installation.policy(BEGAN)
        with self.installation.database.write() as session:
            draft = read_draft(CustomerDraft, {"name": name, "service_start": "2023-12-01", **values})
            return customers.add_customer(session, draft, policy=terms, author="ada", now=BEGAN).id

    def contact(self, customer_id: str, role: str, email: str) -> None:
        terms = self.installation.policy(BEGAN)
        with self.installation.database.write() as session:
            found = session.get_one(Customer, customer_id)
            draft = read_draft(ContactDraft, {"role": role, "email": email})
            customers.add_contact(session, found, draft, policy=terms, author="ada", now=BEGAN)

    def report_of(self, customer_id: str, report_class: str, at: str, **values: object) -> str:
        """What a customer reported, qualified as a fault at once."""
        now = datetime.fromisoformat(at)
        terms = self.installation.policy(now)
        typed = {"customer": customer_id, "report_class": report_class, "text": "It fails.", **values}
        with self.installation.database.write() as session:
            draft = read_draft(ReportDraft, typed)
            report = customer_reports.open_report(session, draft, policy=terms, author="ada", now=now)
            fault = QualificationDraft(qualified=True, not_available=True)
            report_steps.qualify(session, report, fault, policy=terms, author="ada", now=now)
            return report.id


@pytest.fixture
def tell(settings: Settings) -> Iterator[Tell]:
    """A function that begins a story under a preset, with one subscriber: tell("cm-com")."""
    opened: list[Installation] = []

    def begin(preset: str) -> Told:
        folder = settings.statuspage_instance / preset
        folder.mkdir(parents=True)
        chosen = settings.model_copy(update={"statuspage_policy": preset, "statuspage_instance": folder})
        installation = open_installation(chosen)
        opened.append(installation)
        Base.metadata.create_all(installation.database.engine)
        with installation.database.write() as session:
            ensure_page(session, BEGAN)
        story = Told(installation)
        story.subscribe("ann@example.com")
        return story

    yield begin
    for installation in opened:
        installation.database.dispose()


def test_twicpics_counts_what_a_customer_reported(tell: Tell) -> None:
    story = tell("twicpics")
    story.component("images")
    acme = story.customer("Acme", tier="premium", monthly_fee="100.00")
    calm = story.customer("Calm", tier="premium")
    trouble = story.open("2024-04-10T08:00Z", "No images", components={"images": "major_outage"})
    story.report_of(acme, "Critical Anomaly", "2024-04-10T08:07Z", incident=trouble)
    assert "No images" in story.read("index.html", "2024-04-10T08:10Z")
    story.resolve(trouble, "2024-04-10T08:47Z")

    told = story.mails("2024-04-10T08:47Z")
    assert [subject for to, subject, _ in told if to == "ann@example.com"] == [
        "[P1 Investigating] No images",
        "[P1 Resolved] No images",
    ]
    levels = story.read("sla.html", "2024-04-10T09:00Z")
    assert "99.50%" in levels
    assert "99.99%" in levels
    assert "Platform history" in levels
    assert "09:00-19:00 (French time)" in levels
    period = parse_period("2024-04")
    with story.installation.database.read() as session:
        books = story.installation.policies
        reporter = load_customer(session, acme, period, books)
        silent = load_customer(session, calm, period, books)
    (row,) = story.report("2024-04", customer=reporter).rows
    assert figures(row)["counted"] == 40 * 60
    assert (row.met, str(row.credit_percent)) == (False, "5")
    (other,) = story.report("2024-04", customer=silent).rows
    assert figures(other)["counted"] == 0


def test_istockist_tells_every_interruption(tell: Tell) -> None:
    story = tell("istockist")
    story.component("api", "api")
    story.work("2024-04-01T09:00Z", "2024-04-02T21:00Z", 200 * MINUTE, "api", title="Network upgrade")
    trouble = story.open("2024-04-10T08:00Z", "Orders fail", components={"api": "major_outage"})
    front = story.read("index.html", "2024-04-10T08:05Z")
    story.resolve(trouble, "2024-04-10T22:20Z")

    assert "Orders fail" in front
    subjects = [subject for _, subject, _ in story.mails("2024-04-10T22:20Z")]
    assert "[P1 Investigating] Orders fail" in subjects
    assert "[Maintenance scheduled] Network upgrade" in subjects
    assert "98" in story.read("sla.html", "2024-04-11T09:00Z")
    row = row_of(story.report("2024-04"), "api")
    assert figures(row)["removed"] == 200 * 60
    assert figures(row)["downtime"] == 860 * 60
    assert row.met  # exactly 98%: 860 of 43,000 minutes
    assert row.figure
    assert row.figure.percent(4) == "98.0000"


def test_optimy_keeps_business_hours_free(tell: Tell) -> None:
    story = tell("optimy")
    story.component("platform", "platform")
    acme = story.customer("Acme")
    story.contact(acme, "main", "main@acme.example")
    story.contact(acme, "backup", "backup@acme.example")
    with pytest.raises(Refused, match="outside business hours"):
        story.work("2024-04-01T09:00Z", "2024-04-16T15:00Z", 60 * MINUTE, "platform", kind="scheduled")
    with pytest.raises(Refused, match="needs a reason"):
        story.work("2024-04-11T09:00Z", "2024-04-13T06:00Z", 60 * MINUTE, "platform")
    work = story.work("2024-04-01T09:00Z", "2024-04-13T06:00Z", 200 * MINUTE, "platform", kind="regular")
    with pytest.raises(Refused, match="same week"):
        story.work("2024-04-01T09:00Z", "2024-04-14T06:00Z", 60 * MINUTE, "platform", kind="regular")
    outage = story.outage("2024-04-20T08:00Z", 43 * MINUTE, "platform", title="Site down")

    told = story.mails("2024-04-20T09:00Z")
    work_told = [to for to, subject, _ in told if subject == "[Maintenance scheduled] Work"]
    assert {"main@acme.example", "backup@acme.example"} <= set(work_told)
    for_contact = next(text for to, _, text in told if to == "main@acme.example")
    assert "Unsubscribe" not in for_contact
    page = story.read(f"maintenance/{work}.html", "2024-04-20T09:00Z")
    assert "Regular" in page
    assert "This time is left out of the figure." in page
    assert "5 business days" in story.read("sla.html", "2024-04-20T09:00Z")
    (row,) = [row for row in story.report("2024-04").rows if row.figure and row.figure.downtime]
    assert figures(row)["den"] == 43_000 * 60
    assert row.figure
    assert (row.figure.percent(4), row.met) == ("99.9000", True)
    assert [entry.id for entry in row.outages] == [outage]


def test_cm_com_promises_updates_and_notice(tell: Tell) -> None:
    story = tell("cm-com")
    story.component("sms", "business-messaging")
    with story.installation.database.write() as session:
        load_page(session).escalation_email = "noc@example.com"
    with pytest.raises(NoticeTooShort):
        story.work("2024-07-01T09:00Z", "2024-07-10T20:00Z", 60 * MINUTE, "sms", kind="scheduled")
    hidden = story.open("2024-07-10T08:00Z", "Small thing", "P4")
    trouble = story.open("2024-07-10T10:00Z", "Messages wait", "P2", components={"sms": "major_outage"})
    front = story.read("index.html", "2024-07-10T10:01Z")
    late = story.read("index.html", "2024-07-10T10:31Z")
    with story.installation.database.write() as session:
        at = datetime.fromisoformat("2024-07-10T10:31Z")
        clocks.ring_due(session, policy=story.installation.policy(at), now=at)
    told = story.mails("2024-07-10T10:31Z")
    story.resolve(trouble, "2024-07-10T10:40Z")

    assert "Next update by" in front
    assert "Update was due at" in late
    assert "Small thing" not in front
    assert ("noc@example.com", "Incident escalates: P2 Messages wait") in [(to, subject) for to, subject, _ in told]
    (news,) = [text for to, subject, text in told if to == "ann@example.com"]
    assert "Next update due:" in news
    assert not (story.installation.publisher.folder / f"incidents/{hidden}.html").exists()
    levels = story.read("sla.html", "2024-07-11T09:00Z")
    for promise in ("P1 Critical", "15 minutes", "30 minutes", "14 days", "Voice"):
        assert promise in levels
    row = row_of(story.report("2024-Q3"), "business-messaging")
    assert figures(row)["downtime"] == 40 * 60
    assert row.met is False
    kept = story.communication("2024-07")
    assert (kept.updates_due, kept.updates_late) == (1, 1)


def test_ecerium_counts_late_work_and_whole_minutes(tell: Tell) -> None:
    story = tell("ecerium")
    story.component("gateway", "sms-gateway")
    acme = story.customer("Acme", monthly_fee="500.00")
    in_time = story.work("2024-04-01T09:00Z", "2024-04-09T09:00Z", 60 * MINUTE, "gateway", kind="scheduled")
    late = story.work("2024-04-10T09:00Z", "2024-04-12T09:00Z", 60 * MINUTE, "gateway", title="Urgent fix")
    trouble = story.open("2024-04-20T08:00:40Z", "No messages", components={"gateway": "major_outage"})
    story.report_of(acme, "Urgent", "2024-04-20T08:05Z", incident=trouble)
    story.resolve(trouble, "2024-04-20T08:50:10Z")

    with story.installation.database.read() as session:
        works = [session.get_one(Maintenance, key) for key in (in_time, late)]
        assert [work.kind for work in works] == [MaintenanceKind.SCHEDULED, MaintenanceKind.EMERGENCY]
        assert [work.excluded for work in works] == [True, False]
    assert "Unscheduled maintenance" in story.read(f"maintenance/{late}.html", "2024-04-21T09:00Z")
    assert "This time counts in the figure." in story.read(f"maintenance/{late}.html", "2024-04-21T09:00Z")
    assert "Urgent fix" in story.feed()
    levels = story.read("sla.html", "2024-04-21T09:00Z")
    assert "99.90%" in levels
    assert "43,200 minutes" in levels
    assert "At most 125.00 EUR." in levels
    subjects = [subject for to, subject, _ in story.mails("2024-04-21T09:00Z") if to == "ann@example.com"]
    assert "[Unscheduled maintenance] Urgent fix" in subjects
    with story.installation.database.read() as session:
        who = load_customer(session, acme, parse_period("2024-04"), story.installation.policies)
    row = row_of(story.report("2024-04", customer=who), "sms-gateway")
    assert figures(row)["den"] == 43_200 * 60
    assert figures(row)["counted"] == 50 * 60  # from 08:00, the minute it went down, to 08:50:10
    assert (row.met, str(row.credit_percent)) == (False, "5")


def test_optimy_names_its_monitor_and_mails_recoveries(tell: Tell) -> None:
    story = tell("optimy")
    story.component("platform", "platform")
    with story.installation.database.write() as session:
        component = session.scalars(select(Component)).one()
        session.add(
            Hook(
                id="h1",
                name="Neutral Probes Ltd",
                kind="alert",
                token_digest="d",
                component_id=component.id,
                created_at=BEGAN,
            )
        )
    acme = story.customer("Acme")
    story.contact(acme, "main", "main@acme.example")
    story.contact(acme, "backup", "backup@acme.example")
    trouble = story.open("2024-04-20T12:00Z", "Database lost", components={"platform": "major_outage"})
    story.update(trouble, "2024-04-20T14:00Z", status="resolved", snapshot_at="2024-04-19T10:00Z")

    told = [(to, text) for to, subject, text in story.mails("2024-04-20T14:00Z") if "Resolved" in subject]
    assert {"main@acme.example", "backup@acme.example", "ann@example.com"} == {to for to, _ in told}
    assert all("may be lost, more than the agreed" in text for _, text in told)
    levels = story.read("sla.html", "2024-04-20T15:00Z")
    assert "measured by Neutral Probes Ltd" in levels
    assert "in 1 outage" in levels
    assert "Response times: not published." in levels
    assert "Customer Success Executive" in levels
    assert "19 d 11 h 2 h in 1 outage" in levels  # the total to date beside what was down
    assert "may be lost, more than the agreed" in story.read(f"incidents/{trouble}.html", "2024-04-20T15:00Z")
    assert "may be lost" in story.feed()


def test_optimy_says_when_nobody_was_warned(tell: Tell) -> None:
    story = tell("optimy")
    story.component("platform", "platform")
    work = story.work(
        "2024-04-13T06:10Z",
        "2024-04-13T06:00Z",
        60 * MINUTE,
        "platform",
        kind="emergency",
        reason="security_no_notice",
        works_on="network",
        effect="suspended",
    )
    (mailed,) = [text for _, subject, text in story.mails("2024-04-13T08:00Z") if "Emergency" in subject][:1]
    for said in ("No prior notice", "Work on: Network", "Unavailable meanwhile"):
        assert said in mailed
        assert said in story.read(f"maintenance/{work}.html", "2024-04-13T08:00Z")
        assert said in story.feed()


def test_twicpics_tells_each_step_and_lists_support(tell: Tell) -> None:
    story = tell("twicpics")
    story.component("images", "solution")
    acme = story.customer("Acme", tier="premium", monthly_fee="100.00")
    story.contact(acme, "main", "main@acme.example")
    trouble = story.open("2024-04-10T08:00Z", "No images", components={"images": "major_outage"})
    report = story.report_of(acme, "Critical Anomaly", "2024-04-10T08:07Z", incident=trouble)
    story.update(trouble, "2024-04-10T08:20Z", workaround_at="2024-04-10T08:30Z")
    story.step(report, "diagnosis", "2024-04-10T08:25Z", text="A carrier.", cause="third_party")
    story.step(report, "workaround", "2024-04-10T08:30Z", text="Use the other address.")
    story.resolve(trouble, "2024-04-10T08:47Z")
    story.step(report, "resolution", "2024-04-10T09:00Z", text="The carrier repaired it.")

    told = story.mails("2024-04-10T09:00Z")
    to_acme = [subject for to, subject, _ in told if to == "main@acme.example"]
    for said in ("received", "qualified", "diagnosis", "work-around", "service restored", "resolved"):
        assert any(subject.endswith(f"Report 1: {said}") or f"Report 1 {said}" in subject for subject in to_acme), (
            said
        )
    assert any("outside our service" in text for to, _, text in told if to == "main@acme.example")
    assert any("Work-around planned for 10 April 2024" in text for to, _, text in told)
    levels = story.read("sla.html", "2024-04-10T09:00Z")
    assert "Dedicated point of contact no yes" in levels
    assert "Given as a credit for later use, never as money." in levels
    assert "does not suspend payment, and is the only remedy" in levels
    assert "Work-around planned for" in story.feed()


def test_istockist_lowers_a_report_and_closes_it(tell: Tell) -> None:
    story = tell("istockist")
    acme = story.customer("Acme", plan="pro")
    story.contact(acme, "administrator", "admin@acme.example")
    report = story.report_of(acme, "Critical", "2024-04-08T08:00Z", reporter="admin@acme.example")
    story.step(report, "acknowledge", "2024-04-08T09:00Z")
    story.step(report, "workaround", "2024-04-08T10:00Z", text="Use the app.")
    story.step(report, "closing", "2024-04-08T15:00Z", reason="no_client_response")
    told = [(subject, text) for to, subject, text in story.mails("2024-04-08T15:00Z") if to == "admin@acme.example"]
    assert any("now has class Medium, before Critical" in text for _, text in told)
    assert any("We closed your report: we had no answer from you." in text for _, text in told)
    levels = story.read("sla.html", "2024-04-08T16:00Z")
    assert "searched the frequently asked questions" in levels
    assert "09:00-17:00 (Irish time)" in levels
    assert "support@istockist.com" in levels
    assert "A fault is a problem that repeats" in levels
    with story.installation.database.read() as session:
        now = datetime.fromisoformat("2024-05-01T00:00Z")
        shares = shares_in_time(session, story.installation.policy(now, session), parse_period("2024-04"), now)
    assert {name: share.met for name, share in shares.items()} == {"Critical": None, "Medium": True, "Low": None}


def test_istockist_hides_no_interruption(tell: Tell) -> None:
    story = tell("istockist")
    story.component("api", "api")
    at = datetime.fromisoformat("2024-04-10T08:00Z")
    down = {"title": "API", "priority": "P3", "body": "We look.", "components": {"api": "major_outage"}}
    with site_change(story.installation, at, author="ada") as change, pytest.raises(Refused, match="interruption"):
        draft = read_draft(IncidentDraft, down)
        proposals.keep(change.session, draft, policy=change.policy, author="ada", now=at)
    trouble = story.open(
        "2024-04-10T08:00Z",
        "API",
        components={"api": "major_outage"},
        priority="P3",
        cause="third_party",
        provider="Northern Fibre",
    )
    assert "A third party: Northern Fibre" in story.read(f"incidents/{trouble}.html", "2024-04-10T08:05Z")


def test_cm_com_shows_beta_trunks_and_who_coordinates(tell: Tell) -> None:
    story = tell("cm-com")
    story.component("trunk-a", "voice")
    story.component("trunk-b", "voice")
    story.component("lab", "service-cloud", beta=True)
    story.outage("2024-07-02T08:00Z", 60 * MINUTE, "trunk-a")
    levels = story.read("sla.html", "2024-07-03T09:00Z")
    assert "configure a back-up trunk" in levels
    assert "High Business critical: your business is completely disrupted" in levels
    assert "Only authorised users of an account may ask for support" in levels
    assert "coordinated by the network operations centre" in levels
    assert "P5 Minor" in levels
    assert "Beta" in story.read("index.html", "2024-07-03T09:00Z")
    row = row_of(story.report("2024-Q3"), "voice")
    assert figures(row)["downtime"] == 0


def test_ecerium_mails_the_decision_on_a_rebate(tell: Tell) -> None:
    story = tell("ecerium")
    story.component("gateway", "sms-gateway")
    acme = story.customer("Acme", monthly_fee="500.00")
    story.contact(acme, "main", "main@acme.example")
    trouble = story.open("2024-04-20T08:00Z", "No messages", components={"gateway": "major_outage"})
    report = story.report_of(acme, "Non-urgent", "2024-04-20T08:05Z", incident=trouble)
    story.step(report, "urgency", "2024-04-20T08:10Z", report_class="Urgent")
    story.resolve(trouble, "2024-04-20T20:00Z")
    story.claim(acme, "2024-04", "2024-05-02T08:00Z", agreed="25")
    told = [text for to, subject, text in story.mails("2024-05-02T09:00Z") if "is agreed" in subject]
    assert any(
        "refund of 25% of your monthly fee for 2024-04. That is 125.00 EUR" in " ".join(text.split()) for text in told
    )
    levels = story.read("sla.html", "2024-05-02T09:00Z")
    assert "Report a problem to be eligible" in levels
    assert "Given as a credit or as a refund." in levels
    assert "@eceriumofficial" in levels
    assert "Regular" not in levels
