"""Customers' reports under the presets: clocks, classes, restoration and the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import customer_reports, incidents, report_steps
from statuspage.components import load_page
from statuspage.customer_drafts import (
    ClosingDraft,
    DelayDraft,
    DiagnosisDraft,
    ExclusionDraft,
    LinkDraft,
    QualificationDraft,
    ReclassificationDraft,
    RemarkDraft,
    UrgencyDraft,
    WordsDraft,
)
from statuspage.domain.vocabulary import Cause
from statuspage.drafts import IncidentDraft, UpdateDraft, read_draft
from statuspage.errors import Refused, TransitionRefused
from statuspage.models import ContactLetter, CustomerReport, Delivery, Incident
from statuspage.standing import facts_missing, is_covered, load_planned, report_standing
from tests.contracts import AUTHOR, Contract, at, entries

WORDS = WordsDraft(text="It works again.")
NOTHING = RemarkDraft()


@pytest.fixture
def twicpics(session: Session) -> Contract:
    return Contract(session, "twicpics")


@pytest.fixture
def istockist(session: Session) -> Contract:
    return Contract(session, "istockist")


@pytest.fixture
def fault(istockist: Contract) -> CustomerReport:
    """A critical report of a Monday morning, nine o'clock in Ireland."""
    acme = istockist.customer()
    istockist.contact(acme, "administrator", "admin@acme.example")
    return istockist.report(acme, "Critical", "2024-04-08T08:00Z", reporter="admin@acme.example")


@pytest.fixture
def anomaly(twicpics: Contract) -> CustomerReport:
    """A premium customer's major anomaly of a Friday afternoon."""
    acme = twicpics.customer(tier="premium")
    return twicpics.report(acme, "Major Anomaly", "2024-03-08T15:00Z", not_available=True)


def open_incident(session: Session, contract: Contract, now: str, priority: str = "P1") -> Incident:
    draft = read_draft(IncidentDraft, {"title": "Down", "priority": priority, "body": "We look."})
    return incidents.open_incident(session, draft, policy=contract.policy, author=AUTHOR, now=at(now))


def update_incident(session: Session, contract: Contract, incident: Incident, status: str, now: str) -> None:
    draft = read_draft(UpdateDraft, {"status": status, "body": "News."})
    incidents.post_update(session, incident, draft, policy=contract.policy, author=AUTHOR, now=at(now))


def test_numbers_follow_one_another(twicpics: Contract) -> None:
    acme = twicpics.customer()
    made = [twicpics.report(acme, "Minor Anomaly", "2024-04-08T08:00Z") for _ in range(3)]
    assert [report.number for report in made] == [1, 2, 3]


def test_opening_is_confirmed_to_the_administrator(session: Session, fault: CustomerReport) -> None:
    letter = session.scalars(select(ContactLetter)).one()
    assert letter.subject == "Report 1 received"
    assert session.scalars(select(Delivery.address)).all() == ["admin@acme.example"]
    assert [entry.entry for entry in fault.entries] == [
        "Received by e-mail as Critical.",
        "Mail to admin@acme.example: Report 1 received",
    ]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"report_class": "P1"}, "report_class"),
        ({"received_at": "2030-01-01T00:00Z"}, "received_at"),
        ({"service": "cdn"}, "service"),
        ({"customer": "nobody"}, "customer"),
        ({"incident": "nothing"}, "incident"),
        ({"reporter": "nobody"}, "reporter"),
    ],
)
def test_report_that_cannot_be_is_refused(twicpics: Contract, typed: dict[str, Any], field: str) -> None:
    acme = twicpics.customer()
    with pytest.raises(Refused) as refused:
        twicpics.report(acme, **{"report_class": "Minor Anomaly", "now": "2024-04-08T08:00Z", **typed})
    assert [problem.field for problem in refused.value.problems] == [field]


def test_log_is_never_changed(session: Session, fault: CustomerReport) -> None:
    fault.entries[0].entry = "Nothing happened."
    with pytest.raises(ValueError, match="never changed"):
        session.flush()


