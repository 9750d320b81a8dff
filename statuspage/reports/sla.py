"""The SLA report: per service and tier the figure, the target, the credit, and every second they were made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from statuspage.domain.intervals import Span, clip
from statuspage.domain.periods import Period
from statuspage.domain.sla.availability import Availability, Part
from statuspage.domain.sla.credits import credit_percent
from statuspage.domain.sla.policy import Policy, PolicyBook
from statuspage.domain.sla.services import (
    Happened,
    ServiceFigure,
    ServiceLine,
    policy_over,
    service_figures,
    service_lines,
)
from statuspage.domain.sla.terms import Tier
from statuspage.domain.sla.tickets import is_measured, ticket_availability
from statuspage.measured import load_attached, load_happened
from statuspage.reports.customers import Customer
from statuspage.reports.formula import Formula, formula
from statuspage.reports.notices import NoticeGiven, load_notices, overlapping
from statuspage.reports.periods import place, ruling
from statuspage.reports.titles import load_titles


@dataclass(frozen=True)
class Entry:
    """One stretch of time of one component: why it counts as it does, and the event it comes from. `kind` is
    incident, maintenance, report, or component for what was said of the component itself (then without id)."""

    component: str
    span: Span
    reason: str
    kind: str
    id: str | None
    title: str


@dataclass(frozen=True)
class ServiceRow:
    """One service under one tier. `figure` is None with `absent` saying why: "no component", "not measured"."""

    line: ServiceLine
    tier: Tier | None
    figure: Availability | None
    absent: str
    target: Decimal | None
    met: bool | None
    credit_percent: int | Decimal | None
    removed: tuple[Entry, ...] = ()
    exempt: tuple[Entry, ...] = ()
    outages: tuple[Entry, ...] = ()
    unknown: tuple[tuple[str, Span], ...] = ()


@dataclass(frozen=True)
class SlaReport:
    """A period's report. `span` is the period, `window` what of it has passed; `final` once it is over. `contractual`
    is whether the policy promises anything for a period of this length. `platform_only` marks figures of the platform
    under a policy that measures each customer: history, owed to nobody, so without credits."""

    period: Period
    policy: Policy
    span: Span
    window: Span
    now: datetime
    final: bool
    contractual: bool
    platform_only: bool
    formula: Formula
    customer: Customer | None
    rows: tuple[ServiceRow, ...]
    notices: tuple[NoticeGiven, ...]

    @property
    def names(self) -> dict[str, str]:
        """What people call the components and services that the entries name."""
        lines = [row.line for row in self.rows]
        parts = [part for line in lines for part in (*line.components, *line.beta)]
        return {line.key: line.name for line in lines} | {part.slug: part.name for part in parts}


def sla_report(
    session: Session, policies: PolicyBook, period: Period, *, now: datetime, customer: Customer | None = None
) -> SlaReport:
    """The report of a month or quarter under the policy in force on its first day; to date while it runs.

    With a customer its own figures, as the policy measures them, under the version that holds for it
    (TP6). Raises Refused for a period that has not begun.
    The cost grows with the period's events, not with all history.
    """
    policy = ruling(place(session, policies), period, now, customer.terms_on if customer else None)
    span = period.span(policy.zone)
    window = Span(span.start, max(span.start, min(span.end, now)))
    contractual = period.unit == policy.availability.period
    measures_customers = policy.availability.measured_from == "ticket" or policy.availability.only_reported
    platform_only = measures_customers and customer is None
    earns = contractual and policy.credits is not None and not platform_only
    figures = _figures(session, policy_over(policy, period), window, customer)
    titles = load_titles(session, (part.ref for figure in figures for part in _parts(figure)))
    return SlaReport(
        period=period,
        policy=policy,
        span=span,
        window=window,
        now=now,
        final=now >= span.end,
        contractual=contractual,
        platform_only=platform_only,
        formula=formula(policy),
        customer=customer,
        rows=tuple(
            replace(row, exempt=(*row.exempt, *_delays(row.line, customer, window)))
            for figure in figures
            for row in _rows(policy, figure, _absence(policy, figure, span, customer), titles, customer, earns)
        ),
        notices=load_notices(session, policy, overlapping(window)),
    )


def _figures(session: Session, policy: Policy, window: Span, customer: Customer | None) -> tuple[ServiceFigure, ...]:
    lines = service_lines(policy, load_attached(session))
    if customer is not None and policy.availability.measured_from == "ticket":
        promised = [line for line in lines if policy.service(line.service)]
        return tuple(
            ServiceFigure(line, ticket_availability(policy, window, customer.tickets_on(line.service)))
            for line in promised
        )
    happened = load_happened(session, policy, window, [each.id for line in lines for each in line.components])
    if customer is not None:
        happened = {key: _as_reported(each, customer) for key, each in happened.items()}
    return service_figures(policy, lines, window, happened)


def _as_reported(happened: Happened, customer: Customer) -> Happened:
    """What happened, marked by whether this customer reported it (A47)."""
    events = (replace(event, reported=event.ref.partition(":")[2] in customer.reported) for event in happened.events)
    return replace(happened, events=tuple(events))


def _delays(line: ServiceLine, customer: Customer | None, window: Span) -> tuple[Entry, ...]:
    """What the customer's own delays took off its reports (TP21)."""
    tickets = customer.tickets_on(line.service) if customer else []
    return tuple(
        Entry(line.key, delay, "client_delay", "report", ticket.ref, f"Report {ticket.ref}")
        for ticket in tickets
        for delay in clip(ticket.client_delays, window)
    )


