"""By what people log in, over the API: passkeys and sessions listed and ended, and who needs a second factor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from statuspage import people, second_factor, signins
from statuspage.changes import Installation
from statuspage.domain.vocabulary import Role
from statuspage.models import Identity, Passkey
from tests.web.api_v1.conftest import Api, fields_of

NOW = datetime.now(UTC)


@pytest.fixture
def rob(installation: Installation) -> str:
    """The id of somebody with a passkey, two sessions and an account elsewhere."""
    with installation.database.write() as session:
        user = people.add_user(session, "rob@example.com", Role.RESPONDER, NOW)
        passkey = Passkey(name="Laptop", credential_id="abc", public_key="def", sign_count=1, created_at=NOW)
        linked = Identity(issuer="https://id.example.com", subject="42", linked_at=NOW, last_used_at=NOW)
        passkey.user_id = linked.user_id = user.id
        session.add_all([passkey, linked])
        user.passkey_since = NOW
        second_factor.renew_recovery_codes(session, user)
        for way in (signins.BY_PASSKEY, signins.BY_SIGN_ON):
            signins.begin(session, user, way, client="192.0.2.1", browser="Firefox", now=NOW - timedelta(minutes=1))
        return str(user.id)


def test_sessions_are_listed_and_ended(admin_api: Api, rob: str) -> None:
    found = admin_api.get(f"/users/{rob}/sessions").json["items"]
    assert [(each["way"], each["two_factors"]) for each in found] == [("oidc", False), ("passkey", True)]
    assert admin_api.delete(f"/users/{rob}/sessions/{found[0]['id']}").status_code == 204
    assert admin_api.delete(f"/users/{rob}/sessions/{found[0]['id']}").status_code == 404
    assert len(admin_api.get(f"/users/{rob}/sessions").json["items"]) == 1
    assert admin_api.delete(f"/users/{rob}/sessions").status_code == 204
    assert admin_api.get(f"/users/{rob}/sessions").json == {"items": [], "next": None}


def test_passkey_is_taken_away(admin_api: Api, rob: str) -> None:
    assert admin_api.get(f"/users/{rob}").json["second_factor"] is True
    (passkey,) = admin_api.get(f"/users/{rob}/passkeys").json["items"]
    assert set(passkey) == {"id", "name", "backed_up", "created_at", "last_used_at"}
    assert admin_api.delete(f"/users/{rob}/passkeys/{passkey['id']}").status_code == 204
    assert admin_api.get(f"/users/{rob}/passkeys").json["items"] == []
    assert admin_api.get(f"/users/{rob}").json["second_factor"] is False
    assert admin_api.get(f"/users/{rob}/sessions").json["items"] == []
    for unknown in (passkey["id"], "0", "x", "9" * 30):
        assert admin_api.delete(f"/users/{rob}/passkeys/{unknown}").status_code == 404
    newest = admin_api.get("/audit").json["items"][0]
    assert (newest["action"], newest["target"]) == ("user.passkey_remove", "rob@example.com")
    changed = {each["table"]: (each["before"], each["after"]) for each in newest["changes"]}
    assert changed["passkey"][0]["name"] == "Laptop"
    assert "public_key" not in changed["passkey"][0]
    assert changed["user"][1] == {"passkey_since": None}


def test_link_to_the_provider_ends(admin_api: Api, rob: str) -> None:
    (linked,) = admin_api.get(f"/users/{rob}/identities").json["items"]
    assert (linked["issuer"], linked["subject"]) == ("https://id.example.com", "42")
    assert admin_api.delete(f"/users/{rob}/identities").status_code == 204
    assert admin_api.get(f"/users/{rob}/identities").json["items"] == []


def test_second_factor_is_required_by_role(admin_api: Api) -> None:
    assert admin_api.get("/second-factor").json == {"second_factor_from": None}
    assert (
        admin_api.patch("/second-factor", {"second_factor_from": "manager"}).json["second_factor_from"] == "manager"
    )
    assert admin_api.get("/second-factor").json == {"second_factor_from": "manager"}
    for wrong in ({}, {"second_factor_from": "king"}):
        assert fields_of(admin_api.patch("/second-factor", wrong)) == ["second_factor_from"]
    assert admin_api.patch("/second-factor", {"second_factor_from": None}).status_code == 200
    newest = admin_api.get("/audit").json["items"][0]
    assert newest["changes"][0]["before"]["second_factor_from"] == "manager"
