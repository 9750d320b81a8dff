"""Somebody is invited, reads the mail, chooses a password and is in; the link works once and ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from statuspage import invitations, people
from statuspage.changes import Installation, open_installation
from statuspage.domain.vocabulary import Role
from statuspage.errors import Conflicted, NotFound, Refused
from statuspage.models import AuditEvent
from tests.mail import MailServer, deliver_mail
from tests.web.admin.conftest import Operator, alice, cast, enter, hashed
from tests.web.api_v1.conftest import Api, admin_api, make_api

__all__ = ["admin_api", "alice", "cast", "enter", "hashed", "make_api"]

PASSWORD = "a sentence of one's own"


def link_in(text: str) -> str:
    found = re.search(r"https://status\.example\.com(/admin/invitation/\S+)", text)
    assert found, text
    return found[1]


def test_invited_person_reads_mail_and_enters(
    app: Flask, alice: Operator, installation: Installation, mail_server: MailServer
) -> None:
    settings = installation.settings.model_copy(update={"mail_server": "127.0.0.1", "mail_port": mail_server.port})
    mailing = open_installation(settings)
    answer = alice.post("/admin/people", {"email": "Nina@Example.com", "role": "responder"})
    assert answer.status_code == 303
    deliver_mail(mailing, lambda: datetime.now(UTC))
    (mail,) = mail_server.wait_for(1)
    mailing.database.dispose()
    assert mail.recipient == "nina@example.com"
    assert "alice@example.com invites you" in mail.text
    path = link_in(mail.text)
    assert link_in(mail.html.replace('"', " ")) == path
    nina = Operator(app, "192.0.2.77")
    looked = nina.get(path)
    assert looked.status_code == nina.get(path).status_code == 200
    assert looked.headers["Referrer-Policy"] == "no-referrer"
    wrong = nina.post(path, {"password": PASSWORD, "again": "another"}, page=path)
    assert wrong.status_code == 422
    assert nina.post(path, {"password": "short", "again": "short"}, page=path).status_code == 422
    assert nina.post(path, {"password": PASSWORD, "again": PASSWORD}, page=path).status_code == 303
    assert "nina@example.com" in nina.get("/admin/").text
    assert nina.get("/admin/people").status_code == 403
    assert Operator(app).get(path).status_code == 404
    assert Operator(app).log_in("nina@example.com", PASSWORD).status_code == 303
    with installation.database.read() as session:
        actions = [row.action for row in session.query(AuditEvent).where(AuditEvent.target == "nina@example.com")]
    assert actions == ["user.invite", "user.join"]


def test_link_ends(installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        row = invitations.invite(session, "nina@example.com", Role.VIEWER, by="alice", now=now)
        first = row.token or ""
        with pytest.raises(NotFound):
            invitations.load_by_token(session, first, now + timedelta(days=7))
        invitations.send_again(session, row, now + timedelta(days=6))
        second = row.token or ""
        assert second != first
        with pytest.raises(NotFound):
            invitations.load_by_token(session, first, now)
        assert invitations.load_by_token(session, second, now + timedelta(days=12)) is row
        invitations.revoke(session, row, now)
        with pytest.raises(NotFound):
            invitations.accept(session, second, PASSWORD, now)
        with pytest.raises(Refused):
            invitations.send_again(session, row, now)


def test_second_invitation_replaces_the_first(installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        first = invitations.invite(session, "nina@example.com", Role.VIEWER, by="alice", now=now)
        again = invitations.invite(session, " NINA@example.com", Role.ADMIN, by="alice", now=now)
        assert first.token is None
        assert invitations.accept(session, again.token or "", PASSWORD, now).role is Role.ADMIN
        with pytest.raises(Conflicted):
            invitations.invite(session, "nina@example.com", Role.VIEWER, by="alice", now=now)


def test_revoked_invitation_is_not_mailed(installation: Installation, mail_server: MailServer, now: datetime) -> None:
    settings = installation.settings.model_copy(update={"mail_server": "127.0.0.1", "mail_port": mail_server.port})
    mailing = open_installation(settings)
    with installation.database.write() as session:
        row = invitations.invite(session, "nina@example.com", Role.VIEWER, by="alice", now=now)
        invitations.revoke(session, row, now)
    assert deliver_mail(mailing, lambda: now).skipped == 1
    mailing.database.dispose()
    assert mail_server.mails() == []


def test_invitation_by_api(admin_api: Api, make_api: Callable[..., Api]) -> None:
    answer = admin_api.post("/invitations", {"email": "nina@example.com", "role": "viewer"})
    assert answer.status_code == 201
    body = answer.json or {}
    assert "token" not in body
    assert body["invited_by"] == "token:admin tests"
    assert admin_api.post(f"/invitations/{body['id']}/send", {}).status_code == 201
    assert admin_api.delete(f"/invitations/{body['id']}").status_code == 204
    assert (admin_api.get(f"/invitations/{body['id']}").json or {})["revoked_at"] is not None
    assert admin_api.post(f"/invitations/{body['id']}/send", {}).status_code == 422
    assert admin_api.get("/invitations/999").status_code == 404


def test_own_sessions_are_listed_and_ended(app: Flask, alice: Operator) -> None:
    elsewhere = Operator(app, "192.0.2.99")
    elsewhere.log_in("alice@example.com")
    listed = alice.get("/admin/account").text
    assert "192.0.2.99" in listed
    path = re.search(r'action="(/admin/account/sessions/\d+)"', listed)
    assert path
    assert alice.post(path[1]).status_code == 303
    assert elsewhere.get("/admin/").status_code == 303
    assert alice.get("/admin/").status_code == 200
    assert alice.post("/admin/account/sessions/999999").status_code == 404


def test_log_out_ends_the_stolen_cookie_too(app: Flask, alice: Operator) -> None:
    thief = Operator(app)
    cookie = alice.client.get_cookie("statuspage", path="/admin")
    assert cookie is not None
    thief.client.set_cookie("statuspage", cookie.value, path="/admin")
    assert thief.get("/admin/").status_code == 200
    alice.post("/admin/logout")
    assert thief.get("/admin/").status_code == 303


def test_other_role_ends_sessions(alice: Operator, enter: Callable[[str], Operator], app: Flask) -> None:
    rob = enter("rob")
    with app.app_context():
        listed = alice.get("/admin/people").text
    found = re.search(r'action="(/admin/people/\d+)"[^\n]*rob@example\.com', listed)
    assert found
    assert alice.post(found[1], {"role": "viewer"}).status_code == 303
    assert rob.get("/admin/").status_code == 303


def test_role_of_nobody_invited_changes_nothing(installation: Installation, now: datetime) -> None:
    with installation.database.write() as session, pytest.raises(Refused):
        invitations.invite(session, "not an address", Role.VIEWER, by="alice", now=now)
    with installation.database.read() as session:
        assert people.load_users(session) == []
        assert invitations.load_all(session) == []
