"""Databases of Cachet and Uptime Kuma: told in our words, as often as one likes, to nobody by mail."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage.components import load_components
from statuspage.errors import Refused
from statuspage.importing.cachet import read_cachet
from statuspage.importing.databases import Found
from statuspage.importing.statuspage import import_history
from statuspage.importing.uptime_kuma import read_uptime_kuma
from statuspage.incidents import load_incidents
from statuspage.maintenance import load_maintenances
from statuspage.models import ComponentGroup, Delivery, StatusChange

UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
COMMON = """
CREATE TABLE component_groups (id INTEGER PRIMARY KEY, name TEXT, "order" INTEGER, created_at TEXT, updated_at TEXT);
INSERT INTO component_groups VALUES (1, 'Voice', 1, '2024-01-01 00:00:00', '2024-01-01 00:00:00');
CREATE TABLE settings (id INTEGER PRIMARY KEY, name TEXT, value TEXT);
INSERT INTO settings VALUES (1, 'app_name', 'Example Status');
CREATE TABLE schedule_components (schedule_id INTEGER, component_id INTEGER, component_status INTEGER);
INSERT INTO schedule_components VALUES (1, 1, 3);
"""
SECOND = (
    COMMON
    + """
CREATE TABLE components (id INTEGER PRIMARY KEY, name TEXT, description TEXT, link TEXT, status INTEGER,
  "order" INTEGER, group_id INTEGER, enabled INTEGER, created_at TEXT, updated_at TEXT, deleted_at TEXT);
INSERT INTO components VALUES
  (1, 'SIP', 'Trunks', '', 1, 1, 1, 1, '2024-01-01 00:00:00', '2024-01-01 00:00:00', NULL);
INSERT INTO components VALUES
  (2, 'Old', '', '', 1, 2, 0, 1, '2024-01-01 00:00:00', '2024-01-01 00:00:00', '2024-02-01');
CREATE TABLE incidents (id INTEGER PRIMARY KEY, component_id INTEGER, name TEXT, status INTEGER, visible INTEGER,
  message TEXT, occurred_at TEXT, created_at TEXT, updated_at TEXT, deleted_at TEXT);
INSERT INTO incidents VALUES (1, 1, 'Calls fail', 4, 1, 'We **look**.', '2024-05-01 10:00:00',
  '2024-05-01 10:05:00', '2024-05-01 11:00:00', NULL);
INSERT INTO incidents VALUES (2, 0, 'For us alone', 1, 0, 'Hush.', NULL, '2024-05-02 10:00:00', '2024-05-02', NULL);
CREATE TABLE incident_components (id INTEGER PRIMARY KEY, incident_id INTEGER, component_id INTEGER, status INTEGER);
INSERT INTO incident_components VALUES (1, 1, 1, 4);
CREATE TABLE incident_updates (id INTEGER PRIMARY KEY, incident_id INTEGER, status INTEGER, message TEXT,
  created_at TEXT, updated_at TEXT);
INSERT INTO incident_updates VALUES (7, 1, 4, 'Over.', '2024-05-01 11:00:00', '2024-05-01 11:00:00');
CREATE TABLE schedules (id INTEGER PRIMARY KEY, name TEXT, message TEXT, status INTEGER, scheduled_at TEXT,
  completed_at TEXT, created_at TEXT, updated_at TEXT, deleted_at TEXT);
INSERT INTO schedules VALUES (1, 'New routers', 'We swap.', 2, '2024-06-01 01:00:00', '2024-06-01 03:00:00',
  '2024-05-20 00:00:00', '2024-06-01 03:00:00', NULL);
INSERT INTO schedules VALUES
  (2, 'Some day', 'No end.', 0, '2027-06-01 01:00:00', NULL, '2024-05-20', '2024-05-20', NULL);
"""
)
THIRD = (
    COMMON
    + """
CREATE TABLE components (id INTEGER PRIMARY KEY, name TEXT, description TEXT, status INTEGER, "order" INTEGER,
  component_group_id INTEGER, created_at TEXT, updated_at TEXT, deleted_at TEXT);
