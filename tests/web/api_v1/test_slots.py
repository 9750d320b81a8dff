"""Regular slots and extensions by API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from statuspage.changes import Installation
from statuspage.domain.sla.policy import load_policies
from statuspage.domain.vocabulary import Scope
from tests.web.api_v1.conftest import Api, fields_of

SLOT = {"title": "Weekly work", "body": "Short breaks.", "weekday": 5, "starts": "04:00", "minutes": 120}


@pytest.fixture
def api(make_api: Callable[[Scope], Api], installation: Installation) -> Api:
    """A caller under a policy with one regular slot a week."""
    book = load_policies("optimy")
    installation.policies = installation.publisher.policies = book
    return make_api(Scope.WRITE)


def test_slot_is_added_listed_ended(api: Api) -> None:
    made = api.post("/slots", SLOT)
    assert made.status_code == 201
    second = api.post("/slots", {**SLOT, "weekday": 6})
    assert second.status_code == 422
    assert fields_of(second) == ["weekday"]
    key = (made.json or {})["id"]
    assert api.delete(f"/slots/{key}").status_code == 204
    (listed,) = (api.get("/slots").json or {})["items"]
    assert listed["starts"] == "04:00:00"
    assert listed["ended_at"]


def test_extension_answers_the_further_window(api: Api) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    end, later = now + timedelta(hours=1), now + timedelta(hours=2)
    work = {"title": "Switch fails", "body": "We replace it.", "kind": "emergency", "reason": "immediate_threat"}
    window = {"starts_at": (now - timedelta(minutes=5)).isoformat(), "ends_at": end.isoformat()}
    first = api.post("/maintenances", {**work, **window}).json or {}

    path, more = f"/maintenances/{first['id']}/extend", {"ends_at": later.isoformat(), "body": "Longer."}
    assert fields_of(api.post(path, more)) == ["reason"]
    further = api.post(path, {**more, "reason": "immediate_threat"})
    assert further.status_code == 201
    answer = further.json or {}
    assert (answer["extends"], answer["starts_at"]) == (first["id"], first["ends_at"])
    assert answer["kind"] == "emergency"