def test_diagnosis_limit_follows_the_tier(twicpics: Contract, anomaly: CustomerReport) -> None:
    timer = twicpics.timer(anomaly, "2024-03-11T11:00Z")
    assert (timer.measure, timer.due_at, timer.late) == ("diagnosis", at("2024-03-11T11:00Z"), False)
    assert twicpics.timer(anomaly, "2024-03-11T11:01Z").late


def test_grave_report_at_night_is_best_effort(twicpics: Contract) -> None:
    report = twicpics.report(twicpics.customer(), "Critical Anomaly", "2024-04-06T22:00Z")
    timer = twicpics.timer(report, "2025-01-01T00:00Z")
    assert (timer.best_effort, timer.due_at, timer.late) == (True, None, False)


def test_diagnosis_stops_its_clock(session: Session, twicpics: Contract, anomaly: CustomerReport) -> None:
    draft = DiagnosisDraft(text="A carrier.", cause=Cause.THIRD_PARTY, qualified=True)
    report_steps.diagnose(session, anomaly, draft, author=AUTHOR, now=at("2024-03-11T10:00Z"))
    assert not twicpics.timer(anomaly, "2024-04-01T00:00Z").late
    assert (anomaly.cause, anomaly.qualified) == (Cause.THIRD_PARTY, True)
    with pytest.raises(TransitionRefused, match="diagnosed already"):
        report_steps.diagnose(session, anomaly, draft, author=AUTHOR, now=at("2024-03-11T10:05Z"))


def test_qualified_class_is_final(session: Session, istockist: Contract, fault: CustomerReport) -> None:
    def qualify(report_class: str) -> None:
        draft = QualificationDraft(qualified=True, report_class=report_class)
        now = at("2024-04-08T09:00Z")
        report_steps.qualify(session, fault, draft, policy=istockist.policy, author=AUTHOR, now=now)

    qualify("Medium")
    qualify("Medium")
    with pytest.raises(TransitionRefused, match="only a work-around lowers it"):
        qualify("Low")
    assert fault.report_class == "Medium"


def test_work_around_lowers_one_class(session: Session, istockist: Contract, fault: CustomerReport) -> None:
    assert istockist.timer(fault, "2024-04-08T09:00Z").due_at == at("2024-04-08T12:00Z")
    now = at("2024-04-08T11:00Z")
    report_steps.work_around(session, fault, WORDS, policy=istockist.policy, author=AUTHOR, now=now)
    assert (fault.class_before, fault.report_class) == ("Critical", "Medium")
    assert istockist.timer(fault, "2024-04-08T13:00Z").due_at == at("2024-04-08T16:00Z")
    later = "due 8 April 2024, 12:00 UTC became 8 April 2024, 16:00 UTC"
    assert entries(fault)[-1] == f"Critical became Medium: {later}."


def test_work_around_elsewhere_lowers_nothing(session: Session, twicpics: Contract, anomaly: CustomerReport) -> None:
    now = at("2024-03-08T16:00Z")
    report_steps.work_around(session, anomaly, WORDS, policy=twicpics.policy, author=AUTHOR, now=now)
    assert (anomaly.class_before, anomaly.report_class, anomaly.workaround_at) == (None, "Major Anomaly", now)


def test_action_and_response_are_timed_apart(session: Session) -> None:
    ecerium = Contract(session, "ecerium")
    report = ecerium.report(ecerium.customer(), "Urgent", "2024-04-08T08:00Z")
    report_steps.begin_action(session, report, NOTHING, author=AUTHOR, now=at("2024-04-08T10:00Z"))
    report_steps.acknowledge(session, report, NOTHING, author=AUTHOR, now=at("2024-04-08T12:01Z"))
    action = ecerium.timer(report, "2024-05-01T00:00Z", "action")
    response = ecerium.timer(report, "2024-05-01T00:00Z", "response")
    assert (action.due_at, action.late) == (at("2024-04-08T10:00Z"), False)
    assert (response.due_at, response.late) == (at("2024-04-08T12:00Z"), True)


