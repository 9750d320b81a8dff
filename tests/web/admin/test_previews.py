from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from statuspage import incidents, maintenance, subscribers
from statuspage.changes import Installation
from statuspage.db import Base
from statuspage.domain.vocabulary import MaintenanceStatus, Priority
from statuspage.drafts import IncidentDraft, MaintenanceDraft, SubscriberDraft
from statuspage.models import Incident, Maintenance, Update
from statuspage.settings import Settings
from statuspage.web import current
from tests.mail import MailServer
from tests.web.admin.conftest import Operator

TYPED = {
    "title": "Calls <i>fail</i>",
    "priority": "P1",
    "status": "investigating",
    "body": "We **look**.",
    "cause": "own",
    "components.api": "major_outage",
    "notify": "yes",
}


@pytest.fixture
def settings(settings: Settings, mail_server: MailServer) -> Settings:
    return settings.model_copy(update={"mail_server": "127.0.0.1", "mail_port": mail_server.port})


@pytest.fixture
def work(components: None, installation: Installation) -> str:
    """The id of a maintenance that is planned."""
    now = current.now()
    window = {"title": "Swap", "body": "Short cuts.", "components": ["api"]}
    times = {"starts_at": datetime(2030, 6, 3, 2, tzinfo=UTC), "ends_at": datetime(2030, 6, 3, 3, tzinfo=UTC)}
    draft = MaintenanceDraft.model_validate({**window, **times})
    with installation.database.write() as session:
        return maintenance.schedule(session, draft, policy=installation.policy(now), author="A", now=now).id


@pytest.fixture
def components(add_components: Callable[..., None]) -> None:
    add_components("API", "Portal")


def stored(installation: Installation) -> dict[str, int]:
    """How many rows each table has, but for the log of what operators do."""
    with installation.database.read() as session:
        tables = [t for t in Base.metadata.sorted_tables if t.name not in ("audit_event", "attempt")]
        return {t.name: session.scalar(select(func.count()).select_from(t)) or 0 for t in tables}


def test_preview_shows_page_and_mail_and_keeps_nothing(
    components: None, rob: Operator, installation: Installation
) -> None:
    before = stored(installation)
    answer = rob.post("/admin/incidents/look", {**TYPED, "do": "look"})
    assert answer.status_code == 200
    assert "[P1 Investigating] Calls &lt;i&gt;fail" in answer.text
    framed = re.search(r'<iframe[^>]* sandbox [^>]*srcdoc="([^"]+)"', answer.text)
    assert framed is not None
    assert "We <strong>look</strong>." in html.unescape(framed[1])
    assert "<i>fail</i>" not in html.unescape(framed[1])
    assert "API: Major outage" in answer.text
    assert stored(installation) == before
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_typed_text_survives_preview_and_back(components: None, rob: Operator) -> None:
    preview = rob.post("/admin/incidents/look", {**TYPED, "do": "look"}).text
    kept = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', preview))
    assert {html.unescape(kept[name]) for name in TYPED} == set(TYPED.values())
    form = rob.post("/admin/incidents/look", {**TYPED, "do": "back"}).text
    assert "We **look**." in form
    assert re.search(r'value="P1" checked', form)


def test_test_mail_goes_to_the_operator_alone(
    components: None, rob: Operator, installation: Installation, mail_server: MailServer
) -> None:
    with installation.database.write() as session:
        draft = SubscriberDraft(email="anna@example.com")
        subscribers.add_confirmed(session, draft, source="test", now=current.now())
    before = stored(installation)
    answer = rob.post("/admin/incidents/look", {**TYPED, "do": "test"})
    assert "A test was sent to rob@example.com" in answer.text
    (mail,) = mail_server.mails()
    assert mail.recipient == "rob@example.com"
    assert mail.message["Subject"] == "[Test] [P1 Investigating] Calls <i>fail</i>"
    assert stored(installation) == before


def test_refused_form_comes_back_with_its_problems(components: None, rob: Operator) -> None:
    answer = rob.post("/admin/incidents/look", {**TYPED, "body": "", "do": "look"})
    assert answer.status_code == 422
    assert "error-summary" in answer.text


