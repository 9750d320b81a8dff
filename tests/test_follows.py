from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import follows, incidents, subscribers
from statuspage.changes import Installation
from statuspage.domain.vocabulary import IncidentStatus, Priority
from statuspage.drafts import IncidentDraft, SubscriberDraft, UpdateDraft
from statuspage.errors import Refused
from statuspage.models import Consent, Delivery, Follow, Incident, Subscriber
from statuspage.notify.hook_addresses import HOOK_CHANNELS
from statuspage.wishes import kinds_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def incident(session: Session, installation: Installation, now: datetime) -> Incident:
    draft = IncidentDraft(title="Calls fail", body="We look.", priority=Priority.P2)
    return incidents.open_incident(session, draft, policy=installation.policy(now), author="Anna", now=now)


def ask(session: Session, incident: Incident, now: datetime, email: str = "ben@example.com") -> Subscriber:
    draft = SubscriberDraft(email=email, incident=incident.id)
    return subscribers.subscribe(session, draft, source=subscribers.FORM, client=None, now=now)


@pytest.fixture
def ben(session: Session, incident: Incident, now: datetime) -> Subscriber:
    """Follows the incident and nothing else."""
    asked = ask(session, incident, now)
    return subscribers.confirm(session, asked.token, now=now)


def post(
    session: Session, installation: Installation, incident: Incident, status: IncidentStatus, at: datetime
) -> int:
    """Post an update; how many hear it."""
    draft = UpdateDraft(body="News.", status=status)
    incidents.post_update(session, incident, draft, policy=installation.policy(at), author="Anna", now=at)
    session.refresh(incident, ["updates"])
    update_id = incident.updates[-1].id
    return len(session.scalars(select(Delivery.id).where(Delivery.update_id == update_id)).all())


def test_nothing_is_followed_before_confirming(
    session: Session, installation: Installation, incident: Incident, now: datetime
) -> None:
    ask(session, incident, now)
    assert post(session, installation, incident, IncidentStatus.IDENTIFIED, now) == 0


def test_follower_hears_the_end_and_no_more(
    session: Session, installation: Installation, incident: Incident, ben: Subscriber, now: datetime
) -> None:
    assert kinds_of(ben) == []
    steps = [IncidentStatus.IDENTIFIED, IncidentStatus.RESOLVED, IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM]
    heard = [post(session, installation, incident, step, now + n * HOUR) for n, step in enumerate(steps)]
    assert heard == [1, 1, 0, 0]


def test_reopened_incident_is_told_again(
    session: Session, installation: Installation, incident: Incident, ben: Subscriber, now: datetime
) -> None:
    steps = [IncidentStatus.RESOLVED, IncidentStatus.INVESTIGATING, IncidentStatus.RESOLVED]
    assert [post(session, installation, incident, step, now + n * HOUR) for n, step in enumerate(steps)] == [1, 1, 1]


def test_other_incidents_are_not_heard(
    session: Session, installation: Installation, ben: Subscriber, now: datetime
) -> None:
    draft = IncidentDraft(title="Another", body="We look.", priority=Priority.P1)
    incidents.open_incident(session, draft, policy=installation.policy(now), author="Anna", now=now)
    assert session.scalars(select(Delivery.kind)).all() == ["confirmation"]


def test_known_address_confirms_what_it_would_not_hear(
    session: Session, installation: Installation, incident: Incident, now: datetime
) -> None:
    picky = SubscriberDraft(email="picky@example.com", kinds=["incident"], min_priority=Priority.P1)
    known = subscribers.add_confirmed(session, picky, source="import", now=now)
    assert ask(session, incident, now, "picky@example.com") is known
    assert subscribers.is_awaited(session, known, now)
    assert post(session, installation, incident, IncidentStatus.IDENTIFIED, now) == 0
    subscribers.confirm(session, known.token, now=now)
    assert post(session, installation, incident, IncidentStatus.MONITORING, now) == 1
    assert (known.min_priority, len(kinds_of(known))) == (Priority.P1, 1)


def test_who_hears_of_it_already_is_told_so(session: Session, incident: Incident, now: datetime) -> None:
    subscribers.add_confirmed(session, SubscriberDraft(email="all@example.com"), source="import", now=now)
    ask(session, incident, now, "all@example.com")
    assert session.scalars(select(Delivery.kind)).all() == ["already"]
    assert session.scalars(select(Follow)).all() == []


def test_follower_cannot_be_subscribed_by_a_stranger(session: Session, ben: Subscriber, now: datetime) -> None:
    draft = SubscriberDraft(email="ben@example.com")
    subscribers.subscribe(session, draft, source=subscribers.FORM, client=None, now=now + 2 * HOUR)
    assert kinds_of(ben) == []


