"""An outage becomes one draft, whatever names the component already, and operators are told."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from statuspage import incidents, maintenance, proposals, windows
from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import change_page, load_page
from statuspage.domain.vocabulary import ComponentStatus, Priority
from statuspage.drafts import IncidentDraft, MaintenanceDraft, PageChange
from statuspage.instance import bring_up_to_date
from statuspage.models import ClockRing, Delivery, Detection
from statuspage.notify import outbox
from statuspage.notify.composing import Composer
from statuspage.notify.letterhead import load_letterhead
from statuspage.settings import Settings
from tests.detections.ground import Ground


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