INSERT INTO components VALUES (1, 'SIP', 'Trunks', 1, 1, 1, '2024-01-01 00:00:00', '2024-01-01 00:00:00', NULL);
CREATE TABLE incidents (id INTEGER PRIMARY KEY, guid TEXT, name TEXT, status INTEGER, visible INTEGER, message TEXT,
  occurred_at TEXT, created_at TEXT, updated_at TEXT, deleted_at TEXT);
INSERT INTO incidents VALUES (1, 'x', 'Calls fail', 4, 1, 'We **look**.', '2024-05-01 10:00:00',
  '2024-05-01 10:05:00', '2024-05-01 11:00:00', NULL);
INSERT INTO incidents VALUES (2, 'y', 'For us alone', 1, 2, 'Hush.', NULL, '2024-05-02 10:00:00', '2024-05-02', NULL);
CREATE TABLE incident_components (incident_id INTEGER, component_id INTEGER, component_status INTEGER);
INSERT INTO incident_components VALUES (1, 1, 4);
CREATE TABLE updates (id INTEGER PRIMARY KEY, updateable_type TEXT, updateable_id INTEGER, status INTEGER,
  message TEXT, created_at TEXT, updated_at TEXT);
INSERT INTO updates VALUES (7, 'incident', 1, 4, 'Over.', '2024-05-01 11:00:00', '2024-05-01 11:00:00');
INSERT INTO updates VALUES (8, 'schedule', 1, NULL, 'Half way.', '2024-06-01 02:00:00', '2024-06-01 02:00:00');
CREATE TABLE schedules (id INTEGER PRIMARY KEY, name TEXT, message TEXT, scheduled_at TEXT, completed_at TEXT,
  created_at TEXT, updated_at TEXT, deleted_at TEXT);
INSERT INTO schedules VALUES (1, 'New routers', 'We swap.', '2024-06-01 01:00:00', '2024-06-01 03:00:00',
  '2024-05-20 00:00:00', '2024-06-01 03:00:00', NULL);
INSERT INTO schedules VALUES
  (2, 'Some day', 'No end.', '2027-06-01 01:00:00', NULL, '2024-05-20', '2024-05-20', NULL);
"""
)
KUMA = """
CREATE TABLE monitor (id INTEGER PRIMARY KEY, name TEXT, active INTEGER, interval INTEGER, url TEXT, type TEXT,
  weight INTEGER, created_date TEXT, parent INTEGER, description TEXT, basic_auth_pass TEXT);
INSERT INTO monitor VALUES (1, 'Europe', 1, 60, NULL, 'group', 10, '2024-01-01 00:00:00', NULL, NULL, NULL);
INSERT INTO monitor VALUES
  (2, 'API', 1, 60, 'https://api.example', 'http', 20, '2024-01-01 00:00:00', 1, 'Calls', 'x');
CREATE TABLE heartbeat (id INTEGER PRIMARY KEY, important INTEGER, monitor_id INTEGER, status INTEGER, msg TEXT,
  time TEXT, ping INTEGER, duration INTEGER, down_count INTEGER);
INSERT INTO heartbeat VALUES (1, 1, 2, 1, '', '2024-05-01 10:00:00.120', 10, 0, 0);
INSERT INTO heartbeat VALUES (2, 0, 2, 1, '', '2024-05-01 10:01:00.120', 10, 60, 0);
INSERT INTO heartbeat VALUES (3, 0, 2, 2, 'again', '2024-05-01 10:02:00.120', NULL, 60, 0);
INSERT INTO heartbeat VALUES (4, 1, 2, 0, 'down', '2024-05-01 10:03:00', NULL, 60, 1);
INSERT INTO heartbeat VALUES (5, 1, 2, 1, '', '2024-05-01 10:13:00', 12, 60, 0);
CREATE TABLE maintenance (id INTEGER PRIMARY KEY, title TEXT, description TEXT, active INTEGER, strategy TEXT,
  start_date TEXT, end_date TEXT, timezone TEXT);
INSERT INTO maintenance VALUES (1, 'Upgrade', 'We upgrade.', 1, 'single', '2024-06-01 02:00:00',
  '2024-06-01 03:00:00', 'Europe/Amsterdam');
