"""What the dashboard says of customers: broken promises, meetings that are due, contacts that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage import credit_claims, customer_reports, customers
from statuspage.changes import Installation
from statuspage.domain.periods import local_date
from statuspage.models import Claim, Customer, CustomerReport, Subscriber
from statuspage.notify.recipients import is_listening
from statuspage.reports.claimed import claim_policy
from statuspage.standing import claim_standing, contacts_missing, report_standing

CONFIRMED_FOR = timedelta(days=365)
"""How long contacts count as right after the customer confirmed them (OP34)."""


@dataclass(frozen=True)
class Attention:
    """Open reports that are late, disputed claims with their meeting's last instant, customers whose contacts are
    missing (with the roles), those that did not confirm theirs for a year, and how many webhooks and chats are in
    quarantine."""

    late: Sequence[CustomerReport]
    meetings: Sequence[tuple[Claim, datetime]]
    missing: Sequence[tuple[Customer, tuple[str, ...]]]
    unconfirmed: Sequence[Customer]
    quarantined: int

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to say of customers."""
        return bool(self.late or self.meetings or self.missing or self.unconfirmed)


def load_attention(session: Session, installation: Installation, now: datetime) -> Attention:
    """What needs somebody's attention now. Contacts matter only where the policy mails them (OP13)."""
    policy = installation.policy(now, session)
    reports = customer_reports.load_reports(session, open_only=True, limit=None)
    disputed = [claim for claim in credit_claims.load_claims(session, open_only=True) if claim.disputed_at]
    meetings = [
        (claim, claim_standing(claim, claim_policy(session, installation.policies, claim), now=now).meeting_by)
        for claim in disputed
    ]
    served = customers.load_customers(session) if policy.maintenance.email_to == "contacts" else ()
    today = local_date(now, policy.zone)
    served = [each for each in served if each.service_end is None or each.service_end >= today]
    asked_before = local_date(now - CONFIRMED_FOR, policy.zone)
    return Attention(
        quarantined=_quarantined(session),
        late=[report for report in reports if report_standing(report, policy, now=now).late],
        meetings=[(claim, meeting_by) for claim, meeting_by in meetings if meeting_by is not None],
        missing=[(each, contacts_missing(each)) for each in served if contacts_missing(each)],
        unconfirmed=[
            each
            for each in served
            if (each.contacts_confirmed_on or local_date(each.created_at, policy.zone)) < asked_before
        ],
    )


def _quarantined(session: Session) -> int:
    failing = select(func.count()).where(is_listening(), Subscriber.quarantined_at.is_not(None))
    return session.scalar(failing) or 0
