"""Log-in, set-up and sessions: who gets in, how often one may guess, what never leaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from statuspage import people
from statuspage.changes import Installation
from statuspage.models import AuditEvent, User
from tests.web.admin.conftest import PASSWORD, Operator

WRONG = "not the right password"


def set_up_path(installation: Installation) -> str:
    with installation.database.write() as session:
        return f"/admin/setup/{people.set_up_link(session, datetime.now(UTC))}"


def test_first_admin_is_set_up_once(app: Flask, installation: Installation) -> None:
    path, operator = set_up_path(installation), Operator(app)
    form = {"email": "alice@example.com", "password": PASSWORD}
    answer = operator.post(path, form, page=path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")
    assert operator.get("/admin/").status_code == 200
    assert Operator(app).get(path).status_code == 404
    second = operator.post(path, {"email": "mallory@example.com", "password": PASSWORD})
    assert second.status_code == 404
    with installation.database.read() as session:
        assert [user.email for user in people.load_users(session)] == ["alice@example.com"]


def test_weak_first_password_keeps_address(app: Flask, installation: Installation) -> None:
    path = set_up_path(installation)
    answer = Operator(app).post(path, {"email": "alice@example.com", "password": "short"}, page=path)
    assert answer.status_code == 422
    assert 'value="alice@example.com"' in answer.text
    assert 'value="short"' not in answer.text
    assert "at least 12 characters" in answer.text


def test_set_up_tells_nobody_its_link(app: Flask, installation: Installation) -> None:
    assert Operator(app).get(set_up_path(installation)).headers["Referrer-Policy"] == "no-referrer"


def test_log_in_opens_the_board(visitor: Operator) -> None:
    assert visitor.log_in("ROB@example.com").headers["Location"] == "/admin/"
    assert "rob@example.com" in visitor.get("/admin/").text


def test_unknown_account_gets_same_answer(app: Flask, cast: object) -> None:
    def answer(email: str) -> tuple[int, str]:
        got = Operator(app).log_in(email, WRONG)
        return got.status_code, re.sub(r'name="csrf_token" value="[^"]+"', "", got.text.replace(email, ""))

    assert answer("rob@example.com") == answer("nobody@example.com")
    assert answer("rob@example.com")[0] == 401


def test_log_in_needs_a_form_token(visitor: Operator) -> None:
    form = {"email": "rob@example.com", "password": PASSWORD, "csrf_token": "forged"}
    assert visitor.client.post("/admin/login", data=form).status_code == 400
    assert visitor.get("/admin/").status_code == 303


def test_eleventh_try_is_refused(visitor: Operator) -> None:
    codes = [visitor.log_in("rob@example.com", WRONG).status_code for _ in range(10)]
    assert codes == [401] * 10
    answer = visitor.log_in("rob@example.com")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 901


def test_tries_come_back_after_quarter_hour(visitor: Operator) -> None:
    for _ in range(10):
        visitor.log_in("rob@example.com", WRONG)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        assert visitor.log_in("rob@example.com").status_code == 303


def test_account_is_rationed_across_addresses(app: Flask, cast: object) -> None:
    for n in range(10):
        Operator(app, f"198.51.100.{n}").log_in("rob@example.com", WRONG)
    assert Operator(app, "198.51.100.99").log_in("rob@example.com").status_code == 429


def test_address_is_rationed_across_accounts(app: Flask, cast: object) -> None:
    for n in range(10):
        Operator(app).log_in(f"person{n}@example.com", WRONG)
    assert Operator(app).log_in("rob@example.com").status_code == 429


def test_ipv6_neighbours_share_a_ration(app: Flask, cast: object) -> None:
    for n in range(10):
        Operator(app, f"2001:db8::{n}").log_in(f"person{n}@example.com", WRONG)
    assert Operator(app, "2001:db8::ffff").log_in("rob@example.com").status_code == 429
    assert Operator(app, "2001:db8:0:1::1").log_in("rob@example.com").status_code == 303


def test_stranger_cannot_lock_out_known_device(app: Flask, rob: Operator) -> None:
    rob.post("/admin/logout")
    rob.address = "203.0.113.77"
    for n in range(20):
        Operator(app, f"198.51.100.{n}").log_in("rob@example.com", WRONG)
    assert rob.log_in("rob@example.com").status_code == 303


def test_stranger_cannot_lock_out_known_address(app: Flask, rob: Operator) -> None:
    for n in range(20):
        Operator(app, f"198.51.100.{n}").log_in("rob@example.com", WRONG)
    assert Operator(app, rob.address).log_in("rob@example.com").status_code == 303


def test_known_device_is_rationed_too(rob: Operator) -> None:
    rob.post("/admin/logout")
    codes = [rob.log_in("rob@example.com", WRONG).status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]


def test_right_passwords_cost_nothing(app: Flask, cast: object) -> None:
    assert {Operator(app).log_in("rob@example.com").status_code for _ in range(12)} == {303}


def test_planted_session_does_not_become_logged_in(visitor: Operator, app: Flask) -> None:
    visitor.get("/admin/login")
    planted = visitor.client.get_cookie("statuspage", path="/admin")
    assert planted is not None
    visitor.log_in("rob@example.com")
    thief = app.test_client()
    thief.set_cookie("statuspage", planted.value, path="/admin")
    assert thief.get("/admin/").status_code == 303


def test_session_ends_at_log_out(rob: Operator) -> None:
    rob.post("/admin/logout")
    assert rob.get("/admin/").status_code == 303


def test_log_out_needs_a_form_token(rob: Operator) -> None:
    rob.client.post("/admin/logout", data={"csrf_token": "forged"})
    assert rob.get("/admin/").status_code == 200


def test_other_sessions_end_with_password_change(rob: Operator, enter: Callable[[str], Operator]) -> None:
    elsewhere = enter("rob")
    form = {"current_password": PASSWORD, "new_password": "another long password", "again": "another long password"}
    assert rob.post("/admin/account/password", form).status_code == 303
    assert rob.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code == 303


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"current_password": WRONG}, "current_password"),
        ({"new_password": "short", "again": "short"}, "new_password"),
        ({"again": "something else again"}, "again"),
    ],
)
def test_password_stays_after_refusal(rob: Operator, changed: dict[str, str], field: str) -> None:
    form = {"current_password": PASSWORD, "new_password": "another long password", "again": "another long password"}
    answer = rob.post("/admin/account/password", {**form, **changed})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    rob.post("/admin/logout")
    assert rob.log_in("rob@example.com").status_code == 303


def test_inactive_user_loses_the_session(rob: Operator, installation: Installation) -> None:
    with installation.database.write() as session:
        person = people.load_by_email(session, "rob@example.com")
        assert person is not None
        people.deactivate(session, person)
    assert rob.get("/admin/").status_code == 303


@pytest.mark.parametrize("there", ["/admin/incidents/new", "/admin/maintenance?after=x"])
def test_log_in_leads_where_one_wanted(visitor: Operator, there: str) -> None:
    assert visitor.get("/admin/incidents/new").headers["Location"] == "/admin/login?next=/admin/incidents/new"
    assert visitor.log_in("rob@example.com", next=there).headers["Location"] == there


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/admin//../..//evil.example",
        "javascript:alert(1)",
        "/administrator",
        "/admin/\r\nSet-Cookie: a=b",
        "/subscribe",
    ],
)
def test_log_in_never_leads_elsewhere(visitor: Operator, elsewhere: str) -> None:
    assert visitor.log_in("rob@example.com", next=elsewhere).headers["Location"] == "/admin/"


@pytest.mark.parametrize("path", ["/", "/subscribe", "/api/v2/summary.json", "/healthz", "/nowhere"])
def test_public_answers_know_no_session(rob: Operator, path: str) -> None:
    answer = rob.client.get(path, headers={"Cookie": "statuspage=forged; statuspage_device=x"})
    assert "Set-Cookie" not in answer.headers
    assert "cookie" not in answer.headers.get("Vary", "").lower()


def test_cookies_are_closed_to_others(visitor: Operator) -> None:
    answer = visitor.log_in("rob@example.com")
    cookies = answer.headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        for word in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/admin"):
            assert word in cookie


def test_cookie_of_https_stays_there(app: Flask, visitor: Operator) -> None:
    app.config["SESSION_COOKIE_SECURE"] = False
    answer = visitor.client.get("/admin/login", base_url="https://status.example.com")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Secure" not in app.test_client().get("/admin/login").headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/admin/login", "/admin/", "/admin/incidents/new", "/admin/incidents/nowhere"])
def test_admin_is_sealed(rob: Operator, path: str) -> None:
    headers = rob.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_no_admin_page_has_inline_script_or_style(alice: Operator) -> None:
    for path in ("/admin/", "/admin/incidents/new", "/admin/maintenance/new", "/admin/people", "/admin/settings"):
        html = alice.get(path).text
        assert "style=" not in html
        assert "onclick" not in html
        assert "<script>" not in html


def test_text_survives_a_lost_session(rob: Operator) -> None:
    form = {
        "priority": "P1",
        "title": "Calls fail",
        "body": "Typed at three in the morning",
        "status": "investigating",
    }
    token = rob.token("/admin/incidents/new")
    rob.post("/admin/logout")
    lost = rob.client.post("/admin/incidents", data={**form, "csrf_token": token})
    assert lost.status_code == 401
    assert "Typed at three in the morning" in lost.text
    kept = {f"kept.{name}": value for name, value in form.items()}
    back = rob.log_in("rob@example.com", next="/admin/incidents", **kept)
    assert back.status_code == 200
    assert 'action="/admin/incidents"' in back.text
    assert "Typed at three in the morning" in back.text


def test_old_form_token_keeps_the_text(rob: Operator) -> None:
    form = {"title": "Calls fail", "body": "Typed before", "csrf_token": "older than the session"}
    answer = rob.client.post("/admin/incidents", data=form)
    assert answer.status_code == 400
    assert "Typed before" in answer.text


def test_strangers_text_is_not_kept(visitor: Operator) -> None:
    form = {"title": "Phished", "body": "Written by a stranger"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = visitor.client.post("/admin/incidents", data=form, headers=headers)
        assert "Written by a stranger" not in answer.text


def test_broken_origin_is_a_stranger(visitor: Operator) -> None:
    form = {"title": "Phished", "body": "Written by a stranger"}
    answer = visitor.client.post("/admin/incidents", data=form, headers={"Origin": "http://[broken"})
    assert answer.status_code == 401
    assert "Written by a stranger" not in answer.text


@pytest.mark.parametrize("path", ["/admin", "/admin//incidents", "/admin/incidents/", "//admin/login"])
def test_no_redirect_is_built_from_host(client: FlaskClient, path: str) -> None:
    answer = client.get(path, base_url="http://127.0.0.1:8000")
    assert not answer.headers.get("Location", "").startswith(("http", "//"))


def test_lost_session_never_shows_a_password(visitor: Operator) -> None:
    answer = visitor.client.post("/admin/people", data={"email": "new@example.com", "password": "secret words here"})
    assert answer.status_code == 401
    assert "secret words here" not in answer.text


def test_log_in_is_written_down(rob: Operator, installation: Installation) -> None:
    with installation.database.read() as session:
        event = session.scalars(select(AuditEvent)).one()
        assert (event.action, event.actor, event.client) == ("user.log_in", "rob@example.com", rob.address)
        user = session.scalars(select(User).where(User.email == "rob@example.com")).one()
        assert user.last_login_at == event.at