INSERT INTO maintenance VALUES (2, 'Each week', 'x', 1, 'recurring-weekday', '2024-06-01', '2025-06-01', 'UTC');
CREATE TABLE monitor_maintenance (id INTEGER PRIMARY KEY, monitor_id INTEGER, maintenance_id INTEGER);
INSERT INTO monitor_maintenance VALUES (1, 2, 1);
CREATE TABLE incident (id INTEGER PRIMARY KEY, title TEXT, content TEXT, style TEXT, created_date TEXT,
  last_updated_date TEXT, pin INTEGER, active INTEGER, status_page_id INTEGER);
INSERT INTO incident VALUES
  (1, 'Slow today', 'We *look*.', 'danger', '2024-05-01 10:05:00', '2024-05-01 12:00:00', 0, 1, 1);
CREATE TABLE status_page (id INTEGER PRIMARY KEY, slug TEXT, title TEXT);
INSERT INTO status_page VALUES (1, 'main', 'Example Status');
"""


def database(folder: Path, script: str) -> str:
    with closing(sqlite3.connect(folder / "other.db")) as connection:
        connection.executescript(script)
    return str(folder / "other.db")


def imported_twice(session: Session, found: Found) -> dict[str, dict[str, int]]:
    """Import it, see that the second time changes nothing and that nobody is mailed; what the first one did."""
    report = import_history(session, found.data, now=NOW)
    again = import_history(session, found.data, now=NOW)
    assert not again.wrote, again.as_dict()
    assert session.scalar(select(func.count()).select_from(Delivery)) == 0
    return report.as_dict()


@pytest.mark.parametrize(("script", "updates"), [(SECOND, 3), (THIRD, 4)], ids=["2.x", "3.x"])
def test_cachet_keeps_what_guests_saw(session: Session, tmp_path: Path, script: str, updates: int) -> None:
    found = read_cachet(database(tmp_path, script), zone=UTC_ZONE, now=NOW)
    report = imported_twice(session, found)
    assert (report["incidents"]["created"], report["maintenances"]["created"]) == (1, 1)
    assert report["updates"]["created"] == updates
    (incident,) = load_incidents(session)
    assert (incident.title, incident.status, incident.impact) == ("Calls fail", "resolved", "major")
    assert incident.started_at == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert incident.resolved_at == datetime(2024, 5, 1, 11, tzinfo=UTC)
    assert "<strong>look</strong>" in incident.updates[0].body
    (work,) = load_maintenances(session)
    assert (work.status, [each.name for each in work.components]) == ("completed", ["SIP"])
    (component,) = load_components(session)
    group = session.get(ComponentGroup, component.group_id)
    assert (component.slug, group.name if group else "") == ("sip", "Voice")
    said = [(row.status.value, row.at.hour) for row in of_incident(session, incident.id)]
    assert said == [("major_outage", 10), ("operational", 11)]
    assert found.left_out["schedules that were deleted or have no end"] == 1
    assert found.left_out["incidents that were deleted or hidden"] == 1


def of_incident(session: Session, incident_id: str) -> Any:
    rows = select(StatusChange).where(StatusChange.incident_id == incident_id).order_by(StatusChange.at)
    return session.scalars(rows).all()


def test_kuma_heartbeats_become_intervals(session: Session, tmp_path: Path) -> None:
    found = read_uptime_kuma(database(tmp_path, KUMA), zone=UTC_ZONE, now=NOW)
    report = imported_twice(session, found)
    assert (report["components"]["created"], report["changes"]["created"]) == (1, 3)
    (component,) = load_components(session)
    assert (component.name, component.description) == ("API", "Calls")
    rows = session.scalars(select(StatusChange).order_by(StatusChange.at)).all()
    assert [row.status.value for row in rows] == ["operational", "major_outage", "operational"]
    assert (rows[2].at - rows[1].at).total_seconds() == 600
    (work,) = load_maintenances(session)
    assert work.starts_at == datetime(2024, 6, 1, 0, tzinfo=UTC)
    (incident,) = load_incidents(session)
    assert (incident.impact, incident.status) == ("major", "resolved")
    assert found.left_out == {"maintenance that repeats, is off or has no end": 1}


@pytest.mark.parametrize("content", [b"", b"-- MySQL dump", b"SQLite format 3\x00 but not really"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(Refused, match=r"no SQLite database|no database of Cachet"):
        read_cachet(str(tmp_path / "file"), zone=UTC_ZONE, now=NOW)
