"""Days that are over are written down; whatever is said of them later, figures are those of all that was said."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from statuspage.changes import Installation
from statuspage.domain.intervals import Span
from statuspage.domain.periods import days_in, midnight
from statuspage.domain.timeline import Timeline, microseconds, timeline
from statuspage.domain.uptime import bars_of
from statuspage.domain.vocabulary import ComponentStatus, MaintenanceKind
from statuspage.history import load_claims
from statuspage.measurement import settle_days
from statuspage.models import Component, Correction, Incident, Maintenance, SettledQuarter, StatusChange
from statuspage.publishing.timelines import load_timelines
from statuspage.settled import is_anything_due, settle_due, unsettle
from tests.histories import BORN, COMPONENTS, NOW, STAMPS, add_history, insert_words, instants

ZONES = ("Europe/Amsterdam", "America/St_Johns", "Pacific/Auckland")
STEPS = 10
NO_EVENTS = (
    select(StatusChange.id)
    .where(StatusChange.incident_id.is_(None), StatusChange.maintenance_id.is_(None))
    .order_by(StatusChange.id)
)
"""Words of components' bases and monitors: events let go when they end, and must have said so."""


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_said_figures_are_whole(installation: Installation, seed: int) -> None:
    chance = Random(seed)
    with installation.database.write() as session:
        add_history(session, chance)
    for change in [lambda session, chance: None, *chance.choices(CHANGES, k=STEPS)]:
        with installation.database.write() as session:
            change(session, chance)
        check(installation, chance)
        if chance.random() < 0.7:
            settle(installation, BORN + timedelta(days=chance.choice([3, 6, 9]), hours=chance.randrange(24)))
            check(installation, chance)


def settle(installation: Installation, now: datetime) -> None:
    made = 1
    while made:
        with installation.database.write() as session:
            made = settle_due(session, now)


def check(installation: Installation, chance: Random) -> None:
    """What is read is what was said, whatever the window and the zone of the page."""
    rules = installation.policy(NOW).availability
    zone = ZoneInfo(chance.choice(ZONES))
    dates = days_in(Span(BORN - timedelta(days=1), NOW), zone)
    with installation.database.read() as session:
        keys = list(session.scalars(select(Component.id)))
        said = load_claims(session, keys, since=midnight(dates[0], zone), until=NOW)
        for place in (0, chance.randrange(1, len(dates))):
            since = midnight(dates[place], zone)
            read = load_timelines(session, keys, since=since, until=NOW)
            for key in keys:
                whole = timeline(said[key], NOW)
                expected = bars_of(whole, dates[place:], zone, NOW, rules)
                assert bars_of(read[key], dates[place:], zone, NOW, rules) == expected
                assert stretches(read[key], since) == stretches(whole, since)
                assert read[key].current == whole.current


def stretches(history: Timeline, since: datetime) -> list[object]:
    """The stretches that begin after an instant."""
    return [each for each in zip(history.starts, history.states, strict=True) if each[0] > microseconds(since)]


def say_late(session: Session, chance: Random) -> None:
    word = (instants(chance, 1)[0], chance.choice(list(ComponentStatus)))
    insert_words(session, chance.choice(COMPONENTS), [word])


def strike(session: Session, chance: Random) -> None:
    keys = session.scalars(NO_EVENTS).all()
    session.execute(delete(StatusChange).where(StatusChange.id.in_(chance.sample(keys, 3))))


def shift(session: Session, chance: Random) -> None:
    key = chance.choice(session.scalars(NO_EVENTS).all())
    session.execute(update(StatusChange).where(StatusChange.id == key).values(at=instants(chance, 1)[0]))


def correct(session: Session, chance: Random) -> None:
    starts, ends = instants(chance, 2)
    said = {"status": chance.choice(list(ComponentStatus)), "reason": "r", "author": "mary", "recorded_at": NOW}
    row = {"component_id": chance.choice(COMPONENTS), "starts_at": starts, "ends_at": ends, **said}
    session.execute(insert(Correction), [row])


def withdraw(session: Session, chance: Random) -> None:
    key = chance.choice(session.scalars(select(Correction.id)).all())
    session.execute(update(Correction).where(Correction.id == key).values(withdrawn_at=NOW))


