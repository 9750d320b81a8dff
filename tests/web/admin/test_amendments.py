"""Posts set right through the forms: edited, withdrawn, refused with everything kept."""

from __future__ import annotations

import pytest

from statuspage import incidents
from statuspage.audit import load_events
from statuspage.changes import Installation
from tests.running import wait_until
from tests.web.admin.conftest import Operator
from tests.web.admin.test_incidents import FORM, opened, two_components, update_form

__all__ = ["two_components"]


@pytest.fixture
def updates(rob: Operator, installation: Installation) -> list[str]:
    """The ids of two updates of one incident."""
    path = opened(rob)
    rob.post(f"{path}/updates", update_form(body="Found in Ghnet."))
    with installation.database.read() as session:
        (found,) = incidents.load_incidents(session)
        return [update.id for update in found.updates]


def test_update_is_edited_and_withdrawn(rob: Operator, updates: list[str], installation: Installation) -> None:
    path = f"/admin/updates/{updates[1]}"
    form = rob.get(path).text
    assert "Found in Ghnet." in form
    untouched = rob.post(path, {"body": "Found in Ghnet.", "edits": "0", "posted_at": ""})
    assert untouched.status_code == 422
    assert "Write a date and a time." in untouched.text
    time = form.partition('name="posted_at"')[2].partition('value="')[2].partition('"')[0]
    done = rob.post(path, {"body": "Found in Ghent.", "edits": "0", "posted_at": time})
    assert done.status_code == 303
    page = rob.get(done.location).text
    assert "the page says that it was edited" in page.lower()
    assert "Found in Ghent." in page
    assert "Found in Ghnet." in rob.get(path).text
    stale = rob.post(path, {"body": "Found in Bruges.", "edits": "0", "posted_at": time})
    assert (stale.status_code, "Found in Bruges." in stale.text) == (422, True)
    assert "Edited meanwhile by rob@example.com" in stale.text
    assert rob.post(f"{path}/withdraw", {"reason": ""}).status_code == 422
    assert rob.post(f"{path}/withdraw", {"reason": "wrong city"}).status_code == 303
    assert rob.get(path).status_code == 404
    with installation.database.read() as session:
        event = load_events(session)[0]
        assert (event.action, event.actor, event.client) == ("update.withdraw", "rob@example.com", "192.0.2.10")


def test_incident_is_withdrawn_with_a_reason(rob: Operator, updates: list[str]) -> None:
    assert "Withdraw it" not in rob.get(f"/admin/updates/{updates[0]}").text
    path = rob.get("/admin/incidents").text.partition('href="/admin/incidents/')[2]
    incident = rob.get("/admin/incidents").text.partition(f'">{FORM["title"]}')[0].rpartition("/")[2]
    assert path
    refused = rob.post(f"/admin/incidents/{incident}/withdraw", {"reason": " "})
    assert (refused.status_code, "Reason: " in refused.text) == (422, True)
    assert rob.client.get(f"/incidents/{incident}").status_code == 200
    assert rob.post(f"/admin/incidents/{incident}/withdraw", {"reason": "a test"}).status_code == 303
    assert wait_until(lambda: rob.client.get(f"/incidents/{incident}").status_code == 404)
    assert rob.get(f"/admin/incidents/{incident}").status_code == 404
