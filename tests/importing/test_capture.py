"""Bad files are refused whole, and the message names the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage.errors import Refused
from statuspage.importing.capture import PROBLEMS_SHOWN, read_capture
from statuspage.importing.statuspage import import_history
from statuspage.models import Component, Incident

Damage = Callable[[dict[str, Any]], Any]


def test_unknown_members_are_ignored(lantern: dict[str, Any]) -> None:
    lantern["status"] = {"indicator": "none"}
    lantern["incidents"][0]["reminder_intervals"] = [1, 2]
    assert len(read_capture(lantern).incidents) == 3


@pytest.mark.parametrize(
    ("path", "damage"),
    [
        ("incidents[1].created_at", lambda d: d["incidents"][1].update(created_at=1719500000)),
        ("incidents[1].created_at", lambda d: d["incidents"][1].update(created_at="2025-03-30T00:40:00")),
        ("incidents[1].created_at", lambda d: d["incidents"][1].update(created_at="yesterday")),
        ("incidents[0].id", lambda d: d["incidents"][0].update(id="../../index")),
        ("incidents[0].id", lambda d: d["incidents"][0].pop("id")),
        ("incidents[0].name", lambda d: d["incidents"][0].update(name="\x00 ")),
        ("incidents[0].name", lambda d: d["incidents"][0].update(name="x" * 256)),
        ("incidents[2].status", lambda d: d["incidents"][2].update(status="scheduled")),
        ("incidents[2].impact", lambda d: d["incidents"][2].update(impact=3)),
        ("incidents[2].shortlink", lambda d: d["incidents"][2].update(shortlink="javascript:alert(1)")),
        ("incidents", lambda d: d.update(incidents={"0": {}})),
        ("incidents[0]", lambda d: d.update(incidents=["lanterninc01"])),
        ("incidents[0].incident_updates", lambda d: d["incidents"][0].update(incident_updates="none")),
        (
            "incidents[1].incident_updates[4].affected_components[0].new_status",
            lambda d: d["incidents"][1]["incident_updates"][4]["affected_components"][0].update(new_status="unknown"),
        ),
        ("scheduled_maintenances[0].scheduled_for", lambda d: d["scheduled_maintenances"][0].pop("scheduled_for")),
        ("scheduled_maintenances[0].status", lambda d: d["scheduled_maintenances"][0].update(status="cancelled")),
        ("components[1].position", lambda d: d["components"][1].update(position=10**30)),
        ("components[1].position", lambda d: d["components"][1].update(position=True)),
        ("components[2].start_date", lambda d: d["components"][2].update(start_date="2023-02-30")),
        ("component_changes[3].changed_at", lambda d: d["component_changes"][3].update(changed_at=None)),
        ("page", lambda d: d.pop("page")),
    ],
)
def test_wrong_values_are_refused_by_path(
    session: Session, lantern: dict[str, Any], now: Any, path: str, damage: Damage
) -> None:
    damage(lantern)
    with pytest.raises(Refused) as refusal:
        import_history(session, lantern, now=now)
    assert [problem.field for problem in refusal.value.problems] == [path]
    assert session.scalar(select(func.count()).select_from(Incident)) == 0
    assert session.scalar(select(func.count()).select_from(Component)) == 0


@pytest.mark.parametrize("data", [{}, {"page": {"id": "abc", "name": "Other"}}, [], "text", None, 7])
def test_other_files_are_refused(data: Any) -> None:
    with pytest.raises(Refused, match="no Statuspage file"):
        read_capture(data)


def test_first_problems_stand_for_many(lantern: dict[str, Any]) -> None:
    lantern["incidents"] = [{"id": "x"}] * 500
    with pytest.raises(Refused) as refusal:
        read_capture(lantern)
    assert len(refusal.value.problems) == PROBLEMS_SHOWN + 1


def test_control_characters_are_dropped(lantern: dict[str, Any]) -> None:
    lantern["incidents"][0]["incident_updates"][0]["body"] = "calm\x0b\x00 again\r\nnow\ud800"
    assert read_capture(lantern).incidents[0].incident_updates[0].body == "calm again\nnow"
