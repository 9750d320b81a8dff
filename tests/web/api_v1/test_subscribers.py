"""Subscribers by URL: asked where they lead, told apart by channel, the secret only to admins."""

from __future__ import annotations

import pytest

from tests.web.api_v1.conftest import Api, fields_of


def test_webhook_is_pending_until_confirmed(api: Api) -> None:
    response = api.post("/subscribers", {"webhook": "http://10.1.2.3/hook"})
    assert response.status_code == 201
    body = response.json or {}
    assert (body["channel"], body["webhook"], body["email"]) == ("webhook", "http://10.1.2.3/hook", None)
    assert (body["state"], body["secret"]) == ("pending", None)


def test_admin_reads_the_secret(admin_api: Api) -> None:
    body = admin_api.post("/subscribers", {"webhook": "https://example.com/", "confirmed": True}).json or {}
    assert body["state"] == "active"
    assert body["secret"].startswith("whsec_")
    assert (admin_api.get(f"/subscribers/{body['id']}").json or {})["secret"] == body["secret"]


@pytest.mark.parametrize("channel", ["slack", "teams", "discord", "mattermost", "google_chat"])
def test_chat_is_a_field_of_its_own(api: Api, channel: str) -> None:
    body = api.post("/subscribers", {channel: "https://chat.example.com/x"}).json or {}
    assert (body["channel"], body[channel]) == (channel, "https://chat.example.com/x")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"webhook": "ftp://example.com/"}, "webhook"),
        ({"webhook": "https://user:key@example.com/"}, "webhook"),
        ({"slack": "https://" + "x" * 600}, "slack"),
        ({"webhook": "https://example.com/", "email": "a@example.com"}, "webhook"),
        ({"webhook": "https://example.com/", "frequency": "daily"}, "frequency"),
        ({"slack": "https://example.com/", "frequency": "daily"}, "frequency"),
        ({"slack": "https://example.com/", "incident": "none"}, "incident"),
        ({"webhook": "https://example.com:99999/"}, "webhook"),
    ],
)
def test_bad_address_names_its_field(api: Api, body: dict[str, str], field: str) -> None:
    response = api.post("/subscribers", body)
    assert response.status_code == 422
    assert fields_of(response) == [field]


def test_webhook_follows_one_incident(api: Api, admin_api: Api) -> None:
    said = {"title": "Calls fail", "priority": "P2", "status": "investigating", "body": "We look.", "components": {}}
    incident = (api.post("/incidents", said).json or {})["id"]
    asked = api.post("/subscribers", {"webhook": "https://example.com/a", "incident": incident}).json or {}
    assert (asked["state"], asked["kinds"], asked["follows"]) == ("pending", [], [incident])
    body = {"webhook": "https://example.com/b", "incident": incident, "confirmed": True}
    given = admin_api.post("/subscribers", body).json or {}
    assert (given["state"], given["kinds"], given["follows"]) == ("active", [], [incident])
