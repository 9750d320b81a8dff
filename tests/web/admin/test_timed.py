"""Publishing at a time by the forms: planned, shown, changed, cancelled; and what two operators do at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from statuspage.changes import Installation
from statuspage.models import TimedPost
from tests.web.admin.conftest import Operator
from tests.web.admin.test_incidents import after_of, opened, two_components, update_form
from tests.web.admin.test_maintenance import form as work_form
from tests.web.admin.test_maintenance import wall

__all__ = ["two_components"]

TAB = "0123456789abcdef"
LATER = "2090-01-01T10:00"


def waiting(installation: Installation) -> list[TimedPost]:
    with installation.database.read() as session:
        return list(session.query(TimedPost))


def announced(rob: Operator) -> str:
    answer = rob.post("/admin/maintenance", work_form())
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_update_is_planned_changed_and_cancelled(rob: Operator, installation: Installation) -> None:
    path = opened(rob)
    said = {"components.api": "partial_outage", "components.sip-trunk": "operational"}
    planned = update_form(publish_at=LATER, **said)
    assert rob.post(f"{path}/updates", planned).status_code == 303
    page = rob.get(path).text
    assert ("Planned: it publishes itself" in page, "Found it." in page) == (True, True), page
    assert "Waits for its time" in rob.get("/admin/").text
    assert "Found it." not in rob.client.get(path.removeprefix("/admin")).text
    (row,) = waiting(installation)
    form = rob.get(f"{path}?timed={row.id}").text
    assert f'name="replaces" value="{row.id}"' in form
    assert 'value="2090-01-01T10:00"' in form
    assert re.search(r"Publish it [^<]*2090", form)
    again = update_form(publish_at="2090-01-02T10:00", body="Found it indeed.", replaces=row.id)
    assert rob.post(f"{path}/updates", again).status_code == 303
    (changed,) = waiting(installation)
    assert (changed.fields["body"], changed.publish_at.day) == ("Found it indeed.", 2)
    refused = rob.post(f"{path}/updates", again)
    assert (refused.status_code, "published or cancelled meanwhile" in refused.text) == (422, True)
    assert rob.post(f"/admin/timed/{changed.id}/cancel").headers["Location"] == path
    assert waiting(installation) == []
    assert rob.post(f"{path}/updates", update_form(publish_at="2020-01-01T10:00")).status_code == 422


def test_maintenance_is_planned_with_its_own_notice(rob: Operator, installation: Installation) -> None:
    at, ahead = wall(timedelta(days=1)), timedelta(days=14, hours=6)
    form = work_form(ahead, publish_at=at)
    judged = rob.post("/admin/maintenance/assess", form).text
    assert ("Nothing before" in judged, "needs 14 days of notice" in judged) == (True, True)
    refused = rob.post("/admin/maintenance", form)
    assert (refused.status_code, "needs 14 days of notice" in refused.text) == (422, True)
    form = work_form(ahead + timedelta(days=1), publish_at=at)
    assert rob.post("/admin/maintenance", form).headers["Location"] == "/admin/maintenance"
    assert "New routers" in rob.get("/admin/maintenance").text
    (row,) = waiting(installation)
    back = rob.get(f"/admin/maintenance/new?timed={row.id}").text
    assert ('value="New routers"' in back, 'name="components" value="api" checked' in back) == (True, True)
    path = announced(rob)
    said = {"status": "scheduled", "body": "Tomorrow it is.", "publish_at": LATER, "notify": "yes"}
    assert rob.post(f"{path}/updates", said).status_code == 303
    assert "Tomorrow it is." in rob.get(path).text


@pytest.mark.parametrize("step", ["move", "cancel"])
def test_second_operator_reads_the_first(
    rob: Operator, enter: Callable[[str], Operator], installation: Installation, step: str
) -> None:
    path, mary = announced(rob), enter("mary")
    seen = after_of(mary.get(path).text)
    rob.post(f"{path}/updates", {"status": "scheduled", "body": "Rob was here.", "notify": "yes"})
    window = {"starts_at": wall(timedelta(days=40)), "ends_at": wall(timedelta(days=40, hours=1))}
    sent = {"body": "Mary acts.", "after": seen, "writer": TAB, **(window if step == "move" else {})}
    refused = mary.post(f"{path}/{step}", sent)
    assert (refused.status_code, "Posted while you were writing" in refused.text) == (422, True)
    assert ("Rob was here." in refused.text, "Mary acts." in refused.text) == (True, True)
    left = mary.get(path).text
    assert "Not sent yet, kept for you" in left
    back = re.search(r"\?unsent=(\d+)", left)
    assert back is not None
    brought = mary.get(f"{path}?unsent={back[1]}").text
    assert ("Mary acts.</textarea>" in brought, f'value="{TAB}"' in brought) == (True, True)
    assert mary.post(f"{path}/{step}", {**sent, "after": after_of(refused.text)}).status_code == 303
    assert "Not sent yet" not in mary.get(path).text


def test_notice_and_edits_are_kept_and_locked(
    rob: Operator, enter: Callable[[str], Operator], installation: Installation
) -> None:
    typed = {"title": "We move", "body": "To a new house.", "writer": TAB}
    assert rob.post("/admin/unsent/notice-new", typed).status_code == 204
    assert "Not sent yet" in rob.get("/admin/notices").text
    rob.post("/admin/notices", typed)
    assert "Not sent yet" not in rob.get("/admin/notices").text
    found = re.search(r"/admin/notices/(\w{12})", rob.get("/admin/notices").text)
    assert found is not None
    path = found[0]
    assert "To a new house." in rob.get(path).text
    assert rob.post("/admin/notices/preview", typed).text.count("To a new house.") == 1
    changed = {"title": "We move", "body": "To an old house.", "edits": "0"}
    assert enter("mary").post(path, changed).status_code == 303
    late = rob.post(path, {**changed, "body": "To a barn.", "writer": TAB})
    assert (late.status_code, "changed it meanwhile" in late.text, "To a barn." in late.text) == (422, True, True)
    assert "To a barn." in rob.get(path).text  # kept, and offered


def test_incident_is_amended_and_an_edit_previewed(rob: Operator, installation: Installation) -> None:
    path = opened(rob)
    form = {
        "title": "Calls to Ghent fail",
        "components.sip-trunk": "",
        "components.api": "major_outage",
        "edits": "0",
    }
    assert "Amend title and components" in rob.get(path).text
    assert rob.post(f"{path}/amend", form).headers["Location"] == path
    assert "Calls to Belgium fail" in rob.get(f"{path}/amend").text
    refused = rob.post(f"{path}/amend", {**form, "title": "Other"})
    assert (refused.status_code, "Amended meanwhile by rob" in refused.text) == (422, True)
    public = rob.client.get(path.removeprefix("/admin")).text
    assert ("Calls to Ghent fail" in public, "/components/api" in public) == (True, True)
    edit = re.search(r"/admin/updates/\w+", rob.get(path).text)
    assert edit is not None
    assert "<strong>bold</strong>" in rob.post(f"{edit[0]}/preview", {"body": "Quite **bold**."}).text
