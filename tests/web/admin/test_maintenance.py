"""Maintenance through the forms: classed while typed, refused with what would do, moved and cancelled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from statuspage import maintenance
from statuspage.changes import Installation
from statuspage.domain.vocabulary import MaintenanceKind, MaintenanceStatus
from statuspage.models import Maintenance
from tests.web.admin.conftest import Operator


@pytest.fixture(autouse=True)
def one_component(add_components: Callable[..., None]) -> None:
    add_components("API")


def wall(ahead: timedelta) -> str:
    return (datetime.now(UTC) + ahead).strftime("%Y-%m-%dT%H:%M")


def form(ahead: timedelta = timedelta(days=20), **changed: Any) -> dict[str, Any]:
    return {
        "title": "New routers",
        "body": "We replace two routers.",
        "starts_at": wall(ahead),
        "ends_at": wall(ahead + timedelta(hours=2)),
        "components": ["api"],
        "kind": "scheduled",
        "risk": "normal",
        "notify": "yes",
        **changed,
    }


def announced(rob: Operator, *arguments: Any, **changed: Any) -> str:
    """Announce a maintenance; its admin path."""
    answer = rob.post("/admin/maintenance", form(*arguments, **changed))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def the_notice(installation: Installation) -> Maintenance:
    with installation.database.read() as session:
        return maintenance.load_maintenances(session)[0]


def test_announcing_in_time_is_scheduled(rob: Operator, installation: Installation) -> None:
    page = rob.get(announced(rob)).text
    assert "Announced as scheduled." in page
    notice = the_notice(installation)
    assert (notice.kind, notice.notice_met) == (MaintenanceKind.SCHEDULED, True)
    assert "New routers" in rob.client.get(f"/maintenance/{notice.id}").text


def test_scheduled_too_late_says_what_would_do(rob: Operator, installation: Installation) -> None:
    answer = rob.post("/admin/maintenance", form(timedelta(days=3)))
    assert answer.status_code == 422
    assert 'id="starts_at-problem"' in answer.text
    assert "needs 14 days of notice. Announced now it can start from" in answer.text
    assert "would be accepted as emergency maintenance" in answer.text
    assert "kind emergency" not in answer.text
    assert "We replace two routers." in answer.text
    with installation.database.read() as session:
        assert not maintenance.load_maintenances(session)


def test_policy_decides_when_it_may(rob: Operator, installation: Installation) -> None:
    announced(rob, timedelta(days=3), kind="")
    assert the_notice(installation).kind is MaintenanceKind.EMERGENCY


def test_urgent_needs_a_reason(rob: Operator, installation: Installation) -> None:
    answer = rob.post("/admin/maintenance", form(timedelta(hours=3), kind="emergency"))
    assert answer.status_code == 422
    assert 'id="reason-problem"' in answer.text
    path = announced(rob, timedelta(hours=3), kind="emergency", reason_text="A hole must be closed")
    assert "Announced as urgent maintenance." in rob.get(path).text
    assert the_notice(installation).urgent


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": ""}, "title"),
        ({"body": ""}, "body"),
        ({"starts_at": ""}, "starts_at"),
        ({"ends_at": "tomorrow"}, "ends_at"),
        ({"ends_at": "2026-01-01T00:00"}, "ends_at"),
        ({"risk": "reckless"}, "risk"),
    ],
)
def test_bad_window_is_refused_beside_its_field(rob: Operator, changed: dict[str, str], field: str) -> None:
    answer = rob.post("/admin/maintenance", form(**changed))
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text


def test_assessment_comes_while_typing(rob: Operator) -> None:
    late = rob.post("/admin/maintenance/assess", form(timedelta(days=3), title="", body="")).text
    assert "Emergency maintenance" in late
    assert "Counts against availability." in late
    in_time = rob.post("/admin/maintenance/assess", form(kind="")).text
    assert "Scheduled maintenance" in in_time
    assert "Not counted against availability." in in_time
    assert 'data-button="Announce scheduled maintenance, tell nobody"' in in_time


def test_assessment_forgives_an_empty_form(rob: Operator) -> None:
    answer = rob.post("/admin/maintenance/assess", {})
    assert answer.status_code == 200
    assert "Give start and end" in answer.text


def test_check_button_works_without_script(rob: Operator, installation: Installation) -> None:
    answer = rob.post("/admin/maintenance", form(timedelta(days=3), do="check"))
    assert answer.status_code == 200
    assert "Emergency maintenance" in answer.text
    assert "We replace two routers." in answer.text
    with installation.database.read() as session:
        assert not maintenance.load_maintenances(session)


def test_high_risk_in_hours_asks_to_confirm(rob: Operator) -> None:
    monday = datetime.now(UTC) + timedelta(days=21)
    monday += timedelta(days=(7 - monday.weekday()) % 7)
    window = {"starts_at": f"{monday:%Y-%m-%d}T10:00", "ends_at": f"{monday:%Y-%m-%d}T11:00", "risk": "high"}
    answer = rob.post("/admin/maintenance", form(**window))
    assert answer.status_code == 422
    assert 'name="confirm"' in answer.text
    assert rob.post("/admin/maintenance", form(**window, confirm="yes")).status_code == 303


def test_moving_gives_another_window(rob: Operator, installation: Installation) -> None:
    path = announced(rob)
    moved = form(timedelta(days=30), body="The parts are late.")
    assert rob.post(f"{path}/move", moved).status_code == 303
    notice = the_notice(installation)
    assert notice.starts_at > datetime.now(UTC) + timedelta(days=29)
    assert "The parts are late." in rob.client.get(f"/maintenance/{notice.id}").text


def test_moved_window_is_classed_while_typed(rob: Operator) -> None:
    path = announced(rob)
    late = rob.post(f"{path}/assess", form(timedelta(days=2))).text
    assert "Announced now it can start from" in late
    in_time = rob.post(f"{path}/assess", form(timedelta(days=30))).text
    assert 'data-button="Move it as scheduled maintenance, tell nobody"' in in_time
    assert "Publish to the page, tell nobody" in rob.get(path).text


def test_refused_move_keeps_window_and_text(rob: Operator, installation: Installation) -> None:
    path = announced(rob)
    before = the_notice(installation).starts_at
    answer = rob.post(f"{path}/move", form(timedelta(days=2), body="Sooner."))
    assert answer.status_code == 422
    assert 'id="move-starts_at-problem"' in answer.text
    assert "Sooner." in answer.text
    assert the_notice(installation).starts_at == before


def test_cancelling_needs_a_text(rob: Operator, installation: Installation) -> None:
    path = announced(rob)
    assert rob.post(f"{path}/cancel", {"body": ""}).status_code == 422
    assert rob.post(f"{path}/cancel", {"body": "Not needed any more.", "notify": "yes"}).status_code == 303
    assert the_notice(installation).status is MaintenanceStatus.CANCELLED


def test_work_starts_and_ends_by_hand(rob: Operator, installation: Installation) -> None:
    path = announced(rob)
    for status in (MaintenanceStatus.IN_PROGRESS, MaintenanceStatus.COMPLETED):
        answer = rob.post(f"{path}/updates", {"status": status.value, "body": "By hand."})
        assert answer.status_code == 303
        assert the_notice(installation).status is status
    answer = rob.post(f"{path}/updates", {"status": "scheduled", "body": "Back?"})
    assert answer.status_code == 422


def test_unknown_maintenance_is_not_found(rob: Operator) -> None:
    assert rob.get("/admin/maintenance/nowhere").status_code == 404
    assert rob.post("/admin/maintenance/nowhere/move", form()).status_code == 404


def test_colleagues_word_is_read_first(rob: Operator, enter: Callable[[str], Operator]) -> None:
    path = announced(rob)
    seen = rob.get(path).text.partition('name="after" value="')[2].partition('"')[0]
    word = {"status": "scheduled", "notify": "yes", "after": seen}
    assert enter("alice").post(f"{path}/updates", {**word, "body": "Alice was first."}).status_code == 303
    answer = rob.post(f"{path}/updates", {**word, "body": "Rob was slower."})
    assert answer.status_code == 422
    assert "Alice was first." in answer.text.partition("Your text is below")[0]
    assert "Rob was slower." in answer.text