def _parts(figure: ServiceFigure) -> tuple[Part, ...]:
    measured = figure.figure
    return (*measured.removals, *measured.exempt, *measured.outages) if measured else ()


def _tiers(policy: Policy, customer: Customer | None) -> tuple[Tier | None, ...]:
    """A customer's own tier; without a customer all there are; None where the policy has none."""
    if customer is not None:
        return (policy.tier(customer.tier),)
    return policy.tiers or (None,)


def _absence(policy: Policy, figure: ServiceFigure, span: Span, customer: Customer | None) -> str:
    """Why a service has no figure, or nothing."""
    if customer is not None and not is_measured(policy, span, customer.since, customer.until):
        return "not measured"
    if figure.figure is None:
        return "beta, not measured" if figure.line.beta else "no component"
    return "" if figure.figure.den else "nothing measured"


def _rows(
    policy: Policy,
    figure: ServiceFigure,
    absent: str,
    titles: Mapping[str, str],
    customer: Customer | None,
    earns: bool,
) -> Iterator[ServiceRow]:
    for tier in _tiers(policy, customer):
        yield _row(policy, figure, tier, absent, earns, Listing(figure, titles))


def _row(
    policy: Policy, of: ServiceFigure, tier: Tier | None, absent: str, earns: bool, listing: Listing
) -> ServiceRow:
    figure = None if absent and absent != "nothing measured" else of.figure
    target = policy.target(of.line.service, tier.id if tier else None)
    row = ServiceRow(of.line, tier, figure, absent, target, met=None, credit_percent=None)
    if figure is None:
        return row
    earns = earns and figure.share is not None
    return replace(
        row,
        met=figure.met(target),
        credit_percent=credit_percent(policy, figure.share, tier.id if tier else None) if earns else None,
        removed=listing.entries(figure.removals),
        exempt=listing.entries(figure.exempt),
        outages=listing.entries(figure.outages),
        unknown=tuple((component.slug, span) for component, span in of.unknown),
    )


class Listing:
    """Writes the parts of one service's figure for readers: slugs for ids, titles for references."""

    def __init__(self, figure: ServiceFigure, titles: Mapping[str, str]) -> None:
        self.line, self.titles = figure.line, titles
        self.slugs = {component.id: component.slug for component in figure.line.components}

    def entries(self, parts: Iterable[Part]) -> tuple[Entry, ...]:
        """The parts as entries, in their order."""
        return tuple(self._entry(part) for part in parts)

    def _entry(self, part: Part) -> Entry:
        kind, _, key = part.ref.partition(":")
        if kind not in ("incident", "maintenance"):
            return Entry(
                component=self.slugs.get(part.component, self.line.key),
                span=part.span,
                reason=part.reason,
                kind="component" if kind == "base" else "report",
                id=None if kind == "base" else part.ref,
                title="Status of the component itself" if kind == "base" else f"Report {part.ref}",
            )
        title = self.titles.get(part.ref, "")
        return Entry(self.slugs[part.component], part.span, part.reason, kind, key, title)