def test_clock_uses_the_agreed_urgency(session: Session) -> None:
    ecerium = Contract(session, "ecerium")
    report = ecerium.report(ecerium.customer(), "Urgent", "2024-04-08T08:00Z")
    now, draft = at("2024-04-08T08:30Z"), UrgencyDraft(report_class="Non-urgent")
    report_steps.agree_urgency(session, report, draft, policy=ecerium.policy, author=AUTHOR, now=now)
    assert report.urgency_agreed_at == now
    assert ecerium.timer(report, "2024-04-08T09:00Z", "action").due_at == at("2024-04-09T08:00Z")


def test_resolving_an_incident_restores_its_reports(
    session: Session, twicpics: Contract, anomaly: CustomerReport
) -> None:
    incident = open_incident(session, twicpics, "2024-03-08T15:10Z")
    draft = LinkDraft(incident=incident.id)
    customer_reports.link_incident(session, anomaly, draft, author=AUTHOR, now=at("2024-03-08T15:20Z"))
    update_incident(session, twicpics, incident, "resolved", "2024-03-08T16:00Z")
    assert anomaly.restored_notice_at == at("2024-03-08T16:00Z")
    update_incident(session, twicpics, incident, "investigating", "2024-03-08T16:30Z")
    assert anomaly.restored_notice_at is None
    update_incident(session, twicpics, incident, "resolved", "2024-03-08T17:00Z")
    assert anomaly.restored_notice_at == at("2024-03-08T17:00Z")
    assert [entry.entry for entry in anomaly.entries if "service restored" in entry.entry]


def test_late_link_takes_the_time_of_resolution(
    session: Session, twicpics: Contract, anomaly: CustomerReport
) -> None:
    incident = open_incident(session, twicpics, "2024-03-08T15:10Z")
    update_incident(session, twicpics, incident, "resolved", "2024-03-08T16:00Z")
    draft = LinkDraft(incident=incident.id)
    customer_reports.link_incident(session, anomaly, draft, author=AUTHOR, now=at("2024-03-09T10:00Z"))
    assert anomaly.restored_notice_at == at("2024-03-08T16:00Z")


def test_restoration_is_told_once(session: Session, anomaly: CustomerReport) -> None:
    now = at("2024-03-08T16:00Z")
    customer_reports.restore(session, anomaly, NOTHING, author=AUTHOR, now=now)
    with pytest.raises(TransitionRefused):
        customer_reports.restore(session, anomaly, NOTHING, author=AUTHOR, now=now)


def test_delay_lies_within_the_report(session: Session, anomaly: CustomerReport) -> None:
    def delay(start: str, end: str) -> None:
        draft = DelayDraft(starts_at=at(start), ends_at=at(end), reason="No access")
        report_steps.add_delay(session, anomaly, draft, author=AUTHOR, now=at("2024-03-08T18:00Z"))

    delay("2024-03-08T15:30Z", "2024-03-08T16:00Z")
    with pytest.raises(Refused, match="received"):
        delay("2024-03-08T14:00Z", "2024-03-08T16:00Z")
    with pytest.raises(Refused, match="future"):
        delay("2024-03-08T16:00Z", "2024-03-08T19:00Z")
    assert [each.reason for each in anomaly.delays] == ["No access"]


def test_record_is_validated_after_five_days(session: Session, twicpics: Contract, anomaly: CustomerReport) -> None:
    report_steps.resolve(session, anomaly, WORDS, author=AUTHOR, now=at("2024-03-08T16:00Z"))
    assert anomaly.restored_notice_at == at("2024-03-08T16:00Z")
    before = report_standing(anomaly, twicpics.policy, now=at("2024-03-13T22:59Z"))
    after = report_standing(anomaly, twicpics.policy, now=at("2024-03-13T23:00Z"))
    assert (before.validated_at, before.validated, after.validated) == (at("2024-03-13T23:00Z"), False, True)
    with pytest.raises(TransitionRefused, match="validated"):
        report_steps.object_to(
            session, anomaly, WORDS, policy=twicpics.policy, author=AUTHOR, now=at("2024-03-14T00:00Z")
        )


