"""Uptime of a component, day by day and as one figure: the same arithmetic as the bars of the public page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy.orm import Session

from statuspage.components import load_component, load_page
from statuspage.domain.periods import local_date, midnight
from statuspage.domain.uptime import Day, Figure, day_bars, figure_of
from statuspage.domain.vocabulary import Scope
from statuspage.errors import NotFound, Problem, Refused
from statuspage.publishing.timelines import load_timelines
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Query, QueryDate, Shape

DAYS_AT_MOST = 3_700
DAYS_BY_DEFAULT = 90
EARLIEST, LATEST = date(1971, 1, 1), date(2200, 1, 1)


class UptimeQuery(Query):
    """Which component and days."""

    component: Annotated[str, Field(max_length=80)] = Field(description="slug")
    from_: QueryDate | None = Field(
        None, alias="from", description="first day in the page's zone; by default 90 days up to and with the last"
    )
    to: QueryDate | None = Field(None, description="the day after the last; by default tomorrow")


class FigureAnswer(Shape):
    """Seconds up out of seconds measured; `pct` floored to two decimals, null when nothing was measured."""

    num: int | float
    den: int | float
    pct: str | None


class DayAnswer(Shape):
    """One day of the page's zone, as far as it has elapsed. `seconds_down` is major outage."""

    date: date
    seconds_down: int | float
    seconds_partial: int | float
    seconds_degraded: int | float
    seconds_maintenance: int | float
    seconds_unknown: int | float
    uptime: FigureAnswer


class UptimeAnswer(Shape):
    """Days, oldest first, and the figure of all of them together."""

    component: str
    timezone: str
    days: list[DayAnswer]
    uptime: FigureAnswer
    unknown_seconds: int | float


@endpoint("GET", "/uptime", scope=Scope.READ, query=UptimeQuery, gives=UptimeAnswer)
def show_uptime(call: Call, query: UptimeQuery) -> Answer:
    """How long a component was down, impaired, in maintenance or not measured. `to` is exclusive; unknown time is
    outside numerator and denominator; causes and maintenance classes count as in the policy of the first day."""
    with call.read() as session:
        zone = ZoneInfo(load_page(session).timezone)
        first, end = _window(query, local_date(call.now, zone))
        component_id = _find_id(session, query.component)
        history = load_timelines(session, [component_id], since=midnight(first, zone), until=call.now)[component_id]
    dates = [first + timedelta(days=n) for n in range((end - first).days)]
    rules = call.installation.policies.in_force(first).availability
    days = day_bars(history, dates, zone, call.now, rules)
    return call.answered(
        UptimeAnswer(
            component=query.component,
            timezone=zone.key,
            days=[_day(day) for day in days],
            uptime=_figure(figure_of(days)),
            unknown_seconds=sum(day.unknown for day in days),
        )
    )


def _find_id(session: Session, slug: str) -> str:
    try:
        return load_component(session, slug).id
    except NotFound as error:
        raise Refused(Problem("component", str(error))) from None


def _window(query: UptimeQuery, today: date) -> tuple[date, date]:
    """First day and the day after the last. Raises Refused."""
    end = query.to or today + timedelta(days=1)
    given = {"from": query.from_, "to": end}
    for field, day in given.items():
        if day is not None and not EARLIEST <= day <= LATEST:
            raise Refused(Problem(field, f"must be between {EARLIEST} and {LATEST}"))
    first = query.from_ or max(EARLIEST, end - timedelta(days=DAYS_BY_DEFAULT))
    if first >= end:
        raise Refused(Problem("to", f"must be after {first}: it is the day after the last one"))
    if (end - first).days > DAYS_AT_MOST:
        raise Refused(Problem("from", f"at most {DAYS_AT_MOST} days are answered at once"))
    return first, end


def _day(day: Day) -> DayAnswer:
    return DayAnswer(
        date=day.date,
        seconds_down=day.down,
        seconds_partial=day.partial,
        seconds_degraded=day.degraded,
        seconds_maintenance=day.maintenance,
        seconds_unknown=day.unknown,
        uptime=_figure(day.figure),
    )


def _figure(figure: Figure) -> FigureAnswer:
    return FigureAnswer(num=figure.num, den=figure.den, pct=figure.pct())
