"""The audit log has every change by every door, before and after, unchangeable and without secrets."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from statuspage import audit, migrations, tracing
from statuspage.changes import Installation
from statuspage.db import Base, Database
from statuspage.domain.vocabulary import Scope
from statuspage.models import AuditEvent
from tests.web.admin.conftest import Operator, alice, cast, enter, hashed
from tests.web.api_v1.conftest import Api, admin_api, make_api

__all__ = ["admin_api", "alice", "cast", "enter", "hashed", "make_api"]


def events(installation: Installation) -> list[AuditEvent]:
    with installation.database.read() as session:
        return audit.load_events(session)


def test_form_leaves_before_and_after(alice: Operator, installation: Installation) -> None:
    new = {"name": "SIP trunk", "slug": "sip", "description": "Calls in", "status": "operational"}
    assert alice.post("/admin/components/new", new, page="/admin/components/new").status_code in (303, 404, 405)
    values = {"name": "Example", "timezone": "Europe/Amsterdam", "languages": "en", "reminders": "24h"}
    assert alice.post("/admin/settings", values).status_code == 303
    event = events(installation)[0]
    assert (event.actor, event.action, event.client) == ("alice@example.com", "page.change", "192.0.2.10")
    (change,) = [each for each in event.changes or [] if each["table"] == "page"]
    assert (change["before"]["timezone"], change["after"]["timezone"]) == ("UTC", "Europe/Amsterdam")
    assert "revision" not in change["after"]


def test_api_leaves_an_event_of_every_change(make_api: Callable[[Scope], Api], installation: Installation) -> None:
    api = make_api(Scope.WRITE)
    api.post("/components", {"name": "SIP trunk", "slug": "sip"})
    api.patch("/components/sip", {"description": "Calls in"})
    opened = {"title": "No calls", "priority": "P1", "body": "We look.", "components": {"sip": "major_outage"}}
    assert api.post("/incidents", opened).status_code == 201
    incident, changed, created = events(installation)[:3]
    assert [each.action for each in (created, changed, incident)] == [
        "component.create",
        "component.change",
        "incident.open",
    ]
    assert {each.actor for each in (created, changed, incident)} == {"token:write tests"}
    assert changed.changes == [
        {"table": "component", "row": "sip", "before": {"description": None}, "after": {"description": "Calls in"}}
    ]
    assert {each["table"] for each in incident.changes or []} >= {"incident", "update"}


def test_reading_leaves_nothing(make_api: Callable[[Scope], Api], installation: Installation) -> None:
    api = make_api(Scope.WRITE)
    api.get("/incidents")
    assert api.post("/components", {"name": ""}).status_code == 422
    assert events(installation) == []


def test_command_leaves_an_event(app: Flask, installation: Installation) -> None:
    Base.metadata.drop_all(installation.database.engine)
    migrations.upgrade(installation.database)
    runner = app.test_cli_runner()
    toml = '[page]\nname = "Ours"\n[[component]]\nslug = "sip"\nname = "SIP"'
    assert runner.invoke(args=["site", "apply", "-"], input=toml).exit_code == 0
    event = events(installation)[0]
    assert event.action == "site.apply"
    assert event.actor.startswith("cli")
    changed = {each["table"]: each for each in event.changes or []}
    assert changed["page"]["after"]["name"] == "Ours"
    assert changed["component"]["after"]["slug"] == "sip"


def test_nobody_acts_after_the_request(alice: Operator, app: Flask, installation: Installation) -> None:
    alice.get("/admin/")
    app.test_client().get("/healthz")
    assert tracing._act.get() is None


def test_failed_change_leaves_nothing(admin_api: Api, installation: Installation) -> None:
    before = len(events(installation))
    admin_api.post("/components", {"name": "SIP", "slug": "sip"})
    assert admin_api.post("/components", {"name": "SIP", "slug": "sip"}).status_code in (409, 422)
    assert len(events(installation)) == before + 1


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET actor = 'mallory'", "DELETE FROM audit_event"])
def test_log_is_append_only(installation: Installation, now: datetime, statement: str) -> None:
    with installation.database.write() as session:
        audit.record(session, "test.it", actor="alice", now=now)
    with pytest.raises(DatabaseError, match="append-only"), installation.database.write() as session:
        session.execute(text(statement))
    assert [event.actor for event in events(installation)] == ["alice"]


@pytest.mark.postgres
def test_log_is_append_only_on_postgresql(postgres_url: str, now: datetime) -> None:
    database = Database(postgres_url)
    migrations.upgrade(database)
    with database.write() as session:
        audit.record(session, "test.it", actor="alice", now=now)
    for statement in ("UPDATE audit_event SET actor = 'm'", "DELETE FROM audit_event", "TRUNCATE audit_event"):
        with pytest.raises(DatabaseError, match="append-only"), database.write() as session:
            session.execute(text(statement))
    database.dispose()


def test_migrated_database_is_guarded(settings: object, tmp_path: object, now: datetime) -> None:
    database = Database(f"sqlite:///{tmp_path}/migrated.db")
    migrations.upgrade(database)
    with database.write() as session:
        audit.record(session, "test.it", actor="alice", now=now)
    with pytest.raises(DatabaseError, match="append-only"), database.write() as session:
        session.execute(text("DELETE FROM audit_event"))
    database.dispose()


def test_no_secret_is_traced() -> None:
    """Whatever looks like a secret or a subscriber's address, in any table that is traced."""
    risky = re.compile(r"password|secret|token|_digest|address|webhook|headers|totp_s")
    for table in tracing.TRACED:
        names = {column.key for column in table.__mapper__.column_attrs} - tracing.LEFT_OUT
        names -= tracing.PERSONAL.get(table.__tablename__, frozenset())
        assert [name for name in names if risky.search(name) and name != "totp_since"] == [], table


