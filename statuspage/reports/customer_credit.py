"""What a customer's report comes to in money: the credit of its worst figure, the amount, the cap, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from statuspage.domain.sla.credits import claims_close_at, credit_amount
from statuspage.reports.sla import SlaReport


@dataclass(frozen=True)
class CustomerCredit:
    """`amount` is None while the fee is unknown. `to_be_claimed` is whether the customer must ask for it, in which
    case `closes_at` is the first instant too late."""

    percent: int | Decimal
    fee: Decimal | None
    amount: Decimal | None
    capped: bool
    currency: str
    form: str
    to_be_claimed: bool
    closes_at: datetime | None


def customer_credit(report: SlaReport) -> CustomerCredit | None:
    """The credit a customer's report computes; None without a customer, credits in the policy, or any figure."""
    terms, customer = report.policy.credits, report.customer
    percents = [row.credit_percent for row in report.rows if row.credit_percent is not None]
    if terms is None or customer is None or not percents:
        return None
    percent, fee = max(percents), customer.fee
    amount, capped = (None, False) if fee is None else credit_amount(report.policy, Decimal(percent), fee)
    return CustomerCredit(
        percent=percent,
        fee=fee,
        amount=amount,
        capped=capped,
        currency=terms.currency,
        form=terms.form,
        to_be_claimed=terms.who == "claimants",
        closes_at=claims_close_at(report.policy, report.period),
    )
