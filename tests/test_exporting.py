"""Everything leaves as JSON: each table is either in it or left out on purpose, and no secret is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from statuspage import exporting, migrations, people, subscribers
from statuspage.changes import Installation, site_change
from statuspage.components import add_component
from statuspage.db import Base
from statuspage.demo.filling import fill
from statuspage.domain.vocabulary import Role, Scope
from statuspage.drafts import ComponentDraft, SubscriberDraft
from statuspage.site import apply_site, describe_site
from statuspage.site_file import read_site, site_text


def test_every_table_is_decided_on() -> None:
    assert set(Base.metadata.tables) >= exporting.NOT_KEPT_FOR_READING
    assert {"incident", "subscriber", "audit_event", "monitor", "consent"} <= set(exporting.exported_tables())
    risky = re.compile(r"password|secret|token|_digest$|_key$")
    for name in exporting.exported_tables():
        names = {column.name for column in Base.metadata.tables[name].columns} - exporting.SECRETS
        assert {each for each in names if risky.search(each)} <= {"address_key", "email_key"}, name


def test_everything_is_written_and_nothing_secret(installation: Installation, now: datetime) -> None:
    with site_change(installation, now, author="test") as change:
        add_component(change.session, ComponentDraft(name="SIP „trunk“"), author="test", now=now)
        wish = SubscriberDraft(email="eve@example.org", confirmed=True)
        eve = subscribers.add_confirmed(change.session, wish, source="import", now=now)
        user = people.create_user(change.session, "ann@example.com", "a long password", Role.ADMIN, now)
        _row, plain = people.create_token(change.session, "deploys", Scope.READ, now)
    with installation.database.read() as session:
        text = "".join(exporting.export_everything(session, now))
    told = json.loads(text)
    assert told["format"] == 1
    assert list(told["tables"]) == exporting.exported_tables()
    assert [row["name"] for row in told["tables"]["component"]] == ["SIP „trunk“"]
    assert [row["address"] for row in told["tables"]["subscriber"]] == ["eve@example.org"]
    for secret in (plain, eve.token, user.password or "", people._hasher.hash("x")[:20]):
        assert secret not in text


def test_file_is_private_and_whole(app: Flask, installation: Installation, tmp_path: Path, now: datetime) -> None:
    Base.metadata.drop_all(installation.database.engine)
    migrations.upgrade(installation.database)
    runner = app.test_cli_runner()
    file = tmp_path / "all.json"
    assert runner.invoke(args=["export", str(file)]).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["tables"]["page"]
    shown = runner.invoke(args=["export", "-"])
    assert json.loads(shown.stdout)["format"] == 1
    assert runner.invoke(args=["export", "/nowhere/all.json"]).exit_code == 1


@pytest.mark.slow
def test_site_goes_round(installation: Installation, settings: object, now: datetime, tmp_path: Path) -> None:
    fill(installation, now)
    with installation.database.read() as session:
        text = site_text(describe_site(session))
        assert apply_site(session, read_site(text), author="test", now=now) == []
        session.rollback()
    assert "[[" in text


def test_exported_again_is_the_same(
    installation: Installation, add_components: Callable[..., None], now: datetime
) -> None:
    add_components("API", "SIP", group="Voice")
    with installation.database.read() as session:
        once = "".join(exporting.export_everything(session, now))
        assert "".join(exporting.export_everything(session, now)) == once