@pytest.mark.parametrize("incident_id", ["nothing-here", "x" * 40])
def test_only_open_public_incidents_can_be_followed(session: Session, now: datetime, incident_id: str) -> None:
    draft = SubscriberDraft(email="ben@example.com", incident=incident_id)
    with pytest.raises(Refused) as refused:
        subscribers.subscribe(session, draft, source=subscribers.FORM, now=now)
    assert refused.value.problems[0].field == "incident"


def test_internal_incident_is_as_unknown(session: Session, installation: Installation, now: datetime) -> None:
    draft = IncidentDraft(title="Quiet", body="Inside.", priority=Priority.P5)
    quiet = incidents.open_incident(session, draft, policy=installation.policy(now), author="Anna", now=now)
    with pytest.raises(Refused, match="no open incident"):
        ask(session, quiet, now)


def test_stopping_ends_it_and_is_proved(
    session: Session, installation: Installation, incident: Incident, ben: Subscriber, now: datetime
) -> None:
    for _ in range(2):
        follows.stop(session, ben, incident.id, source="manage page", client=None, now=now)
    assert post(session, installation, incident, IncidentStatus.IDENTIFIED, now) == 0
    actions = session.execute(select(Consent.action, Consent.source).order_by(Consent.id)).all()
    assert [action for action, _source in actions] == ["asked", "confirmed", "withdrawn"]
    assert all(source.endswith(f"incident {incident.id}") for action, source in actions if action != "confirmed")


def test_unsubscribing_ends_follows_too(
    session: Session, installation: Installation, incident: Incident, ben: Subscriber, now: datetime
) -> None:
    subscribers.unsubscribe(session, ben, source="one click", now=now)
    assert post(session, installation, incident, IncidentStatus.IDENTIFIED, now) == 0
    assert ben.follows[0].ended_at == now


def test_follower_is_forgotten_after_the_end(
    session: Session, installation: Installation, incident: Incident, ben: Subscriber, now: datetime
) -> None:
    subscribers.add_confirmed(session, SubscriberDraft(email="all@example.com"), source="import", now=now)
    post(session, installation, incident, IncidentStatus.RESOLVED, now)
    assert follows.end_over(session, now + 6 * DAY) == 0
    assert follows.end_over(session, now + 8 * DAY) == 1
    assert session.scalars(select(Subscriber.address)).all() == ["all@example.com"]


def test_unconfirmed_request_is_over_after_seven_days(session: Session, incident: Incident, now: datetime) -> None:
    asked = ask(session, incident, now)
    assert not subscribers.is_awaited(session, asked, now + 8 * DAY)
    assert subscribers.expire_pending(session, now + 8 * DAY) == 1


@pytest.mark.parametrize("channel", HOOK_CHANNELS)
def test_every_channel_can_follow(
    session: Session, installation: Installation, incident: Incident, now: datetime, channel: str
) -> None:
    draft = SubscriberDraft.model_validate({channel: "https://hooks.example.com/x", "incident": incident.id})
    asked = subscribers.subscribe(session, draft, source="api:test", now=now)
    assert (asked.channel, asked.by_operator, kinds_of(asked)) == (channel, True, [])
    assert post(session, installation, incident, IncidentStatus.IDENTIFIED, now) == 0
    subscribers.confirm(session, asked.token, now=now)
    steps = [IncidentStatus.MONITORING, IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM]
    heard = [post(session, installation, incident, step, now + n * HOUR) for n, step in enumerate(steps)]
    assert heard == [1, 1, 0]
    assert follows.end_over(session, now + 9 * DAY) == 1


def test_strangers_follow_by_public_addresses_alone(session: Session, incident: Incident, now: datetime) -> None:
    for channel, url in (("webhook", "http://127.0.0.1/"), ("slack", "https://hooks.example.com/x")):
        draft = SubscriberDraft.model_validate({channel: url, "incident": incident.id})
        with pytest.raises(Refused) as refused:
            subscribers.subscribe(session, draft, source=subscribers.FORM, now=now)
        assert refused.value.problems[0].field == channel


def test_consent_given_elsewhere_follows_at_once(
    session: Session, installation: Installation, incident: Incident, now: datetime
) -> None:
    draft = SubscriberDraft(email="ben@example.com", incident=incident.id, confirmed=True)
    for _ in range(2):
        ben = subscribers.add_confirmed(session, draft, source="import:test", now=now)
    assert (kinds_of(ben), subscribers.is_awaited(session, ben, now)) == ([], False)
    assert post(session, installation, incident, IncidentStatus.IDENTIFIED, now) == 1
    subscribers.unsubscribe(session, ben, source="one click", now=now)
    subscribers.add_confirmed(session, draft, source="import:test", now=now)
    assert post(session, installation, incident, IncidentStatus.MONITORING, now) == 0


def test_one_mail_an_hour_to_an_address(session: Session, incident: Incident, now: datetime) -> None:
    for minutes in (0, 10, 61, 122, 183):
        ask(session, incident, now + timedelta(minutes=minutes))
    assert session.scalars(select(Delivery.kind)).all() == ["confirmation"] * 3
