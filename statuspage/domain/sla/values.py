"""The values that stand in a policy file: texts, lengths, percentages, times and lists of words, each with what is
wrong with it said in a sentence."""

import re
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import holidays as holiday_calendars
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator

from statuspage.domain.sla.duration import Duration, parse_duration
from statuspage.domain.vocabulary import Cause, MaintenanceKind

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _day(value: Any) -> Any:
    """A date of TOML, or one as text; a bare number is no date (it would be read as seconds since 1970)."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError(f"{value!r} is not a date, such as 2026-01-01")
    if not isinstance(value, date | str) or isinstance(value, datetime):
        raise ValueError(f"{value!r} is not a date, such as 2026-01-01")
    return value


def _link(value: str) -> str:
    if not value.startswith(("https://", "http://", "mailto:")):
        raise ValueError(f"{value!r} does not begin with https://, http:// or mailto:")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is not a number")
    return value


def _share(value: Any) -> int | Decimal:
    """Percent of a fee, from nothing to all of it; whole numbers stay such."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100:
        return value
    try:
        share = Decimal(str(value)) if isinstance(value, int | float | str | Decimal) else None
    except InvalidOperation:
        share = None
    if share is None or isinstance(value, bool) or not share.is_finite() or not 0 <= share <= 100:
        raise ValueError(f"{value!r} is not a percentage from 0 to 100")
    return share


def _duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is not a duration: write it as text, such as "14d"')
    return parse_duration(value)


def _percent(value: Any) -> Decimal:
    try:
        percent = Decimal(str(value)) if not isinstance(value, bool) else None
    except InvalidOperation:
        percent = None
    if percent is None or not percent.is_finite():
        raise ValueError(f"{value!r} is not a percentage")
    if not 0 < percent <= 100:
        raise ValueError(f"{value} is not a percentage above 0 and up to 100")
    return percent


def _zone(name: Any) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, TypeError, OSError):
        raise ValueError(f"{name!r} is not a time zone of the IANA list, such as Europe/Amsterdam") from None


def wall_time(value: Any) -> time:
    if isinstance(value, time):
        return value
    try:
        return time(0) if value == "24:00" else time.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f'{value!r} is not a time of day, such as "09:00"') from None


def _opening_time(value: Any) -> time:
    if value == "24:00":
        raise ValueError('the day opens at "00:00"')
    return wall_time(value)


def _closing_time(value: time) -> str:
    """A closing at midnight is the end of the day."""
    return f"{value:%H:%M}" if value != time(0) else "24:00"


def _total(value: Any) -> Duration | None:
    if value is None or value == "calendar":
        return None
    total = _duration(value)
    if total.is_business or total.counts_days or not total.amount:
        raise ValueError(f'{value!r} is neither "calendar" nor an elapsed length, such as "43200m"')
    return total


def _exemption(value: Any) -> Cause | MaintenanceKind:
    for words in (Cause, MaintenanceKind):
        if value in [word.value for word in words]:
            return words(value)
    known = ", ".join([*Cause, *MaintenanceKind])
    raise ValueError(f"{value!r} is neither a cause nor a class of maintenance: expected one of {known}")


def unset_word(value: Any) -> Any:
    return None if value in ("", "none", "exact") else value


@lru_cache(maxsize=64)
def _holiday_code(code: str) -> str:
    country, _, region = code.partition("-")
    try:
        holiday_calendars.country_holidays(country, subdiv=region or None)
    except (NotImplementedError, KeyError):
        raise ValueError(f"{code!r} is not a holiday calendar: expected a country or region, such as NL") from None
    return code


def _holidays(code: Any) -> str:
    if not isinstance(code, str):
        raise ValueError(f"{code!r} is not a holiday calendar")
    return _holiday_code(code) if code else ""


def distinct(values: Any) -> Any:
    if isinstance(values, list | tuple):
        twice = [value for n, value in enumerate(values) if value in values[:n]]
        if twice:
            raise ValueError(f"{twice[0]!r} stands there twice")
    return values


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Length = Annotated[Duration, PlainValidator(_duration), PlainSerializer(str, return_type=str)]
Percent = Annotated[Decimal, PlainValidator(_percent), PlainSerializer(str, return_type=str)]
ZoneName = Annotated[str, BeforeValidator(_zone)]
WallTime = Annotated[time, PlainValidator(_opening_time), PlainSerializer("{:%H:%M}".format, return_type=str)]
ClosingTime = Annotated[time, PlainValidator(wall_time), PlainSerializer(_closing_time, return_type=str)]
Filled = Annotated[str, AfterValidator(_filled)]
Day = Annotated[date, BeforeValidator(_day)]
Days = Annotated[int, Field(strict=True, ge=0, le=3660)]
"""A number of days, or hours: ten years at most, so that no calendar ends before it."""
Words = Annotated[tuple[Filled, ...], BeforeValidator(distinct)]
Total = Annotated[Duration | None, PlainValidator(_total), PlainSerializer(lambda total: total and str(total))]
Exemption = Annotated[Cause | MaintenanceKind, PlainValidator(_exemption), PlainSerializer(str, return_type=str)]
Exemptions = Annotated[tuple[Exemption, ...], BeforeValidator(distinct)]
Holidays = Annotated[str, BeforeValidator(_holidays)]
Link = Annotated[str, AfterValidator(_link)]
Share = Annotated[int | Decimal, PlainValidator(_share)]
Money = Annotated[Decimal, BeforeValidator(_number), Field(gt=0, le=1_000_000_000)]
