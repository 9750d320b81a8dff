"""Who may do what: the whole table, tried by a named cast."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from statuspage.domain.vocabulary import Role
from statuspage.web.admin.roles import ROLE_NEEDED
from tests.web.admin.conftest import CAST, Operator

OPEN = {"admin.static"}


def admin_rules(app: Flask) -> dict[str, tuple[str, str]]:
    """(method, path with a made-up thing in it) by endpoint."""
    found = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("admin.") and rule.endpoint not in OPEN:
            method = "POST" if "POST" in (rule.methods or ()) else "GET"
            path = rule.rule
            for argument in rule.arguments:
                path = path.replace(f"<int:{argument}>", "999").replace(f"<{argument}>", "nothing")
            found[rule.endpoint] = (method, path)
    return found


def test_table_holds_exactly_the_admin_pages(app: Flask) -> None:
    assert set(admin_rules(app)) == set(ROLE_NEEDED)


@pytest.mark.parametrize("name", [email.split("@")[0] for email in CAST])
def test_everybody_gets_what_the_role_allows(app: Flask, enter: Callable[[str], Operator], name: str) -> None:
    operator, role = enter(name), CAST[f"{name}@example.com"]
    token = operator.token("/admin/account")
    for endpoint, (method, path) in admin_rules(app).items():
        answer = operator.client.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
        allowed = role.includes(ROLE_NEEDED[endpoint])
        assert (answer.status_code != 403) == allowed, (endpoint, answer.status_code)
        assert answer.status_code < 500, endpoint


def test_nobody_enters_without_a_session(app: Flask, visitor: Operator) -> None:
    for endpoint, (method, path) in admin_rules(app).items():
        answer = visitor.client.open(path, method=method, data={} if method == "POST" else None)
        assert answer.status_code == (303 if method == "GET" else 401), endpoint


def test_every_change_needs_a_form_token(app: Flask, alice: Operator) -> None:
    for endpoint, (method, path) in admin_rules(app).items():
        if method == "POST":
            assert alice.client.post(path, data={"csrf_token": "forged"}).status_code == 400, endpoint


def test_navigation_offers_only_what_is_allowed(enter: Callable[[str], Operator]) -> None:
    def offered(name: str) -> set[str]:
        html = enter(name).get("/admin/").text
        return {word for word in ("Subscribers", "People", "Deliveries", "New incident") if f">{word}<" in html}

    assert offered("vera") == set()
    assert offered("rob") == {"Deliveries", "New incident"}
    assert offered("mary") == {"Deliveries", "New incident", "Subscribers"}
    assert offered("alice") == {"Deliveries", "New incident", "Subscribers", "People"}


def test_roles_include_those_before(app: Flask) -> None:
    assert [role for role in Role if role.includes(Role.MANAGER)] == [Role.MANAGER, Role.ADMIN]
