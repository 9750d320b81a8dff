"""From measurement to words: one draft for each trouble, published by itself where that is switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import detections, hooks, incidents, maintenance, proposals, windows
from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import add_component, change_page, load_component, load_page
from statuspage.domain.sla.policy import override
from statuspage.domain.vocabulary import ComponentStatus, IncidentStatus, Priority
from statuspage.drafts import ComponentDraft, IncidentDraft, MaintenanceDraft, PageChange, UpdateDraft
from statuspage.hook_drafts import AlertDraft, HookDraft
from statuspage.identifiers import new_id
from statuspage.instance import bring_up_to_date
from statuspage.models import ClockRing, Delivery, Detection, Incident, Monitor, StatusChange
from statuspage.notify import outbox
from statuspage.notify.composing import Composer
from statuspage.notify.letterhead import load_letterhead
from statuspage.settings import Settings

MINUTE = timedelta(minutes=1)


class Ground:
    """An installation on which monitors fail and recover by the minute."""

    def __init__(self, installation: Installation, now: datetime) -> None:
        self.installation = installation
        self.began = now
        self.terms: dict[str, object] = {}

    def at(self, minutes: float) -> datetime:
        return self.began + minutes * MINUTE

    def component(self, name: str, **values: object) -> None:
        with site_change(self.installation, self.began - MINUTE, author="test") as change:
            draft = ComponentDraft.model_validate({"name": name, **values})
            added = add_component(change.session, draft, author="test", now=change.now)
            change.session.add(
                Monitor(
                    id=new_id(),
                    component_id=added.id,
                    kind="tcp",
                    settings={"kind": "tcp", "target": "192.0.2.1:5060"},
                    status=ComponentStatus.OPERATIONAL,
                    status_since=change.now,
                    checked_at=change.now,
                    created_at=change.now,
                    updated_at=change.now,
                )
            )

    def measure(self, minutes: float, *slugs: str, status: str = "major_outage", since: float | None = None) -> None:
        now = self.at(minutes)
        with site_change(self.installation, now, author="test") as change:
            for slug in slugs:
                component = load_component(change.session, slug)
                row = change.session.scalars(select(Monitor).where(Monitor.component_id == component.id)).one()
                row.status, row.checked_at = ComponentStatus(status), now
                row.status_since = self.at(minutes if since is None else since)
            change.session.flush()
            new = detections.is_anything_new(change.session, now)
            detections.follow(change.session, policy=override(change.policy, self.terms), now=now)
            change.session.flush()
            assert not detections.is_anything_new(change.session, now), new

    def recover(self, minutes: float, *slugs: str) -> None:
        self.measure(minutes, *slugs, status="operational")

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.installation.database.read() as session:
            yield session

    def incidents(self) -> list[Incident]:
        with self.read() as session:
            return list(incidents.load_incidents(session))[::-1]


@pytest.fixture
def ground(installation: Installation, now: datetime) -> Ground:
    return Ground(installation, now)


def test_outage_opens_one_draft(ground: Ground) -> None:
    ground.component("SIP trunk")
    ground.measure(2, "sip-trunk", since=0)
    ground.measure(3, "sip-trunk", since=0)
    (found,) = ground.incidents()
    assert found.draft
    assert found.public_at is None
    assert found.started_at == ground.at(0)
    assert (found.title, found.priority) == ("SIP trunk: major outage", Priority.P1)
    assert proposals.components_of(found) == {"sip-trunk": ComponentStatus.MAJOR_OUTAGE}
    assert "SIP trunk since 16 November 2026, 10:00 UTC" in found.updates[0].body


def test_operators_are_told_at_once(ground: Ground) -> None:
    with site_change(ground.installation, ground.began, author="test") as change:
        change_page(
            change.session,
            load_page(change.session),
            PageChange(responsible_email="noc@example.com", alarm_webhook="https://noc.example.com/alarm"),
            now=ground.began,
        )
    ground.component("API")
    ground.measure(1, "api")
    ground.measure(2, "api")
    with ground.read() as session:
        owed = session.execute(select(Delivery.channel, Delivery.address, Delivery.kind)).all()
        assert sorted(map(tuple, owed)) == [
            ("email", "noc@example.com", "alarm"),
            ("webhook", "https://noc.example.com/alarm", "alarm"),
        ]
        assert session.scalars(select(ClockRing.kind)).all() == ["detected"]


def test_mail_has_one_link_to_publish(ground: Ground) -> None:
    with site_change(ground.installation, ground.began, author="test") as change:
        to = PageChange(responsible_email="noc@example.com")
        change_page(change.session, load_page(change.session), to, now=ground.began)
    ground.component("API")
    ground.measure(2, "api", since=0)
    (found,) = ground.incidents()
    with ground.installation.database.write() as session:
        rows = outbox.claim(session, now=ground.at(3), limit=10)
        letterhead = load_letterhead(session, ground.installation.settings)
        policy = ground.installation.policy(ground.at(3), session)
        (mail,) = Composer(letterhead, policy).compose(session, rows, ground.at(3)).messages
    told = message_from_bytes(mail.data, policy=default)
    assert told["Subject"] == "Outage measured: P1 API: major outage"
    body = told.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Measurements show an outage since 16 November 2026, 10:00 UTC." in text
    assert text.count("https://") == 1
    assert f"https://status.example.com/admin/incidents/{found.id}/publish" in text


def test_publishing_begins_at_first_failure(ground: Ground) -> None:
    ground.component("API")
    ground.measure(5, "api", since=1)
    (found,) = ground.incidents()
    with site_change(ground.installation, ground.at(9), author="ann@example.com") as change:
        row = incidents.load_incident(change.session, found.id)
        proposals.publish(change.session, row, policy=change.policy, author="ann@example.com", now=ground.at(9))
    (found,) = ground.incidents()
    assert not found.draft
    assert found.public_at == ground.at(9)
    assert found.started_at == ground.at(1)
    with ground.read() as session:
        assert incidents.components_held(session, found) == {"api": ComponentStatus.MAJOR_OUTAGE}
        policy = ground.installation.policy(ground.at(9))
        assert incidents.next_due(found, policy) == ground.at(24)


def test_publishes_itself_and_resolves(ground: Ground) -> None:
    ground.component("API", publishes_itself=True)
    ground.measure(2, "api", since=0)
    (found,) = ground.incidents()
    assert not found.draft
    assert found.public_at == ground.at(2)
    assert found.status is IncidentStatus.INVESTIGATING
    ground.recover(6, "api")
    (found,) = ground.incidents()
    assert found.status is IncidentStatus.RESOLVED
    assert found.updates[-1].body == "By our measurements API works again since 16 November 2026, 10:06 UTC."


def test_flapping_makes_one_incident(ground: Ground) -> None:
    ground.component("API", publishes_itself=True)
    for turn in range(10):
        ground.measure(2 * turn, "api")
        ground.recover(2 * turn + 1, "api")
    (found,) = ground.incidents()
    assert found.status.is_open
    public = [update.event for update in found.updates if update.public_at]
    assert public == ["opened", "resolved", "reopened", "resolved", "reopened"]
    ground.measure(30)
    (found,) = ground.incidents()
    assert found.status is IncidentStatus.RESOLVED


def test_flapping_draft_stays_one(ground: Ground) -> None:
    ground.component("API")
    for turn in range(5):
        ground.measure(2 * turn, "api")
        ground.recover(2 * turn + 1, "api")
    (found,) = ground.incidents()
    assert found.draft
    assert found.resolved_at == ground.at(9)
    assert found.started_at == ground.at(0)
    ground.measure(30, "api")
    assert len(ground.incidents()) == 2


def test_recovered_draft_is_published_over(ground: Ground) -> None:
    ground.component("API")
    ground.measure(1, "api")
    ground.recover(4, "api")
    (found,) = ground.incidents()
    assert found.draft
    assert found.resolved_at == ground.at(4)
    with site_change(ground.installation, ground.at(9), author="ann") as change:
        row = incidents.load_incident(change.session, found.id)
        proposals.publish(change.session, row, policy=change.policy, author="ann", now=ground.at(9))
    (found,) = ground.incidents()
    assert found.status is IncidentStatus.RESOLVED
    assert found.resolved_at == ground.at(4)


def test_redundant_service_proposes_less(
    installation: Installation, settings: Settings, now: datetime, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("policy") / "voice.toml"
    path.write_text(
        'schema = 1\nid = "voice"\nname = "Voice"\n[availability]\ndefault_target = "99.9"\n'
        '[[service]]\nid = "voice"\nname = "Voice"\nrule = "any"\n'
        + "".join(f'[[priority]]\nid = "P{n}"\nname = "P{n}"\npublic = true\n' for n in (1, 2, 3))
    )
    other = open_installation(settings.model_copy(update={"statuspage_policy": str(path)}))
    ground = Ground(other, now)
    ground.component("Trunk A", service="voice")
    ground.component("Trunk B", service="voice")
    ground.measure(1, "trunk-a")
    assert [(each.priority, each.draft) for each in ground.incidents()] == [(Priority.P3, True)]
    ground.measure(2, "trunk-b")
    (found,) = ground.incidents()
    assert found.priority is Priority.P1
    assert set(proposals.components_of(found)) == {"trunk-a", "trunk-b"}
    with ground.read() as session:
        assert len(session.scalars(select(ClockRing)).all()) == 2
    other.database.dispose()


def test_maintenance_mutes_until_its_end(ground: Ground) -> None:
    ground.component("API")
    with site_change(ground.installation, ground.began, author="ann") as change:
        draft = MaintenanceDraft(
            title="Cables",
            body="New ones.",
            starts_at=ground.at(10),
            ends_at=ground.at(40),
            components=["api"],
            reason="urgent",
            confirm=True,
        )
        maintenance.schedule(change.session, draft, policy=change.policy, author="ann", now=ground.began)
    with site_change(ground.installation, ground.at(10), author="schedule") as change:
        windows.advance_due(change.session, now=ground.at(10))
    ground.measure(12, "api")
    assert ground.incidents() == []
    with site_change(ground.installation, ground.at(40), author="schedule") as change:
        windows.advance_due(change.session, now=ground.at(40))
    ground.measure(41)
    assert [each.draft for each in ground.incidents()] == [True]


def test_named_component_opens_nothing(ground: Ground) -> None:
    ground.component("API", publishes_itself=True)
    with site_change(ground.installation, ground.began, author="ann") as change:
        draft = IncidentDraft(
            title="API slow", priority=Priority.P2, body="Slow.", components={"api": ComponentStatus.PARTIAL_OUTAGE}
        )
        incidents.open_incident(change.session, draft, policy=change.policy, author="ann", now=ground.began)
    ground.measure(3, "api")
    (found,) = ground.incidents()
    assert [(u.event, u.public_at is None) for u in found.updates] == [("opened", False), ("noted", True)]
    ground.recover(5, "api")
    (found,) = ground.incidents()
    assert found.status.is_open
    assert [u.event for u in found.updates] == ["opened", "noted", "noted"]


def test_operators_incident_is_not_resolved(ground: Ground) -> None:
    ground.component("API")
    ground.measure(1, "api")
    (found,) = ground.incidents()
    with site_change(ground.installation, ground.at(2), author="ann") as change:
        row = incidents.load_incident(change.session, found.id)
        proposals.publish(change.session, row, policy=change.policy, author="ann", now=ground.at(2))
    ground.recover(5, "api")
    (found,) = ground.incidents()
    assert found.status.is_open
    assert found.updates[-1].event == "noted"
    assert found.updates[-1].public_at is None


def test_failure_after_operators_end_is_news(ground: Ground) -> None:
    ground.component("API")
    ground.measure(1, "api")
    (found,) = ground.incidents()
    with site_change(ground.installation, ground.at(2), author="ann") as change:
        row = incidents.load_incident(change.session, found.id)
        proposals.publish(change.session, row, policy=change.policy, author="ann", now=ground.at(2))
        done = UpdateDraft(status=IncidentStatus.RESOLVED, body="Done.")
        incidents.post_update(change.session, row, done, policy=change.policy, author="ann", now=ground.at(2))
    ground.recover(3, "api")
    ground.measure(5, "api")
    assert [each.draft for each in ground.incidents()] == [False, True]


def test_discarded_draft_stays_gone(ground: Ground) -> None:
    ground.component("API")
    ground.measure(1, "api")
    (found,) = ground.incidents()
    with site_change(ground.installation, ground.at(2), author="ann") as change:
        row = incidents.load_incident(change.session, found.id)
        proposals.discard(change.session, row, "A test of ours", author="ann", now=ground.at(2))
    ground.measure(3, "api", since=1)
    assert ground.incidents() == []
    with ground.read() as session:
        assert session.scalars(select(Delivery)).all() == []
        assert session.scalars(select(ClockRing)).all() == []


def test_own_trouble_begins_and_ends_nothing(ground: Ground) -> None:
    ground.component("API")
    ground.measure(1, "api", status="unknown")
    assert ground.incidents() == []
    ground.measure(2, "api")
    ground.measure(3, "api", status="unknown")
    with ground.read() as session:
        assert session.scalars(select(Detection.ended_at)).all() == [None]


def test_hidden_component_never_publishes_itself(ground: Ground) -> None:
    ground.component("Core router", hidden=True, publishes_itself=True)
    ground.measure(1, "core-router")
    assert [each.draft for each in ground.incidents()] == [True]


def test_interruption_waits_for_nobody_where_promised(ground: Ground) -> None:
    ground.terms = {"incidents.interruptions_public": True}
    for name, hidden in (("API", False), ("Core router", True)):
        ground.component(name, hidden=hidden)
    ground.measure(1, "api", "core-router")
    assert {each.title: each.draft for each in ground.incidents()} == {
        "API: major outage": False,
        "Core router: major outage": True,
    }


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


def test_postgres_keeps_one_draft(settings: Settings, postgres_url: str, now: datetime) -> None:
    other = open_installation(settings.model_copy(update={"database_url": postgres_url}))
    bring_up_to_date(other, now)
    ground = Ground(other, now)
    ground.component("API")
    ground.measure(1, "api")
    ground.recover(2, "api")
    ground.measure(3, "api")
    (found,) = ground.incidents()
    with site_change(other, ground.at(4), author="ann") as change:
        row = incidents.load_incident(change.session, found.id)
        proposals.discard(change.session, row, "A false alarm", author="ann", now=ground.at(4))
    assert ground.incidents() == []
    other.database.dispose()


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
