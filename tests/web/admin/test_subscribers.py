from __future__ import annotations

import html
import io
from collections.abc import Callable

import pytest
from sqlalchemy import select

from statuspage import incidents, subscribers
from statuspage.changes import Installation
from statuspage.domain.vocabulary import Priority
from statuspage.drafts import IncidentDraft, SubscriberDraft
from statuspage.models import AuditEvent, Consent, Subscriber
from statuspage.web import current
from tests.web.admin.conftest import Operator


@pytest.fixture
def mary(enter: Callable[[str], Operator]) -> Operator:
    """Manages."""
    return enter("mary")


@pytest.fixture
def anna(installation: Installation) -> str:
    """The id of a subscriber who hears once a day."""
    draft = SubscriberDraft(email="anna@example.com", frequency="daily")
    with installation.database.write() as session:
        return subscribers.add_confirmed(session, draft, source="import:list", now=current.now()).id


def test_list_is_searched_and_filtered(anna: str, mary: Operator) -> None:
    assert "anna@example.com" in mary.get("/admin/subscribers?q=ANNA&channel=email").text
    assert "anna@example.com" not in mary.get("/admin/subscribers?channel=webhook").text
    assert "anna@example.com" not in mary.get("/admin/subscribers?q=ben").text
    assert "anna@example.com" not in mary.get("/admin/subscribers?kind=suppressed").text


def test_list_says_what_each_hears(anna: str, mary: Operator, installation: Installation) -> None:
    now = current.now()
    asked = IncidentDraft(title="Calls fail", body="We look.", priority=Priority.P2)
    with installation.database.write() as session:
        incident = incidents.open_incident(session, asked, policy=installation.policy(now), author="A", now=now)
        slack = SubscriberDraft(slack="https://hooks.slack.com/services/T/B/x", incident=incident.id)
        subscribers.add_confirmed(session, slack, source="import:list", now=now)
    page = html.unescape(mary.get("/admin/subscribers").text)
    assert "changed service levels and postmortems, for all components, once a day" in page
    assert "“Calls fail” until it is resolved" in page


def test_record_shows_choices_and_proof(anna: str, mary: Operator) -> None:
    page = mary.get(f"/admin/subscribers/{anna}").text
    assert "once a day" in page
    assert "import:list" in page
    data = mary.get(f"/admin/subscribers/{anna}/data.json").json
    assert data is not None
    assert data["consents"][0]["action"] == "confirmed"


def test_erasure_needs_a_tick_and_is_logged(anna: str, mary: Operator, installation: Installation) -> None:
    assert mary.post(f"/admin/subscribers/{anna}/erase").status_code == 422
    assert mary.post(f"/admin/subscribers/{anna}/erase", {"sure": "yes"}).status_code == 303
    with installation.database.read() as session:
        assert session.scalars(select(Subscriber)).all() == []
        assert session.scalars(select(Consent)).all() == []
        assert "subscriber.erase" in session.scalars(select(AuditEvent.action)).all()


def test_file_comes_in_and_goes_out(mary: Operator, installation: Installation) -> None:
    text = "email,confirmed,kinds\nben@example.com,yes,incident\nbad,yes,\n"
    refused = mary.post("/admin/subscribers/import", {"file": (io.BytesIO(text.encode()), "list.csv")})
    assert refused.status_code == 422
    assert "Line 3: email" in refused.text
    taken = mary.post("/admin/subscribers/import", {"file": (io.BytesIO(text.encode()), "list.csv"), "skip": "yes"})
    assert "1 subscriber was taken in" in taken.text
    out = mary.get("/admin/subscribers/export.csv")
    assert out.text.splitlines()[1:] == ["ben@example.com,yes,,incident,,en"]


def test_responders_see_no_addresses(anna: str, rob: Operator) -> None:
    for path in ("", "/export.csv", f"/{anna}", f"/{anna}/data.json"):
        assert rob.get(f"/admin/subscribers{path}").status_code == 403


def test_file_of_an_old_form_is_asked_for_again(mary: Operator, installation: Installation) -> None:
    sent = {"file": (io.BytesIO(b"email\nanna@example.com\n"), "list.csv"), "form_token": "old"}
    answer = mary.client.post("/admin/subscribers/import", data=sent)
    assert answer.status_code == 400
    assert "choose it anew" in answer.text
    with installation.database.read() as session:
        assert session.scalar(select(Subscriber.id)) is None
