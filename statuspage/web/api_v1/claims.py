"""Customers' claims for credit: receive, list, read, dispute, settle."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field
from sqlalchemy.orm import Session

from statuspage import credit_claims
from statuspage.customer_drafts import ClaimDraft, SettlementDraft, WordsDraft
from statuspage.domain.sla.policy import PolicyBook
from statuspage.domain.vocabulary import Scope
from statuspage.models import Claim
from statuspage.reports.claimed import claim_basis, claim_policy
from statuspage.reports.periods import read_period
from statuspage.standing import claim_standing
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, page_of_all


class ClaimAnswer(Shape):
    """A claim. Percentages and money are text; `computed_pct` is what the period's report said when it was received.
    `closes_at` and `meeting_by` are the first instants too late."""

    id: str
    customer: str
    period: str
    state: Literal["received", "disputed", "agreed", "not_agreed"]
    received_at: UtcInstant
    closes_at: UtcInstant | None
    late: bool
    reason: str
    asked_pct: str | None
    computed_pct: str | None
    disputed_at: UtcInstant | None
    dispute_reason: str | None
    meeting_by: UtcInstant | None
    meeting_overdue: bool
    settled_at: UtcInstant | None
    agreed_pct: str | None
    settled_as: str | None
    amount: str | None
    capped: bool


class ClaimQuery(PageQuery):
    """Which claims."""

    customer: str | None = Field(None, max_length=40, description="a customer's id")
    open: bool = Field(False, description="only those that are not settled")


@endpoint("GET", "/claims", scope=Scope.READ, query=ClaimQuery, gives=Items[ClaimAnswer])
def list_claims(call: Call, query: ClaimQuery) -> Answer:
    """Claims, newest first."""
    with call.read() as session:
        rows = credit_claims.load_claims(session, customer_id=query.customer, open_only=query.open)
        items, following = page_of_all(
            rows, query, lambda row: claim_answer(session, row, call.installation.policies, call.now)
        )
    return call.answered(Items[ClaimAnswer](items=items, next=following))


@endpoint("GET", "/claims/<claim_id>", scope=Scope.READ, gives=ClaimAnswer)
def show_claim(call: Call, claim_id: str) -> Answer:
    """One claim."""
    with call.read() as session:
        row = credit_claims.load_claim(session, claim_id)
        return call.answered(claim_answer(session, row, call.installation.policies, call.now))


@endpoint("POST", "/claims", scope=Scope.WRITE, body=ClaimDraft, gives=ClaimAnswer, status=201)
def receive_claim(call: Call, draft: ClaimDraft) -> Answer:
    """Record a claim for a period that is over; one that came too late is marked, not refused."""
    with call.write() as session:
        period = read_period(draft.period)
        policy, computed = claim_basis(session, call.installation.policies, draft.customer, period, call.now)
        row = credit_claims.receive_claim(
            session, draft, period, policy=policy, computed_pct=computed, author=call.author, now=call.now
        )
        return _created(call, session, row)


@endpoint("POST", "/claims/<claim_id>/dispute", scope=Scope.WRITE, body=WordsDraft, gives=ClaimAnswer, status=201)
def dispute_claim(call: Call, claim_id: str, draft: WordsDraft) -> Answer:
    """Dispute it in writing, with reasons; the customer is mailed."""
    with call.write() as session:
        row = credit_claims.load_claim(session, claim_id)
        credit_claims.dispute_claim(session, row, draft, author=call.author, now=call.now)
        return _created(call, session, row)


@endpoint(
    "POST", "/claims/<claim_id>/settlement", scope=Scope.WRITE, body=SettlementDraft, gives=ClaimAnswer, status=201
)
def settle_claim(call: Call, claim_id: str, draft: SettlementDraft) -> Answer:
    """What was agreed on; `agreed_pct` null says that nothing was. The customer is mailed."""
    with call.write() as session:
        row = credit_claims.load_claim(session, claim_id)
        policy = claim_policy(session, call.installation.policies, row)
        credit_claims.settle_claim(session, row, draft, policy=policy, author=call.author, now=call.now)
        return _created(call, session, row)


def _created(call: Call, session: Session, row: Claim) -> Answer:
    return call.created(claim_answer(session, row, call.installation.policies, call.now), f"/api/v1/claims/{row.id}")


def claim_answer(session: Session, row: Claim, policies: PolicyBook, now: datetime) -> ClaimAnswer:
    """A claim as it stands now."""
    standing = claim_standing(row, claim_policy(session, policies, row), now=now)
    return ClaimAnswer.model_validate(
        {
            **{name: getattr(row, name) for name in _COPIED},
            "customer": row.customer_id,
            "closes_at": standing.closes_at,
            "late": standing.late,
            "meeting_by": standing.meeting_by,
            "meeting_overdue": standing.meeting_overdue,
            "amount": None if standing.amount is None else str(standing.amount),
            "capped": standing.capped,
        }
    )


_COPIED = (
    *("id", "period", "state", "received_at", "reason", "asked_pct", "computed_pct", "disputed_at"),
    *("dispute_reason", "settled_at", "agreed_pct", "settled_as"),
)