def test_objection_keeps_the_record_open(session: Session, twicpics: Contract, anomaly: CustomerReport) -> None:
    report_steps.resolve(session, anomaly, WORDS, author=AUTHOR, now=at("2024-03-08T16:00Z"))
    now = at("2024-03-12T09:00Z")
    report_steps.object_to(session, anomaly, WORDS, policy=twicpics.policy, author=AUTHOR, now=now)
    standing = report_standing(anomaly, twicpics.policy, now=at("2024-06-01T00:00Z"))
    assert (standing.validated_at, standing.validated) == (None, False)
    report_steps.resolve(session, anomaly, WORDS, author=AUTHOR, now=at("2024-03-12T10:00Z"))
    assert anomaly.resolved_at == at("2024-03-12T10:00Z")


def test_closing_needs_one_of_three_reasons(session: Session, istockist: Contract, fault: CustomerReport) -> None:
    def close(reason: str) -> None:
        draft, now = ClosingDraft(reason=reason), at("2024-04-09T09:00Z")
        report_steps.close(session, fault, draft, policy=istockist.policy, author=AUTHOR, now=now)

    with pytest.raises(Refused, match="resolved, no_client_response"):
        close("tired of it")
    with pytest.raises(TransitionRefused, match="not resolved"):
        close("resolved")
    close("no_client_response")
    assert fault.closed_reason == "no_client_response"
    with pytest.raises(TransitionRefused, match="closed"):
        report_steps.acknowledge(session, fault, NOTHING, author=AUTHOR, now=at("2024-04-09T09:30Z"))


def test_reasons_not_to_count_are_the_policys(session: Session, istockist: Contract, fault: CustomerReport) -> None:
    def leave_out(reason: str | None) -> None:
        draft, now = ExclusionDraft(reason=reason), at("2024-04-09T09:00Z")
        report_steps.leave_out(session, fault, draft, policy=istockist.policy, author=AUTHOR, now=now)

    with pytest.raises(Refused, match="client_error"):
        leave_out("bad mood")
    leave_out("client_error")
    assert report_standing(fault, istockist.policy, now=at("2024-04-09T09:00Z")).not_counted == "client_error"


def test_first_days_are_not_counted(istockist: Contract, fault: CustomerReport) -> None:
    fault.customer.first_order_on = at("2024-03-20T00:00Z").date()
    now = at("2024-04-09T09:00Z")
    assert report_standing(fault, istockist.policy, now=now).not_counted == "introductory_period"


def test_report_thirty_days_after_is_late(session: Session) -> None:
    optimy = Contract(session, "optimy")
    acme = optimy.customer()
    optimy.contact(acme, "reporter", "one@acme.example")
    incident = open_incident(session, optimy, "2024-04-01T10:00Z")
    update_incident(session, optimy, incident, "resolved", "2024-04-01T11:00Z")

    def late(now: str) -> bool:
        report = optimy.report(acme, "High", now, reporter="one@acme.example", incident=incident.id)
        return report_standing(report, optimy.policy, now=at(now)).reported_late

    assert not late("2024-05-02T03:59Z")
    assert late("2024-05-02T04:00Z")


def test_no_window_is_planned_without_work(session: Session, now: datetime) -> None:
    assert load_planned(session, [now]) == ()


def test_reports_of_one_customer(twicpics: Contract, anomaly: CustomerReport, session: Session) -> None:
    other = twicpics.report(twicpics.customer("Other"), "Minor Anomaly", "2024-04-08T08:00Z")
    load: Callable[..., Any] = customer_reports.load_reports
    assert [each.number for each in load(session)] == [2, 1]
    assert [each.number for each in load(session, customer_id=other.customer_id)] == [2]
    assert [each.number for each in load(session, before=2)] == [1]


