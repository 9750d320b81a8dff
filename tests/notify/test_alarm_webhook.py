"""Alarms by webhook: taken, refused, never to a private address that nobody allowed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network

import pytest
from sqlalchemy import select

from statuspage import clocks
from statuspage.changes import Installation
from statuspage.models import Delivery, Page
from statuspage.notify.alarm_webhook import post_alarms
from tests.notify.conftest import OpenIncident

LOCAL = ip_network("127.0.0.0/8")


@dataclass
class Hook:
    """What a webhook got, and what it answers."""

    url: str = ""
    answer: int = 204
    got: list[dict[str, object]] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook on this machine."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            hook.hosts.append(self.headers["Host"])
            self.send_response(hook.answer)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    hook.url = f"http://localhost:{server.server_port}/alarms"
    yield hook
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def late(installation: Installation, hook: Hook, open_incident: OpenIncident, now: datetime) -> datetime:
    """An incident whose update is late, and a webhook that is owed the news."""
    open_incident()
    at = now + timedelta(minutes=21)
    with installation.database.write() as session:
        session.get_one(Page, 1).alarm_webhook = hook.url
        clocks.ring_due(session, policy=installation.policy(now), now=at)
    return at


def allowing(installation: Installation) -> Installation:
    return replace(installation, settings=installation.settings.model_copy(update={"probe_allow_private": (LOCAL,)}))


def states(installation: Installation) -> list[str]:
    with installation.database.read() as session:
        return list(
            session.scalars(select(Delivery.state).where(Delivery.channel == "webhook").order_by(Delivery.id))
        )


def test_alarm_arrives_as_json(installation: Installation, hook: Hook, late: datetime) -> None:
    assert post_alarms(allowing(installation), lambda: late) == 2

    kinds = {told["kind"]: told for told in hook.got}
    assert set(kinds) == {"overdue", "escalation"}
    assert kinds["overdue"]["minutes_late"] == 6
    assert hook.hosts[0].startswith("localhost:")
    assert states(installation) == ["sent", "sent"]


def test_private_address_is_refused(installation: Installation, hook: Hook, late: datetime) -> None:
    assert post_alarms(installation, lambda: late) == 0
    assert hook.got == []
    assert states(installation) == ["due", "due"]


@pytest.mark.parametrize("answer", [302, 500])
def test_refusal_and_redirect_are_retried(
    installation: Installation, hook: Hook, late: datetime, answer: int
) -> None:
    hook.answer = answer
    running = allowing(installation)
    assert post_alarms(running, lambda: late) == 0
    assert post_alarms(running, lambda: late) == 0
    assert len(hook.got) == 2
    hook.answer = 200
    assert post_alarms(running, lambda: late + timedelta(minutes=10)) == 2
