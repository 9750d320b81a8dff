"""Findings wait for the database, bounded in number and age."""

from __future__ import annotations

from datetime import datetime, timedelta

from statuspage.domain.health import Outcome, Result
from statuspage.monitoring.judging import Measured
from statuspage.monitoring.tray import KEPT_FOR, Tray


def finding(at: datetime, outcome: Outcome = Outcome.UP) -> Measured:
    return Measured("m", Result(at, outcome))


def test_put_back_comes_first_again(now: datetime) -> None:
    tray = Tray()
    first, second = finding(now), finding(now + timedelta(seconds=1))
    tray.put(first)
    taken = tray.take(10, now)
    tray.put(second)
    tray.put_back(taken)
    assert tray.take(10, now) == [first, second]


def test_full_tray_drops_the_oldest(now: datetime) -> None:
    tray = Tray(most=2)
    kept = [finding(now + timedelta(seconds=n)) for n in range(3)]
    for each in kept:
        tray.put(each)
    assert (tray.take(10, now), tray.dropped) == (kept[1:], 1)


def test_old_findings_are_dropped(now: datetime) -> None:
    tray = Tray()
    tray.put(finding(now))
    tray.put(finding(now + KEPT_FOR))
    assert len(tray.take(10, now + KEPT_FOR + timedelta(seconds=1))) == 1
    assert tray.dropped == 1


def test_failure_does_not_wait(now: datetime) -> None:
    tray = Tray()
    tray.put(finding(now))
    assert not tray.news.is_set()
    tray.put(finding(now, Outcome.DOWN))
    assert tray.news.is_set()
