"""When a daily digest is due: at eight in the morning of the page's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DIGEST_AT = time(8)


def last_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """The latest instant at which a digest was due, `now` itself among them; in UTC."""
    today = now.astimezone(zone).date()
    morning = _morning_of(today, zone)
    return morning if morning <= now else _morning_of(today - timedelta(days=1), zone)


def next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """The first instant after `now` at which a digest is due; in UTC."""
    today = now.astimezone(zone).date()
    morning = _morning_of(today, zone)
    return morning if morning > now else _morning_of(today + timedelta(days=1), zone)


def _morning_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, DIGEST_AT, tzinfo=zone).astimezone(UTC)