def tell(session: Session, chance: Random) -> None:
    """An internal incident becomes public, or a public one is withdrawn."""
    row = session.get_one(Incident, f"i{chance.randrange(5)}")
    row.public_at = None if row.public_at else NOW


def reclass(session: Session, chance: Random) -> None:
    row = session.get_one(Maintenance, f"w{chance.randrange(5)}")
    row.kind = chance.choice(list(MaintenanceKind))
    row.starts_at, row.ends_at = instants(chance, 2)


def add_component(session: Session, chance: Random) -> None:
    key = f"n{chance.randrange(10**9)}"
    session.execute(insert(Component), [{"id": key, "slug": key, "name": key, **STAMPS}])
    insert_words(session, key, [(at, chance.choice(list(ComponentStatus))) for at in instants(chance, 2)])


def erase(session: Session, chance: Random) -> None:
    """Somebody deletes a component at the database's own prompt, if one was added."""
    key = session.scalar(select(func.max(Component.id)).where(Component.id.startswith("n")))
    session.execute(delete(StatusChange).where(StatusChange.component_id == key))
    session.execute(delete(Component).where(Component.id == key))


def forget(session: Session, chance: Random) -> None:
    unsettle(session)


CHANGES: list[Callable[[Session, Random], None]] = [
    *(say_late, strike, shift, correct, withdraw, tell, reclass, add_component, erase, forget)
]


@pytest.fixture
def settled_page(installation: Installation) -> Installation:
    """With a random history, settled up to the last midnight."""
    with installation.database.write() as session:
        add_history(session, Random(7))
    settle_days(installation, NOW)
    return installation


def marks(installation: Installation) -> dict[str, datetime | None]:
    with installation.database.read() as session:
        return {row.id: row.settled_until for row in session.scalars(select(Component))}


def test_worker_settles_up_to_midnight(settled_page: Installation) -> None:
    assert set(marks(settled_page).values()) == {datetime(2026, 10, 29, tzinfo=UTC)}
    with settled_page.database.read() as session:
        assert not is_anything_due(session, NOW)
        assert is_anything_due(session, NOW + timedelta(days=1))
        assert session.scalar(select(func.count()).select_from(SettledQuarter)) == len(COMPONENTS)


def test_new_words_leave_the_past_settled(settled_page: Installation) -> None:
    before = marks(settled_page)
    with settled_page.database.write() as session:
        insert_words(session, "a", [(NOW, ComponentStatus.MAJOR_OUTAGE)])
    assert marks(settled_page) == before


def test_late_words_unsettle_their_component_alone(settled_page: Installation) -> None:
    late = BORN + timedelta(days=2)
    with settled_page.database.write() as session:
        insert_words(session, "a", [(late, ComponentStatus.MAJOR_OUTAGE)])
        before = session.scalar(select(Component.settled_until).where(Component.id == "b"))
    assert marks(settled_page) | {"a": late} == marks(settled_page)
    assert marks(settled_page)["b"] == before


def test_what_is_rolled_back_unsettles_nothing(settled_page: Installation) -> None:
    before = marks(settled_page)
    with pytest.raises(ZeroDivisionError), settled_page.database.write() as session:
        insert_words(session, "a", [(BORN, ComponentStatus.MAJOR_OUTAGE)])
        raise ZeroDivisionError
    assert marks(settled_page) == before


def test_who_speaks_meanwhile_is_heard(settled_page: Installation) -> None:
    """A word of the day that is being settled, committed while it is: the mark does not stay above it."""
    tomorrow = NOW + timedelta(days=1)
    late = NOW + timedelta(minutes=5)
    spoken = threading.Event()

    def speak() -> None:
        with settled_page.database.write() as session:
            insert_words(session, "a", [(late, ComponentStatus.MAJOR_OUTAGE)])
        spoken.set()

    with settled_page.database.write() as session:
        settle_due(session, tomorrow)
        speaker = threading.Thread(target=speak)
        speaker.start()
        assert not spoken.wait(0.3)
    speaker.join(30)
    assert marks(settled_page)["a"] == late
    with settled_page.database.read() as session:
        read = load_timelines(session, ["a"], since=BORN, until=tomorrow)["a"]
    assert microseconds(late) in read.starts
