"""Customers, reports and claims over the API, under each preset's rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from statuspage import people
from statuspage.changes import Installation, open_installation
from statuspage.domain.vocabulary import Scope
from statuspage.factory import create_app
from statuspage.settings import Settings
from tests.web.api_v1.conftest import Api, fields_of

STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("acknowledge", {}),
    ("action", {"text": "Looking."}),
    ("diagnosis", {"text": "A disk.", "qualified": True}),
    ("qualification", {"qualified": True, "not_available": True}),
    ("urgency", {"report_class": "Minor Anomaly"}),
    ("workaround", {"text": "Use the other one."}),
    ("restoration", {}),
    ("resolution", {"text": "New disk."}),
    ("objection", {"text": "Still slow."}),
    ("resolution", {"text": "Faster now."}),
    ("closing", {"reason": "resolved"}),
)


@pytest.fixture
def under(installation: Installation, settings: Settings) -> Iterator[Any]:
    """A function that gives a caller at the same page under a preset: under("twicpics")."""
    opened: list[Installation] = []

    def begin(preset: str) -> Api:
        other = open_installation(settings.model_copy(update={"statuspage_policy": preset}))
        opened.append(other)
        with other.database.write() as session:
            _, plain = people.create_token(session, preset, Scope.WRITE, datetime.now(UTC))
        app = create_app(other)
        app.testing = True
        client: FlaskClient = app.test_client()
        return Api(client, plain)

    yield begin
    for each in opened:
        each.database.dispose()


def add(api: Api, **values: Any) -> str:
    answer = api.post("/customers", {"name": "Acme", **values})
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])  # type: ignore[index]


def test_customer_is_added_changed_and_listed(under: Any) -> None:
    api = under("twicpics")
    key = add(api, tier="standard", monthly_fee="120.50", service_start="2024-01-15")
    assert api.patch(f"/customers/{key}", {"renews_on": "2025-01-15"}).json["renews_on"] == "2025-01-15"
    api.post(f"/customers/{key}/tiers", {"tier": "premium", "from_date": "2024-05-01"})
    found = api.get("/customers").json["items"][0]
    assert found == api.get(f"/customers/{key}").json
    assert (found["tier"], found["monthly_fee"], found["contacts_missing"]) == (
        "premium",
        "120.50",
        ["main", "backup"],
    )
    assert [each["from_date"] for each in found["tiers"]] == ["2024-01-15", "2024-05-01"]


def test_contacts_come_and_go(under: Any) -> None:
    api = under("optimy")
    key = add(api)
    contacts = f"/customers/{key}/contacts"
    for name in ("one", "two"):
        added = api.post(contacts, {"role": "reporter", "email": f"{name}@acme.example"})
    assert api.post(contacts, {"role": "reporter", "email": "three@acme.example"}).status_code == 422
    contact = added.json["contacts"][0]["id"]
    assert api.delete(f"{contacts}/{contact}").status_code == 204
    assert len(api.get(f"/customers/{key}").json["contacts"]) == 1


def test_bad_customer_names_its_field(under: Any) -> None:
    api = under("twicpics")
    assert fields_of(api.post("/customers", {"name": "Acme"})) == ["tier"]
    assert fields_of(api.post("/customers", {"name": "Acme", "tier": "standard", "monthly_fee": "-1"})) == [
        "monthly_fee"
    ]


def test_reader_cannot_add(reader: Api) -> None:
    assert reader.post("/customers", {"name": "Acme"}).status_code == 403
    assert reader.get("/customers").json == {"items": [], "next": None}


def test_report_goes_through_every_step(under: Any) -> None:
    api = under("twicpics")
    key = add(api, tier="premium")
    opened = api.post("/reports", {"customer": key, "report_class": "Minor Anomaly", "text": "Grey pictures."})
    assert (opened.status_code, opened.json["number"]) == (201, 1)
    path = opened.headers["Location"].removeprefix("/api/v1")
    for step, body in STEPS:
        answer = api.post(f"{path}/{step}", body)
        assert answer.status_code == 201, (step, answer.text)
    done = api.get(path).json
    assert done["closed_reason"] == "resolved"
    assert done["timers"][0]["measure"] == "diagnosis"
    assert not done["late"]
    assert len(done["log"]) >= len(STEPS)
    assert api.post(f"{path}/acknowledge", {}).status_code == 422
    assert api.get("/reports", open="true").json["items"] == []
    assert [each["number"] for each in api.get("/reports", customer=key).json["items"]] == [1]


def test_stranger_is_refused_as_reporter(under: Any) -> None:
    api = under("istockist")
    body = {"customer": add(api), "report_class": "Low", "text": "Old report.", "reporter": "x@y.example"}
    assert fields_of(api.post("/reports", body)) == ["reporter"]


def test_list_of_reports_is_paged(under: Any) -> None:
    api = under("ecerium")
    key = add(api)
    for _ in range(3):
        api.post("/reports", {"customer": key, "report_class": "Urgent", "text": "No SMS."})
    first = api.get("/reports", limit=2).json
    second = api.get("/reports", limit=2, cursor=first["next"]).json
    assert [each["number"] for each in first["items"] + second["items"]] == [3, 2, 1]
    assert second["next"] is None


def test_claim_is_disputed_and_agreed(under: Any) -> None:
    api = under("twicpics")
    key = add(api, tier="premium", service_start="2024-01-01", monthly_fee="200")
    claim = api.post(
        "/claims",
        {
            "customer": key,
            "period": "2024-04",
            "reason": "Down for an hour.",
            "asked_pct": "5",
            "received_at": "2024-05-03T10:00:00Z",
        },
    )
    assert (claim.status_code, claim.json["computed_pct"], claim.json["late"]) == (201, "0", False)
    path = f"/claims/{claim.json['id']}"
    assert api.post(f"{path}/dispute", {"text": "It was not."}).json["meeting_by"] is not None
    assert api.post(f"{path}/settlement", {"agreed_pct": "2.5", "settled_as": "refund"}).status_code == 422
    settled = api.post(f"{path}/settlement", {"agreed_pct": "2.5"}).json
    assert (settled["state"], settled["amount"]) == ("agreed", "5.00")
    assert api.get("/claims", open="true").json["items"] == []
    assert api.get("/claims").json["items"] == [api.get(path).json]


def test_report_of_a_period_is_a_customers(under: Any) -> None:
    api = under("twicpics")
    key = add(api, tier="premium", service_start="2024-01-01", monthly_fee="200")
    received = datetime.now(UTC) - timedelta(hours=2)
    body = {"customer": key, "report_class": "Critical Anomaly", "text": "Down.", "not_available": True}
    path = f"/reports/{api.post('/reports', {**body, 'received_at': received.isoformat()}).json['id']}"
    api.post(f"{path}/qualification", {"qualified": True})
    api.post(f"{path}/restoration", {})
    found = api.get("/sla/report", period=f"{received:%Y-%m}", customer=key).json
    assert (found["customer"]["name"], found["customer"]["tier"]) == ("Acme", "premium")
    assert found["platform_history"] is False
    assert found["customer"]["credit"]["to_be_claimed"] is True
    assert fields_of(api.get("/sla/report", period="2024-04", customer="nobody")) == ["customer"]
