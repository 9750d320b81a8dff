"""Passkeys: added with fresh proof, good for one answer to one challenge, a second factor, taken away for good."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from statuspage import ceremonies, passkeys, people, second_factor, signins
from statuspage.changes import Installation
from statuspage.domain.vocabulary import Role
from statuspage.models import AuditEvent, Ceremony, Passkey, SignIn
from statuspage.passkeys import place_of
from statuspage.worker import expire
from tests.authenticator import PRESENT, Device
from tests.web.admin.conftest import PASSWORD, Operator, alice, cast, enter, hashed, rob, visitor

__all__ = ["alice", "cast", "enter", "hashed", "rob", "visitor"]


def ask(operator: Operator, path: str, page: str, **data: str) -> TestResponse:
    """What the script asks for before it calls the browser."""
    return operator.post(path, data, page=page)


def add(operator: Operator, device: Device, name: str = "Laptop", password: str = PASSWORD) -> TestResponse:
    """Add a passkey as the page does."""
    asked = ask(operator, "/admin/account/passkeys/options", "", name=name, current_password=password)
    assert asked.status_code == 200, asked.text
    return operator.post("/admin/account/passkeys", {"name": name, "credential": device.make(json.loads(asked.text))})


def challenge(operator: Operator) -> dict[str, Any]:
    asked = ask(operator, "/admin/login/passkey/options", "/admin/login")
    assert asked.status_code == 200, asked.text
    options: dict[str, Any] = json.loads(asked.text)
    return options


def answer(operator: Operator, credential: str, **data: str) -> TestResponse:
    return operator.post("/admin/login/passkey", {"credential": credential, **data}, page="/admin/login")


def problem(page: TestResponse) -> str:
    return unescape(page.text.partition('role="alert">')[2].partition("</p>")[0])


def test_passkey_logs_in_without_password(app: Flask, rob: Operator, installation: Installation) -> None:
    device, spare = Device(), Device(step=0)
    shown = add(rob, device).text
    codes = re.findall(r"<li><code>([a-z2-9-]{19})</code>", shown)
    assert len(codes) == 10, "the first second factor brings recovery codes"
    assert add(rob, spare, "Blue key").headers["Location"] == "/admin/account/passkeys"
    for each in (device, spare, spare):
        visitor = Operator(app)
        options = challenge(visitor)
        assert (options["allowCredentials"], options["userVerification"]) == ([], "required")
        entered = answer(visitor, each.answer(options), next="/admin/incidents")
        assert entered.headers["Location"] == "/admin/incidents", entered.text
        assert "passkey" in visitor.get("/admin/account").text
    listed = rob.get("/admin/account/passkeys").text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert listed.index("Laptop") < listed.index("Blue key")
    assert "never" not in listed
    with installation.database.read() as session:
        rows = session.scalars(select(Passkey).order_by(Passkey.id)).all()
        assert [(row.sign_count, row.transports) for row in rows] == [(1, ["internal"]), (0, ["internal"])]
        said = [row.action for row in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
    assert said == ["user.log_in", "user.passkey_add", "user.passkey_add", *["user.log_in"] * 3]


def test_second_step_takes_passkey_or_recovery_code(app: Flask, rob: Operator) -> None:
    device, others = Device(), Device()
    codes = re.findall(r"<li><code>([a-z2-9-]{19})</code>", add(rob, device).text)
    visitor = Operator(app)
    asked = visitor.log_in("rob@example.com")
    assert "Use your passkey" in asked.text
    assert "Recovery code" in asked.text
    assert visitor.get("/admin/").status_code == 303
    token = re.search(r'name="csrf_token" value="([^"]+)"', asked.text)
    assert token
    sent = {"csrf_token": token[1]}
    options = json.loads(visitor.client.post("/admin/login/passkey/options", data=sent).text)
    assert [each["id"] for each in options["allowCredentials"]] == [json.loads(device.answer(options))["id"]]
    wrong = visitor.client.post("/admin/login/passkey", data={**sent, "credential": others.answer(options)})
    assert (wrong.status_code, "One more step" in wrong.text) == (401, True)
    options = json.loads(visitor.client.post("/admin/login/passkey/options", data=sent).text)
    right = visitor.client.post("/admin/login/passkey", data={**sent, "credential": device.answer(options)})
    assert right.status_code == 303
    lost = Operator(app)
    asked = lost.log_in("rob@example.com")
    token = re.search(r'name="csrf_token" value="([^"]+)"', asked.text)
    assert token
    entered = lost.client.post("/admin/login/code", data={"csrf_token": token[1], "code": codes[0]})
    assert entered.status_code == 303


def test_somebody_elses_passkey_is_no_second_step(
    app: Flask, rob: Operator, enter: Callable[[str], Operator]
) -> None:
    mary, robs, marys = enter("mary"), Device(), Device()
    add(rob, robs)
    add(mary, marys)
    visitor = Operator(app)
    visitor.log_in("rob@example.com")
    refused = answer(visitor, marys.answer(challenge(visitor)))
    assert (refused.status_code, "opens nothing here" in problem(refused)) == (401, True)


def test_challenge_counts_once_and_for_its_browser(app: Flask, rob: Operator) -> None:
    device = Device()
    add(rob, device)
    visitor, other = Operator(app), Operator(app)
    options = challenge(visitor)
    challenge(other)
    assert answer(other, device.answer(options)).status_code == 401, "another browser's challenge"
    credential = device.answer(options)
    assert answer(visitor, credential).status_code == 303
    assert answer(Operator(app), credential).status_code == 401
    visitor.post("/admin/logout")
    assert answer(visitor, credential).status_code == 401, "the same answer again"
    options = challenge(visitor)
    assert answer(visitor, "{}").status_code == 401
    assert answer(visitor, device.answer(options)).status_code == 401, "a failure uses it up too"


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"origin": "https://status.example.com.evil.example"}, "origin"),
    ({"origin": "http://status.example.com"}, "origin"),
    ({"host": "example.com"}, "RP ID"),
    ({"flags": PRESENT}, "verif"),
    ({"flags": 0}, "present"),
    ({"count": 3}, "count"),
    ({"handle": "c29tZWJvZHkgZWxzZQ"}, "opens nothing"),
    ({"id": b"unknown"}, "opens nothing"),
)


def test_wrong_answer_opens_nothing(app: Flask, rob: Operator, installation: Installation) -> None:
    device = Device(count=7)
    add(rob, device)
    for number, (changes, words) in enumerate(WRONG):
        visitor = Operator(app, f"192.0.2.{number}")
        refused = answer(visitor, replace(device, **changes).answer(challenge(visitor)))
        assert (refused.status_code, words in problem(refused)) == (401, True), (changes, problem(refused))
        assert visitor.get("/admin/").status_code == 303
    with installation.database.read() as session:
        said = session.scalars(select(AuditEvent.action)).all()
    assert said.count("user.passkey_refused") == len(WRONG)


def test_forged_signature_opens_nothing(app: Flask, rob: Operator) -> None:
    device = Device()
    add(rob, device)
    device.key = Device().key
    visitor = Operator(app)
    refused = answer(visitor, device.answer(challenge(visitor)))
    assert (refused.status_code, "signature" in problem(refused)) == (401, True)


def test_rubbish_is_refused(app: Flask, cast: dict[str, Role]) -> None:
    for sent in ("", "null", "[]", "{}", '{"id": 1}', "{" * 5000, '"?"', "x" * 30_000):
        visitor = Operator(app, f"192.0.2.{len(sent) % 200}")
        challenge(visitor)
        assert answer(visitor, sent).status_code == 401, sent[:20]


def test_registration_is_checked_alike(rob: Operator, enter: Callable[[str], Operator]) -> None:
    page = "/admin/account/passkeys"
    asked = ask(rob, f"{page}/options", "", name="Laptop", current_password="wrong password")
    assert (asked.status_code, asked.text) == (422, "This is not your present password.")
    asked = ask(rob, f"{page}/options", "", name=" ", current_password=PASSWORD)
    assert (asked.status_code, "1 to 80 characters" in asked.text) == (422, True)
    for wrong in (Device(flags=PRESENT), Device(origin="https://evil.example"), Device(host="evil.example")):
        assert add(rob, wrong).status_code == 422
    assert (
        rob.post(
            page, {"name": "Laptop", "credential": Device().make({"user": {"id": ""}, "challenge": ""})}
        ).status_code
        == 422
    ), "nothing was asked"
    device = Device()
    assert add(rob, device).status_code == 200
    assert add(rob, device).status_code == 422, "it is registered already"
    mary = enter("mary")
    options = json.loads(ask(rob, f"{page}/options", "", name="Second", current_password=PASSWORD).text)
    assert [each["id"] for each in options["excludeCredentials"]] == [json.loads(device.answer(options))["id"]]
    ask(mary, f"{page}/options", "", name="Mine", current_password=PASSWORD)
    assert mary.post(page, {"name": "Mine", "credential": Device().make(options)}).status_code == 422


def test_removed_passkey_opens_nothing(app: Flask, rob: Operator, installation: Installation) -> None:
    device = Device()
    add(rob, device)
    visitor = Operator(app)
    assert answer(visitor, device.answer(challenge(visitor))).status_code == 303
    page = "/admin/account/passkeys"
    with installation.database.read() as session:
        number = str(session.scalars(select(Passkey.id)).one())
    refused = rob.post(f"{page}/remove", {"passkey_id": number, "current_password": "wrong password"})
    assert refused.status_code == 422
    for wrong in ("", "999", "-1", "9" * 30, "²"):
        assert rob.post(f"{page}/remove", {"passkey_id": wrong, "current_password": PASSWORD}).status_code == 422
    assert rob.post(f"{page}/remove", {"passkey_id": number, "current_password": PASSWORD}).status_code == 303
    assert visitor.get("/admin/").status_code == 303, "a session begun with it has ended"
    assert rob.get("/admin/").status_code == 200
    visitor = Operator(app)
    assert answer(visitor, device.answer(challenge(visitor))).status_code == 401
    assert Operator(app).log_in("rob@example.com").status_code == 303, "the password alone, as before"


def test_needed_second_factor_may_be_a_passkey(alice: Operator, enter: Callable[[str], Operator]) -> None:
    alice.post("/admin/people/second-factor", {"second_factor_from": "manager"})
    mary = enter("mary")
    assert mary.get("/admin/settings").headers["Location"] == "/admin/account/second-factor"
    assert add(mary, Device()).status_code == 200
    assert mary.get("/admin/settings").status_code == 200


def test_tries_are_rationed(app: Flask, cast: dict[str, Role]) -> None:
    visitor = Operator(app, "203.0.113.9")
    assert [answer(visitor, "{}").status_code for _ in range(11)] == [401] * 10 + [429]
    assert visitor.log_in("rob@example.com").status_code == 303, "passwords have budgets of their own"
    begun = [ask(Operator(app, "203.0.113.8"), "/admin/login/passkey/options", "/admin/login") for _ in range(61)]
    assert [page.status_code for page in begun] == [200] * 60 + [429]


def test_begun_ones_are_forgotten(app: Flask, installation: Installation, cast: dict[str, Role]) -> None:
    challenge(Operator(app))
    now = datetime.now(UTC)
    with installation.database.write() as session:
        key = ceremonies.begin(session, passkeys.PROVE, {}, now)
        assert ceremonies.take(session, passkeys.REGISTER, key, now) is None
        assert ceremonies.take(session, passkeys.PROVE, key, now + ceremonies.LASTS_FOR) is None
        assert ceremonies.take(session, passkeys.PROVE, key, now) == {}
        assert ceremonies.take(session, passkeys.PROVE, key, now) is None
    expire(installation, now + timedelta(minutes=11))
    with installation.database.read() as session:
        assert session.scalars(select(Ceremony)).all() == []


def test_lost_factors_are_ended_by_an_admin(app: Flask, alice: Operator, rob: Operator) -> None:
    add(rob, Device())
    found = re.search(r'action="(/admin/people/\d+)"[^\n]*End second factor', alice.get("/admin/people").text)
    assert found
    assert alice.post(found[1], {"do": "end_second_factor"}).status_code == 303
    assert Operator(app).log_in("rob@example.com").status_code == 303
    assert "<tbody>" not in rob.get("/admin/account/passkeys").text


def test_authenticator_may_end_while_passkey_stays(
    rob: Operator, installation: Installation, cast: dict[str, Role]
) -> None:
    add(rob, Device())
    now = datetime.now(UTC)
    with installation.database.write() as session:
        user = people.load_by_email(session, "rob@example.com")
        assert user is not None
        secret = second_factor.begin(session, user)
        second_factor.confirm(session, user, second_factor.code_at(secret, int(now.timestamp()) // 30), now)
        second_factor.end_authenticator(session, user)
        assert user.has_second_factor
        assert second_factor.count_recovery_codes(session, user) == 10
        passkeys.remove(session, user, session.scalars(select(Passkey.id)).one())
        assert not user.has_second_factor
        assert second_factor.count_recovery_codes(session, user) == 0
        assert {row.way for row in session.scalars(select(SignIn))} == {signins.BY_PASSWORD.way}


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://status.example.com", ("status.example.com", "https://status.example.com")),
        ("https://status.example.com:8443", ("status.example.com", "https://status.example.com:8443")),
        ("http://127.0.0.1:8000", ("localhost", "http://localhost:8000")),
        ("http://[::1]:8000", ("localhost", "http://localhost:8000")),
        ("http://status.example.com", None),
        ("https://192.0.2.1", None),
        ("https://[2001:db8::1]", None),
    ],
)
def test_place_is_the_page_own(address: str, place: tuple[str, str] | None) -> None:
    found = place_of(address, "Example")
    assert (found and (found.host, found.origin)) == place
