"""A customer's own report, from what operators recorded of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from statuspage.customer_drafts import DelayDraft, QualificationDraft, RemarkDraft, TierDraft
from statuspage.customer_reports import restore
from statuspage.customers import set_tier
from statuspage.domain.periods import parse_period
from statuspage.errors import NotFound, Refused
from statuspage.models import Customer
from statuspage.report_steps import acknowledge, add_delay, qualify
from statuspage.reports.customer_credit import customer_credit
from statuspage.reports.customer_record import shares_in_time
from statuspage.reports.customers import load_customer, terms_day
from statuspage.reports.sla import SlaReport
from tests.contracts import AUTHOR, Contract, at
from tests.reports.conftest import Story, figures

Tell = Callable[[str], Story]
MINUTE = timedelta(minutes=1)


def add_customer(story: Story, preset: str, **values: Any) -> str:
    with story.installation.database.write() as session:
        return Contract(session, preset).customer(**values).id


def add_ticket(
    story: Story, customer_id: str, received: str, restored: str, *delays: str, fault: bool = True
) -> None:
    """A critical anomaly that made the service unavailable; `delays` are starts of ten minutes each."""
    with story.installation.database.write() as session:
        contract = Contract(session, "twicpics")
        customer = session.get_one(Customer, customer_id)
        report = contract.report(customer, "Critical Anomaly", received)
        now = at(restored)
        judged = QualificationDraft(qualified=fault, not_available=True)
        qualify(session, report, judged, policy=contract.policy, author=AUTHOR, now=now)
        for start in delays:
            delay = DelayDraft(starts_at=at(start), ends_at=at(start) + 10 * MINUTE, reason="No access")
            add_delay(session, report, delay, author=AUTHOR, now=now)
        restore(session, report, RemarkDraft(), author=AUTHOR, now=now)


def report_of(story: Story, customer_id: str, period: str) -> SlaReport:
    with story.installation.database.read() as session:
        customer = load_customer(session, customer_id, parse_period(period), story.installation.policies)
    return story.report(period, customer=customer)


def test_breakdown_runs_from_ticket_to_notice(tell: Tell) -> None:
    story = tell("twicpics")
    story.component("cdn", "solution")
    ada = add_customer(story, "twicpics", tier="premium", service_start="2024-03-15", monthly_fee="200.00")
    add_ticket(story, ada, "2024-04-10T08:07Z", "2024-04-10T08:57Z", "2024-04-10T08:20Z")
    add_ticket(story, ada, "2024-04-11T08:00Z", "2024-04-11T09:00Z", fault=False)
    report = report_of(story, ada, "2024-04")
    assert figures(report.rows[0])["downtime"] == 2_400
    assert (report.rows[0].met, report.rows[0].credit_percent) == (False, 5)
    assert [entry.reason for entry in report.rows[0].exempt] == ["client_delay"]
    owed = customer_credit(report)
    assert owed
    assert (owed.amount, owed.capped, owed.to_be_claimed) == (Decimal("10.00"), False, True)
    assert owed.closes_at == at("2024-05-05T22:00Z")
    assert report_of(story, ada, "2024-03").rows[0].absent == "not measured"


def test_tier_of_the_first_of_the_month_counts(tell: Tell) -> None:
    story = tell("twicpics")
    ada = add_customer(story, "twicpics", tier="standard", service_start="2024-01-01")
    with story.installation.database.write() as session:
        contract, customer = Contract(session, "twicpics"), session.get_one(Customer, ada)
        draft = TierDraft(tier="premium", from_date=date(2024, 4, 2))
        set_tier(session, customer, draft, policy=contract.policy, author=AUTHOR, now=at("2024-04-02T00:00Z"))
    tiers = [report_of(story, ada, period).rows[0].tier for period in ("2024-04", "2024-05")]
    assert [tier.id for tier in tiers if tier] == ["standard", "premium"]


def test_reporter_alone_gets_the_rebate(tell: Tell) -> None:
    story = tell("ecerium")
    story.component("sms", "sms-gateway")
    reported = story.outage("2024-05-10T10:00:30Z", 500 * MINUTE, "sms")
    story.outage("2024-05-11T10:00Z", 60 * MINUTE, "sms")
    ada = add_customer(story, "ecerium", name="Ada", monthly_fee="2000.00")
    bob = add_customer(story, "ecerium", name="Bob", monthly_fee="2000.00")
    with story.installation.database.write() as session:
        contract, customer = Contract(session, "ecerium"), session.get_one(Customer, ada)
        contract.report(customer, "Urgent", "2024-05-10T11:00Z", incident=reported)
    report = report_of(story, ada, "2024-05")
    assert figures(report.rows[0])["counted"] == 501 * 60
    owed, nothing = customer_credit(report), customer_credit(report_of(story, bob, "2024-05"))
    assert owed
    assert (owed.percent, owed.amount, owed.capped) == (10, Decimal("125.00"), True)
    assert nothing
    assert (nothing.percent, nothing.amount) == (0, Decimal("0.00"))


def test_plan_without_sla_has_no_report(tell: Tell) -> None:
    story = tell("istockist")
    free = add_customer(story, "istockist", plan="Free", has_sla=False)
    with pytest.raises(Refused, match="has no SLA"):
        report_of(story, free, "2024-05")
    with pytest.raises(NotFound):
        report_of(story, "nobody", "2024-05")


@pytest.mark.parametrize(
    ("renews_on", "began", "day", "expected"),
    [
        (None, None, "2024-05-01", "2024-05-01"),
        ("2020-03-15", None, "2024-05-01", "2024-03-15"),
        ("2020-06-15", None, "2024-05-01", "2023-06-15"),
        ("2030-06-15", None, "2024-05-01", "2023-06-15"),
        ("2020-06-15", "2024-01-10", "2024-05-01", "2024-01-10"),
        ("2020-06-15", "2024-05-10", "2024-05-01", "2024-05-01"),
        ("2024-02-29", None, "2025-05-01", "2025-02-28"),
    ],
)
def test_amendments_wait_for_the_renewal(renews_on: str | None, began: str | None, day: str, expected: str) -> None:
    customer = Customer(
        id="c",
        name="Ada",
        created_at=datetime(2020, 1, 1),
        renews_on=date.fromisoformat(renews_on) if renews_on else None,
        service_start=date.fromisoformat(began) if began else None,
    )
    assert terms_day(customer, date.fromisoformat(day)) == date.fromisoformat(expected)


def test_share_in_time_is_by_class_and_month(tell: Tell) -> None:
    story = tell("istockist")
    with story.installation.database.write() as session:
        contract = Contract(session, "istockist")
        acme = contract.customer()
        contract.contact(acme, "administrator", "a@acme.example")
        for day, answered in (("08", "2024-04-08T12:00Z"), ("09", "2024-04-09T12:01Z"), ("10", ""), ("30", "")):
            report = contract.report(acme, "Critical", f"2024-04-{day}T08:00Z", reporter="a@acme.example")
            if answered:
                acknowledge(session, report, RemarkDraft(), author=AUTHOR, now=at(answered))
        left_out = contract.report(acme, "Critical", "2024-04-11T08:00Z", reporter="a@acme.example")
        left_out.not_counted = "client_error"
        month, now = parse_period("2024-04"), at("2024-04-30T09:00Z")
        shares = shares_in_time(session, contract.policy, month, now)
        assert [(name, each.within, each.counted, each.met) for name, each in shares.items()] == [
            ("Critical", 1, 3, False),
            ("Medium", 0, 0, None),
            ("Low", 0, 0, None),
        ]
        assert shares_in_time(session, Contract(session, "twicpics").policy, month, now) == {}


def test_late_work_counts_for_who_reported_it(tell: Tell) -> None:
    story = tell("ecerium")
    story.component("sms", "sms-gateway")
    late = story.work("2024-05-09T10:00Z", "2024-05-10T10:00Z", 60 * MINUTE, "sms")
    ada = add_customer(story, "ecerium", name="Ada", monthly_fee="200.00")
    bob = add_customer(story, "ecerium", name="Bob", monthly_fee="200.00")
    with story.installation.database.write() as session:
        contract, customer = Contract(session, "ecerium"), session.get_one(Customer, ada)
        report = contract.report(customer, "Urgent", "2024-05-10T11:30Z", maintenance=late)
        assert report.restored_notice_at == report.received_at
    (row,) = report_of(story, ada, "2024-05").rows
    assert figures(row)["counted"] == 60 * 60
    assert [entry.id for entry in row.outages] == [late]
    assert str(row.credit_percent) == "5"
    assert figures(report_of(story, bob, "2024-05").rows[0])["counted"] == 0


def test_platform_history_owes_no_credit(tell: Tell) -> None:
    story = tell("ecerium")
    story.component("sms", "sms-gateway")
    story.outage("2024-05-10T10:00Z", 500 * MINUTE, "sms")
    (row,) = story.report("2024-05").rows
    assert (row.met, row.credit_percent) == (False, None)
