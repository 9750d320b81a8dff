"""Work-arounds and recoveries from a backup: said in the update, and mailed to contacts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from statuspage import incidents
from statuspage.components import ensure_page
from statuspage.drafts import IncidentDraft, UpdateDraft, read_draft
from statuspage.errors import Refused
from statuspage.models import Update
from tests.contracts import AUTHOR, Contract, at


@pytest.fixture
def optimy(session: Session) -> Contract:
    ensure_page(session, at("2024-01-01T00:00Z"))
    return Contract(session, "optimy")


def post(contract: Contract, priority: str = "P1", **values: Any) -> Update:
    """An update at ten on an incident of eight o'clock."""
    opened = read_draft(IncidentDraft, {"title": "Down", "priority": priority, "body": "We look."})
    begun = at("2024-07-08T08:00Z")
    incident = incidents.open_incident(contract.session, opened, policy=contract.policy, author=AUTHOR, now=begun)
    draft = read_draft(UpdateDraft, {"body": "News.", **values})
    return incidents.post_update(
        contract.session, incident, draft, policy=contract.policy, author=AUTHOR, now=at("2024-07-08T10:00Z")
    )


def test_recovery_says_what_is_lost(optimy: Contract) -> None:
    update = post(optimy, snapshot_at="2024-07-08T03:00Z")
    assert update.body == (
        "News.\n\n**Recovered from the backup of 8 July 2024, 03:00 UTC. "
        "Changes made from then until 8 July 2024, 08:00 UTC (5 h) may be lost.**"
    )
    assert update.details == {"snapshot_at": "2024-07-08T03:00:00Z", "lost_until": "2024-07-08T08:00:00Z"}


@pytest.mark.parametrize(("until", "over"), [("08:00:00", False), ("08:00:01", True)])
def test_more_loss_than_agreed_is_said(optimy: Contract, until: str, over: bool) -> None:
    update = post(optimy, snapshot_at="2024-07-07T08:00Z", lost_until=f"2024-07-08T{until}Z")
    assert ("more than the agreed" in update.body) is over


@pytest.mark.parametrize(
    ("priority", "typed", "field"),
    [
        ("P2", {"snapshot_at": "2024-07-08T03:00Z"}, "snapshot_at"),
        ("P1", {"snapshot_at": "2024-07-08T11:00Z"}, "snapshot_at"),
        ("P1", {"lost_until": "2024-07-08T09:00Z"}, "snapshot_at"),
        ("P1", {"snapshot_at": "2024-07-08T03:00Z", "lost_until": "2024-07-08T02:00Z"}, "lost_until"),
    ],
)
def test_recovery_that_cannot_be_is_refused(optimy: Contract, priority: str, typed: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        post(optimy, priority, **typed)
    assert [problem.field for problem in refused.value.problems] == [field]


@pytest.mark.parametrize(("time", "said"), [("11:00", "planned for"), ("09:00", "in place since")])
def test_work_around_says_its_time(optimy: Contract, time: str, said: str) -> None:
    update = post(optimy, workaround_at=f"2024-07-08T{time}Z")
    assert update.body.endswith(f"**Work-around {said} 8 July 2024, {time} UTC.**")