def test_update_is_previewed_without_being_posted(
    components: None, rob: Operator, installation: Installation
) -> None:
    now = current.now()
    with installation.database.write() as session:
        draft = IncidentDraft(title="Calls fail", body="We look.", priority=Priority.P1)
        posted = incidents.open_incident(session, draft, policy=installation.policy(now), author="A", now=now)
    answer = rob.post(f"/admin/incidents/{posted.id}/look", {"status": "resolved", "body": "Done.", "do": "look"})
    assert "[P1 Resolved] Calls fail" in answer.text
    with installation.database.read() as session:
        assert session.get_one(Incident, posted.id).resolved_at is None
        assert session.scalar(select(func.count()).select_from(Update)) == 1


def test_notice_and_maintenance_are_previewed(components: None, rob: Operator, installation: Installation) -> None:
    notice = rob.post("/admin/notices/look", {"title": "We move", "body": "On Monday.", "do": "look"})
    assert "[Notice] We move" in notice.text
    window = {"title": "Swap", "body": "Short cuts.", "starts_at": "2030-06-03T02:00", "ends_at": "2030-06-03T03:00"}
    work = rob.post("/admin/maintenance/look", {**window, "components": "api", "kind": "scheduled", "do": "look"})
    assert "[Maintenance scheduled] Swap" in work.text
    assert stored(installation)["maintenance"] == stored(installation)["notice"] == 0


@pytest.mark.parametrize(
    ("step", "typed", "said"),
    [
        ("/move", {"starts_at": "2030-06-04T02:00", "ends_at": "2030-06-04T03:00"}, "[Maintenance moved] Swap"),
        ("/cancel", {}, "[Maintenance cancelled] Swap"),
        ("", {"status": "in_progress"}, "[Maintenance started] Swap"),
    ],
)
def test_steps_of_maintenance_are_previewed(
    work: str, rob: Operator, installation: Installation, step: str, typed: dict[str, str], said: str
) -> None:
    before = stored(installation)
    door = f"/admin/maintenance/{work}/look{step}"
    answer = rob.post(door, {"body": "As it must be.", **typed, "do": "look"})
    assert said in answer.text
    assert stored(installation) == before
    back = rob.post(door, {"body": "As it must be.", **typed, "do": "back"})
    assert "As it must be." in back.text
    refused = rob.post(door, {"body": "", **typed, "do": "look"})
    assert refused.status_code == 422


def test_extension_is_previewed(work: str, rob: Operator, installation: Installation) -> None:
    with installation.database.write() as session:
        running = session.get_one(Maintenance, work)
        running.status = MaintenanceStatus.IN_PROGRESS
        running.starts_at = current.now() - timedelta(hours=1)
    before = stored(installation)
    typed = {"body": "It takes longer.", "ends_at": "2030-06-03T05:00", "confirm": "yes", "do": "look"}
    answer = rob.post(f"/admin/maintenance/{work}/look/extend", typed)
    assert "[Maintenance extended] Swap" in answer.text
    assert stored(installation) == before


def test_maintenance_buttons_count_each_channel(work: str, rob: Operator, installation: Installation) -> None:
    with installation.database.write() as session:
        for name in ("anna", "hook"):
            draft = SubscriberDraft(email=f"{name}@example.com")
            added = subscribers.add_confirmed(session, draft, source="test", now=current.now())
            added.channel = "webhook" if name == "hook" else "email"
    shown = rob.get(f"/admin/maintenance/{work}").text
    assert "Cancel the maintenance: 1 e-mail, 1 webhook" in shown
    assert 'data-told="Publish to the page: 1 e-mail, 1 webhook"' in rob.get("/admin/notices").text


def test_button_counts_each_channel(components: None, rob: Operator, installation: Installation) -> None:
    with installation.database.write() as session:
        for name in ("anna", "ben", "hook"):
            draft = SubscriberDraft(email=f"{name}@example.com")
            added = subscribers.add_confirmed(session, draft, source="test", now=current.now())
            added.channel = "webhook" if name == "hook" else "email"
    fragment = rob.post("/admin/incidents/preview", TYPED).text
    assert "Publish to the page: 2 e-mails, 1 webhook" in fragment
    quiet = rob.post("/admin/incidents/preview", {**TYPED, "notify": ""}).text
    assert "Publish to the page, tell nobody" in quiet
