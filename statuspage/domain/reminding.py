"""When people are reminded of a window that was announced: so long before it starts, each length once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

LONGEST = timedelta(days=30)
_SHAPE = re.compile(r"([1-9][0-9]{0,4})(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def length_of(ahead: str) -> timedelta:
    """The length that a text means: "24h" is a day. Raises ValueError that shows the grammar."""
    found = _SHAPE.fullmatch(ahead)
    length = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta(0)
    if not timedelta(minutes=5) <= length <= LONGEST:
        raise ValueError(f"{ahead!r} is not a length such as 24h, 90m or 2d, from 5 minutes to 30 days")
    return length


def in_order(aheads: Iterable[str]) -> list[str]:
    """The lengths, longest first, each once however it is written. Raises ValueError."""
    return [ahead for _, ahead in sorted({length_of(each): each for each in aheads}.items(), reverse=True)]


def due_reminders(starts_at: datetime, announced_at: datetime, aheads: Iterable[str], now: datetime) -> list[str]:
    """The lengths whose time has come, longest first; none once the window has begun. What was announced later than
    a reminder would have gone needs none; of several that are due the last alone says something."""
    if now >= starts_at:
        return []
    times = [(ahead, starts_at - length_of(ahead)) for ahead in in_order(aheads)]
    return [ahead for ahead, at in times if announced_at < at <= now]
