"""Reports piped in by the mail server."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from statuspage import subscribers
from statuspage.changes import Installation, open_installation
from statuspage.drafts import SubscriberDraft
from statuspage.factory import create_app
from statuspage.models import Delivery, Subscriber
from statuspage.notify.letterhead import return_path_of
from statuspage.settings import Settings
from tests.bounced import delivery_report
from tests.cli.conftest import Flask_


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Bounces come in at an address of ours."""
    return settings.model_copy(update={"mail_bounce_address": "bounces@example.com"})


def test_report_is_piped_in(flask: Flask_, installation: Installation, now: datetime) -> None:
    flask("db", "upgrade")
    with installation.database.write() as session:
        reader = subscribers.add_confirmed(session, SubscriberDraft(email="gone@example.com"), source="x", now=now)
        row = Delivery(kind="update", subscriber_id=reader.id, state="sent", created_at=now, due_at=now)
        session.add(row)
        session.flush()
        number, reader_id = row.id, reader.id
    report = delivery_report("bounces@example.com").decode()
    assert "nothing changed" in flask("bounces", "read", typed="hello").output
    assert "nothing changed" in flask("bounces", "read", typed=report).output
    returns = return_path_of(installation.settings)
    assert returns is not None
    read = ("bounces", "read", "--recipient", returns.address(number))
    assert flask(*read, typed=report).output == "hard bounce kept.\n"
    assert "nothing changed" in flask(*read, typed=report).output
    with installation.database.read() as session:
        assert session.get_one(Subscriber, reader_id).suppressed_at


def test_pipe_is_tried_again_without_database(settings: Settings, tmp_path: Path) -> None:
    away = settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none"})
    app = create_app(open_installation(away))
    said = app.test_cli_runner().invoke(args=["bounces", "read"], input=delivery_report().decode())
    assert said.exit_code == 75
