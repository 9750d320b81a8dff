"""Customers' claims in the admin: recording one, disputing it, and what came of it."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _

from statuspage import credit_claims
from statuspage.customer_drafts import ClaimDraft, SettlementDraft, WordsDraft
from statuspage.drafts import read_draft
from statuspage.errors import NotFound, Refused
from statuspage.reports.claimed import claim_basis, claim_policy
from statuspage.reports.periods import read_period
from statuspage.standing import claim_standing
from statuspage.web import current
from statuspage.web.admin.customers import show_one
from statuspage.web.admin.door import admin, go, show, tell, user, zone
from statuspage.web.forms import Form


@admin.get("/claims")
def list_claims() -> Response:
    """Claims, newest first, with the meetings that are due."""
    installation, now = current.installation(), current.now()
    with installation.database.read() as session:
        found = credit_claims.load_claims(session)
        policies = installation.policies
        rows = [(each, claim_standing(each, claim_policy(session, policies, each), now=now)) for each in found]
        return show("claims/list.html", rows=rows)


@admin.post("/customers/<customer_id>/claims")
def create_claim(customer_id: str) -> Response:
    """Record a customer's claim; one that came too late is marked."""
    form, now = Form(request.form), current.now()
    installation = current.installation()
    typed = {
        "customer": customer_id,
        "period": form.value("period").strip(),
        "reason": form.value("reason"),
        "asked_pct": form.filled("asked_pct"),
        "received_at": form.instant("received_at", zone()) if form.filled("received_at") else None,
    }
    try:
        form.check()
        draft = read_draft(ClaimDraft, typed)
        period = read_period(draft.period)
        with installation.database.write() as session:
            policy, computed = claim_basis(session, installation.policies, customer_id, period, now)
            claim = credit_claims.receive_claim(
                session, draft, period, policy=policy, computed_pct=computed, author=user().email, now=now
            )
    except Refused as refused:
        form.refuse_all(refused)
        return show_one(customer_id, {"claim": form}, 422)
    tell(_("The claim is recorded."))
    return go("show_claim", claim_id=claim.id)


@admin.get("/claims/<claim_id>")
def show_claim(claim_id: str) -> Response:
    """One claim: asked and computed side by side, what is due, and the forms that decide it."""
    return _show_one(claim_id)


@admin.post("/claims/<claim_id>/<step>")
def decide_claim(claim_id: str, step: str) -> Response:
    """Dispute it, or settle it."""
    form, now = Form(request.form), current.now()
    installation = current.installation()
    if step not in ("dispute", "settlement"):
        raise NotFound("step", step)
    try:
        with installation.database.write() as session:
            claim = credit_claims.load_claim(session, claim_id)
            if step == "dispute":
                words = read_draft(WordsDraft, {"text": form.value("text")})
                credit_claims.dispute_claim(session, claim, words, author=user().email, now=now)
            else:
                typed = {"agreed_pct": form.filled("agreed_pct"), "settled_as": form.value("settled_as", "credit")}
                settlement = read_draft(SettlementDraft, typed)
                policy = claim_policy(session, installation.policies, claim)
                credit_claims.settle_claim(session, claim, settlement, policy=policy, author=user().email, now=now)
    except Refused as refused:
        form.refuse_all(refused)
        return _show_one(claim_id, {step: form}, 422)
    installation.nudge()
    tell(_("The claim is saved."))
    return go("show_claim", claim_id=claim_id)


def _show_one(claim_id: str, forms: dict[str, Form] | None = None, status: int = 200) -> Response:
    installation, now = current.installation(), current.now()
    with installation.database.read() as session:
        claim = credit_claims.load_claim(session, claim_id)
        policy = claim_policy(session, installation.policies, claim)
        return show(
            "claims/show.html",
            status,
            claim=claim,
            policy=policy,
            standing=claim_standing(claim, policy, now=now),
            forms={"dispute": Form(), "settlement": Form({"agreed_pct": claim.computed_pct or ""}), **(forms or {})},
        )
