"""A customer as its SLA report needs it, made from what operators recorded of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from statuspage import models
from statuspage.domain.intervals import Span
from statuspage.domain.periods import Period, midnight
from statuspage.domain.sla.policy import Policy, PolicyBook
from statuspage.domain.sla.tickets import Ticket
from statuspage.errors import NotFound, Problem, Refused
from statuspage.reports.periods import place
from statuspage.standing import is_covered, is_reported_late, tier_on


@dataclass(frozen=True)
class Customer:
    """A customer as its report needs it. `tier` is the one on the period's first day (A13); `tickets` are its reports
    by service id, those under "" of every service; `reported` are the ids of the incidents and maintenances it
    reported. `terms_on` is the day whose policy version holds for it, the period's first day where None."""

    id: str
    name: str
    tier: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    tickets: Mapping[str, Sequence[Ticket]] = field(default_factory=dict)
    reported: frozenset[str] = frozenset()
    fee: Decimal | None = None
    terms_on: date | None = None

    def tickets_on(self, service: str | None) -> list[Ticket]:
        """Its reports on one service."""
        return [*self.tickets.get("", ()), *(self.tickets.get(service, ()) if service else ())]


def load_customer(session: Session, customer_id: str, period: Period, policies: PolicyBook) -> Customer:
    """A customer with the tier it had on the period's first day and its reports that reach into it.

    Reports that came too late are left out (OP35). Raises NotFound, and Refused for a plan without SLA (IS3).
    """
    loading = selectinload(models.Customer.tiers)
    row = session.scalar(select(models.Customer).where(models.Customer.id == customer_id).options(loading))
    if row is None:
        raise NotFound("customer", customer_id)
    terms_on = terms_day(row, period.first_day)
    policy = place(session, policies).in_force(terms_on)
    if not is_covered(row, policy):
        raise Refused(Problem("customer", f"the plan of {row.name} has no SLA"))
    reports = [each for each in _load_reports(session, row, period.span(policy.zone)) if _weighs(each, policy)]
    return Customer(
        id=row.id,
        name=row.name,
        tier=tier_on(row, period.first_day),
        since=midnight(row.service_start, policy.zone) if row.service_start else None,
        until=midnight(row.service_end + timedelta(days=1), policy.zone) if row.service_end else None,
        tickets=_tickets(reports),
        reported=frozenset(key for each in reports for key in (each.incident_id, each.maintenance_id) if key),
        fee=None if row.monthly_fee is None else Decimal(row.monthly_fee),
        terms_on=terms_on,
    )


def terms_day(customer: models.Customer, day: date) -> date:
    """The day whose policy version holds for a customer on `day`: its last renewal, as amendments wait for the next
    one (TP6); the day itself for who never renews. Renewals come each year."""
    if customer.renews_on is None:
        return day
    renewal = _anniversary(customer.renews_on, day.year)
    if renewal > day:
        renewal = _anniversary(customer.renews_on, day.year - 1)
    began = customer.service_start
    return min(max(renewal, began), day) if began else renewal


def _anniversary(of: date, year: int) -> date:
    return of.replace(year=year, day=28) if (of.month, of.day) == (2, 29) else of.replace(year=year)


def _load_reports(session: Session, customer: models.Customer, span: Span) -> Sequence[models.CustomerReport]:
    table = models.CustomerReport
    lasting = or_(table.restored_notice_at.is_(None), table.restored_notice_at > span.start)
    linked = or_(table.incident_id.is_not(None), table.maintenance_id.is_not(None))
    return session.scalars(
        select(table)
        .where(table.customer_id == customer.id, or_(linked, lasting))
        .where(or_(linked, table.received_at < span.end))
        .options(selectinload(table.delays), joinedload(table.incident), joinedload(table.maintenance))
        .order_by(table.number)
    ).all()


def _weighs(report: models.CustomerReport, policy: Policy) -> bool:
    return report.qualified is not False and not is_reported_late(report, policy)


def _tickets(reports: Iterable[models.CustomerReport]) -> dict[str, list[Ticket]]:
    found: dict[str, list[Ticket]] = {}
    for report in reports:
        found.setdefault(report.service or "", []).append(
            Ticket(
                opened_at=report.received_at,
                restored_at=report.restored_notice_at,
                cause=report.cause,
                qualified=bool(report.qualified),
                not_available=report.not_available,
                client_delays=tuple(Span(delay.starts_at, delay.ends_at) for delay in report.delays),
                ref=str(report.number),
            )
        )
    return found
