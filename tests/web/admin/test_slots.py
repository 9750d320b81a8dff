"""Regular slots and extensions by form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from statuspage.changes import Installation
from statuspage.domain.sla.policy import load_policies
from statuspage.models import Maintenance, RegularSlot
from tests.web.admin.conftest import Operator

SLOT = {"title": "Weekly work", "body": "Short breaks.", "weekday": "5", "starts": "04:00", "minutes": "120"}


@pytest.fixture
def installation(installation: Installation) -> Installation:
    """Under a policy with one regular slot a week."""
    book = load_policies("optimy")
    installation.publisher.policies = book
    return replace(installation, policies=book)


def test_slot_is_kept_and_ended(
    rob: Operator, installation: Installation, add_components: Callable[..., None]
) -> None:
    add_components("API")
    assert rob.post("/admin/maintenance/slots", {**SLOT, "components": "api"}).status_code == 303
    assert "Saturday 04:00" in rob.get("/admin/maintenance/slots").text
    with installation.database.read() as session:
        key = session.scalars(select(RegularSlot.id)).one()
    assert rob.post(f"/admin/maintenance/slots/{key}/end").status_code == 303
    assert rob.post("/admin/maintenance/slots", SLOT).status_code == 303


def test_second_slot_stands_beside_its_field(rob: Operator) -> None:
    rob.post("/admin/maintenance/slots", SLOT)
    answer = rob.post("/admin/maintenance/slots", {**SLOT, "minutes": "x", "weekday": "7"})
    assert answer.status_code == 422
    answer = rob.post("/admin/maintenance/slots", SLOT)
    assert answer.status_code == 422
    assert "one regular slot a week" in answer.text


def test_running_work_is_extended(rob: Operator, installation: Installation, app: Flask) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    window = {"starts_at": now - timedelta(minutes=5), "ends_at": now + timedelta(hours=1)}
    form = {
        "title": "Switch fails",
        "body": "We replace it.",
        "kind": "emergency",
        "reason": "immediate_threat",
        "notify": "yes",
        **{name: at.isoformat() for name, at in window.items()},
    }
    assert rob.post("/admin/maintenance", form).status_code == 303
    with installation.database.read() as session:
        key = session.scalars(select(Maintenance.id)).one()
    assert "Extend it" in rob.get(f"/admin/maintenance/{key}").text

    more = {"ends_at": (now + timedelta(hours=2)).isoformat(), "body": "One more hour.", "notify": "yes"}
    refused = rob.post(f"/admin/maintenance/{key}/extend", more)
    assert refused.status_code == 422
    assert rob.post(f"/admin/maintenance/{key}/extend", {**more, "reason": "immediate_threat"}).status_code == 303
    assert "One more hour." in rob.client.get(f"/maintenance/{key}").text
