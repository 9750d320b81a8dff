"""`flask check` finds what is wrong, says it in plain words, and is content with what is right."""

from __future__ import annotations

import json
import os
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dns.message
import dns.resolver
import dns.rrset
import pytest
from flask import Flask
from pytest_httpserver import HTTPServer

from statuspage import checkup, migrations, people
from statuspage.changes import Installation, open_installation
from statuspage.components import ensure_page
from statuspage.db import Base
from statuspage.domain.vocabulary import Role
from statuspage.findings import Finding
from statuspage.models import Component, StatusChange
from statuspage.worker import beat
from tests.mail import MailServer

NOW = datetime.now(UTC)


@pytest.fixture
def migrated(installation: Installation) -> Installation:
    Base.metadata.drop_all(installation.database.engine)
    migrations.upgrade(installation.database)
    with installation.database.write() as session:
        ensure_page(session, NOW)
        from_scratch = people.create_user(session, "alice@example.com", "a long password", Role.ADMIN, NOW)
        from_scratch.totp_since = NOW
    return installation


@pytest.fixture
def name_server() -> Iterator[Callable[[dict[tuple[str, str], list[str]]], dns.resolver.Resolver]]:
    """A function that starts a name server with these records; a resolver that asks it."""
    servers: list[socketserver.ThreadingUDPServer] = []

    def start(records: dict[tuple[str, str], list[str]]) -> dns.resolver.Resolver:
        class Answer(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, sock = self.request
                query = dns.message.from_wire(data)
                reply = dns.message.make_response(query)
                (asked,) = query.question
                name, kind = asked.name.to_text(), dns.rdatatype.to_text(asked.rdtype)
                said = records.get((name.rstrip("."), kind))
                if said:
                    reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *said))
                sock.sendto(reply.to_wire(), self.client_address)

        server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Answer)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.server_address[1]
        return resolver

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def found(installation: Installation, **more: Any) -> dict[str, Finding]:
    return {each.name: each for each in checkup.examine(installation, datetime.now(UTC), **more)}


def changed(installation: Installation, **settings: Any) -> Installation:
    return open_installation(installation.settings.model_copy(update=settings))


@pytest.mark.sqlite
def test_what_is_right_is_said_so(migrated: Installation, mail_server: MailServer, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/live.json").respond_with_json({})
    address = httpserver.url_for("").rstrip("/")
    well = changed(migrated, mail_server="127.0.0.1", mail_port=mail_server.port, statuspage_url=address)
    os.chmod(migrated.settings.instance, 0o755)
    beat(well, datetime.now(UTC), "worker:test")
    (migrated.settings.instance / "statuspage.db").chmod(0o600)
    findings = found(well)
    assert {name for name, each in findings.items() if each.verdict == "wrong"} == set()
    assert {name for name, each in findings.items() if each.verdict == "ok"} >= {
        "address",
        "clock",
        "database",
        "instance",
        "mail",
        "people",
        "policy",
        "queue",
        "worker",
    }
    well.database.dispose()


@pytest.mark.sqlite
def test_what_is_wrong_is_named(migrated: Installation, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/live.json").respond_with_data("", status=502)
    bad = changed(
        migrated,
        mail_server="127.0.0.1",
        mail_port=1,
        queue_url="redis://127.0.0.1:1/0",
        statuspage_url=httpserver.url_for("").rstrip("/"),
    )
    (migrated.settings.instance / "statuspage.db").chmod(0o644)
    with migrated.database.write() as session:
        session.add(
            Component(id="c1", slug="c1", name="C1", created_at=NOW, updated_at=NOW),
        )
        session.flush()
        later = NOW + timedelta(hours=3)
        session.add(StatusChange(component_id="c1", at=later, recorded_at=later, status="operational", author="x"))
        alice = people.load_by_email(session, "alice@example.com")
        assert alice is not None
        alice.totp_since = None
    findings = found(bad)
    wrong = {name for name, each in findings.items() if each.verdict == "wrong"}
    assert wrong == {"address", "clock", "instance", "mail", "queue", "worker"}
    assert findings["people"].verdict == "hint"
    assert "statuspage.db" in findings["instance"].said
    assert "502" in findings["address"].said
    assert all(each.todo for each in findings.values() if each.verdict != "ok")
    bad.database.dispose()


def test_names_of_mail_are_looked_up(
    migrated: Installation, mail_server: MailServer, name_server: Callable[..., dns.resolver.Resolver]
) -> None:
    mailing = changed(
        migrated,
        mail_server="127.0.0.1",
        mail_port=mail_server.port,
        mail_default_sender="status@example.com",
        dkim_domain="example.com",
        dkim_selector="s1",
    )
    full = name_server(
        {
            ("example.com", "TXT"): ['"v=spf1 a -all"', '"other"'],
            ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=none"'],
            ("s1._domainkey.example.com", "TXT"): ['"v=DKIM1; k=rsa; " "p=MIIB"'],
            ("example.com", "MX"): ["10 mx.example.com."],
        }
    )
    findings = {each.name: each.verdict for each in checkup.examine_names(mailing, "status@example.com", full)}
    assert findings == {"SPF": "ok", "DMARC": "ok", "DKIM": "ok"}
    twice = name_server({("example.com", "TXT"): ['"v=spf1 a -all"', '"v=spf1 mx -all"']})
    findings = {each.name: each.verdict for each in checkup.examine_names(mailing, "status@example.com", twice)}
    assert findings == {"SPF": "wrong", "DMARC": "hint", "DKIM": "wrong", "sender": "wrong"}
    mailing.database.dispose()


@pytest.mark.sqlite
def test_command_says_it_with_its_exit_code(app: Flask, migrated: Installation) -> None:
    result = app.test_cli_runner().invoke(args=["check", "--offline", "--json"])
    told = {each["name"]: each for each in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert told["worker"]["verdict"] == "wrong"
    assert told["worker"]["todo"] == "Start python app.py, or flask worker."
    words = app.test_cli_runner().invoke(args=["check", "--offline"])
    assert "WRONG  No worker runs" in words.stdout
    beat(migrated, datetime.now(UTC), "worker:test")
    (migrated.settings.instance / "statuspage.db").chmod(0o600)
    well = app.test_cli_runner().invoke(args=["check", "--offline"])
    assert well.exit_code == 0, well.stdout


def test_absent_database_is_told(migrated: Installation) -> None:
    away = changed(migrated, database_url="postgresql://nobody@127.0.0.1:1/none")
    findings = found(away, network=False)
    assert findings["database"].verdict == "wrong"
    away.database.dispose()
