"""Uptime over the API: exact seconds, days in the page's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from statuspage.changes import Installation
from statuspage.components import load_page
from statuspage.domain.vocabulary import Cause, ComponentStatus
from statuspage.models import Component, StatusChange
from tests.web.api_v1.conftest import Api, fields_of


def said(installation: Installation, *claims: tuple[str, ComponentStatus], zone: str = "UTC") -> None:
    """A component "api", known since 1 March 2026, whose base said these."""
    with installation.database.write() as session:
        start = datetime(2026, 3, 1, tzinfo=UTC)
        load_page(session).timezone = zone
        session.add(Component(id="c1", slug="api", name="API", created_at=start, updated_at=start))
        session.flush()
        for at, status in (("2026-03-01T00:00:00+00:00", ComponentStatus.OPERATIONAL), *claims):
            moment = datetime.fromisoformat(at)
            session.add(
                StatusChange(component_id="c1", at=moment, status=status, cause=Cause.OWN, recorded_at=moment)
            )


def test_outage_is_counted_to_the_second(reader: Api, installation: Installation) -> None:
    down, up = ComponentStatus.MAJOR_OUTAGE, ComponentStatus.OPERATIONAL
    said(installation, ("2026-03-10T23:59:59+00:00", down), ("2026-03-11T00:00:02+00:00", up))
    answer = reader.get("/uptime", component="api", **{"from": "2026-03-10", "to": "2026-03-12"})
    assert answer.status_code == 200
    first, second = answer.json["days"]
    assert first == {
        "date": "2026-03-10",
        "seconds_down": 1,
        "seconds_partial": 0,
        "seconds_degraded": 0,
        "seconds_maintenance": 0,
        "seconds_unknown": 0,
        "uptime": {"num": 86399, "den": 86400, "pct": "99.99"},
    }
    assert second["seconds_down"] == 2
    assert answer.json["uptime"] == {"num": 172797, "den": 172800, "pct": "99.99"}


def test_days_follow_the_pages_zone(reader: Api, installation: Installation) -> None:
    said(installation, zone="Europe/Amsterdam")
    days = reader.get("/uptime", component="api", **{"from": "2026-03-28", "to": "2026-03-31"}).json["days"]
    assert [day["uptime"]["den"] for day in days] == [24 * 3600, 23 * 3600, 24 * 3600]


def test_time_before_knowledge_is_unknown(reader: Api, installation: Installation) -> None:
    said(installation)
    answer = reader.get("/uptime", component="api", **{"from": "2026-02-27", "to": "2026-03-02"}).json
    assert [day["seconds_unknown"] for day in answer["days"]] == [86400, 86400, 0]
    assert answer["days"][0]["uptime"] == {"num": 0, "den": 0, "pct": None}
    assert answer["uptime"]["pct"] == "100.00"
    assert answer["unknown_seconds"] == 2 * 86400


def test_ninety_days_are_the_default(reader: Api, installation: Installation) -> None:
    said(installation)
    days = reader.get("/uptime", component="api").json["days"]
    assert len(days) == 90
    assert days[-1]["date"] == datetime.now(UTC).date().isoformat()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "component"),
        ({"component": "nothing"}, "component"),
        ({"component": "api", "from": "yesterday"}, "from"),
        ({"component": "api", "from": "1700000000"}, "from"),
        ({"component": "api", "from": "2026-02-30"}, "from"),
        ({"component": "api", "from": "2026-03-02", "to": "2026-03-02"}, "to"),
        ({"component": "api", "from": "1980-01-01", "to": "2026-03-02"}, "from"),
        ({"component": "api", "from": "0001-01-01"}, "from"),
        ({"component": "api", "to": "9999-12-31"}, "to"),
        ({"component": "api", "days": "5"}, "days"),
    ],
)
def test_bad_query_names_the_parameter(
    reader: Api, installation: Installation, query: dict[str, str], field: str
) -> None:
    said(installation)
    answer = reader.get("/uptime", **query)
    assert answer.status_code == 422
    assert fields_of(answer) == [field]


def test_bars_agree_with_a_plain_count(reader: Api, installation: Installation) -> None:
    down, up = ComponentStatus.MAJOR_OUTAGE, ComponentStatus.OPERATIONAL
    start = datetime(2026, 3, 5, 20, tzinfo=UTC)
    said(installation, (start.isoformat(), down), ((start + timedelta(hours=40)).isoformat(), up))
    answer = reader.get("/uptime", component="api", **{"from": "2026-03-01", "to": "2026-03-10"}).json
    by_day = {date.fromisoformat(day["date"]): day["seconds_down"] for day in answer["days"]}
    assert sum(by_day.values()) == 40 * 3600
    assert by_day[date(2026, 3, 6)] == 86400