def test_token_and_headers_stay_out(admin_api: Api, installation: Installation) -> None:
    plain = (admin_api.post("/tokens", {"name": "deploys", "scope": "read"}).json or {})["token"]
    admin_api.post("/components", {"name": "API", "slug": "api"})
    monitor = {
        "component": "api",
        "kind": "http",
        "target": "https://api.example.com/",
        "headers": {"Authorization": "Bearer very-secret"},
    }
    assert admin_api.post("/monitors", monitor).status_code == 201
    admin_api.post("/subscribers", {"email": "eve@example.org", "confirmed": True})
    said = json.dumps([[event.details, event.changes, event.target] for event in events(installation)])
    for secret in (plain, "very-secret", "eve@example.org"):
        assert secret not in said


def test_log_is_searched_and_taken_out(alice: Operator, admin_api: Api, installation: Installation) -> None:
    admin_api.post("/components", {"name": "=cmd()", "slug": "api"})
    page = alice.get("/admin/activity?actor=token:admin tests").text
    assert "component.create" in page
    assert "user.log_in" not in page
    assert alice.get("/admin/activity?since=nonsense").status_code == 422
    rows = list(csv.DictReader(io.StringIO(alice.get("/admin/activity.csv?action=component.create").text)))
    assert [row["actor"] for row in rows] == ["token:admin tests"]
    assert not any(cell.startswith("=") for row in rows for cell in row.values())
    told = json.loads(alice.get("/admin/activity.json").text)
    assert {each["action"] for each in told} == {"component.create", "user.log_in"}
    assert told[0]["changes"] or told[1]["changes"]
    assert alice.get("/admin/activity.exe").status_code == 404


def test_event_is_written_as_of_now(installation: Installation) -> None:
    now = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)
    act = tracing.Act("alice@example.com", "test.it", "192.0.2.1", now)
    with tracing.acting(act), installation.database.write() as session:
        audit.record(session, "first.thing", actor="alice@example.com", now=now)
        audit.record(session, "second.thing", actor="alice@example.com", now=now)
    assert [event.action for event in events(installation)] == ["second.thing", "first.thing"]