def test_provider_classes_anew_with_a_reason(session: Session) -> None:
    contract = Contract(session, "cm-com")
    acme = contract.customer()
    contract.contact(acme, "main", "main@acme.example")
    report = contract.report(acme, "High", "2024-07-08T08:00Z", reporter="main@acme.example")
    other = QualificationDraft(qualified=True, report_class="Normal")
    now = at("2024-07-08T08:10Z")
    with pytest.raises(TransitionRefused, match="with a reason"):
        report_steps.qualify(session, report, other, policy=contract.policy, author=AUTHOR, now=now)
    draft = ReclassificationDraft(report_class="Normal", reason="One user only.")
    report_steps.reclassify(session, report, draft, policy=contract.policy, author=AUTHOR, now=now)
    assert (report.asked_class, report.report_class) == ("High", "Normal")
    assert contract.timer(report, "2024-07-08T08:10Z").due_at == at("2024-07-09T07:30Z")
    assert "High became Normal: One user only." in entries(report)[-1]
    assert session.scalars(select(ContactLetter.subject)).all()[-1] == "Report 1: class changed"


def test_agreed_class_is_not_set_anew(session: Session, fault: CustomerReport, istockist: Contract) -> None:
    draft = ReclassificationDraft(report_class="Low", reason="It is small.")
    with pytest.raises(TransitionRefused, match="the policy lets nobody"):
        report_steps.reclassify(
            session, fault, draft, policy=istockist.policy, author=AUTHOR, now=at("2024-04-08T09:00Z")
        )


def test_answers_that_are_missing_are_listed(session: Session) -> None:
    contract = Contract(session, "optimy")
    acme = contract.customer()
    contract.contact(acme, "reporter", "ann@acme.example")
    facts = {"project number": "77", "name of the form": ""}
    report = contract.report(acme, "High", "2024-07-08T14:00Z", reporter="ann@acme.example", facts=facts)
    assert report.facts == {"project number": "77"}
    assert "name of the form" in facts_missing(report, contract.policy)
    assert "project number" not in facts_missing(report, contract.policy)
    with pytest.raises(Refused, match="does not ask for 'shoe size'"):
        contract.report(acme, "High", "2024-07-08T14:00Z", reporter="ann@acme.example", facts={"shoe size": "44"})


def test_free_plan_has_no_sla_by_itself(istockist: Contract) -> None:
    free, paying = istockist.customer("Free", plan="FREE "), istockist.customer("Paying", plan="pro")
    insured = istockist.customer("Insured", plan="free", has_sla=True)
    left_out = istockist.customer("Left out", plan="pro", has_sla=False)
    judged = [is_covered(each, istockist.policy) for each in (free, paying, insured, left_out)]
    assert judged == [False, True, True, False]


def test_letters_speak_the_pages_language(session: Session) -> None:
    istockist = Contract(session, "istockist")
    load_page(session).languages = ["nl", "en"]
    acme = istockist.customer()
    istockist.contact(acme, "administrator", "admin@acme.example")
    report = istockist.report(acme, "Critical", "2024-04-08T08:00Z", reporter="admin@acme.example")
    steps = {"policy": istockist.policy, "author": AUTHOR, "now": at("2024-04-08T09:00Z")}
    report_steps.close(session, report, ClosingDraft(reason="no_client_response"), **steps)
    letters = session.scalars(select(ContactLetter).order_by(ContactLetter.created_at)).all()
    assert [letter.subject for letter in letters] == ["Melding 1 ontvangen", "Melding 1: gesloten"]
    assert letters[0].body.startswith("We ontvingen uw melding als nummer 1, klasse Critical.")
    assert letters[1].body == "We hebben uw melding gesloten: we kregen geen antwoord van u."
