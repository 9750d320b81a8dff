"""Every golden case through the functions that the product itself uses: one adapter per kind of case, no case treated
on its own.

Reads tests/data/golden.json and golden_edges.json, or the file named by GOLDEN. Only the keys in `expected` are
compared.
"""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from statuspage.domain.intervals import Span
from statuspage.domain.percent import floor_percent
from statuspage.domain.periods import day_span, parse_period
from statuspage.domain.sla import availability, cadence, credits, notice, response, tickets
from statuspage.domain.sla.availability import Availability, MaintenanceWindow, Outage
from statuspage.domain.sla.policy import Policy, load_policy, override
from statuspage.domain.vocabulary import Cause, MaintenanceKind, Risk
from tests.owed import mailing

DATA = Path(__file__).parent / "data"
NAMED = os.environ.get("GOLDEN")
FILES = [Path(NAMED)] if NAMED else [DATA / "golden.json", DATA / "golden_edges.json"]
CASES = [case for file in FILES for case in json.loads(file.read_text("utf-8"))["cases"]]
Inputs = dict[str, Any]
Answer = dict[str, Any]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_golden(case: dict[str, Any]) -> None:
    policy = override(load_policy(case["policy"]), case.get("policy_override") or {})
    answer = ADAPTERS[case["kind"]](policy, case["inputs"])
    expected = case["expected"]
    assert {key: written(answer.get(key, "no such key")) for key in expected} == {
        key: written(value) for key, value in expected.items()
    }, case.get("derivation")


def written(value: Any) -> Any:
    """A value as the cases write it: instants in UTC, lists of words without order."""
    if isinstance(value, datetime):
        assert value.tzinfo is UTC
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, list | tuple):
        return sorted(value) if all(isinstance(each, str) for each in value) else list(value)
    return str(value) if isinstance(value, Decimal) and value != int(value) else value


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def period_figure(policy: Policy, inputs: Inputs) -> Answer:
    if "tickets" in inputs or "customer" in inputs:
        return customer_figure(policy, inputs)
    window = reported_window(policy, inputs)
    figure = availability.availability(policy, window, events(policy, inputs, window), **measured(policy, inputs))
    target = Decimal(inputs["target"]) if "target" in inputs else policy.target(inputs.get("service"))
    return figures(figure) | verdict(figure, target)


def customer_figure(policy: Policy, inputs: Inputs) -> Answer:
    customer, window = inputs.get("customer") or {}, reported_window(policy, inputs)
    period = parse_period(inputs["period"]).span(policy.zone)
    since, until = instant(customer.get("service_start")), instant(customer.get("service_end"))
    borders = {"period_start": window.start, "period_end": window.end}
    if not tickets.is_measured(policy, period, since, until):
        return borders | {"measured": False}
    tier = customer.get("level")
    figure = tickets.ticket_availability(policy, window, map(ticket, inputs.get("tickets", [])))
    target = Decimal(inputs["target"]) if "target" in inputs else policy.target(inputs.get("service"), tier)
    earned = credits.credit_percent(policy, figure.share, tier)
    return figures(figure) | verdict(figure, target) | {"measured": True, "credit_pct": earned}


def day_figure(policy: Policy, inputs: Inputs) -> Answer:
    window = until_now(day_span(date.fromisoformat(inputs["day"]), policy.zone), inputs)
    happened = events(policy, inputs, window)
    return figures(availability.plain_availability(policy, window, happened, **measured(policy, inputs)))


def rebate(policy: Policy, inputs: Inputs) -> Answer:
    window = reported_window(policy, inputs)
    figure = availability.availability(policy, window, events(policy, inputs, window), **measured(policy, inputs))
    reported = any(event.get("reported", False) for event in inputs.get("events", []))
    return figures(figure) | in_minutes(figure) | amount(policy, figure.share, inputs, reported)


def credit(policy: Policy, inputs: Inputs) -> Answer:
    if "availability_num" in inputs:
        num, den = inputs["availability_num"], inputs["availability_den"]
    else:
        assert policy.availability.total is not None
        den = policy.availability.total.amount
        num = max(den - inputs["downtime_minutes"], 0)
    share = Fraction(num, den)
    by_tier = {tier.id: credits.credit_percent(policy, share, tier.id) for tier in policy.tiers}
    answer = {"availability_num": num, "availability_den": den, "availability_pct_floor4": floor_percent(num, den, 4)}
    answer |= by_tier | {"downtime_minutes": inputs.get("downtime_minutes")}
    return answer | amount(policy, share, inputs, inputs.get("reported", True))


