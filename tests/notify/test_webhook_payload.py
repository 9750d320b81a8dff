"""What a webhook is told besides an incident's own news."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from statuspage import incidents, maintenance, notices, reminders
from statuspage.changes import Installation, site_change
from statuspage.components import add_component
from statuspage.domain.sla.policy import load_policies
from statuspage.domain.vocabulary import ComponentStatus, Priority
from statuspage.drafts import ComponentDraft, IncidentDraft, MaintenanceDraft
from statuspage.notice_drafts import NoticeDraft
from tests.hooks import Receiver
from tests.notify.conftest import AddHook, OpenIncident, PostHooks

ONE_IS_ENOUGH = (
    'schema = 1\nid = "voice"\nname = "Voice"\n[availability]\ndefault_target = "99.9"\n'
    '[[service]]\nid = "voice"\nname = "Voice"\nrule = "any"\n'
    '[[priority]]\nid = "P3"\nname = "P3"\npublic = true\n'
)
pytestmark = pytest.mark.usefixtures("local_hooks")


def test_service_of_rule_any_is_not_down(
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    open_incident: OpenIncident,
    tmp_path: Path,
    now: datetime,
) -> None:
    path = tmp_path / "voice.toml"
    path.write_text(ONE_IS_ENOUGH)
    installation.policies = load_policies(str(path))
    with site_change(installation, now, author="ann") as change:
        for name in ("Trunk A", "Trunk B"):
            add_component(change.session, ComponentDraft(name=name, service="voice"), author="ann", now=now)
    add_hook(receiver.url())
    open_incident(priority=Priority.P3, **{"trunk-a": "major_outage"})
    assert post_hooks().sent == 1
    assert json.loads(receiver.got()[0].body)["page"]["status_indicator"] == "minor"


def test_component_change_is_told(
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    add_components: Callable[..., None],
    now: datetime,
) -> None:
    add_components("API", "SIP trunk")
    add_hook(receiver.url(), components=["api"])
    add_hook(receiver.url("other"), components=["sip-trunk"])
    draft = IncidentDraft(
        title="Calls fail", body="Some.", priority=Priority.P2, components={"api": ComponentStatus.PARTIAL_OUTAGE}
    )
    with site_change(installation, now, author="Anna") as change:
        incidents.open_incident(change.session, draft, policy=change.policy, author="Anna", now=now)
    assert post_hooks().sent == 2
    told = next(each.json for each in receiver.wait_for(2) if "component" in each.json)
    assert told["component"]["name"] == "API"
    assert told["component_update"]["old_status"] == "operational"
    assert told["component_update"]["new_status"] == "partial_outage"


def test_change_of_terms_is_told(
    installation: Installation, add_hook: AddHook, post_hooks: PostHooks, receiver: Receiver, now: datetime
) -> None:
    add_hook(receiver.url())
    add_hook(receiver.url("slack"), "slack")
    draft = NoticeDraft(title="New service levels", body="From January.", notify=True)
    with installation.database.write() as session:
        notices.post_notice(session, draft, author="Anna", now=now)
    assert post_hooks().sent == 2
    webhook = next(each.json for each in receiver.wait_for(2) if "notice" in each.json)
    assert webhook["incident"]["name"] == "New service levels"
    assert webhook["incident"]["impact"] == "none"


def test_reminder_says_when_it_was_made(
    installation: Installation,
    add_hook: AddHook,
    post_hooks: PostHooks,
    receiver: Receiver,
    add_components: Callable[..., None],
    now: datetime,
) -> None:
    add_components("API")
    add_hook(receiver.url())
    starts_at = now + timedelta(days=28)
    draft = MaintenanceDraft(
        title="New switch",
        body="Calls may drop.",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        components=["api"],
    )
    with installation.database.write() as session:
        maintenance.schedule(session, draft, policy=installation.policy(now), author="Anna", now=now)
    assert post_hooks().sent == 1
    with installation.database.write() as session:
        day_before = starts_at - timedelta(hours=24)
        reminders.remind_due(session, policy=installation.policy(day_before), now=day_before)
    assert post_hooks(days=27).sent == 1
    announced, reminded = (posted.json["incident"] for posted in receiver.wait_for(2))
    assert announced["scheduled_reminded_at"] is None
    assert reminded["scheduled_reminded_at"] == day_before.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert reminded["id"] == announced["id"]
