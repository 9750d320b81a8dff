"""Subscribers, tokens and users over the API; deliveries and the outbox."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from statuspage.changes import Installation
from statuspage.domain.vocabulary import Scope
from statuspage.models import AuditEvent, Consent, Subscriber
from tests.web.api_v1.conftest import Api, fields_of

ANN = {"email": "ann@example.com"}


def test_subscriber_is_asked_to_confirm(api: Api) -> None:
    answer = api.post("/subscribers", ANN)
    assert answer.status_code == 201
    assert (answer.json["email"], answer.json["state"], answer.json["confirmed"]) == (ANN["email"], "pending", False)
    (delivery,) = api.get("/deliveries", state="due").json["items"]
    assert (delivery["kind"], delivery["subscriber_id"]) == ("confirmation", answer.json["id"])
    outbox = api.get("/outbox").json
    assert outbox["due"] == outbox["channels"]["email"]["due"] == 1
    assert outbox["oldest_due_at"]
    assert outbox["last_success_at"] is None


def test_confirmed_subscriber_needs_admin(api: Api, admin_api: Api, installation: Installation) -> None:
    assert api.post("/subscribers", {**ANN, "confirmed": True}).status_code == 403
    answer = admin_api.post("/subscribers", {**ANN, "confirmed": True, "kinds": ["incident"], "min_priority": "P2"})
    assert answer.status_code == 201
    assert (answer.json["state"], answer.json["kinds"], answer.json["min_priority"]) == ("active", ["incident"], "P2")
    with installation.database.read() as session:
        proof = session.scalars(select(Consent)).one()
        assert proof.source.startswith("import")
    assert api.get("/deliveries").json["items"] == []


def test_subscriber_is_erased(api: Api, installation: Installation) -> None:
    created = api.post("/subscribers", ANN).json
    assert api.get(f"/subscribers/{created['id']}").json == created
    gone = api.delete(f"/subscribers/{created['id']}")
    assert (gone.status_code, gone.data) == (204, b"")
    assert api.delete(f"/subscribers/{created['id']}").status_code == 404
    with installation.database.read() as session:
        assert session.query(Subscriber).count() == 0
        assert session.scalars(select(AuditEvent.action)).all() == ["subscriber.create", "subscriber.erase"]


def test_subscribers_are_paged(admin_api: Api) -> None:
    for name in "abc":
        admin_api.post("/subscribers", {"email": f"{name}@example.com", "confirmed": True})
    first = admin_api.get("/subscribers", limit=2).json
    second = admin_api.get("/subscribers", limit=2, cursor=first["next"]).json
    seen = {item["email"] for item in first["items"] + second["items"]}
    assert seen == {"a@example.com", "b@example.com", "c@example.com"}
    assert second["next"] is None


def test_bad_subscriber_names_the_field(api: Api) -> None:
    for body, field in (
        ({}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@example.com\r\nBcc: b@example.com"}, "email"),
        ({**ANN, "kinds": []}, "kinds"),
        ({**ANN, "kinds": ["news"]}, "kinds.0"),
        ({**ANN, "components": ["none"]}, "components.none"),
        ({**ANN, "min_priority": "P7"}, "min_priority"),
        ({**ANN, "language": "tlh"}, "language"),
    ):
        answer = api.post("/subscribers", body)
        assert answer.status_code == 422, body
        assert fields_of(answer) == [field]


def test_bad_delivery_state_is_refused(reader: Api) -> None:
    assert fields_of(reader.get("/deliveries", state="lost")) == ["state"]


def test_token_is_made_and_revoked(admin_api: Api) -> None:
    created = admin_api.post("/tokens", {"name": "ci", "scope": "read"})
    assert created.status_code == 201
    made = Api(admin_api.client, created.json["token"])
    assert made.get("/incidents").status_code == 200
    assert "token" not in admin_api.get("/tokens").json["items"][0]
    assert admin_api.delete(f"/tokens/{created.json['id']}").status_code == 204
    assert made.get("/incidents").status_code == 401
    assert admin_api.get(f"/tokens/{created.json['id']}").json["revoked_at"]
    for unknown in ("0", "x", "9" * 30, "-1"):
        assert admin_api.get(f"/tokens/{unknown}").status_code == 404


def test_user_is_made_and_changed(admin_api: Api) -> None:
    body = {"email": "Bob@Example.com", "role": "responder", "password": "a long password"}
    created = admin_api.post("/users", body)
    assert created.status_code == 201
    assert created.json["email"] == "bob@example.com"
    assert "password" not in created.json
    assert admin_api.post("/users", body).status_code == 409
    changed = admin_api.patch(f"/users/{created.json['id']}", {"role": "viewer", "active": False})
    assert (changed.json["role"], changed.json["active"]) == ("viewer", False)
    assert fields_of(admin_api.patch(f"/users/{created.json['id']}", {"role": None})) == ["role"]
    admin_api.patch(f"/users/{created.json['id']}", {"active": True})
    assert admin_api.delete(f"/users/{created.json['id']}").status_code == 204
    assert admin_api.get(f"/users/{created.json['id']}").json["active"] is False
    assert fields_of(admin_api.post("/users", {**body, "password": "short"})) == ["password"]


def test_people_are_the_admins_business(make_api: Callable[[Scope], Api]) -> None:
    for path in ("/users", "/tokens"):
        assert make_api(Scope.WRITE).get(path).status_code == 403


def test_policy_is_told(reader: Api) -> None:
    policy = reader.get("/policy").json
    assert policy["id"] == "standard"
    assert policy["priorities"][0]["id"] == "P1"
