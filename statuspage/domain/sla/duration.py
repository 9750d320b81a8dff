"""Lengths of time as a policy writes them: the one grammar of durations, and their text for people.

15m and 4h are elapsed; 14d is calendar days at the same wall time; 120bm and 4bh run only inside business
hours; 5bd is business days at the same wall time. What a length means on a clock is worktime's matter.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast

Unit = Literal["m", "h", "d", "bm", "bh", "bd"]

_SHAPE = re.compile(r"(\d{1,7})(bm|bh|bd|m|h|d)", re.ASCII)
_MINUTES: dict[str, int] = {"m": 1, "h": 60, "bm": 1, "bh": 60}
_WORDS: dict[str, str] = {
    "m": "minute",
    "h": "hour",
    "d": "day",
    "bm": "business minute",
    "bh": "business hour",
    "bd": "business day",
}


@dataclass(frozen=True)
class Duration:
    """A whole number of one unit; str() gives it back as written."""

    amount: int
    unit: Unit

    @property
    def is_business(self) -> bool:
        """Whether only business hours or days count."""
        return self.unit.startswith("b")

    @property
    def counts_days(self) -> bool:
        """Whether it ends at the same wall time on another date."""
        return self.unit in ("d", "bd")

    @property
    def length(self) -> timedelta:
        """The time to count off. Raises ValueError for days, which have no fixed length."""
        if self.counts_days:
            raise ValueError(f"{self} has no fixed length")
        return timedelta(minutes=self.amount * _MINUTES[self.unit])

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


def parse_duration(text: str) -> Duration:
    """Read "15m", "4h", "14d", "120bm", "4bh" or "5bd"; raises ValueError that shows the grammar."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration: expected a number and one of m, h, d, bm, bh, bd (14d)")
    return Duration(int(match[1]), cast(Unit, match[2]))


def rounded(duration: Duration) -> Duration:
    """The same length in the larger unit where it is whole hours: 120m is 2h."""
    if duration.unit in ("m", "bm") and duration.amount >= 60 and duration.amount % 60 == 0:
        return Duration(duration.amount // 60, cast(Unit, duration.unit.replace("m", "h")))
    return duration


def describe_duration(duration: str | Duration) -> str:
    """English words: "14d" is "14 days", "120m" is "2 hours", "5bd" is "5 business days"."""
    value = rounded(parse_duration(duration) if isinstance(duration, str) else duration)
    return f"{value.amount} {_WORDS[value.unit]}{'' if value.amount == 1 else 's'}"
