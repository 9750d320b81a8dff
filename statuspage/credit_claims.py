"""Verbs on customers' claims for credit: receive, dispute, settle (TP23 to TP28)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from statuspage import audit, letter_words
from statuspage.customer_drafts import ClaimDraft, SettlementDraft, WordsDraft
from statuspage.domain.periods import Period
from statuspage.domain.sla.policy import Policy
from statuspage.errors import NotFound, Problem, Refused, TransitionRefused
from statuspage.identifiers import new_id
from statuspage.letter_words import load_words
from statuspage.models import Claim, Customer
from statuspage.notify.kinds import letters
from statuspage.standing import claim_standing

OPEN_STATES = ("received", "disputed")


def receive_claim(
    session: Session,
    draft: ClaimDraft,
    period: Period,
    *,
    policy: Policy,
    computed_pct: Decimal | int | None,
    author: str,
    now: datetime,
) -> Claim:
    """Record a claim for `period` under the policy that rules it; a late one is recorded too, and marked.

    `computed_pct` is what the period's report says. Raises Refused: no credits in the policy, a period that is not
    the policy's or not over, a second claim, a time to come.
    """
    customer = session.get(Customer, draft.customer)
    if customer is None:
        raise Refused(Problem("customer", f"there is no customer {draft.customer!r}"))
    received_at = draft.received_at or now
    _check_claim(session, draft, period, policy, received_at, now)
    claim = Claim(
        id=new_id(),
        customer=customer,
        period=str(period),
        state="received",
        received_at=received_at,
        reason=draft.reason,
        asked_pct=_text(draft.asked_pct),
        computed_pct=_text(computed_pct),
        created_at=now,
    )
    session.add(claim)
    late = claim_standing(claim, policy, now=now).late
    _note(session, "claim.receive", claim, author, now, asked=claim.asked_pct, late="yes" if late else "no")
    session.flush()
    return claim


def dispute_claim(session: Session, claim: Claim, draft: WordsDraft, *, author: str, now: datetime) -> Claim:
    """Dispute a claim in writing, with reasons (TP24); the customer is mailed. Raises TransitionRefused."""
    if claim.state != "received":
        raise TransitionRefused(Problem("state", f"the claim is {claim.state.replace('_', ' ')}"))
    claim.state, claim.disputed_at, claim.dispute_reason = "disputed", now, draft.text
    letters.write(session, claim.customer, *letter_words.disputed(load_words(session), claim, draft.text), now=now)
    _note(session, "claim.dispute", claim, author, now)
    session.flush()
    return claim


def settle_claim(
    session: Session, claim: Claim, draft: SettlementDraft, *, policy: Policy, author: str, now: datetime
) -> Claim:
    """What came of it: agreed with a percentage (TP26), or not agreed (TP27). Money only where the policy pays any
    (TP28). The customer is mailed. Raises Refused or TransitionRefused."""
    if claim.state not in OPEN_STATES:
        raise TransitionRefused(Problem("state", f"the claim is {claim.state.replace('_', ' ')}"))
    form = policy.credits.form if policy.credits else "credit"
    if draft.agreed_pct is not None and form not in (draft.settled_as, "credit_or_refund"):
        raise Refused(Problem("settled_as", f"the policy gives a {form} only"))
    claim.settled_at = now
    claim.agreed_pct = _text(draft.agreed_pct)
    claim.state = "agreed" if draft.agreed_pct is not None else "not_agreed"
    claim.settled_as = draft.settled_as if draft.agreed_pct is not None else None
    session.flush()
    standing = claim_standing(claim, policy, now=now)
    told = letter_words.settled(load_words(session), claim, standing, policy)
    letters.write(session, claim.customer, *told, now=now)
    _note(session, "claim.settle", claim, author, now, agreed=claim.agreed_pct, form=claim.settled_as)
    session.flush()
    return claim


def load_claim(session: Session, claim_id: str) -> Claim:
    """One claim with its customer. Raises NotFound."""
    found = session.scalar(select(Claim).where(Claim.id == claim_id).options(joinedload(Claim.customer)))
    if found is None:
        raise NotFound("claim", claim_id)
    return found


def load_claims(session: Session, *, customer_id: str | None = None, open_only: bool = False) -> Sequence[Claim]:
    """Claims, newest first."""
    query = select(Claim).order_by(Claim.received_at.desc(), Claim.id).options(joinedload(Claim.customer))
    query = query.options(selectinload(Claim.customer, Customer.contacts))
    if customer_id is not None:
        query = query.where(Claim.customer_id == customer_id)
    if open_only:
        query = query.where(Claim.state.in_(OPEN_STATES))
    return session.scalars(query).all()


def _check_claim(
    session: Session, draft: ClaimDraft, period: Period, policy: Policy, received_at: datetime, now: datetime
) -> None:
    problems = []
    if policy.credits is None:
        problems.append(Problem("period", "the policy of this period gives no credits"))
    elif period.unit != policy.availability.period:
        problems.append(Problem("period", f"the policy promises its figures by the {policy.availability.period}"))
    if received_at > now:
        problems.append(Problem("received_at", "must not be in the future"))
    if received_at < period.span(policy.zone).end:
        problems.append(Problem("period", f"{period} was not over when the claim was received"))
    earlier = select(Claim.id).where(Claim.customer_id == draft.customer, Claim.period == str(period))
    if session.scalar(earlier) is not None:
        problems.append(Problem("period", f"this customer has a claim for {period} already"))
    if problems:
        raise Refused(problems)


def _text(percent: Decimal | int | None) -> str | None:
    return None if percent is None else f"{Decimal(percent):f}"


def _note(session: Session, action: str, claim: Claim, author: str, now: datetime, **details: str | None) -> None:
    facts = {"customer": claim.customer.name, "period": claim.period, **details}
    audit.record(session, action, actor=author, target=claim.id, details=facts, now=now)
