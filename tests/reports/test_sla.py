"""SLA reports of small stories under each preset, against figures worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from statuspage.domain.intervals import Span
from statuspage.domain.periods import parse_period
from statuspage.domain.sla.tickets import Ticket
from statuspage.errors import Refused
from statuspage.reports.customers import Customer
from statuspage.reports.periods import read_period
from tests.reports.conftest import Story, figures, row_of

Tell = Callable[[str], Story]
MINUTE = timedelta(minutes=1)
APRIL = MAY = 30 * 86_400
Q3 = 92 * 86_400


def span(start: str, end: str) -> Span:
    return Span(datetime.fromisoformat(start), datetime.fromisoformat(end))


def test_quarter_takes_maintenance_and_third_parties_out(tell: Tell) -> None:
    story = tell("cm-com")
    story.component("sms", "business-messaging")
    work = story.work("2024-07-01T09:00Z", "2024-08-06T20:00Z", 120 * MINUTE, "sms", kind="scheduled")
    own = story.outage("2024-07-10T10:00Z", 10 * MINUTE, "sms")
    story.outage("2024-07-11T10:00Z", 30 * MINUTE, "sms", cause="third_party")
    story.outage("2024-08-06T20:30Z", 30 * MINUTE, "sms")  # inside the maintenance: the exclusion wins
    row = row_of(story.report("2024-Q3"), "business-messaging")
    assert figures(row) == {
        "removed": 9_000,
        "downtime": 600,
        "counted": 600,
        "unknown": 0,
        "num": Q3 - 9_600,
        "den": Q3 - 9_000,
    }
    assert (row.figure and row.figure.percent(), str(row.target), row.met) == ("99.99", "99.99", True)
    assert [(entry.id, entry.reason, entry.kind) for entry in row.outages] == [(own, "own", "incident")]
    assert {(entry.id, entry.reason) for entry in row.removed if entry.kind == "maintenance"} == {(work, "scheduled")}


def test_redundant_parts_are_up_while_one_is(tell: Tell) -> None:
    story = tell("cm-com")
    story.component("trunk-a", "voice")
    story.component("trunk-b", "voice")
    story.component("preview", "service-cloud", beta=True)
    story.outage("2024-07-10T10:00Z", 60 * MINUTE, "trunk-a")
    story.outage("2024-07-11T10:00Z", 60 * MINUTE, "trunk-a")
    story.outage("2024-07-11T10:30Z", 5 * MINUTE, "trunk-b")
    story.outage("2024-07-12T10:00Z", 60 * MINUTE, "preview")
    report = story.report("2024-Q3")
    assert figures(row_of(report, "voice"))["downtime"] == 300
    assert row_of(report, "service-cloud").absent == "beta, not measured"
    assert row_of(report, "marketing-cloud").absent == "no component"


def test_platform_history_stands_beside_each_tier(tell: Tell) -> None:
    story = tell("twicpics")
    story.component("cdn", "solution")
    story.outage("2024-04-10T08:07Z", 40 * MINUTE, "cdn")
    story.outage("2024-04-11T08:00Z", 90 * MINUTE, "cdn", cause="third_party")
    story.work("2024-04-01T08:00Z", "2024-04-20T20:00Z", 60 * MINUTE, "cdn")  # no clause spares it (A18)
    report = story.report("2024-04")
    standard, premium = row_of(report, "solution", "standard"), row_of(report, "solution", "premium")
    assert report.platform_only
    assert figures(premium)["downtime"] == 6_000
    assert figures(premium)["den"] == APRIL
    assert (standard.met, standard.credit_percent) == (True, None)
    assert (premium.met, premium.credit_percent) == (False, None)
    assert [entry.reason for entry in premium.exempt] == ["third_party"]
    assert [entry.reason for entry in premium.outages] == ["own", "scheduled"]


def test_customer_is_measured_from_its_own_reports(tell: Tell) -> None:
    story = tell("twicpics")
    story.component("cdn", "solution")
    story.outage("2024-04-11T08:00Z", 600 * MINUTE, "cdn")
    delay = span("2024-04-10T08:17Z", "2024-04-10T08:27Z")
    ticket = Ticket(
        datetime.fromisoformat("2024-04-10T08:07Z"),
        datetime.fromisoformat("2024-04-10T08:47Z"),
        client_delays=(delay,),
        ref="R-1",
    )
    ada = Customer("c1", "Ada", "premium", tickets={"solution": [ticket]})
    report = story.report("2024-04", customer=ada)
    assert [(row.line.key, row.tier and row.tier.id) for row in report.rows] == [("solution", "premium")]
    row = report.rows[0]
    assert figures(row)["downtime"] == 1_800
    assert (row.met, row.credit_percent) == (False, 5)
    assert [entry.id for entry in row.outages] == ["R-1", "R-1"]
    assert [(entry.reason, entry.span) for entry in row.exempt] == [("client_delay", delay)]


def test_customer_is_not_measured_before_a_full_period(tell: Tell) -> None:
    story = tell("twicpics")
    bob = Customer("c2", "Bob", "premium", since=datetime.fromisoformat("2024-04-02T00:00Z"))
    assert story.report("2024-04", customer=bob).rows[0].absent == "not measured"
    assert story.report("2024-05", customer=bob).rows[0].met is True


def test_planned_work_needs_no_lead(tell: Tell) -> None:
    story = tell("istockist")
    story.component("api", "api")
    story.work("2024-04-20T19:00Z", "2024-04-20T20:00Z", 200 * MINUTE, "api")
    story.outage("2024-04-10T08:00Z", 860 * MINUTE, "api")
    story.outage("2024-04-12T08:00Z", 60 * MINUTE, "api", cause="customer")
    row = row_of(story.report("2024-04"), "api")
    assert figures(row)["den"] == APRIL - 12_000
    assert figures(row)["num"] == APRIL - 12_000 - 51_600
    assert (row.figure and row.figure.percent(), row.met) == ("98.00", True)
    assert [entry.reason for entry in row.exempt] == ["customer"]


def test_all_maintenance_leaves_the_total(tell: Tell) -> None:
    story = tell("optimy")
    story.component("platform", "platform")
    story.work("2024-04-05T13:00Z", "2024-04-20T02:00Z", 140 * MINUTE, "platform", kind="scheduled")
    late = {"kind": "emergency", "reason": "vendor_change", "reason_text": "The vendor asked."}
    story.work("2024-04-22T13:00Z", "2024-04-23T02:00Z", 60 * MINUTE, "platform", **late)
    story.outage("2024-04-10T12:00Z", 43 * MINUTE, "platform")
    story.outage("2024-04-11T12:00Z", 60 * MINUTE, "platform", cause="third_party")
    report = story.report("2024-04")
    row = row_of(report, "platform")
    assert figures(row)["removed"] == 12_000
    assert (figures(row)["num"], figures(row)["den"]) == (2_577_420, 2_580_000)
    assert (row.figure and row.figure.percent(4), row.met) == ("99.9000", True)
    assert [(notice.kind, notice.met) for notice in report.notices] == [("scheduled", True), ("emergency", False)]


def test_fixed_month_counts_whole_minutes(tell: Tell) -> None:
    story = tell("ecerium")
    story.component("gateway", "sms-gateway")
    told = story.outage("2024-05-10T10:00:31Z", timedelta(seconds=89), "gateway")
    story.work("2024-05-01T10:00Z", "2024-05-20T20:00Z", 60 * MINUTE, "gateway")
    story.work("2024-05-21T10:00Z", "2024-05-22T20:00Z", 30 * MINUTE, "gateway")  # listed too late: it counts
    report = story.report("2024-05")
    row = row_of(report, "sms-gateway")
    assert report.platform_only
    assert figures(row)["den"] == MAY
    assert figures(row)["counted"] == 120 + 1_800
    assert (row.met, row.credit_percent) == (True, None)
    ada = Customer("c1", "Ada", reported=frozenset({told}))
    assert figures(row_of(story.report("2024-05", customer=ada), "sms-gateway"))["counted"] == 120
    bob = row_of(story.report("2024-05", customer=Customer("c2", "Bob")), "sms-gateway")
    assert (figures(bob)["counted"], bob.credit_percent) == (0, 0)


def test_standard_lets_late_work_count(tell: Tell) -> None:
    story = tell("standard")
    story.component("api")
    story.work("2024-04-01T08:00Z", "2024-04-20T20:00Z", 60 * MINUTE, "api")
    story.work("2024-04-20T08:00Z", "2024-04-21T20:00Z", 60 * MINUTE, "api", kind="emergency")
    row = row_of(story.report("2024-04"), "api")
    assert (figures(row)["removed"], figures(row)["downtime"]) == (3_600, 3_600)
    assert (str(row.target), row.met) == ("99.90", False)


def test_late_announced_work_counts_from_its_start(tell: Tell) -> None:
    story = tell("ecerium")
    story.component("gateway", "sms-gateway")
    announced = "2024-05-10T10:20Z"
    story.work(announced, "2024-05-10T10:00Z", timedelta(hours=1), "gateway", kind="emergency")
    assert figures(row_of(story.report("2024-05"), "sms-gateway"))["counted"] == 3600


def test_running_period_is_to_date(tell: Tell) -> None:
    story = tell("standard")
    story.component("api", at="2024-04-02T00:00Z")
    story.outage("2024-04-10T12:00Z", 60 * MINUTE, "api")
    report = story.report("2024-04", now="2024-04-10T12:30Z")
    assert not report.final
    assert report.window == span("2024-04-01T00:00Z", "2024-04-10T12:30Z")
    row = row_of(report, "api")
    assert (figures(row)["unknown"], figures(row)["downtime"]) == (86_400, 1_800)
    assert figures(row)["den"] == 8 * 86_400 + 45_000
    assert story.report("2024-04", now="2024-05-01T00:00Z").final


def test_outage_across_borders_is_cut(tell: Tell) -> None:
    story = tell("standard")
    story.component("api")
    story.outage("2024-03-31T23:00Z", 120 * MINUTE, "api")
    for month in ("2024-03", "2024-04"):
        assert figures(row_of(story.report(month), "api"))["downtime"] == 3_600


def test_internal_incident_weighs_nothing(tell: Tell) -> None:
    story = tell("standard")
    story.component("api")
    story.outage("2024-04-10T12:00Z", 60 * MINUTE, "api", priority="P4")
    assert row_of(story.report("2024-04"), "api").outages == ()


def test_quarter_of_a_monthly_policy_earns_no_credit(tell: Tell) -> None:
    story = tell("ecerium")
    story.component("gateway", "sms-gateway")
    story.outage("2024-05-10T10:00Z", 60 * MINUTE, "gateway")
    report = story.report("2024-Q2")
    row = row_of(report, "sms-gateway")
    assert not report.contractual
    assert (figures(row)["den"], row.credit_percent) == (3 * MAY, None)


def test_unknown_service_groups_its_components(tell: Tell) -> None:
    story = tell("standard")
    for slug in ("one", "two"):
        story.component(slug, "voice")
    story.outage("2024-04-10T10:00Z", 60 * MINUTE, "one")
    story.outage("2024-04-10T10:30Z", 60 * MINUTE, "two")
    row = row_of(story.report("2024-04"), "voice")
    assert [component.slug for component in row.line.components] == ["one", "two"]
    assert figures(row)["downtime"] == 5_400


def test_formula_stands_beside_the_figure(tell: Tell) -> None:
    made = tell("twicpics").report("2024-04").formula
    assert made.symbols == "A = (T − U − D) ÷ (T − U) × 100"
    assert "outside U; not" in dict(made.terms)["D"]
    quarter = tell("cm-com").report("2024-Q3").formula
    assert [letter for letter, _ in quarter.terms] == ["T", "X", "U", "D"]
    assert dict(quarter.terms)["D"].endswith("outside X and U")


def test_period_to_come_is_refused(tell: Tell) -> None:
    with pytest.raises(Refused, match="not begun"):
        tell("standard").report("2024-05", now="2024-04-30T00:00Z")


@pytest.mark.parametrize("typed", ["2024-04-01", "2024", "", "2024-Q5", "=1+1"])
def test_only_months_and_quarters_are_periods(typed: str) -> None:
    with pytest.raises(Refused):
        read_period(typed)
    assert read_period("2024-Q1") == parse_period("2024-Q1")
