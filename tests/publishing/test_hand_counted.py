"""Figures of 24 hours to 12 months, in the page's files, against a plain count over the intervals by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from statuspage.changes import Installation
from statuspage.components import load_page
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import Component, StatusChange

UP, DOWN, DARK = ComponentStatus.OPERATIONAL, ComponentStatus.MAJOR_OUTAGE, ComponentStatus.UNKNOWN
NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)
SAID = (
    ("2025-12-01T00:00:00+01:00", UP),
    ("2026-03-29T01:30:00+01:00", DOWN),  # half an hour later the clocks go forward
    ("2026-03-29T03:30:00+02:00", UP),
    ("2026-10-25T01:00:00+02:00", DARK),  # two hours, one of which there is twice
    ("2026-10-25T02:30:00+01:00", DOWN),
    ("2026-10-25T03:00:00+01:00", UP),
    ("2026-11-12T10:00:00+00:00", DOWN),
    ("2026-11-12T11:00:07+00:00", UP),
    ("2026-11-16T08:00:00+00:00", DARK),
    ("2026-11-16T09:00:00+00:00", UP),
    ("2026-11-16T09:30:00+00:00", DOWN),
    ("2026-11-16T09:36:00+00:00", UP),
)


def test_files_say_what_is_counted_by_hand(installation: Installation) -> None:
    began = datetime.fromisoformat(SAID[0][0])
    with installation.database.write() as session:
        load_page(session).timezone = "Europe/Amsterdam"
        session.add(Component(id="c1", slug="api", name="API", created_at=began, updated_at=began))
        session.flush()
        for at, status in SAID:
            moment = datetime.fromisoformat(at)
            session.add(StatusChange(component_id="c1", at=moment, status=status, recorded_at=moment))
    installation.publisher.publish(NOW, everything=True)
    folder = installation.settings.public_folder
    (api,) = json.loads((folder / "uptime.json").read_text())["components"]

    assert api["periods"] == {
        "24h": percent(timedelta(days=1)),
        "7d": percent(timedelta(days=7)),
        "30d": percent(timedelta(days=30)),
        "90d": percent(timedelta(days=90)),
        "12mo": percent(NOW - datetime(2025, 11, 16, 10, tzinfo=UTC)),
    }
    days = {each["date"]: each for each in api["days"]}
    assert days["2026-10-25"]["seconds_unknown"] == 2.5 * 3600
    assert days["2026-10-25"]["seconds_down"] == 1800
    assert days["2026-10-25"]["uptime"] == {"num": 22 * 3600, "den": 22.5 * 3600, "pct": "97.77"}
    assert days["2026-11-12"]["seconds_down"] == 3607
    assert sum(day.get("seconds_down", 0) for day in api["days"]) == 1800 + 3607 + 360
    page = (folder / "components/api.html").read_text()
    for pct in api["periods"].values():
        assert f"{pct}%" in page


def percent(length: timedelta) -> str:
    """Seconds not down out of seconds known, one second after the other in effect, floored to hundredths."""
    begins = NOW - length
    down = known = timedelta()
    ends = [datetime.fromisoformat(at) for at, _ in SAID[1:]] + [NOW]
    for (at, status), end in zip(SAID, ends, strict=True):
        start = max(datetime.fromisoformat(at).astimezone(UTC), begins)
        stretch = max(end.astimezone(UTC) - start, timedelta())
        known += stretch if status is not DARK else timedelta()
        down += stretch if status is DOWN else timedelta()
    hundredths = (known - down) * 10_000 // known
    return f"{hundredths // 100}.{hundredths % 100:02}"
