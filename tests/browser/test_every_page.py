"""Every page of the admin, filled with a row of everything, shown to axe and measured for sideways scrolling: the
walk goes over the application's own routes, so that a new page is looked at without anybody thinking of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.serving import make_server

from statuspage import people, proposals, second_factor, signins
from statuspage.changes import Installation, site_change
from statuspage.domain.vocabulary import Priority, Role, Scope
from statuspage.drafts import IncidentDraft
from statuspage.models import Identity, Passkey
from statuspage.settings import Settings
from tests.browser.test_admin import EMAIL, PASSWORD, check_usable
from tests.browser.test_people import enter, type_code
from tests.things import INCIDENT, add_things
from tests.web.api_v1.conftest import Api

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

NO_PAGES = ("admin.static", "admin.download_", "admin.export_")
"""What answers with a file."""
DRAFTS = ("admin.edit_proposal", "admin.show_proposal")
RESOLVED = "admin.write_postmortem"
PERIOD = "2026-10"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A policy that knows customers, reports and claims."""
    return Settings(
        statuspage_instance=tmp_path / "instance",
        secret_key="test-secret-key-of-32-characters!",
        statuspage_policy="twicpics",
    )


@pytest.fixture
def ids(app: Flask, installation: Installation) -> dict[str, str]:
    """One of everything, and what is only reached in a certain state."""
    now = datetime.now(UTC)
    with installation.database.write() as session:
        _, token = people.create_token(session, "walker", Scope.ADMIN, now)
        code = _add_alice(session, now)
    api = Api(app.test_client(), token)
    ids = add_things(api)
    over = api.post("/incidents", INCIDENT).json["id"]
    assert api.post(f"/incidents/{over}/updates", {"status": "resolved", "body": "It is over."}).status_code == 201
    with site_change(installation, now, author="alice") as change:
        draft = IncidentDraft(title="API: major outage", body="Our measurements show it.", priority=Priority.P1)
        kept = proposals.keep(change.session, draft, policy=change.policy, author="measurement", now=now).id
    return {**ids, "draft": kept, "resolved": over, "period": PERIOD, "code": code}


def _add_alice(session: Session, now: datetime) -> str:
    """An admin with a passkey, an account elsewhere and two sessions; a code that lets her in."""
    alice = people.create_user(session, EMAIL, PASSWORD, Role.ADMIN, now)
    alice.passkey_since = now
    passkey = Passkey(name="Laptop", credential_id="abc", public_key="def", sign_count=1, created_at=now)
    linked = Identity(issuer="https://id.example.com", subject="42", linked_at=now, last_used_at=now)
    passkey.user_id = linked.user_id = alice.id
    session.add_all([passkey, linked])
    signins.begin(session, alice, signins.BY_PASSKEY, client="192.0.2.1", browser="Mozilla/5.0 " * 20, now=now)
    return second_factor.renew_recovery_codes(session, alice)[0]


@pytest.fixture
def address(app: Flask, ids: dict[str, str]) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join(5)
    server.server_close()


def pages(app: Flask, ids: dict[str, str]) -> list[str]:
    """The path of every page, with a thing in it where it shows one."""
    found = []
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("admin.") or "GET" not in (rule.methods or ()):
            continue
        if not rule.endpoint.startswith(NO_PAGES):
            found.append(_path(rule, ids))
    return sorted(found)


def _path(rule: Rule, ids: dict[str, str]) -> str:
    path = rule.rule
    for name in rule.arguments:
        key = "draft" if rule.endpoint in DRAFTS else "resolved" if rule.endpoint == RESOLVED else name
        path = path.replace(f"<{name}>", ids[key])
    assert "<" not in path, f"{rule.rule}: which one is looked at?"
    return path


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_every_page_is_usable_by_everybody(
    browser: Browser, app: Flask, ids: dict[str, str], address: str, width: int, scheme: str
) -> None:
    with browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    ) as context:
        context.set_default_timeout(30_000)
        page = context.new_page()
        enter(page, EMAIL, PASSWORD)
        type_code(page, ids["code"])
        expect(page.get_by_role("heading", name="Board")).to_be_visible()
        for path in pages(app, ids):
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, f"{path}: {answer.status}"
            assert not page.url.endswith("/login"), path
            check_usable(page, f"{path} {width} {scheme}")
