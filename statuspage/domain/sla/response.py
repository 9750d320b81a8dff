"""Deadlines of customer reports: response and diagnosis, downgrades, the share in time, and closing windows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from statuspage.domain.intervals import Span
from statuspage.domain.percent import floor_percent, percent_fraction
from statuspage.domain.periods import Period, end_of_day_after
from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.deadline import clock_starts_at, due_at
from statuspage.domain.sla.terms import ResponseTerms
from statuspage.domain.sla.worktime import work_calendar


@dataclass(frozen=True)
class Deadline:
    """When an answer is due. Without `due_at` none is promised: `best_effort`, or the policy publishes none."""

    due_at: datetime | None = None
    clock_starts_at: datetime | None = None
    best_effort: bool = False

    def kept(self, handled_at: datetime | None) -> bool:
        """Whether an answer was in time; exactly at the due time is, and nothing promised is never late."""
        return self.due_at is None or (handled_at is not None and handled_at <= self.due_at)


@dataclass(frozen=True)
class Report:
    """A customer's report for the share in time; `count` alike reports may stand in one."""

    report_class: str
    opened_at: datetime
    handled_at: datetime | None = None
    tier: str | None = None
    not_counted: str | None = None
    count: int = 1


@dataclass(frozen=True)
class Tolerance:
    """How many reports of a class and month were answered in time; `share` and `met` are None without any."""

    counted: int
    within: int
    met: bool | None

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.within, self.counted) if self.counted else None

    def percent(self, decimals: int = 2) -> str | None:
        """The share for people, floored; None without reports."""
        return floor_percent(self.within, self.counted, decimals) if self.counted else None


@dataclass(frozen=True)
class Downgrade:
    """What a work-around does to a report: the class before and after, and when each was or is due."""

    new_class: str
    due_before: datetime | None
    due_after: datetime | None


def deadline(
    policy: Policy, report_class: str, opened_at: datetime, *, tier: str | None = None, measure: str | None = None
) -> Deadline:
    """The deadline of a report by class, tier and measure (by default the first the policy lists for the class).

    Outside business hours the clock waits for the next opening, or nothing but best effort is promised (TP37).
    """
    terms = _terms(policy, report_class, measure)
    if terms is None:
        return Deadline()
    limit = terms.limits.get(tier or "all", terms.limits.get("all"))
    if limit is None:
        return Deadline()
    if terms.out_of_hours == "best_effort" and not work_calendar(policy).is_open(opened_at):
        return Deadline(best_effort=True)
    return Deadline(due_at(policy, opened_at, limit), clock_starts_at(policy, opened_at, limit))


def measures(policy: Policy, report_class: str) -> tuple[str, ...]:
    """What is timed for a class, such as ("action", "response"); empty where the policy publishes no limits."""
    return tuple(terms.measure for terms in policy.responses if terms.report_class == report_class)


def downgrade(
    policy: Policy, report_class: str, opened_at: datetime, workaround_at: datetime, tier: str | None = None
) -> Downgrade:
    """A work-around lowers a report one class, with that class's limit (IS21, A25).

    The lowest class, and any under a policy without such a rule, stays as it is.
    """
    before = deadline(policy, report_class, opened_at, tier=tier).due_at
    classes = list(dict.fromkeys(terms.report_class for terms in policy.responses))
    if not policy.tickets.workaround_downgrades or report_class not in classes[:-1]:
        return Downgrade(report_class, before, before)
    lower = classes[classes.index(report_class) + 1]
    start = workaround_at if policy.tickets.downgrade_clock == "from_downgrade" else opened_at
    return Downgrade(lower, before, deadline(policy, lower, start, tier=tier).due_at)


def not_counted_reason(
    policy: Policy, opened_at: datetime, *, first_order_at: datetime | None, planned: Iterable[Span] = ()
) -> str | None:
    """Why a report stays out of the share in time by itself: the introductory days, or planned work (IS39, IS40)."""
    terms = policy.tickets
    if "introductory_period" in terms.not_counted and terms.introductory_days is not None and first_order_at:
        ends_at = end_of_day_after(first_order_at, terms.introductory_days, policy.zone)
        if opened_at < ends_at:
            return "introductory_period"
    if "planned_maintenance" in terms.not_counted and any(opened_at in span for span in planned):
        return "planned_maintenance"
    return None


def tolerance(policy: Policy, report_class: str, month: Period, reports: Iterable[Report]) -> Tolerance:
    """Reports of a class opened in a month and answered in time, against the policy's tolerance (IS37).

    Those left out for a reason the policy lists do not count (IS38).
    """
    window = month.span(policy.zone)
    counted = [
        report
        for report in reports
        if report.report_class == report_class
        and report.opened_at in window
        and report.not_counted not in policy.tickets.not_counted
    ]
    number = sum(report.count for report in counted)
    within = sum(report.count for report in counted if _in_time(policy, report))
    wanted = policy.tickets.tolerance
    met = None if not number or wanted is None else Fraction(within, number) >= percent_fraction(wanted)
    return Tolerance(number, within, met)


def reports_close_at(policy: Policy, incident_end: datetime) -> datetime | None:
    """The first instant too late to report an incident (OP35). None without a limit."""
    days = policy.tickets.report_within_days
    return None if days is None else end_of_day_after(incident_end, days, policy.zone)


def record_validated_at(
    policy: Policy, resolved_at: datetime, objected_at: datetime | None = None
) -> datetime | None:
    """When a maintenance record becomes final without objection (TP43).

    None if an objection came before, and where the policy has no such rule.
    """
    days = policy.tickets.record_validated_days
    if days is None:
        return None
    validated_at = end_of_day_after(resolved_at, days, policy.zone)
    return None if objected_at is not None and objected_at < validated_at else validated_at


def _terms(policy: Policy, report_class: str, measure: str | None) -> ResponseTerms | None:
    fitting = (
        terms for terms in policy.responses if terms.report_class == report_class and measure in (None, terms.measure)
    )
    return next(fitting, None)


def _in_time(policy: Policy, report: Report) -> bool:
    return deadline(policy, report.report_class, report.opened_at, tier=report.tier).kept(report.handled_at)
