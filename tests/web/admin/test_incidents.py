"""Incidents through the forms: posting, refusing with everything kept, and saying what follows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from statuspage import incidents, subscribers
from statuspage.changes import Installation, site_change
from statuspage.components import change_page, load_page
from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus, Priority
from statuspage.drafts import PageChange, SubscriberDraft
from statuspage.models import Incident
from tests.web.admin.conftest import Operator

FORM: dict[str, Any] = {
    "priority": "P1",
    "title": "Calls to Belgium fail",
    "body": "We **look** into it.",
    "status": "investigating",
    "cause": "own",
    "components.sip-trunk": "major_outage",
    "components.api": "",
    "notify": "yes",
}


@pytest.fixture(autouse=True)
def two_components(add_components: Callable[..., None]) -> None:
    add_components("API", "SIP trunk")


@pytest.fixture
def three_listeners(installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        for n in range(3):
            draft = SubscriberDraft(email=f"person{n}@example.com")
            subscribers.add_confirmed(session, draft, source="test", now=now)


@pytest.fixture
def in_amsterdam(installation: Installation, now: datetime) -> None:
    with installation.database.write() as session:
        change_page(session, load_page(session), PageChange(timezone="Europe/Amsterdam"), now=now)


def the_incident(installation: Installation) -> Incident:
    with installation.database.read() as session:
        (found,) = incidents.load_incidents(session)
        return incidents.load_incident(session, found.id)


def opened(rob: Operator, **changed: Any) -> str:
    """Open an incident; its admin path."""
    answer = rob.post("/admin/incidents", {**FORM, **changed})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def update_form(**changed: Any) -> dict[str, Any]:
    return {"status": "identified", "body": "Found it.", "priority": "P1", "notify": "yes", **changed}


def after_of(page: str) -> str:
    """The newest update that whoever reads this page has read."""
    found = re.search(r'name="after" value="(\w+)"', page)
    assert found is not None
    return found[1]


def test_posting_publishes_and_tells(rob: Operator, installation: Installation, three_listeners: None) -> None:
    path = opened(rob)
    page = rob.get(path)
    assert "Published. 3 e-mails queued. Next update due" in page.text
    incident = the_incident(installation)
    assert (incident.priority, incident.author) == (Priority.P1, "rob@example.com")
    public = rob.client.get(f"/incidents/{incident.id}")
    assert "Calls to Belgium fail" in public.text


def test_new_form_says_what_each_priority_does(rob: Operator, three_listeners: None) -> None:
    html = rob.get("/admin/incidents/new").text
    assert "The service is unusable for most people" in html
    assert '3 people told · <span class="nowrap">update every 15 minutes' in html
    assert "Internal, nobody is told" in html


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"priority": ""}, "priority"),
        ({"priority": "P9"}, "priority"),
        ({"title": ""}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": "two\r\nBcc: lines"}, "title"),
        ({"body": " "}, "body"),
        ({"body": "x" * 25_001}, "body"),
        ({"body": "bell\x07"}, "body"),
        ({"status": "postmortem"}, "status"),
        ({"components.sip-trunk": "on_fire"}, "components-sip-trunk"),
        ({"started": "earlier", "started_at": ""}, "started_at"),
        ({"started": "earlier", "started_at": "yesterday"}, "started_at"),
        ({"started": "earlier", "started_at": "2126-01-01T10:00"}, "started_at"),
    ],
)
def test_bad_input_is_refused_beside_its_field(
    rob: Operator, installation: Installation, changed: dict[str, str], field: str
) -> None:
    answer = rob.post("/admin/incidents", {**FORM, **changed})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert f'href="#{field}"' in answer.text
    with installation.database.read() as session:
        assert not incidents.load_incidents(session)


def test_everything_typed_is_kept(rob: Operator) -> None:
    answer = rob.post("/admin/incidents", {**FORM, "title": "", "body": "<script>kept</script> & more"})
    assert "&lt;script&gt;kept&lt;/script&gt; &amp; more" in answer.text
    assert '<option value="major_outage" selected>' in answer.text
    assert 'value="P1" checked' in answer.text


def test_unknown_component_is_refused(rob: Operator) -> None:
    answer = rob.post("/admin/incidents", {**FORM, "components.nowhere": "major_outage"})
    assert answer.status_code == 422
    assert "there is no component" in answer.text.lower()


def test_earlier_start_is_read_in_page_zone(rob: Operator, installation: Installation, in_amsterdam: None) -> None:
    opened(rob, started="earlier", started_at="2026-03-28T14:02")
    assert the_incident(installation).started_at == datetime(2026, 3, 28, 13, 2, tzinfo=UTC)


def test_skipped_hour_is_refused_with_reason(rob: Operator, in_amsterdam: None) -> None:
    answer = rob.post("/admin/incidents", {**FORM, "started": "earlier", "started_at": "2026-03-29T02:30"})
    assert answer.status_code == 422
    assert "does not exist in Europe/Amsterdam" in answer.text


def test_doubled_hour_asks_for_its_offset(rob: Operator, installation: Installation, in_amsterdam: None) -> None:
    answer = rob.post("/admin/incidents", {**FORM, "started": "earlier", "started_at": "2025-10-26T02:30"})
    assert "2025-10-26T02:30+01:00" in answer.text
    assert 'type="text" value="2025-10-26T02:30"' in answer.text
    opened(rob, started="earlier", started_at="2025-10-26T02:30+01:00")
    assert the_incident(installation).started_at == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)


def test_button_says_how_many_are_told(rob: Operator, three_listeners: None) -> None:
    def button(**changed: str) -> str:
        answer = rob.post("/admin/incidents/preview", {**FORM, **changed})
        assert answer.status_code == 200
        return answer.text.split('data-button="')[1].split('"')[0]

    assert button() == "Publish to the page and 3 people"
    assert button(notify="") == "Publish to the page, tell nobody"
    assert button(priority="P5") == "Save internally, tell nobody"
    assert button(priority="") == "Post"


def test_preview_shows_safe_markdown(rob: Operator) -> None:
    html = rob.post("/admin/incidents/preview", {**FORM, "body": "**bold** <script>alert(1)</script>"}).text
    assert "<strong>bold</strong>" in html
    assert "<script" not in html


def test_preview_forgives_an_empty_form(rob: Operator) -> None:
    assert rob.post("/admin/incidents/preview", {}).status_code == 200


def test_internal_incident_stays_off_the_page(rob: Operator, installation: Installation) -> None:
    path = opened(rob, priority="P5")
    assert "It is internal" in rob.get(path).text
    assert rob.client.get(f"/incidents/{the_incident(installation).id}").status_code == 404


def test_raising_publishes_only_what_is_ticked(rob: Operator, installation: Installation) -> None:
    path = opened(rob, priority="P5", body="Kept inside.")
    rob.post(f"{path}/updates", update_form(priority="P5", body="To be told."))
    second = the_incident(installation).updates[1].id
    answer = rob.post(f"{path}/updates", update_form(priority="P2", body="It grew.", publish_updates=[second]))
    assert answer.status_code == 303
    public = rob.client.get(f"/incidents/{the_incident(installation).id}").text
    assert "It grew." in public
    assert "To be told." in public
    assert "Kept inside." not in public
    assert rob.get(path).text.count('class="chip internal"') == 1


def test_update_form_holds_what_is_so(rob: Operator) -> None:
    html = rob.get(opened(rob)).text
    assert '<option value="major_outage" selected>' in html
    assert 'value="investigating" checked' in html
    assert '<option value="P1" selected>' in html


def test_resolving_with_prefilled_components_restores(rob: Operator, installation: Installation) -> None:
    path = opened(rob)
    prefilled = {"components.sip-trunk": "major_outage"}
    preview = rob.post(f"{path}/preview", update_form(status="resolved", **prefilled)).text
    assert "go back to normal" in preview
    assert rob.post(f"{path}/updates", update_form(status="resolved", **prefilled)).status_code == 303
    with installation.database.read() as session:
        incident = incidents.load_incidents(session)[0]
        assert incident.status is IncidentStatus.RESOLVED
        assert incidents.components_held(session, incident) == {"sip-trunk": ComponentStatus.OPERATIONAL}


def test_colleagues_update_is_read_first(rob: Operator, enter: Callable[[str], Operator]) -> None:
    path = opened(rob)
    seen = after_of(rob.get(path).text)
    assert enter("alice").post(f"{path}/updates", update_form(body="Alice was first.")).status_code == 303
    answer = rob.post(f"{path}/updates", update_form(body="Rob was slower.", after=seen))
    assert answer.status_code == 422
    assert "Posted meanwhile by alice@example.com" in answer.text
    missed, _, form = answer.text.partition("Your text is below")
    assert "Alice was first." in missed
    assert "Rob was slower." in form
    looked = rob.post(f"{path}/look", update_form(body="Rob was slower.", after=seen))
    assert (looked.status_code, after_of(looked.text)) == (422, after_of(answer.text))
    again = rob.post(f"{path}/updates", update_form(body="Rob was slower.", after=after_of(answer.text)))
    assert again.status_code == 303


def test_refused_update_keeps_the_text(rob: Operator) -> None:
    answer = rob.post(f"{opened(rob)}/updates", update_form(status="on_fire", body="Typed with care."))
    assert answer.status_code == 422
    assert "Typed with care." in answer.text
    assert 'id="status-problem"' in answer.text


def test_unknown_incident_is_not_found(rob: Operator) -> None:
    assert rob.get("/admin/incidents/nowhere").status_code == 404
    assert rob.post("/admin/incidents/nowhere/updates", update_form()).status_code == 404
    assert rob.get("/admin/incidents?after=nonsense").status_code == 404


def test_failed_publish_is_told_and_safe(rob: Operator, installation: Installation) -> None:
    installation.publisher.folder = installation.settings.instance / "not a folder" / "really"
    (installation.settings.instance / "not a folder").write_text("a file")
    page = rob.get(opened(rob)).text
    assert "Saved, but the page could not be written" in page
    assert the_incident(installation).title == "Calls to Belgium fail"


def test_board_marks_what_is_overdue(rob: Operator, installation: Installation) -> None:
    path = opened(rob)
    assert "Overdue" not in rob.get("/admin/").text
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    with site_change(installation, long_ago, author="test") as change:
        incident = incidents.load_incident(change.session, path.rsplit("/", 1)[1])
        for update in incident.updates:
            update.posted_at = long_ago
    board = rob.get("/admin/").text
    assert 'class="clock overdue"' in board
    assert "<strong>Overdue</strong>" in board
    assert f"{path}#update" in board


def test_postmortem_has_a_section_of_its_own(
    rob: Operator, installation: Installation, three_listeners: None
) -> None:
    path = opened(rob)
    assert "Write the postmortem" not in rob.get(path).text
    assert rob.get(f"{path}/postmortem").status_code == 303
    rob.post(f"{path}/updates", update_form(status="resolved", body="It is over."))
    assert "Write the postmortem" in rob.get(path).text
    form = rob.get(f"{path}/postmortem").text
    assert "what changes because of it" in form
    words = {"status": "postmortem", "body": "## Why\n\nA fan broke.", "notify": "yes", "after": after_of(form)}
    assert "Why</h4>" in rob.post(f"{path}/preview", words).text
    assert rob.post(f"{path}/updates", words).status_code == 303
    public = rob.client.get(f"/incidents/{the_incident(installation).id}").text
    section, _, updates = public.partition('id="postmortem"')[2].partition("Updates</h2>")
    assert ("A fan broke." in section, "A fan broke." in updates) == (True, False)
    assert "It is over." in updates
    assert the_incident(installation).status is IncidentStatus.POSTMORTEM
