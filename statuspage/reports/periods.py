"""Which period a report is of: what a caller typed, and the periods a page can offer."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage.domain.periods import Period, local_date, parse_period, period_of
from statuspage.domain.sla.policy import Policy, PolicyBook
from statuspage.errors import Problem, Refused
from statuspage.models import Page, StatusChange

MOST_OFFERED = 60


def read_period(text: str, field: str = "period") -> Period:
    """A month ("2026-10") or a quarter ("2026-Q3"). Raises Refused."""
    try:
        period = parse_period(text)
    except ValueError:
        period = None
    if period is None or period.unit == "day":
        raise Refused(Problem(field, f"{text[:40]!r} is not a period: expected 2026-10 or 2026-Q3"))
    return period


def place(session: Session, policies: PolicyBook) -> PolicyBook:
    """The policies with the page's zone where they leave it out."""
    return policies.placed_in(session.scalar(select(Page.timezone)) or "UTC")


def ruling(
    policies: PolicyBook, period: Period, now: datetime, day: date | None = None, field: str = "period"
) -> Policy:
    """The policy that rules a period: the one in force on its first day, or on the `day` that holds for somebody.
    Raises Refused for a period to come."""
    policy = policies.in_force(day or period.first_day)
    if period.span(policy.zone).start > now:
        raise Refused(Problem(field, f"{period} has not begun yet"))
    return policy


def offered_periods(session: Session, policies: PolicyBook, now: datetime) -> tuple[Period, ...]:
    """The policy's periods since the page knows anything, newest first; the running one leads."""
    policy = place(session, policies).at(now)
    first_known = session.scalar(select(func.min(StatusChange.at))) or now
    return _back_to(period_of(local_date(now, policy.zone), policy.availability.period), first_known, policy.zone)


def _back_to(newest: Period, first_known: datetime, zone: ZoneInfo) -> tuple[Period, ...]:
    first_day = local_date(first_known, zone)
    periods = [newest]
    while len(periods) < MOST_OFFERED and periods[-1].first_day > first_day:
        before = periods[-1].first_day.toordinal() - 1
        periods.append(period_of(first_day.fromordinal(before), newest.unit))
    return tuple(periods)
