"""What a claim is judged by: the policy version that rules its period, and the credit its report computes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from statuspage import models
from statuspage.domain.periods import Period
from statuspage.domain.sla.policy import Policy, PolicyBook
from statuspage.errors import Problem, Refused
from statuspage.reports.customer_credit import customer_credit
from statuspage.reports.customers import load_customer, terms_day
from statuspage.reports.periods import place, read_period
from statuspage.reports.sla import sla_report


def claim_basis(
    session: Session, policies: PolicyBook, customer_id: str, period: Period, now: datetime
) -> tuple[Policy, int | Decimal | None]:
    """The policy for a customer's claim, and the percentage its report comes to (None: no figure, or no credits).

    Raises Refused for an unknown customer, a plan without SLA, a period to come.
    """
    if session.get(models.Customer, customer_id) is None:
        raise Refused(Problem("customer", f"there is no customer {customer_id!r}"))
    customer = load_customer(session, customer_id, period, policies)
    report = sla_report(session, policies, period, now=now, customer=customer)
    owed = customer_credit(report)
    return report.policy, owed.percent if owed else None


def claim_policy(session: Session, policies: PolicyBook, claim: models.Claim) -> Policy:
    """The policy version that rules a stored claim."""
    first_day = read_period(claim.period).first_day
    return place(session, policies).in_force(terms_day(claim.customer, first_day))
