"""A second factor: codes as RFC 6238 has them, taken once; recovery codes; and whom it is asked of."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask import Flask

from statuspage import people, second_factor
from statuspage.changes import Installation
from statuspage.domain.vocabulary import Role
from statuspage.errors import Refused
from statuspage.models import AuditEvent, Page
from tests.web.admin.conftest import PASSWORD, Operator, alice, cast, enter, hashed, rob

__all__ = ["alice", "cast", "enter", "hashed", "rob"]

NOW = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert second_factor.code_at(RFC_SECRET, seconds // 30) == code[2:]


def turn_on(
    installation: Installation, email: str = "alice@example.com", now: datetime = NOW
) -> tuple[str, list[str]]:
    """The secret and the recovery codes of somebody who has turned it on."""
    with installation.database.write() as session:
        user = people.load_by_email(session, email)
        assert user is not None
        secret = second_factor.begin(session, user)
        return secret, second_factor.confirm(session, user, code_of(secret, now), now)


def code_of(secret: str, now: datetime) -> str:
    return second_factor.code_at(secret, int(now.timestamp()) // 30)


def test_code_is_taken_once(installation: Installation, cast: dict[str, Role]) -> None:
    secret, _codes = turn_on(installation)
    later = NOW + timedelta(minutes=5)
    with installation.database.write() as session:
        user = people.load_by_email(session, "alice@example.com")
        assert user is not None
        assert not second_factor.take(session, user, code_of(secret, NOW), NOW)
        assert not second_factor.take(session, user, code_of(secret, later - timedelta(minutes=2)), later)
        assert second_factor.take(session, user, code_of(secret, later - timedelta(seconds=30)), later)
        assert second_factor.take(session, user, code_of(secret, later), later)
        assert not second_factor.take(session, user, code_of(secret, later - timedelta(seconds=30)), later)


def test_two_with_one_code_let_one_in(installation: Installation, cast: dict[str, Role]) -> None:
    secret, codes = turn_on(installation)
    later = NOW + timedelta(minutes=5)

    def take(code: str) -> bool:
        with installation.database.write() as session:
            user = people.load_by_email(session, "alice@example.com")
            assert user is not None
            return second_factor.take(session, user, code, later)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, [code_of(secret, later)] * 4)) == 1
        assert sum(pool.map(take, [codes[0].upper()] * 4)) == 1


def test_nothing_is_on_before_a_right_code(installation: Installation, cast: dict[str, Role]) -> None:
    with installation.database.write() as session:
        user = people.load_by_email(session, "alice@example.com")
        assert user is not None
        with pytest.raises(Refused):
            second_factor.confirm(session, user, "123456", NOW)
        secret = second_factor.begin(session, user)
        wrong = "000000" if code_of(secret, NOW) != "000000" else "000001"
        for typed in (wrong, "", "\ud800", "9" * 5000):
            with pytest.raises(Refused):
                second_factor.confirm(session, user, typed, NOW)
        assert user.totp_since is None


def test_operator_sets_it_up_and_logs_in(app: Flask, alice: Operator, installation: Installation) -> None:
    begun = alice.post("/admin/account/second-factor", page="/admin/account/second-factor")
    assert "<svg" in begun.text
    assert "style=" not in begun.text
    shown = re.search(r'class="secret">([A-Z2-7 ]+)<', begun.text)
    assert shown
    secret = shown[1].replace(" ", "")
    address = second_factor.address_of(secret, "alice@example.com", "Example & Co")
    assert parse_qs(urlsplit(address).query)["issuer"] == ["Example & Co"]
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False):
        done = alice.post("/admin/account/second-factor/confirm", {"code": code_of(secret, now)})
    codes = re.findall(r"<li><code>([a-z2-9-]{19})</code>", done.text)
    assert len(codes) == 10
    other = Operator(app)
    asked = other.log_in("alice@example.com", PASSWORD, next="/admin/people")
    assert "One more step" in asked.text
    assert other.get("/admin/").status_code == 303
    assert code_form(other, asked.text, "000-000").status_code == 401
    with time_machine.travel(now + timedelta(minutes=2), tick=False):
        entered = code_form(other, asked.text, code_of(secret, now + timedelta(minutes=2)))
        assert (entered.status_code, entered.headers["Location"]) == (303, "/admin/people")
    lost = Operator(app)
    asked = lost.log_in("alice@example.com", PASSWORD)
    assert code_form(lost, asked.text, codes[3]).status_code == 303
    assert code_form(Operator(app), asked.text, codes[4]).status_code == 400
    assert "9 of 10" in lost.get("/admin/account/second-factor").text
    assert lost.post("/admin/account/second-factor/end", {"current_password": "wrong"}).status_code == 422
    assert lost.post("/admin/account/second-factor/end", {"current_password": PASSWORD}).status_code == 303
    assert Operator(app).log_in("alice@example.com", PASSWORD).status_code == 303
    with installation.database.read() as session:
        actions = {row.action for row in session.query(AuditEvent)}
    assert actions >= {"user.second_factor_on", "user.recovery_code", "user.second_factor_off"}


def code_form(operator: Operator, page: str, code: str):  # type: ignore[no-untyped-def]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    wanted = re.search(r'name="next" value="([^"]*)"', page)
    assert token
    assert wanted
    return operator.client.post(
        "/admin/login/code",
        data={"csrf_token": token[1], "next": wanted[1], "code": code},
        environ_base={"REMOTE_ADDR": operator.address},
    )


def test_codes_are_guessed_no_oftener_than_passwords(
    app: Flask, installation: Installation, cast: dict[str, Role]
) -> None:
    turn_on(installation)
    guesser = Operator(app, "203.0.113.9")
    asked = guesser.log_in("alice@example.com", PASSWORD)
    answers = [code_form(guesser, asked.text, "000000x").status_code for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2


def test_role_that_needs_one_sees_nothing_else(
    alice: Operator, rob: Operator, enter: Callable[[str], Operator], installation: Installation
) -> None:
    assert alice.post("/admin/people/second-factor", {"second_factor_from": "manager"}).status_code == 303
    assert rob.get("/admin/incidents").status_code == 200
    mary = enter("mary")
    for path in ("/admin/", "/admin/settings"):
        assert mary.get(path).headers["Location"] == "/admin/account/second-factor"
    assert mary.post("/admin/settings", {"name": "Hers"}).status_code == 403
    assert "Your role needs a second factor" in mary.get("/admin/account/second-factor").text
    turn_on(installation, "mary@example.com", datetime.now(UTC))
    assert mary.get("/admin/settings").status_code == 200
    with installation.database.read() as session:
        assert session.get_one(Page, 1).second_factor_from is Role.MANAGER
    assert alice.post("/admin/people/second-factor", {"second_factor_from": "emperor"}).status_code == 403


def test_admin_ends_one_that_was_lost(app: Flask, alice: Operator, installation: Installation) -> None:
    turn_on(installation, "rob@example.com")
    found = re.search(r'action="(/admin/people/\d+)"[^\n]*End second factor', alice.get("/admin/people").text)
    assert found
    assert alice.post(found[1], {"do": "end_second_factor"}).status_code == 303
    assert Operator(app).log_in("rob@example.com").status_code == 303
