"""Users, tokens and the audit log by command."""

from __future__ import annotations

import json

from tests.cli.conftest import Flask_

PASSWORD = "a long password\n"


def test_users_and_tokens_are_listed_and_ended(flask: Flask_) -> None:
    flask("user", "create", "ann@example.com", "--role", "viewer", "--password-stdin", typed=PASSWORD)
    flask("token", "create", "deploys", "--scope", "write")
    (user,) = json.loads(flask("user", "list", "--json").stdout)
    assert (user["email"], user["role"], user["active"]) == ("ann@example.com", "viewer", True)
    assert "ann@example.com" in flask("user", "list").stdout
    (token,) = json.loads(flask("token", "list", "--json").stdout)
    assert (token["name"], token["scope"], token["revoked_at"]) == ("deploys", "write", None)
    assert "never used" in flask("token", "list").stdout
    flask("token", "revoke", token["id"])
    assert "revoked" in flask("token", "list").stdout
    assert "there is no token" in flask("token", "revoke", "99", code=1).stderr


def test_audit_log_is_searched_by_command(flask: Flask_) -> None:
    flask("token", "create", "deploys", "--scope", "write")
    flask("user", "create", "ann@example.com", "--role", "viewer", "--password-stdin", typed=PASSWORD)
    found = json.loads(flask("audit", "list", "--json").stdout)
    assert [each["action"] for each in found] == ["user.create", "token.create"]
    (token,) = json.loads(flask("audit", "list", "--target", "DEPLOY", "--json").stdout)
    assert (token["target"], token["details"]) == ("deploys", {"scope": "write"})
    assert "ann@example.com" in flask("audit", "list", "--action", "user.create").stdout
    assert flask("audit", "list", "--until", "2020-01-01T00:00").stdout == "Nothing happened yet.\n"
    assert "error: since:" in flask("audit", "list", "--since", "yesterday", code=2).stderr


def test_hooks_are_listed_as_json(flask: Flask_) -> None:
    flask("hook", "create", "Grafana", "--kind", "alert")
    (hook,) = json.loads(flask("hook", "list", "--json").stdout)
    assert (hook["name"], hook["kind"], hook["last_used_at"]) == ("Grafana", "alert", None)


def test_operator_locked_out_is_let_in(flask: Flask_) -> None:
    flask("user", "create", "ann@example.com", "--role", "admin", "--password-stdin", typed=PASSWORD)
    said = flask("user", "password", "ann@example.com", "--password-stdin", typed="another long password\n")
    assert "logged out everywhere" in said.stdout
    assert (
        "error: password:"
        in flask("user", "password", "ann@example.com", "--password-stdin", typed="x\n", code=2).stderr
    )
    assert flask("user", "passkeys", "ann@example.com").stdout == "None.\n"
    assert json.loads(flask("user", "passkeys", "ann@example.com", "--json").stdout) == []
    assert flask("user", "sessions", "ann@example.com").stdout == "Nowhere.\n"
    assert "there is no passkey" in flask("user", "drop-passkey", "ann@example.com", "1", code=1).stderr
    assert "there is no session" in flask("user", "log-out", "ann@example.com", "--session", "1", code=1).stderr
    flask("user", "log-out", "ann@example.com")
    flask("user", "change", "ann@example.com", "--end-sign-on")
    assert "there is no user" in flask("user", "log-out", "bob@example.com", code=1).stderr
    actions = [each["action"] for each in json.loads(flask("audit", "list", "--json").stdout)]
    assert actions == ["user.change", "user.end_sessions", "user.password", "user.create"]
