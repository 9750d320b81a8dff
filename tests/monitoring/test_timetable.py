"""Turns spread over the interval, kept without drift, never made up for."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from statuspage.monitoring.timetable import Timetable


def turns(timetable: Timetable, until: float, step: float = 0.01, now: float = 0.0) -> list[tuple[float, str, float]]:
    """(when taken, whose, when due), looking every `step` seconds."""
    taken = []
    while now < until:
        while turn := timetable.take(now):
            taken.append((now, *turn))
        now += step
    return taken


def test_new_monitor_has_its_turn_soon() -> None:
    timetable = Timetable()
    timetable.replace({"one": 3600.0}, 0.0)
    assert [whose for _, whose, _ in turns(timetable, 3.0)] == ["one"]


def test_thousands_spread_over_the_interval() -> None:
    timetable = Timetable()
    timetable.replace({f"m{n}": 60.0 for n in range(3000)}, 0.0)
    later = [due for _, _, due in turns(timetable, 250.0, 0.5) if 120.0 <= due < 240.0]
    per_second = Counter(int(due) for due in later)
    assert len(later) == 6000
    assert max(per_second.values()) < 100
    assert min(per_second.values()) > 20


def test_turns_keep_their_distance() -> None:
    timetable = Timetable()
    timetable.replace({f"m{n}": 10.0 for n in range(50)}, 0.0)
    dues: dict[str, list[float]] = {}
    for _, whose, due in turns(timetable, 100.0):
        dues.setdefault(whose, []).append(due)
    for times in dues.values():
        gaps = [after - before for before, after in pairwise(times)]
        assert 5.0 <= gaps[0] <= 15.0
        assert all(abs(gap - 10.0) < 1e-6 for gap in gaps[1:])


def test_missed_turns_are_not_made_up_for() -> None:
    timetable = Timetable()
    timetable.replace({"one": 10.0}, 0.0)
    turns(timetable, 30.0)
    assert len(turns(timetable, 504.0, now=500.0)) == 1


def test_change_of_one_leaves_others_alone() -> None:
    timetable = Timetable()
    timetable.replace({"one": 10.0, "two": 10.0}, 0.0)
    turns(timetable, 21.0)
    before = timetable.next_at()
    timetable.replace({"one": 10.0, "two": 10.0, "three": 60.0}, 21.0)
    timetable.replace({"one": 10.0, "two": 10.0}, 21.0)
    assert timetable.next_at() == before
    timetable.replace({}, 21.0)
    assert timetable.next_at() is None
    assert timetable.take(1000.0) is None
