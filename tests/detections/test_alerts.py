"""Alerts from outside become drafts, statuses and incidents, and end what they began."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from statuspage import detections, hooks, proposals
from statuspage.changes import site_change
from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus, Priority
from statuspage.hook_drafts import AlertDraft, HookDraft
from statuspage.models import StatusChange
from tests.detections.ground import Ground


@pytest.fixture
def post(ground: Ground) -> Callable[..., None]:
    """Post alerts by a hook and follow them, as the door does."""

    def post(minutes: float, *drafts: AlertDraft, component: str | None = None, say: bool = False) -> None:
        now = ground.at(minutes)
        with site_change(ground.installation, now, author="hook") as change:
            rows = hooks.load_hooks(change.session)
            if not rows:
                wanted = HookDraft(name="Prometheus", kind="alertmanager", component=component)
                rows = [hooks.create_hook(change.session, wanted, author="ann", now=now)[0]]
            hooks.receive(change.session, rows[0], drafts, now=now)
            if say:
                hooks.say_readings(change.session, rows[0], now=now)
            detections.follow(change.session, policy=change.policy, now=now)

    return post


def alert(ground: Ground, at: float, *, over: bool = False, key: str = "f1", **values: object) -> AlertDraft:
    return AlertDraft.model_validate(
        {"fingerprint": key, "starts_at": ground.at(at), "resolved": over, "title": "Trunk down", **values}
    )


def test_alert_is_one_draft(ground: Ground, post: Callable[..., None]) -> None:
    ground.component("API")
    firing = alert(ground, 0, component="api", severity="warning")
    post(1, firing)
    post(2, firing)
    (found,) = ground.incidents()
    assert found.draft
    assert (found.title, found.priority) == ("Trunk down", Priority.P3)
    assert found.updates[-1].event == "noted"
    assert "Prometheus: Trunk down (warning)" in found.updates[-1].body
    over = alert(ground, 0, over=True, component="api")
    post(3, over)
    post(4, firing)
    (found,) = ground.incidents()
    assert found.draft
    assert found.resolved_at == ground.at(3)


def test_alert_fires_again_much_later(ground: Ground, post: Callable[..., None]) -> None:
    ground.component("API")
    post(1, alert(ground, 0, component="api"))
    post(2, alert(ground, 0, over=True, component="api"))
    post(60, alert(ground, 0, component="api"))
    assert len(ground.incidents()) == 2


def test_published_alert_says_plain_words(ground: Ground, post: Callable[..., None]) -> None:
    ground.component("API", publishes_itself=True)
    post(1, alert(ground, 0, component="api", title="db-prod-7.internal is down", words="<script>alert(1)</script>"))
    (found,) = ground.incidents()
    assert found.title == "API: major outage"
    assert found.public_at
    assert all("internal" not in update.body for update in found.updates if update.public_at)
    post(2, alert(ground, 0, over=True))
    assert [each.status for each in ground.incidents()] == [IncidentStatus.RESOLVED]


def test_hook_of_one_component_speaks_of_it(ground: Ground, post: Callable[..., None]) -> None:
    ground.component("API")
    ground.component("Web")
    post(1, alert(ground, 0, component="web"), component="api")
    (found,) = ground.incidents()
    assert set(proposals.components_of(found)) == {"api"}


def test_outside_readings_are_the_status(ground: Ground, post: Callable[..., None]) -> None:
    ground.component("API")
    post(20, alert(ground, 15, component="api", severity="critical", key="f2"), say=True)
    post(30, alert(ground, 15, over=True, key="f2", ends_at=ground.at(28)), say=True)
    with ground.read() as session:
        rows = session.execute(
            select(StatusChange.at, StatusChange.status, StatusChange.note)
            .where(StatusChange.author == "hook:Prometheus")
            .order_by(StatusChange.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        (ground.at(15), ComponentStatus.MAJOR_OUTAGE, "Prometheus"),
        (ground.at(28), ComponentStatus.OPERATIONAL, "Prometheus"),
    ]


def test_flood_of_titles_is_bounded(ground: Ground, post: Callable[..., None]) -> None:
    post(1, *(alert(ground, 0, key=f"f{n}", title=f"Trouble {n}") for n in range(500)))
    assert len(ground.incidents()) == hooks.SUBJECTS + 1
    post(2, *(alert(ground, 0, key=f"f{n}", over=True) for n in range(500)))
    assert all(each.draft and each.resolved_at for each in ground.incidents())


def test_revoked_hook_ends_nothing(ground: Ground, post: Callable[..., None]) -> None:
    ground.component("API", publishes_itself=True)
    post(1, alert(ground, 0, component="api"))
    with site_change(ground.installation, ground.at(2), author="ann") as change:
        hooks.revoke_hook(change.session, hooks.load_hooks(change.session)[0], ground.at(2))
    ground.measure(3)
    assert [each.status for each in ground.incidents()] == [IncidentStatus.INVESTIGATING]
    ground.measure(4, "api")
    assert len(ground.incidents()) == 1