def amount(policy: Policy, share: Fraction | None, inputs: Inputs, eligible: bool) -> Answer:
    fee = Decimal(inputs["monthly_fee"]) if "monthly_fee" in inputs else None
    earned = credits.credit(policy, share, fee=fee, tier=inputs.get("level"), eligible=eligible)
    money = None if earned.amount is None else f"{earned.amount:.2f}"
    return {
        "eligible": earned.eligible,
        "rebate_pct": earned.percent,
        "rebate_amount": money,
        "capped": earned.capped,
    }


def figures(figure: Availability) -> Answer:
    return {
        "period_start": figure.window.start,
        "period_end": figure.window.end,
        "total_seconds": figure.total.total_seconds(),
        "removed_seconds": figure.removed.total_seconds(),
        "downtime_seconds": figure.downtime.total_seconds(),
        "availability_num": figure.num.total_seconds(),
        "availability_den": figure.den.total_seconds(),
        "availability_pct_floor4": figure.percent(4),
    }


def in_minutes(figure: Availability) -> Answer:
    return {
        "downtime_minutes": figure.counted.total_seconds() / 60,
        "availability_num": figure.num.total_seconds() / 60,
        "availability_den": figure.den.total_seconds() / 60,
    }


def verdict(figure: Availability, target: Decimal | None) -> Answer:
    return {"target": None if target is None else str(target), "target_met": figure.met(target)}


def reported_window(policy: Policy, inputs: Inputs) -> Span:
    return until_now(parse_period(inputs["period"]).span(policy.zone), inputs)


def until_now(span: Span, inputs: Inputs) -> Span:
    now = instant(inputs.get("now"))
    return span if now is None else Span(span.start, max(span.start, min(span.end, now)))


def measured(policy: Policy, inputs: Inputs) -> dict[str, Any]:
    service = policy.service(inputs.get("service"))
    rule = inputs.get("rule") or (service.rule if service else "all")
    if "components" not in inputs:
        return {"rule": rule}
    return {"rule": rule, "components": [each["id"] for each in inputs["components"] if not each.get("beta")]}


def events(policy: Policy, inputs: Inputs, window: Span) -> list[availability.Event]:
    return [event(policy, each, window) for each in inputs.get("events", [])]


def event(policy: Policy, given: dict[str, Any], window: Span) -> availability.Event:
    start = moment(given["start"])
    span = Span(start, instant(given.get("end")) or max(start, window.end))
    about: dict[str, Any] = {"down": given.get("impact", "down") == "down", "reported": given.get("reported", False)}
    component = given.get("component", "main")
    if given["kind"] == "outage":
        return Outage(component, span, Cause(given.get("cause", "own")), **about)
    announced_at, kind = instant(given.get("announced_at")), MaintenanceKind.EMERGENCY
    if announced_at:
        kind = notice.classify(policy, announced_at, start, wish(given))
    return MaintenanceWindow(component, span, kind, ended_at=instant(given.get("actual_end")), **about)


def wish(given: dict[str, Any]) -> MaintenanceKind | None:
    return next((kind for kind in MaintenanceKind if kind == given.get("type")), None)


def ticket(given: dict[str, Any]) -> tickets.Ticket:
    return tickets.Ticket(
        moment(given["opened_at"]),
        instant(given.get("restored_notice_at")),
        Cause(given.get("cause", "own")),
        qualified=given.get("qualified", True),
        not_available=given.get("not_available", True),
        client_delays=tuple(Span(moment(start), moment(end)) for start, end in given.get("client_delays", [])),
    )


def display(policy: Policy, inputs: Inputs) -> Answer:
    return {"text": floor_percent(inputs["availability_num"], inputs["availability_den"], inputs["decimals"])}


def lead_time(policy: Policy, inputs: Inputs) -> Answer:
    start = moment(inputs["start"])
    judged = notice.assess(
        policy,
        notice.MaintenanceDraft(
            announced_at=moment(inputs["announced_at"]),
            starts_at=start,
            ends_at=instant(inputs.get("end")) or start,
            wish=wish(inputs),
            risk=Risk.HIGH if inputs.get("risk") == "high" else Risk.NORMAL,
            other_regular_starts=tuple(map(moment, inputs.get("other_regular_starts", []))),
        ),
    )
    return {
        "class": judged.kind.value,
        "urgent": judged.urgent,
        "latest_notice_for_scheduled": judged.latest_notice_for_scheduled,
        "latest_notice_for_emergency": judged.latest_notice_for_emergency,
        "reason_required": judged.reason_required,
        "excluded_from_availability": judged.excluded_from_availability,
        "minutes_inside_business_hours": judged.minutes_inside_business_hours,
        "violations": judged.violations,
    }


