"""The audit log over the API: read by admins, a page at a time, and searched."""

from __future__ import annotations

from tests.web.api_v1.conftest import Api, fields_of


def test_audit_log_is_read_in_pages(admin_api: Api) -> None:
    for name in ("one", "two", "three"):
        admin_api.post("/tokens", {"name": name, "scope": "read"})
    first = admin_api.get("/audit", limit=2).json
    assert [each["target"] for each in first["items"]] == ["three", "two"]
    assert first["items"][0]["actor"] == "token:admin tests"
    assert first["items"][0]["details"] == {"scope": "read"}
    last = admin_api.get("/audit", limit=2, cursor=first["next"]).json
    assert ([each["target"] for each in last["items"]], last["next"]) == (["one"], None)


def test_audit_log_is_searched(admin_api: Api) -> None:
    admin_api.post("/tokens", {"name": "100%_sure", "scope": "read"})
    admin_api.post("/users", {"email": "ann@example.com", "role": "viewer", "password": "a long password"})
    for query, actions in (
        ({"target": "0%_S"}, ["token.create"]),
        ({"target": "%"}, ["token.create"]),
        ({"action": "user.create", "actor": "token:admin tests"}, ["user.create"]),
        ({"until": "2020-01-01T00:00:00Z"}, []),
        ({"since": "2020-01-01T00:00:00Z"}, ["user.create", "token.create"]),
    ):
        assert [each["action"] for each in admin_api.get("/audit", **query).json["items"]] == actions, query


def test_audit_log_is_for_admins_and_exact(api: Api, admin_api: Api) -> None:
    assert api.get("/audit").status_code == 403
    assert api.post("/audit", {}).status_code == 405
    assert fields_of(admin_api.get("/audit", since="2026-01-01T00:00:00")) == ["since"]
    assert fields_of(admin_api.get("/audit", cursor="nonsense")) == ["cursor"]
