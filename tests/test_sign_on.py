"""Single sign-on against a provider in a process of its own: who comes in, who does not, what goes wrong there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from statuspage import identities, invitations, openid, people, second_factor, signins
from statuspage.admission import read_rules, role_of
from statuspage.changes import Installation
from statuspage.checkup_outside import examine_sign_on
from statuspage.domain.vocabulary import Role
from statuspage.models import AuditEvent, Identity, SignIn
from statuspage.openid import Provider, ProviderAway
from statuspage.settings import Settings, SettingsError, read_settings
from tests.sign_on import CLIENT, SECRET, RunningProvider, provider
from tests.web.admin.conftest import PASSWORD, Operator, cast, hashed, visitor

__all__ = ["cast", "hashed", "provider", "visitor"]

HOME = "https://status.example.com"


@pytest.fixture
def settings(settings: Settings, provider: RunningProvider) -> Settings:
    rules = read_rules("viewer:domain=example.org, responder:groups=on-call, admin:groups=owners")
    more = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    return settings.model_copy(update={**more, "oidc_name": "Example ID", "oidc_roles": rules})


def go_there(visitor: Operator, wanted: str = "", **fields: str) -> str:
    """Press the button; the address at the provider."""
    sent = {"next": wanted, **fields}
    page = visitor.post("/admin/login/oidc", sent, page="/admin/login", headers={"Sec-Fetch-Site": "same-origin"})
    assert page.status_code == 200, page.text
    return str(page.headers["Refresh"].removeprefix("0; url="))


def come_back(visitor: Operator, provider: RunningProvider, wanted: str = "", **fields: str) -> TestResponse:
    """The whole way: there, logged in already, and back."""
    back = provider.visit(go_there(visitor, wanted, **fields))
    assert back.startswith(f"{HOME}/admin/login/oidc/callback?")
    return visitor.get(back.removeprefix(HOME))


def problem(page: TestResponse) -> str:
    return unescape(page.text.partition('role="alert">')[2].partition("</p>")[0])


def actions(installation: Installation) -> list[str]:
    with installation.database.read() as session:
        return [row.action for row in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]


def test_known_person_comes_in(visitor: Operator, provider: RunningProvider, installation: Installation) -> None:
    provider.vouch("Rob@Example.com", groups=["owners"])
    assert "Log in with Example ID" in visitor.get("/admin/login").text
    entered = come_back(visitor, provider, "/admin/incidents")
    assert (entered.status_code, entered.headers["Location"]) == (303, "/admin/incidents")
    account = visitor.get("/admin/account").text
    assert "rob@example.com" in account
    assert "single sign-on" in account
    with installation.database.read() as session:
        rob = people.load_by_email(session, "rob@example.com")
        assert rob is not None
        assert rob.role is Role.RESPONDER, "no claim raises anybody"
    assert actions(installation) == ["user.link", "user.log_in"]
    assert visitor.post("/admin/logout").status_code == 303
    assert visitor.get("/admin/").status_code == 303


def test_text_survives_the_way_there_and_back(visitor: Operator, provider: RunningProvider) -> None:
    provider.vouch("rob@example.com")
    fields = {"kept.title": "Calls fail", "kept.body": "We look into it."}
    page = come_back(visitor, provider, "/admin/incidents", **fields)
    assert "This was not sent yet" in page.text
    assert "We look into it." in page.text


def test_provider_name_decides_once_linked(
    app: Flask, cast: dict[str, Role], provider: RunningProvider, installation: Installation
) -> None:
    provider.vouch("rob@example.com", subject="42")
    assert come_back(Operator(app), provider).status_code == 303
    provider.vouch("rob.renamed@example.net", subject="42", verified=False)
    assert come_back(Operator(app), provider).status_code == 303
    provider.vouch("rob@example.com", subject="another who was given the address")
    refused = come_back(Operator(app), provider)
    assert refused.status_code == 403
    assert "belongs to another account" in problem(refused)
    with installation.database.write() as session:
        rob = people.load_by_email(session, "rob@example.com")
        assert rob is not None
        identities.unlink(session, rob)
    assert come_back(Operator(app), provider).status_code == 303


def test_invited_person_gets_the_invitation_role(
    visitor: Operator, provider: RunningProvider, installation: Installation
) -> None:
    now = datetime.now(UTC)
    with installation.database.write() as session:
        token = invitations.invite(session, "nora@example.net", Role.MANAGER, by="alice", now=now).token
    assert "Log in with Example ID" in visitor.get(f"/admin/invitation/{token}").text
    provider.vouch("nora@example.net", groups=["owners"])
    assert come_back(visitor, provider).status_code == 303
    assert visitor.get(f"/admin/invitation/{token}").status_code == 404
    with installation.database.read() as session:
        nora = people.load_by_email(session, "nora@example.net")
        assert nora is not None
        assert (nora.role, nora.password) == (Role.MANAGER, None)
    page = visitor.get("/admin/account/passkeys").text
    assert "log in not more than ten minutes before" in page
    assert visitor.post("/admin/account/password", {"new_password": PASSWORD, "again": PASSWORD}).status_code == 303


def test_rules_give_new_people_a_role(settings: Settings) -> None:
    cases: tuple[tuple[str, dict[str, Any], Role | None], ...] = (
        ("nora@example.org", {}, Role.VIEWER),
        ("nora@example.org", {"groups": ["on-call", "other"]}, Role.RESPONDER),
        ("nora@example.net", {"groups": ["owners", "on-call"]}, Role.ADMIN),
        ("nora@example.net", {"groups": "on-call"}, Role.RESPONDER),
        ("nora@example.net", {"groups": ["not on-call"]}, None),
        ("nora@notexample.org", {"domain": "example.org"}, None),
    )
    for email, claims, role in cases:
        assert role_of(settings.oidc_roles, claims, email) is role, (email, claims)


def test_somebody_new_comes_in_by_a_rule(
    visitor: Operator, provider: RunningProvider, installation: Installation
) -> None:
    provider.vouch(None, subject="n", userinfo={"sub": "n", "email": "nora@example.org", "email_verified": True})
    assert come_back(visitor, provider).status_code == 303
    assert actions(installation) == ["user.join", "user.link", "user.log_in"]
    assert visitor.get("/admin/incidents/new").status_code == 403


PROVES_NOTHING: tuple[tuple[dict[str, Any], str], ...] = (
    ({"email": "stranger@example.net"}, "Nobody here has the address"),
    ({"email": "rob@example.com", "verified": False}, "has not verified"),
    ({"email": "rob@example.com", "verified": "yes, trust me"}, "has not verified"),
    ({"email": None, "subject": "n", "userinfo": {"sub": "n"}}, "does not tell your e-mail address"),
    ({"email": None, "userinfo": {"sub": "another", "email": "rob@example.com"}}, "somebody else"),
    ({"email": "rob@example.com", "fault": "nonce"}, "nonce"),
    ({"email": "rob@example.com", "fault": "audience"}, "aud"),
    ({"email": "rob@example.com", "fault": "expired"}, "expired"),
    ({"email": "rob@example.com", "fault": "issuer"}, "iss"),
    ({"email": "rob@example.com", "fault": "none"}, "does not hold"),
    ({"email": "rob@example.com", "fault": "shared"}, "does not hold"),
    ({"email": "rob@example.com", "fault": "stranger"}, "does not hold"),
    ({"email": "rob@example.com", "fault": "denied"}, "did not let you in"),
    ({"email": "rob@example.com", "fault": "mixed up"}, "not of the provider that was asked"),
)


def test_answer_that_proves_nothing_opens_nothing(
    app: Flask, cast: dict[str, Role], provider: RunningProvider, installation: Installation
) -> None:
    for number, (vouched, words) in enumerate(PROVES_NOTHING):
        visitor = Operator(app, f"192.0.2.{number}")
        provider.vouch(**vouched)
        refused = come_back(visitor, provider)
        assert (refused.status_code, words in problem(refused)) == (403, True), (vouched, problem(refused))
        assert visitor.get("/admin/").status_code == 303
    with installation.database.read() as session:
        assert session.scalars(select(SignIn)).all() == []
        assert session.scalars(select(Identity)).all() == []
    assert actions(installation) == ["user.sign_on_refused"] * len(PROVES_NOTHING)


def test_shut_out_person_stays_out(visitor: Operator, provider: RunningProvider, installation: Installation) -> None:
    provider.vouch("rob@example.com")
    assert come_back(visitor, provider).status_code == 303
    with installation.database.write() as session:
        rob = people.load_by_email(session, "rob@example.com")
        assert rob is not None
        people.deactivate(session, rob)
    assert visitor.get("/admin/").status_code == 303
    refused = come_back(visitor, provider)
    assert (refused.status_code, "shut out" in problem(refused)) == (403, True)


def test_answer_counts_once_and_for_its_browser(app: Flask, visitor: Operator, provider: RunningProvider) -> None:
    provider.vouch("rob@example.com")
    back = provider.visit(go_there(visitor)).removeprefix(HOME)
    other = Operator(app)
    assert other.get(back).status_code == 400, "another browser brings it"
    forged = back.partition("state=")
    wrong = forged[0] + "state=another&" + forged[2].partition("&")[2]
    assert Operator(app).get(wrong).status_code == 400
    jar = [(cookie.key, cookie.value) for cookie in visitor.client._cookies.values()]
    assert visitor.get(back).status_code == 303
    assert visitor.get(back).status_code == 400
    replaying = Operator(app)
    for name, value in jar:
        replaying.client.set_cookie(name, value, path="/admin", secure=True)
    assert replaying.get(back).status_code == 400, "the cookie of then, and the answer, a second time"
    assert visitor.get("/admin/").status_code == 200, "who is in stays in"


def test_state_that_is_another_uses_up(visitor: Operator, provider: RunningProvider) -> None:
    provider.vouch("rob@example.com")
    back = provider.visit(go_there(visitor)).removeprefix(HOME)
    assert visitor.get("/admin/login/oidc/callback?state=guessed&code=guessed").status_code == 400
    assert visitor.get(back).status_code == 400


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("broken", "answered 500"),
        ("endless", "does not stop answering"),
        ("issuer of discovery", "calls itself"),
        ("hang", "no answer within 1 s"),
    ],
)
def test_provider_that_is_away_is_said(provider: RunningProvider, fault: str, words: str) -> None:
    provider.vouch("rob@example.com", fault=fault)
    asked = Provider(provider.issuer, CLIENT, SECRET, "openid email", total=1 if fault == "hang" else 60)
    with pytest.raises(ProviderAway, match=words):
        openid.begin(asked, f"{HOME}/admin/login/oidc/callback")


def test_private_hosts_it_names_are_not_reached(visitor: Operator, provider: RunningProvider) -> None:
    provider.vouch("rob@example.com")
    back = provider.visit(go_there(visitor)).removeprefix(HOME)
    provider.vouch("rob@example.com", fault="elsewhere")
    refused = visitor.get(back)
    assert (refused.status_code, "not public" in problem(refused)) == (503, True)


def test_password_works_while_provider_is_away(visitor: Operator, provider: RunningProvider) -> None:
    provider.vouch("rob@example.com", fault="broken")
    for _each in range(12):
        page = visitor.post("/admin/login/oidc", page="/admin/login")
        assert page.status_code == 503
    assert "Your password works as ever" in problem(page)
    assert visitor.log_in("rob@example.com").status_code == 303


def test_refusals_are_rationed(visitor: Operator, provider: RunningProvider) -> None:
    provider.vouch("stranger@example.net")
    assert [come_back(visitor, provider).status_code for _ in range(11)] == [403] * 10 + [429]
    assert visitor.log_in("rob@example.com").status_code == 303, "passwords have budgets of their own"


def test_second_factor_is_asked_unless_given_there(
    app: Flask, cast: dict[str, Role], provider: RunningProvider, installation: Installation
) -> None:
    now = datetime.now(UTC)
    with installation.database.write() as session:
        rob = people.load_by_email(session, "rob@example.com")
        assert rob is not None
        secret = second_factor.begin(session, rob)
        second_factor.confirm(session, rob, second_factor.code_at(secret, int(now.timestamp()) // 30), now)
    provider.vouch("rob@example.com")
    visitor = Operator(app)
    assert "One more step" in come_back(visitor, provider).text
    assert visitor.get("/admin/").status_code == 303
    provider.vouch("rob@example.com", amr=["pwd", "otp", "mfa"])
    assert come_back(visitor, provider).status_code == 303
    assert visitor.get("/admin/").status_code == 200


def test_needed_second_factor_may_be_the_providers(
    app: Flask, cast: dict[str, Role], provider: RunningProvider, installation: Installation
) -> None:
    visitor = Operator(app)
    with installation.database.write() as session:
        second_factor.require_from(session, Role.VIEWER)
    provider.vouch("rob@example.com")
    assert come_back(visitor, provider).status_code == 303
    assert visitor.get("/admin/incidents").headers["Location"] == "/admin/account/second-factor"
    provider.vouch("rob@example.com", amr=["mfa"])
    visitor = Operator(app)
    assert come_back(visitor, provider).status_code == 303
    assert visitor.get("/admin/incidents").status_code == 200


def test_session_ends_as_others_do(visitor: Operator, provider: RunningProvider, installation: Installation) -> None:
    provider.vouch("rob@example.com")
    come_back(visitor, provider)
    with installation.database.write() as session:
        rob = people.load_by_email(session, "rob@example.com")
        assert rob is not None
        assert [(row.way, row.two_factors) for row in signins.load_of(session, rob, datetime.now(UTC))] == [
            ("oidc", False)
        ]
        people.set_password(session, rob, "another horse battery")
    assert visitor.get("/admin/").status_code == 303
    come_back(visitor, provider)
    with installation.database.write() as session:
        row = session.scalars(select(SignIn)).one()
        row.created_at -= timedelta(hours=12)
    assert visitor.get("/admin/").status_code == 303


class TestWithoutPasswords:
    """PASSWORD_LOGIN=false."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"password_login": False})

    def test_password_opens_nothing(self, visitor: Operator, provider: RunningProvider) -> None:
        assert 'name="password"' not in visitor.get("/admin/login").text
        assert visitor.log_in("rob@example.com").status_code == 403
        provider.vouch("rob@example.com")
        assert come_back(visitor, provider).status_code == 303
        assert 'name="new_password"' not in visitor.get("/admin/account").text


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"OIDC_ISSUER": "https://id.example.com"}, "OIDC_CLIENT_ID: .*must be set together"),
        ({"OIDC_ISSUER": "http://id.example.com", "OIDC_CLIENT_ID": "x"}, "OIDC_ISSUER: .*https"),
        ({"OIDC_ROLES": "king:domain=example.com"}, "OIDC_ROLES: .*'king' is none of"),
        ({"OIDC_ROLES": "viewer"}, "OIDC_ROLES: .*ROLE:CLAIM=VALUE"),
        ({"OIDC_SCOPES": "email"}, "OIDC_SCOPES: .*openid"),
        ({"PASSWORD_LOGIN": "false"}, "PASSWORD_LOGIN: .*another way in"),
    ],
)
def test_bad_settings_are_named(environment: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_settings(environment)


def test_check_says_whether_the_provider_answers(installation: Installation, provider: RunningProvider) -> None:
    provider.vouch("rob@example.com")
    assert [found.verdict for found in examine_sign_on(installation)] == ["ok"]
    provider.vouch("rob@example.com", fault="broken")
    (found,) = examine_sign_on(installation)
    assert (found.verdict, "answered 500" in found.said) == ("wrong", True)
