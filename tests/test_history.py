"""Histories read for a stretch: from whatever instant, the days are those of all that was ever said."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from statuspage.changes import Installation
from statuspage.domain.intervals import Span
from statuspage.domain.periods import days_in, midnight
from statuspage.domain.uptime import day_bars
from statuspage.publishing.timelines import load_timelines
from tests.histories import BORN, COMPONENTS, NOW, add_history

ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize("seed", range(4))
def test_any_window_gives_the_same_days(installation: Installation, seed: int) -> None:
    with installation.database.write() as session:
        add_history(session, Random(seed))
    rules = installation.policy(NOW).availability
    dates = days_in(Span(BORN - timedelta(days=1), NOW), ZONE)
    with installation.database.read() as session:
        for internal in (False, True):
            whole = load_timelines(session, COMPONENTS, since=BORN - timedelta(days=2), until=NOW, internal=internal)
            for place in range(1, len(dates)):
                since = midnight(dates[place], ZONE)
                part = load_timelines(session, COMPONENTS, since=since, until=NOW, internal=internal)
                for key in COMPONENTS:
                    expected = day_bars(whole[key], dates, ZONE, NOW, rules)[place:]
                    assert day_bars(part[key], dates[place:], ZONE, NOW, rules) == expected
                    assert part[key].current == whole[key].current
