"""Customers, their reports and claims in the admin, under a preset that has all of it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape

import pytest
from sqlalchemy import select

from statuspage.changes import Installation
from statuspage.models import Claim, Customer, CustomerReport, Incident
from statuspage.settings import Settings
from tests.contracts import Contract
from tests.web.admin.conftest import Operator


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"statuspage_policy": "twicpics"})


@pytest.fixture
def mary(enter: Callable[[str], Operator]) -> Operator:
    """A manager at work."""
    return enter("mary")


@pytest.fixture
def acme(mary: Operator, installation: Installation) -> str:
    """A premium customer added by the form."""
    typed = {"name": "Acme", "tier": "premium", "has_sla": "yes", "service_start": "2024-01-01", "monthly_fee": "200"}
    assert mary.post("/admin/customers", typed).status_code == 303
    with installation.database.read() as session:
        return session.scalars(select(Customer.id)).one()


def record(operator: Operator, installation: Installation, customer: str, text: str = "Down.") -> str:
    typed = {"customer": customer, "report_class": "Critical Anomaly", "text": text, "channel": "phone"}
    assert operator.post("/admin/customer-reports", {**typed, "not_available": "yes"}).status_code == 303
    with installation.database.read() as session:
        return session.scalars(select(CustomerReport.id).order_by(CustomerReport.number.desc())).first() or ""


def test_customer_is_kept_by_forms(mary: Operator, acme: str) -> None:
    page = f"/admin/customers/{acme}"
    assert mary.post(f"{page}/tiers", {"tier": "standard", "from_date": "2024-06-01"}).status_code == 303
    assert mary.post(f"{page}/contacts", {"role": "main", "email": "main@acme.example"}).status_code == 303
    assert mary.post(f"{page}/contacts/confirm").status_code == 303
    refused = mary.post(f"{page}/contacts", {"role": "main", "email": "two@acme.example"})
    assert refused.status_code == 422
    assert "There is a main contact already" in refused.text
    html = mary.get(page).text
    assert "main@acme.example" in html
    assert "from 2024-06-01" in html
    assert mary.post(page, {"name": "Acme Ltd", "has_sla": "yes"}).status_code == 303
    assert "Acme Ltd" in mary.get("/admin/customers?q=acme").text


def test_new_customer_needs_a_tier(mary: Operator) -> None:
    refused = mary.post("/admin/customers", {"name": "Acme", "has_sla": "yes"})
    assert refused.status_code == 422
    assert "standard, premium" in refused.text
    assert mary.get("/admin/customers/new").status_code == 200


def test_report_is_taken_to_its_end(rob: Operator, installation: Installation, acme: str) -> None:
    page = f"/admin/customer-reports/{record(rob, installation, acme)}"
    assert rob.get("/admin/customer-reports/new").status_code == 200
    for step, typed in (
        ("acknowledge", {"text": ""}),
        ("diagnosis", {"text": "A disk.", "cause": "own", "qualified": "yes"}),
        ("qualification", {"qualified": "yes", "report_class": "Critical Anomaly", "not_available": "yes"}),
        ("restoration", {}),
        ("resolution", {"text": "New disk."}),
        ("closing", {"reason": "resolved"}),
    ):
        answer = rob.post(f"{page}/{step}", {"cause": "own", **typed})
        assert answer.status_code == 303, (step, answer.text)
    html = rob.get(page).text
    assert "Resolved: New disk." in html
    assert "final without objection before" in html
    assert "Report 1" not in rob.get("/admin/customer-reports").text
    assert "Report 1" in rob.get("/admin/customer-reports?all=1").text


def test_refused_step_is_shown_again(rob: Operator, installation: Installation, acme: str) -> None:
    page = f"/admin/customer-reports/{record(rob, installation, acme)}"
    refused = rob.post(f"{page}/resolution", {"text": ""})
    assert refused.status_code == 422
    assert "Must not be empty" in refused.text
    assert rob.post(f"{page}/delays", {"starts_at": "yesterday", "ends_at": "", "reason": "x"}).status_code == 422
    assert rob.post(f"{page}/nonsense", {}).status_code == 404


def test_record_is_safe_in_a_spreadsheet(rob: Operator, installation: Installation, acme: str) -> None:
    record(rob, installation, acme, text='=HYPERLINK("http://evil.example")')
    answer = rob.get(f"/admin/customer-reports.csv?customer={acme}")
    assert answer.content_type == "text/csv; charset=utf-8"
    row = next(csv.DictReader(io.StringIO(answer.text)))
    assert row["text"] == '\'=HYPERLINK("http://evil.example")'
    assert (row["customer"], row["number"], row["not_available"]) == ("Acme", "1", "yes")


def test_claim_is_disputed_and_settled(mary: Operator, installation: Installation, acme: str) -> None:
    page = f"/admin/customers/{acme}"
    assert mary.post(f"{page}/claims", {"period": "soon", "reason": "Down."}).status_code == 422
    typed = {"period": "2024-04", "reason": "Down.", "asked_pct": "10"}
    assert mary.post(f"{page}/claims", typed).status_code == 303
    with installation.database.read() as session:
        claim = f"/admin/claims/{session.scalars(select(Claim.id)).one()}"
    assert "late" in mary.get(claim).text
    assert mary.post(f"{claim}/dispute", {"text": "It was up."}).status_code == 303
    assert "Meeting before" in mary.get(claim).text
    assert mary.post(f"{claim}/settlement", {"agreed_pct": "5", "settled_as": "credit"}).status_code == 303
    assert "10.00" in mary.get(claim).text
    assert "Acme" in mary.get("/admin/claims").text


def test_report_of_a_month_is_the_customers(mary: Operator, acme: str) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    html = mary.get(f"/admin/reports/sla/{month}?customer={acme}").text
    assert "Service Level 2 (premium)" in html
    assert "Claims close on" in html
    assert f"customer={acme}" in html
    answer = mary.get(f"/admin/reports/sla/{month}.json?customer={acme}")
    assert answer.json
    assert answer.json["customer"]["name"] == "Acme"
    assert mary.get(f"/admin/reports/sla/{month}?customer=nobody").status_code == 404


def test_responder_sees_customers_but_changes_none(rob: Operator, acme: str) -> None:
    assert rob.get(f"/admin/customers/{acme}").status_code == 200
    assert rob.get("/admin/customers/new").status_code == 403
    assert rob.post(f"/admin/customers/{acme}/tiers", {}).status_code == 403


def test_board_names_late_reports_and_meetings(mary: Operator, installation: Installation, acme: str) -> None:
    assert "Claim for" not in mary.get("/admin/").text
    late = {"customer": acme, "report_class": "Minor Anomaly", "text": "Grey.", "channel": "phone"}
    assert mary.post("/admin/customer-reports", {**late, "received_at": "2024-04-08T10:00"}).status_code == 303
    mary.post(f"/admin/customers/{acme}/claims", {"period": "2024-04", "reason": "Down."})
    with installation.database.read() as session:
        claim = session.scalars(select(Claim.id)).one()
    mary.post(f"/admin/claims/{claim}/dispute", {"text": "It was up."})
    html = mary.get("/admin/").text
    assert "Report 1</a> Acme" in html
    assert "Claim for 2024-04</a> Acme" in html


def test_reports_are_listed_a_page_at_a_time(rob: Operator, installation: Installation, acme: str) -> None:
    with installation.database.write() as session:
        contract, customer = Contract(session, "twicpics"), session.get_one(Customer, acme)
        for _ in range(51):
            contract.report(customer, "Critical Anomaly", "2024-04-08T10:00Z")
    first = rob.get("/admin/customer-reports").text
    assert "Report 51" in first
    assert "Report 1<" not in first
    older = re.search(r'href="([^"]*before=2[^"]*)"', first)
    assert older
    assert "Report 1<" in rob.get(unescape(older[1])).text
    assert "No report here." in rob.get("/admin/customer-reports?class=Minor+Anomaly").text
    assert rob.get("/admin/customer-reports?before=x").status_code == 404


def test_incident_lists_what_customers_reported(rob: Operator, installation: Installation, acme: str) -> None:
    rob.post(
        "/admin/incidents",
        {"title": "Grey", "priority": "P1", "status": "investigating", "cause": "own", "body": "We look."},
    )
    with installation.database.read() as session:
        incident = session.scalars(select(Incident.id)).one()
    assert "No customer reported it." in rob.get(f"/admin/incidents/{incident}").text
    page = f"/admin/customer-reports/{record(rob, installation, acme)}"
    assert rob.post(f"{page}/incident", {"incident": incident}).status_code == 303
    assert "Report 1" in rob.get(f"/admin/incidents/{incident}").text
