"""Claims for credit: in time or late, disputed, agreed, and what they come to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import credit_claims
from statuspage.customer_drafts import ClaimDraft, SettlementDraft, WordsDraft
from statuspage.domain.periods import parse_period
from statuspage.drafts import read_draft
from statuspage.errors import Refused, TransitionRefused
from statuspage.models import Claim, ContactLetter
from statuspage.standing import claim_standing
from tests.contracts import AUTHOR, Contract, at

WORDS = WordsDraft(text="The service was up.")


def claim_of(contract: Contract, now: str, period: str = "2024-04", **values: Any) -> Claim:
    customer = contract.customer(name=f"Acme {now} {period}", monthly_fee="500.00")
    contract.contact(customer, "main", "main@acme.example")
    draft = read_draft(ClaimDraft, {"customer": customer.id, "period": period, "reason": "It was down.", **values})
    return credit_claims.receive_claim(
        contract.session,
        draft,
        parse_period(period),
        policy=contract.policy,
        computed_pct=5,
        author=AUTHOR,
        now=at(now),
    )


def settle(contract: Contract, claim: Claim, now: str, **values: Any) -> None:
    draft = read_draft(SettlementDraft, values)
    credit_claims.settle_claim(contract.session, claim, draft, policy=contract.policy, author=AUTHOR, now=at(now))


def test_claim_after_five_days_is_late(session: Session) -> None:
    contract = Contract(session, "twicpics")
    early, late = claim_of(contract, "2024-05-05T21:59Z"), claim_of(contract, "2024-05-05T22:00Z")
    now = at("2024-05-06T00:00Z")
    assert claim_standing(early, contract.policy, now=now).closes_at == at("2024-05-05T22:00Z")
    assert [claim_standing(each, contract.policy, now=now).late for each in (early, late)] == [False, True]


def test_asked_and_computed_stand_side_by_side(session: Session) -> None:
    claim = claim_of(Contract(session, "twicpics"), "2024-05-02T09:00Z", asked_pct="12.5")
    assert (claim.asked_pct, claim.computed_pct) == ("12.5", "5")


@pytest.mark.parametrize(
    ("preset", "period", "now", "message"),
    [
        ("optimy", "2024-04", "2024-05-02T09:00Z", "no credits"),
        ("twicpics", "2024-Q1", "2024-05-02T09:00Z", "by the month"),
        ("twicpics", "2024-05", "2024-05-02T09:00Z", "was not over"),
    ],
)
def test_claim_for_nothing_is_refused(session: Session, preset: str, period: str, now: str, message: str) -> None:
    with pytest.raises(Refused, match=message):
        claim_of(Contract(session, preset), now, period)


def test_period_is_claimed_once(session: Session) -> None:
    contract = Contract(session, "twicpics")
    first = claim_of(contract, "2024-05-02T09:00Z")
    draft = ClaimDraft(customer=first.customer_id, period="2024-04", reason="Again.")
    with pytest.raises(Refused, match="already"):
        credit_claims.receive_claim(
            session,
            draft,
            parse_period("2024-04"),
            policy=contract.policy,
            computed_pct=None,
            author=AUTHOR,
            now=at("2024-05-03T09:00Z"),
        )


def test_dispute_calls_for_a_meeting(session: Session) -> None:
    contract = Contract(session, "twicpics")
    claim = claim_of(contract, "2024-05-02T09:00Z")
    credit_claims.dispute_claim(session, claim, WORDS, author=AUTHOR, now=at("2024-05-06T09:00Z"))
    standing = claim_standing(claim, contract.policy, now=at("2024-05-21T22:00Z"))
    assert (standing.meeting_by, standing.meeting_overdue) == (at("2024-05-21T22:00Z"), True)
    assert session.scalars(select(ContactLetter.subject)).all() == ["Your claim for 2024-04 is disputed"]
    with pytest.raises(TransitionRefused, match="disputed"):
        credit_claims.dispute_claim(session, claim, WORDS, author=AUTHOR, now=at("2024-05-06T09:00Z"))


def test_credit_is_never_money(session: Session) -> None:
    contract = Contract(session, "twicpics")
    claim = claim_of(contract, "2024-05-02T09:00Z")
    with pytest.raises(Refused, match="a credit only"):
        settle(contract, claim, "2024-05-06T09:00Z", agreed_pct="5", settled_as="refund")
    settle(contract, claim, "2024-05-06T09:00Z", agreed_pct="5")
    assert claim_standing(claim, contract.policy, now=at("2024-05-06T09:00Z")).amount == Decimal("25.00")


def test_rebate_is_cut_to_the_cap(session: Session) -> None:
    contract = Contract(session, "ecerium")
    claim = claim_of(contract, "2024-05-02T09:00Z")
    settle(contract, claim, "2024-05-06T09:00Z", agreed_pct="100", settled_as="refund")
    standing = claim_standing(claim, contract.policy, now=at("2024-05-06T09:00Z"))
    assert (standing.amount, standing.capped, claim.settled_as) == (Decimal("125.00"), True, "refund")


def test_claim_may_come_to_nothing(session: Session) -> None:
    contract = Contract(session, "twicpics")
    claim = claim_of(contract, "2024-05-02T09:00Z")
    settle(contract, claim, "2024-05-06T09:00Z", agreed_pct=None)
    assert (claim.state, claim.agreed_pct, claim.settled_as) == ("not_agreed", None, None)
    with pytest.raises(TransitionRefused):
        settle(contract, claim, "2024-05-07T09:00Z", agreed_pct="5")
