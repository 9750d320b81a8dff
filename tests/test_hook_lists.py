"""Webhooks and chats in the CSV of subscribers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.models import Subscriber
from statuspage.subscriber_csv import read_rows
from statuspage.subscriber_lists import export_lines, import_rows

LIST = """channel,address,confirmed,kinds
webhook,https://example.com/hook,yes,incident
slack,https://hooks.slack.com/services/T/B/x,yes,
email,anna@example.com,yes,
"""


def test_urls_come_in_and_go_out(session: Session, now: datetime) -> None:
    added, refused = import_rows(session, read_rows(LIST), source="import:test", now=now)
    assert (added, refused) == (3, [])
    hook = session.scalars(select(Subscriber).where(Subscriber.channel == "webhook")).one()
    assert (hook.by_operator, (hook.secret or "")[:6]) == (True, "whsec_")
    lines = "".join(export_lines(session)).splitlines()
    assert lines[0].endswith(",channel,address")
    assert {line.split(",")[-2] for line in lines[1:]} == {"webhook", "slack", ""}
    again = import_rows(session, read_rows("\n".join(lines) + "\n"), source="import:test", now=now)
    assert again == (3, [])
    assert len(session.scalars(select(Subscriber)).all()) == 3


def test_unknown_channel_names_its_line(session: Session, now: datetime) -> None:
    rows = read_rows("channel,address\npigeon,https://example.com/\nwebhook,nonsense\n")
    _, refused = import_rows(session, rows, source="import:test", now=now)
    assert [(line, problem.field) for line, problem in refused] == [(2, "channel"), (3, "webhook")]
