from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from statuspage import maintenance, subscribers
from statuspage.changes import Installation
from statuspage.components import load_page
from statuspage.domain.mornings import last_morning, next_morning
from statuspage.domain.vocabulary import Frequency, Priority
from statuspage.drafts import MaintenanceDraft, SubscriberDraft
from statuspage.models import Delivery, Subscriber
from statuspage.notify.digests import load_digests
from statuspage.notify.kinds import digests
from tests.mail import MailServer, deliver_mail
from tests.notify.conftest import OpenIncident, PostUpdate, Subscribe

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MORNING = datetime(2026, 11, 17, 8, 0, tzinfo=UTC)
"""The first morning after the fixtures' `now`, in the page's zone (UTC)."""
DAILY = Subscriber.frequency == Frequency.DAILY
Owe = Callable[[datetime], int]


@pytest.fixture
def subscribe(subscribe: Subscribe, installation: Installation, now: datetime) -> Subscribe:
    """Subscribers who are there for an hour already."""

    def add(*addresses: str, **wishes: object) -> None:
        subscribe(*addresses, **wishes)
        with installation.database.write() as session:
            session.execute(update(Subscriber).values(confirmed_at=now - HOUR))
            session.execute(update(Subscriber).where(DAILY).values(digested_at=now - HOUR))

    return add


@pytest.fixture
def dora(add_components: Callable[..., None], subscribe: Subscribe) -> None:
    """Hears once a day; Anna of each update."""
    add_components("API", "Portal")
    subscribe("dora@example.com", frequency="daily")
    subscribe("anna@example.com")


@pytest.fixture
def owe(installation: Installation) -> Owe:
    """A function that does the worker's chore at an instant: how many digests it owed."""

    def act(at: datetime) -> int:
        with installation.database.write() as session:
            return digests.owe_due(session, now=at)

    return act


def owed(installation: Installation, kind: str) -> list[str]:
    with installation.database.read() as session:
        query = select(Subscriber.address).join(Delivery).where(Delivery.kind == kind)
        return sorted(session.scalars(query))


def told(installation: Installation, address: str, since: datetime, until: datetime) -> list[tuple[str, int]]:
    """Titles and numbers of updates in the digest of one subscriber."""
    with installation.database.read() as session:
        person = session.scalars(select(Subscriber.id).where(Subscriber.address == address)).one()
        found = load_digests(session, [person], since, until)
        return [(story.title, len(story.updates)) for story in found[person].stories] if found else []


def test_digest_waits_for_the_morning(
    dora: None, open_incident: OpenIncident, owe: Owe, installation: Installation, now: datetime
) -> None:
    open_incident(priority=Priority.P2, api="major_outage")
    assert owed(installation, "update") == ["anna@example.com"]
    assert owe(MORNING - timedelta(seconds=1)) == 0
    assert owe(MORNING) == 1
    assert owed(installation, "digest") == ["dora@example.com"]


def test_second_worker_owes_nothing_more(dora: None, open_incident: OpenIncident, owe: Owe) -> None:
    open_incident(priority=Priority.P2)
    assert [owe(MORNING), owe(MORNING), owe(MORNING + HOUR)] == [1, 0, 0]


def test_nothing_happened_no_mail(dora: None, owe: Owe, installation: Installation) -> None:
    assert owe(MORNING) == 0
    with installation.database.read() as session:
        assert not digests.is_anything_due(session, MORNING + HOUR)


def test_three_days_away_owe_one_digest(
    dora: None,
    open_incident: OpenIncident,
    post_update: PostUpdate,
    owe: Owe,
    installation: Installation,
    now: datetime,
) -> None:
    incident = open_incident(priority=Priority.P2)
    post_update(incident, at=36 * 60)
    assert owe(MORNING + 3 * DAY + HOUR) == 1
    assert told(installation, "dora@example.com", now - HOUR, MORNING + 3 * DAY) == [("Calls fail", 2)]


def test_next_digest_tells_only_what_is_new(
    dora: None, open_incident: OpenIncident, post_update: PostUpdate, owe: Owe, installation: Installation
) -> None:
    incident = open_incident(priority=Priority.P2)
    owe(MORNING)
    post_update(incident, at=30 * 60, status="resolved")
    assert owe(MORNING + DAY) == 1
    assert told(installation, "dora@example.com", MORNING, MORNING + DAY) == [("Calls fail", 1)]


def test_p1_is_told_at_once(dora: None, open_incident: OpenIncident, owe: Owe, installation: Installation) -> None:
    open_incident(priority=Priority.P1)
    assert owed(installation, "update") == ["anna@example.com", "dora@example.com"]
    assert owe(MORNING) == 1


@pytest.mark.parametrize(("hours", "told_now"), [(4, 2), (30, 1)])
def test_work_before_the_digest_is_told_at_once(
    dora: None, installation: Installation, now: datetime, hours: int, told_now: int
) -> None:
    draft = MaintenanceDraft(
        title="Router swap", body="Short cuts.", starts_at=now + hours * HOUR, ends_at=now + (hours + 1) * HOUR,
        components=["api"], reason_text="It fails.", confirm=True,
    )  # fmt: skip
    with installation.database.write() as session:
        maintenance.schedule(session, draft, policy=installation.policy(now), author="Anna", now=now)
    assert len(owed(installation, "update")) == told_now


