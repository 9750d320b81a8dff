"""Drafts in the admin: kept from the form, changed, published by one button, thrown away with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from statuspage import incidents, proposals
from statuspage.changes import Installation, site_change
from statuspage.domain.vocabulary import ComponentStatus, Priority
from statuspage.drafts import IncidentDraft
from statuspage.models import Incident
from tests.web.admin.conftest import Operator

STARTED = datetime.now(UTC) - timedelta(minutes=20)
FORM = {
    "title": "Calls fail",
    "priority": "P1",
    "status": "investigating",
    "body": "We look into it.",
    "cause": "own",
    "notify": "yes",
    "components.api": "major_outage",
}


@pytest.fixture
def rob(enter: Callable[[str], Operator], add_components: Callable[..., None]) -> Operator:
    """Rob responds; there is a component."""
    add_components("API")
    return enter("rob")


@pytest.fixture
def kept(rob: Operator, installation: Installation) -> Incident:
    """A draft of twenty minutes ago."""
    with site_change(installation, STARTED, author="measurement") as change:
        draft = IncidentDraft(
            title="API: major outage",
            priority=Priority.P2,
            body="Our measurements show it.",
            components={"api": ComponentStatus.MAJOR_OUTAGE},
        )
        return proposals.keep(change.session, draft, policy=change.policy, author="measurement", now=STARTED)


def only(installation: Installation) -> Incident:
    with installation.database.read() as session:
        (found,) = incidents.load_incidents(session)
        return found


def test_form_keeps_a_draft(rob: Operator, installation: Installation) -> None:
    answer = rob.post("/admin/incidents", {**FORM, "draft": "yes"})
    found = only(installation)
    assert answer.location == f"/admin/incidents/{found.id}"
    assert found.draft
    assert found.public_at is None
    assert "Nobody outside sees it" in rob.get("/admin/").text


def test_board_and_mail_lead_to_publish(rob: Operator, kept: Incident, installation: Installation) -> None:
    link = f"/admin/incidents/{kept.id}/publish"
    assert link in rob.get("/admin/").text
    page = rob.get(link).text
    assert "Our measurements show it." in page
    assert only(installation).draft  # reading publishes nothing
    assert rob.post(link, page=link).status_code == 303
    found = only(installation)
    assert found.public_at
    assert found.started_at == STARTED
    assert rob.get(link).location == f"/admin/incidents/{kept.id}"
    assert "published it meanwhile" in rob.get(rob.post(link, page="/admin/account").location).text


def test_change_keeps_the_start(rob: Operator, kept: Incident, installation: Installation) -> None:
    path = f"/admin/incidents/{kept.id}/edit"
    page = rob.get(path).text
    typed = page.split('name="started_at"')[1].split('value="')[1].split('"')[0]
    values = {**FORM, "started": "earlier", "started_at": typed}
    assert rob.post(path, values, page=path).status_code == 303
    found = only(installation)
    assert (found.title, found.priority, found.started_at) == ("Calls fail", Priority.P1, STARTED)
    again = rob.post(path, {**values, "title": ""}, page=path)
    assert again.status_code == 422
    assert "Change the draft" in again.text


def test_discard_asks_for_reason(rob: Operator, kept: Incident, installation: Installation) -> None:
    path = f"/admin/incidents/{kept.id}/discard"
    assert rob.post(path, {"reason": " "}).status_code == 422
    assert rob.post(path, {"reason": "A false alarm"}).status_code == 303
    assert rob.get(f"/admin/incidents/{kept.id}").status_code == 404


def test_viewer_may_not_publish(kept: Incident, enter: Callable[[str], Operator], installation: Installation) -> None:
    vera = enter("vera")
    assert "API: major outage" in vera.get(f"/admin/incidents/{kept.id}").text
    assert vera.post(f"/admin/incidents/{kept.id}/publish").status_code == 403
    assert only(installation).draft


def test_hook_is_shown_once(enter: Callable[[str], Operator], installation: Installation) -> None:
    alice = enter("alice")
    made = alice.post("/admin/hooks", {"name": "Prometheus <b>", "kind": "alertmanager", "component": ""})
    assert made.status_code == 201
    assert "https://status.example.com/hooks/alertmanager/" in made.text
    listed = alice.get("/admin/hooks").text
    assert "/hooks/alertmanager/" not in listed
    assert "Prometheus &lt;b&gt;" in listed
    assert alice.post("/admin/hooks", {"name": "", "kind": "pigeon"}).status_code == 422
    assert enter("mary").get("/admin/hooks").status_code == 403