def response_deadline(policy: Policy, inputs: Inputs) -> Answer:
    found = response.deadline(
        policy,
        inputs["class"],
        moment(inputs["opened_at"]),
        tier=inputs.get("level"),
        measure=inputs.get("measure"),
    )
    return {"due_at": found.due_at, "best_effort": found.best_effort, "clock_starts_at": found.clock_starts_at}


def downgrade(policy: Policy, inputs: Inputs) -> Answer:
    opened_at, workaround_at = moment(inputs["opened_at"]), moment(inputs["workaround_at"])
    found = response.downgrade(policy, inputs["class"], opened_at, workaround_at, inputs.get("level"))
    return {"new_class": found.new_class, "due_before": found.due_before, "due_after": found.due_after}


def tolerance(policy: Policy, inputs: Inputs) -> Answer:
    given = [
        response.Report(
            each.get("class", inputs["class"]),
            moment(each["opened_at"]),
            instant(each.get("handled_at")),
            tier=each.get("level"),
            not_counted=each.get("not_counted"),
            count=each.get("count", 1),
        )
        for each in inputs["tickets"]
    ]
    found = response.tolerance(policy, inputs["class"], parse_period(inputs["month"]), given)
    return {"counted": found.counted, "within": found.within, "pct_floor4": found.percent(4), "met": found.met}


def claim(policy: Policy, inputs: Inputs) -> Answer:
    return closing(credits.claims_close_at(policy, parse_period(inputs["month"])), inputs.get("claimed_at"))


def meeting(policy: Policy, inputs: Inputs) -> Answer:
    return closing(credits.meeting_closes_at(policy, moment(inputs["at"])), inputs.get("held_at"))


def report_window(policy: Policy, inputs: Inputs) -> Answer:
    return closing(response.reports_close_at(policy, moment(inputs["incident_end"])), inputs.get("reported_at"))


def closing(closes_at: datetime | None, acted_at: str | None) -> Answer:
    in_time = None if acted_at is None else closes_at is None or moment(acted_at) < closes_at
    return {"closes_at_exclusive": closes_at, "in_time": in_time}


def record_validation(policy: Policy, inputs: Inputs) -> Answer:
    objected_at = instant(inputs.get("objection_at") or inputs.get("objected_at"))
    return {"validated_at": response.record_validated_at(policy, moment(inputs["at"]), objected_at)}


def update_due(policy: Policy, inputs: Inputs) -> Answer:
    last = moment(inputs["last_update_at"])
    return {"next_update_due_at": cadence.next_update_due(policy, inputs["priority"], inputs["status"], last)}


def update_cadence(policy: Policy, inputs: Inputs) -> Answer:
    found = cadence.gaps(policy, [(moment(at), inputs["priority"]) for at in inputs["updates"]])
    return {"gaps_seconds": [gap.length.total_seconds() for gap in found], "late": cadence.late(found)}


def escalation(policy: Policy, inputs: Inputs) -> Answer:
    return {"escalate_at": cadence.escalation_at(policy, inputs["priority"], moment(inputs["opened_at"]))}


def visibility(policy: Policy, inputs: Inputs) -> Answer:
    since = None
    for each in inputs["history"]:
        since = cadence.public_since(policy, since, moment(each["at"]), each["priority"])
    return {"public": since is not None, "public_since": since}


def recipients(policy: Policy, inputs: Inputs) -> Answer:
    services = inputs.get("services", [])
    chosen = {name for each in inputs.get("subscribers", []) for name in each.get("services") or ()}
    with mailing(policy) as page:
        for service in sorted({*services, *chosen}):
            page.add_component(service)
        for each in inputs.get("subscribers", []):
            page.add_subscriber(each)
        for each in inputs.get("contacts", []):
            page.add_customer(each)
        page.tell(inputs["event"], services)
        return {"to": page.to(), "customers_without_backup": page.without_backup()}


ADAPTERS: dict[str, Callable[[Policy, Inputs], Answer]] = {
    "availability": period_figure,
    "daily_uptime": day_figure,
    "rebate": rebate,
    "credit": credit,
    "display": display,
    "lead_time": lead_time,
    "response_deadline": response_deadline,
    "downgrade": downgrade,
    "tolerance": tolerance,
    "claim": claim,
    "meeting_deadline": meeting,
    "report_window": report_window,
    "record_validation": record_validation,
    "update_due": update_due,
    "update_cadence": update_cadence,
    "escalation": escalation,
    "visibility": visibility,
    "recipients": recipients,
}
