"""The other admin pages: components, settings, subscribers, deliveries, people, tokens, activity, the board."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from statuspage import components, people, subscribers
from statuspage.changes import Installation
from statuspage.domain.vocabulary import ComponentStatus, Scope
from statuspage.drafts import SubscriberDraft
from statuspage.models import Delivery, Heartbeat
from statuspage.notify import pauses
from tests.web.admin.conftest import Operator


@pytest.fixture
def mary(enter: Callable[[str], Operator]) -> Operator:
    """A manager at work."""
    return enter("mary")


def test_component_is_added_and_published(mary: Operator) -> None:
    answer = mary.post("/admin/components", {"name": "SIP trunk A", "group": "Voice", "description": "Calls"})
    assert answer.status_code == 303
    assert "SIP trunk A" in mary.client.get("/components/sip-trunk-a").text


def test_bad_component_is_refused(mary: Operator) -> None:
    answer = mary.post("/admin/components", {"name": "", "slug": "Not a slug"})
    assert answer.status_code == 422
    assert 'id="name-problem"' in answer.text
    assert 'value="Not a slug"' in answer.text


def test_component_status_is_set(
    mary: Operator, installation: Installation, add_components: Callable[..., None]
) -> None:
    add_components("API")
    form = {"name": "API", "group": "Core", "hidden": "", "beta": "yes", "status": "degraded_performance"}
    assert mary.post("/admin/components/api", form).status_code == 303
    with installation.database.read() as session:
        found = components.load_component(session, "api")
        assert (found.beta, found.group and found.group.name) == (True, "Core")
        shown = components.current_status(session, found, datetime.now(UTC))
        assert shown is ComponentStatus.DEGRADED_PERFORMANCE


def test_hidden_component_leaves_the_page(mary: Operator, add_components: Callable[..., None]) -> None:
    add_components("API", "Secret thing")
    mary.post("/admin/components/secret-thing", {"name": "Secret thing", "hidden": "yes"})
    assert "Secret thing" not in mary.client.get("/").text
    assert "Secret thing" in mary.get("/admin/components").text


def test_settings_change_the_public_page(mary: Operator) -> None:
    form = {"name": "Example", "url": "", "timezone": "Europe/Brussels", "languages": "en, nl", "support_url": ""}
    assert mary.post("/admin/settings", form).status_code == 303
    page = mary.client.get("/").text
    assert "Example" in page
    assert "Europe/Brussels" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("url", "ftp://example.com"),
        ("timezone", "Europe/Atlantis"),
        ("languages", ""),
        ("languages", "../en"),
        ("languages", "en, xx"),
        ("url", "https://example.com/\r\nBcc: x@example.com"),
        ("url", "https://user@example.com"),
        ("support_url", "https://example.com/\x07"),
        ("support_url", "https://example.com:99999"),
        ("support_url", "javascript:alert(1)"),
        ("responsible_email", "duty@example.com, nobody"),
        ("escalation_email", "nobody"),
    ],
)
def test_bad_setting_is_refused(mary: Operator, field: str, value: str) -> None:
    form = {"name": "Example", "url": "", "timezone": "UTC", "languages": "en", "support_url": "", field: value}
    answer = mary.post("/admin/settings", form)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text


def test_suppressed_subscriber_is_restored(mary: Operator, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        for name in ("bob_1", "bobby1"):
            subscribers.add_confirmed(session, SubscriberDraft(email=f"{name}@example.com"), source="test", now=now)
        bob = subscribers.load_subscribers(session)[0]
        subscribers.suppress(session, bob, reason="550 no such user", now=now)
    listed = mary.get("/admin/subscribers?kind=suppressed").text
    assert bob.address in listed
    assert "550 no such user" in listed
    assert mary.post(f"/admin/subscribers/{bob.id}/restore").status_code == 303
    assert bob.address in mary.get("/admin/subscribers").text


def test_search_takes_signs_literally(mary: Operator, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        for name in ("bob_1", "bobby1"):
            draft = SubscriberDraft(email=f"{name}@example.com")
            subscribers.add_confirmed(session, draft, source="test", now=now)
    html = mary.get("/admin/subscribers?q=B_").text
    assert "bob_1@example.com" in html
    assert "bobby1@example.com" not in html
    assert mary.get("/admin/subscribers?kind=nonsense").status_code == 404


def test_dead_deliveries_are_due_again(rob: Operator, installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        session.add(
            Delivery(
                kind="confirmation", state="dead", created_at=now, due_at=now, attempts=9, last_error="421 later"
            )
        )
    assert "1 given up" in rob.get("/admin/").text
    assert "421 later" in rob.get("/admin/deliveries?state=dead").text
    assert rob.post("/admin/deliveries/retry").status_code == 303
    with installation.database.read() as session:
        again = session.get_one(Delivery, 1)
        assert (again.state, again.attempts) == ("due", 0)


def test_user_is_not_invited_again(alice: Operator, enter: Callable[[str], Operator]) -> None:
    enter("rob")
    refused = alice.post("/admin/people", {"email": "rob@example.com", "role": "responder"})
    assert refused.status_code == 422
    assert 'id="email-problem"' in refused.text
    assert 'value="rob@example.com"' in refused.text


def test_person_gets_another_role(
    alice: Operator, enter: Callable[[str], Operator], installation: Installation
) -> None:
    rob = enter("rob")
    with installation.database.read() as session:
        person = people.load_by_email(session, "rob@example.com")
    assert person is not None
    assert alice.post(f"/admin/people/{person.id}", {"role": "viewer"}).status_code == 303
    assert rob.get("/admin/incidents/new").status_code == 303  # the session ended with the role
    rob = enter("rob")
    assert rob.get("/admin/incidents/new").status_code == 403
    assert alice.post(f"/admin/people/{person.id}", {"do": "deactivate"}).status_code == 303
    assert rob.get("/admin/").status_code == 303


def test_last_admin_cannot_leave(alice: Operator, installation: Installation) -> None:
    with installation.database.read() as session:
        me = people.load_by_email(session, "alice@example.com")
    assert me is not None
    for form in ({"role": "viewer"}, {"do": "deactivate"}):
        answer = alice.post(f"/admin/people/{me.id}", form)
        assert answer.status_code == 422
        assert "one admin at least" in answer.text
    assert alice.post("/admin/people/99999999999999999999", {"role": "viewer"}).status_code == 404


def test_token_is_shown_once(alice: Operator, installation: Installation) -> None:
    made = alice.post("/admin/tokens", {"name": "deploys", "scope": "write"})
    assert made.status_code == 201
    found = re.search(r'class="secret">([^<]+)<', made.text)
    assert found is not None
    assert found[1] not in alice.get("/admin/tokens").text
    with installation.database.read() as session:
        token = people.verify_token(session, found[1], datetime.now(UTC))
        assert token is not None
        assert token.scope is Scope.WRITE
    alice.post(f"/admin/tokens/{token.id}/revoke")
    with installation.database.read() as session:
        assert people.verify_token(session, found[1], datetime.now(UTC)) is None


@pytest.mark.parametrize("form", [{"name": "", "scope": "read"}, {"name": "x", "scope": "all"}])
def test_bad_token_is_refused(alice: Operator, form: dict[str, str]) -> None:
    assert alice.post("/admin/tokens", form).status_code == 422


def test_activity_says_who_did_what(alice: Operator) -> None:
    alice.post("/admin/tokens", {"name": "deploys", "scope": "read"})
    html = alice.get("/admin/activity").text
    assert "token.create" in html
    assert "deploys" in html
    assert alice.address in html


def test_board_warns_of_a_silent_worker(rob: Operator, installation: Installation) -> None:
    assert "The worker is not running." in rob.get("/admin/").text
    with installation.database.write() as session:
        session.add(Heartbeat(name="worker:test", at=datetime.now(UTC)))
    assert "The worker is not running." not in rob.get("/admin/").text
    with installation.database.write() as session:
        session.get_one(Heartbeat, "worker:test").at = datetime.now(UTC) - timedelta(seconds=61)
    assert "It was last seen at" in rob.get("/admin/").text


def test_board_says_that_mail_is_not_configured(rob: Operator) -> None:
    assert "Not configured" in rob.get("/admin/").text


def test_refused_sender_is_shown_and_resumed(rob: Operator, installation: Installation) -> None:
    with installation.database.write() as session:
        pauses.pause(session, installation.settings, reason="550 sender refused", now=datetime.now(UTC))
    assert "550 sender refused" in rob.get("/admin/").text
    assert "Mail stands still since" in rob.get("/admin/deliveries").text
    assert rob.post("/admin/deliveries/retry", {"do": "resume"}).status_code == 303
    assert "Mail stands still" not in rob.get("/admin/deliveries").text


def test_board_shows_each_channel(rob: Operator, installation: Installation) -> None:
    with installation.database.write() as session:
        for state, error in (("due", "HTTP 500"), ("dead", "gone")):
            moment = datetime.now(UTC) - timedelta(minutes=7)
            session.add(
                Delivery(
                    kind="notice",
                    channel="slack",
                    lane=7,
                    address="https://hooks.example.com/x",
                    state=state,
                    created_at=moment,
                    due_at=moment,
                    attempts=2,
                    last_error=error,
                )
            )
    board = rob.get("/admin/").text
    slack = board.partition("<dt>Slack</dt>")[2].partition("</div>")[0]
    assert "1 waiting" in slack
    assert "oldest due 7 min ago" in slack
    assert ("1 failing" in slack, "1 given up" in slack) == (True, True)
