"""The other commands: users, tokens, site.toml, import, subscribers, deliveries, policy, publish, backup."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from statuspage import people
from statuspage.changes import Installation
from statuspage.domain.vocabulary import Role, Scope
from statuspage.models import Component, Consent, Delivery, SettledQuarter, Subscriber
from tests.cli.conftest import Flask_

SITE = '[page]\nname = "Example"\n[[group]]\nname = "Voice"\n[[group.component]]\nslug = "sip"\nname = "SIP"\n'


def test_user_logs_in_with_typed_password(flask: Flask_, installation: Installation) -> None:
    flask("user", "create", "Ann@Example.com", "--role", "responder", "--password-stdin", typed="a long password\n")
    with installation.database.read() as session:
        user = people.verify_user(session, "ann@example.com", "a long password")
        assert user is not None
        assert user.role is Role.RESPONDER
    again = ("user", "create", "ann@example.com", "--role", "admin", "--password-stdin")
    assert "is a user already" in flask(*again, typed="another password\n", code=1).stderr


@pytest.mark.parametrize(
    ("arguments", "typed", "message"),
    [
        (("a@example.com", "--role", "king"), "a long password", "error: role: "),
        (("a@example.com", "--role", "admin"), "short", "error: password: "),
        (("a@example.com", "--role", "admin"), "", "no password on standard input"),
        (("nobody", "--role", "admin"), "a long password", "error: email: "),
    ],
)
def test_bad_user_is_refused(flask: Flask_, arguments: tuple[str, ...], typed: str, message: str) -> None:
    assert message in flask("user", "create", *arguments, "--password-stdin", typed=typed, code=2).stderr


def test_token_is_printed_alone(flask: Flask_, installation: Installation) -> None:
    printed = flask("token", "create", "ci", "--scope", "write").stdout
    with installation.database.read() as session:
        token = people.verify_token(session, printed.strip(), datetime.now(UTC))
        assert token is not None
        assert token.scope is Scope.WRITE
    assert printed.count("\n") == 1
    assert "error: scope: " in flask("token", "create", "ci", "--scope", "all", code=2).stderr


def test_site_is_checked_applied_exported(flask: Flask_, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(SITE)
    assert "group Voice: added" in flask("site", "apply", str(file), "--check").stdout
    assert "group" not in tomllib.loads(flask("site", "export").stdout)
    assert "component sip: added to Voice" in flask("site", "apply", str(file)).stdout
    assert flask("site", "apply", str(file)).stdout == "Nothing to change.\n"
    exported = flask("site", "export").stdout
    assert tomllib.loads(exported)["group"][0]["component"][0]["slug"] == "sip"
    assert flask("site", "apply", "-", typed=exported).stdout == "Nothing to change.\n"


def test_site_file_names_what_is_wrong(flask: Flask_, tmp_path: Path) -> None:
    refused = flask("site", "apply", "-", typed='[page]\ncolour = "red"', code=2)
    assert refused.stderr == "error: page.colour: is not a known key\n"
    assert "No such file" in flask("site", "apply", str(tmp_path / "none.toml"), code=1).stderr


def test_import_twice_makes_no_duplicate(flask: Flask_) -> None:
    capture = str(Path(__file__).parents[1] / "data" / "lantern-page.json")
    first = json.loads(flask("import", "statuspage", capture, "--json").stdout)
    assert first["incidents"]["created"] > 0
    again = json.loads(flask("import", "statuspage", capture, "--json").stdout)
    assert {tally["created"] for tally in again.values()} == {0}


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"incidents": 5}'])
def test_import_refuses_what_is_no_capture(flask: Flask_, text: str) -> None:
    assert "error: " in flask("import", "statuspage", "-", typed=text, code=2).stderr


def test_subscribers_come_and_go_as_csv(flask: Flask_, sip: str, installation: Installation) -> None:
    text = (
        "email,confirmed,components,kinds,min_priority,language\n"
        "ann@example.com,yes,sip,incident;maintenance,P2,en\n"
        "bob@example.com,no,,,,\n"
        "'=1+1@example.com,yes,,incident,,\n"
    )
    assert "3 imported." in flask("subscribers", "import", "-", typed=text).stdout
    with installation.database.read() as session:
        ann = session.scalars(select(Subscriber).where(Subscriber.address == "ann@example.com")).one()
        assert ann.confirmed_at is not None
        proof = session.scalars(select(Consent).where(Consent.subscriber_id == ann.id)).one()
        assert (proof.action, proof.source.split(":")[0]) == ("confirmed", "import")
        assert session.scalars(select(Delivery.kind)).all() == ["confirmation"]
    exported = flask("subscribers", "export").stdout
    rows = {row["email"]: row for row in csv.DictReader(io.StringIO(exported))}
    assert rows["ann@example.com"]["components"] == "sip"
    assert rows["bob@example.com"]["confirmed"] == "no"
    assert "'=1+1@example.com" in rows
    assert "3 imported." in flask("subscribers", "import", "-", typed=exported).stdout


def test_one_subscriber_is_added(flask: Flask_, sip: str, installation: Installation) -> None:
    asked = flask("subscribers", "add", "--email", "ann@example.com", "--component", sip, "--kind", "incident").stdout
    assert asked.startswith("ann@example.com is asked to confirm")
    opened = flask("incident", "open", "--title", "Calls fail", "--priority", "P2", "--body", "We look.", "--json")
    incident = json.loads(opened.stdout)["id"]
    hook = ("--slack", "https://hooks.slack.com/services/T0/B0/secret-part", "--incident", incident, "--confirmed")
    told = flask("subscribers", "add", *hook).stdout
    assert "is told from now on" in told
    assert "secret-part" not in told
    refused = flask("subscribers", "add", "--email", "nobody", "--min-priority", "P9", code=2).stderr
    assert "error: min_priority: " in refused
    assert "error: email: " in flask("subscribers", "add", code=2).stderr


def test_bad_line_stops_the_import(flask: Flask_, sip: str) -> None:
    text = (
        "email,confirmed,components\nann@example.com,yes,\nnobody,yes,\nbob@example.com,yes,none\ncy@x.org,maybe,\n"
    )
    refused = flask("subscribers", "import", "-", typed=text, code=2)
    assert "error: line 3: email: " in refused.stderr
    assert "error: line 4: components.none: " in refused.stderr
    assert "error: line 5: confirmed: " in refused.stderr
    assert flask("subscribers", "export").stdout.count("\n") == 1
    skipped = flask("subscribers", "import", "-", "--skip-bad", typed=text)
    assert "1 imported, 3 left out." in skipped.stdout


@pytest.mark.parametrize("text", ["", "name\nann", "email,phone\na@b.co,1", 'email\n"open', "email,email\na,b"])
def test_file_without_columns_is_refused(flask: Flask_, text: str) -> None:
    assert "error: line " in flask("subscribers", "import", "-", typed=text, code=2).stderr


def test_dead_deliveries_are_retried(flask: Flask_, installation: Installation) -> None:
    flask("subscribers", "import", "-", typed="email\nann@example.com\n")
    with installation.database.write() as session:
        delivery = session.scalars(select(Delivery)).one()
        delivery.state, delivery.attempts, delivery.last_error = "dead", 9, "550 no such user"
        number = str(delivery.id)
    assert "550 no such user" in flask("deliveries", "list", "--state", "dead").stdout
    assert "name the deliveries" in flask("deliveries", "retry", code=2).stderr
    assert flask("deliveries", "retry", number).stdout == "1 due again.\n"
    (listed,) = json.loads(flask("deliveries", "list", "--json").stdout)
    assert (listed["state"], listed["attempts"]) == ("due", 0)
    assert flask("deliveries", "retry", "--all").stdout == "0 due again.\n"
    assert "0 due again; the others" in flask("deliveries", "retry", "999999", code=1).stderr


def test_policies_are_listed_shown_checked(flask: Flask_, tmp_path: Path) -> None:
    used = [each for each in json.loads(flask("policy", "list", "--json").stdout) if each["in_use"]]
    assert [each["id"] for each in used] == ["standard"]
    shown = flask("policy", "show", "cm-com").stdout
    assert "P1" in shown
    assert "Availability of Voice: 99.99% a quarter." in shown
    assert json.loads(flask("policy", "show", "standard", "--json").stdout)["id"] == "standard"
    assert "error: ID: " in flask("policy", "show", "none", code=2).stderr
    bad = tmp_path / "policy.toml"
    bad.write_text('schema = 1\nid = "x"\nname = "X"\ncolour = "red"\n')
    assert "colour" in flask("policy", "check", str(bad), code=2).stderr


def test_publish_writes_every_page(flask: Flask_, sip: str, installation: Installation) -> None:
    assert "Revision" in flask("publish", "--all").stdout
    assert (installation.settings.public_folder / "index.html").exists()


def test_backup_is_restored_elsewhere(flask: Flask_, sip: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    flask("backup", str(file))
    assert "not empty" in flask("restore", str(file), code=1).stderr
    flask("site", "apply", "-", typed='[page]\nname = "Changed"')
    flask("restore", str(file), "--force")
    assert tomllib.loads(flask("site", "export").stdout)["page"]["name"] == "Status"


def test_upgrade_is_done_twice(flask: Flask_) -> None:
    for _ in range(2):
        assert flask("db", "upgrade").stdout == "The database is up to date.\n"


def test_every_command_explains_itself(flask: Flask_) -> None:
    names = (
        "db",
        "user",
        "token",
        "site",
        "incident",
        "maintenance",
        "slot",
        "notice",
        "customer",
        "report",
        "claim",
        "import",
        "subscribers",
        "deliveries",
        "policy",
    )
    for name in (*names, "publish", "worker", "backup", "restore"):
        assert "Usage: " in flask(name, "--help").stdout


def test_policy_is_checked_without_an_instance(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environ = {**os.environ, "STATUSPAGE_INSTANCE": str(tmp_path / "file" / "below"), "STATUSPAGE_POLICY": "none"}
    bad = tmp_path / "policy.toml"
    bad.write_text('schema = 1\nid = "x"\nname = "X"\ncolour = "red"\n')
    command = [sys.executable, "-m", "flask", "--app", "app", "policy", "check", str(bad)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "colour: unknown key" in done.stderr) == (2, True), done.stderr


def test_past_days_are_settled_anew(flask: Flask_, installation: Installation) -> None:
    flask("site", "apply", "-", typed=SITE)
    with installation.database.write() as session:
        key = session.scalars(select(Component.id)).one()
        session.add(SettledQuarter(component_id=key, quarter="1999-Q1", opening="0 nonsense", changes=""))
    assert "1 components" in flask("db", "resettle").stdout
    with installation.database.read() as session:
        assert session.scalars(select(SettledQuarter)).all() == []
        assert session.scalars(select(Component.settled_until)).one() is not None