def test_digest_holds_only_what_was_chosen(
    dora: None, subscribe: Subscribe, open_incident: OpenIncident, owe: Owe, installation: Installation, now: datetime
) -> None:
    subscribe("eva@example.com", frequency="daily", components=["portal"], min_priority="P2")
    open_incident("API slow", priority=Priority.P3, api="degraded_performance")
    open_incident("Portal slow", priority=Priority.P3, portal="degraded_performance")
    open_incident("Portal down", priority=Priority.P2, portal="major_outage")
    assert owe(MORNING) == 2
    assert told(installation, "eva@example.com", now - HOUR, MORNING) == [("Portal down", 1)]


def test_what_tells_nobody_is_in_no_digest(
    dora: None, open_incident: OpenIncident, post_update: PostUpdate, owe: Owe, installation: Installation
) -> None:
    incident = open_incident(priority=Priority.P2)
    owe(MORNING)
    post_update(incident, at=30 * 60, notify=False)
    assert owe(MORNING + DAY) == 0


def test_changing_to_daily_repeats_nothing(
    dora: None, open_incident: OpenIncident, owe: Owe, installation: Installation, now: datetime
) -> None:
    open_incident(priority=Priority.P2)
    with installation.database.write() as session:
        anna = session.scalars(select(Subscriber).where(Subscriber.address == "anna@example.com")).one()
        daily = SubscriberDraft(frequency=Frequency.DAILY)
        subscribers.change_wishes(session, anna, daily, source="manage page", now=now + HOUR)
    owe(MORNING)
    assert owed(installation, "digest") == ["dora@example.com"]


def test_changing_to_each_drops_nothing(
    dora: None, open_incident: OpenIncident, owe: Owe, installation: Installation, now: datetime
) -> None:
    open_incident(priority=Priority.P2)
    with installation.database.write() as session:
        person = session.scalars(select(Subscriber).where(DAILY)).one()
        subscribers.change_wishes(session, person, SubscriberDraft(), source="manage page", now=now + HOUR)
    assert owed(installation, "digest") == ["dora@example.com"]
    assert told(installation, "dora@example.com", now - HOUR, now + HOUR) == [("Calls fail", 1)]
    assert owe(MORNING) == 0


def test_changing_to_each_repeats_nothing(
    dora: None, open_incident: OpenIncident, owe: Owe, installation: Installation, now: datetime
) -> None:
    open_incident(priority=Priority.P2)
    owe(MORNING)
    with installation.database.write() as session:
        person = session.scalars(select(Subscriber).where(DAILY)).one()
        subscribers.change_wishes(session, person, SubscriberDraft(), source="manage page", now=MORNING + HOUR)
    assert owed(installation, "digest") == ["dora@example.com"]


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        ("2026-03-28T07:00Z", "2026-03-28T07:00Z", "2026-03-29T06:00Z"),  # the clock goes forward in the night
        ("2026-03-29T05:59Z", "2026-03-28T07:00Z", "2026-03-29T06:00Z"),
        ("2026-10-25T06:59Z", "2026-10-24T06:00Z", "2026-10-25T07:00Z"),  # and back
        ("2026-10-25T07:00Z", "2026-10-25T07:00Z", "2026-10-26T07:00Z"),
    ],
)
def test_mornings_keep_the_local_hour(now: str, last: str, following: str) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    instant, before, after = (datetime.fromisoformat(text) for text in (now, last, following))
    assert last_morning(instant, zone) == before
    assert next_morning(instant, zone) == after


def test_each_day_has_one_digest_across_the_clock_change(
    dora: None, owe: Owe, open_incident: OpenIncident, post_update: PostUpdate, installation: Installation
) -> None:
    with installation.database.write() as session:
        load_page(session).timezone = "Europe/Amsterdam"
        for person in session.scalars(select(Subscriber)):
            person.confirmed_at = person.digested_at = datetime(2026, 10, 20, tzinfo=UTC)
    begun = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    open_incident(priority=Priority.P2, at=begun)
    hours = [owe(begun + n * HOUR) for n in range(48)]
    assert sum(hours) == 1
    assert hours.index(1) == 19  # 07:00 UTC: eight in Amsterdam on the 25th


def test_digest_arrives_with_all_that_was_posted(
    dora: None,
    open_incident: OpenIncident,
    post_update: PostUpdate,
    owe: Owe,
    installation: Installation,
    mail_server: MailServer,
) -> None:
    incident = open_incident("Calls <b>fail</b>", priority=Priority.P2, api="major_outage")
    post_update(incident, at=30, status="resolved", body="Calls work **again**.")
    owe(MORNING)
    deliver_mail(installation, lambda: MORNING)
    (mail,) = [mail for mail in mail_server.mails() if mail.recipient == "dora@example.com"]
    assert mail.message["Subject"] == "Daily digest: Calls <b>fail</b>"
    assert "In-Reply-To" not in mail.message
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for part in (mail.text, mail.html):
        assert part.rindex("We are looking for the cause.") < part.rindex("Calls work")
        assert f"/incidents/{incident.id}" in part
    assert "Calls work <strong>again</strong>" in mail.html
    assert "<b>fail" not in mail.html


def test_digest_nobody_wants_any_more_is_skipped(
    dora: None, open_incident: OpenIncident, owe: Owe, installation: Installation, mail_server: MailServer
) -> None:
    open_incident(priority=Priority.P2, api="major_outage")
    owe(MORNING)
    with installation.database.write() as session:
        person = session.scalars(select(Subscriber).where(DAILY)).one()
        wishes = SubscriberDraft(kinds=["maintenance"], frequency=Frequency.DAILY)
        subscribers.change_wishes(session, person, wishes, source="manage page", now=MORNING)
    deliver_mail(installation, lambda: MORNING)
    with installation.database.read() as session:
        assert session.scalars(select(Delivery.state).where(Delivery.kind == "digest")).all() == ["skipped"]
