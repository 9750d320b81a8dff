"""Wall-clock times typed by people, the instants they mean, and how programs write an instant."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


class WallTimeError(ValueError):
    """The wall-clock time does not name exactly one instant; the message says why and what would do."""


def instant_of(text: str, zone: ZoneInfo) -> datetime:
    """The UTC instant of `text` ("2026-03-29T02:30" or with an offset), read in `zone` when it has no offset.

    Raises WallTimeError for text that is no time, for an hour that the zone skips, and for one it has twice
    (which an offset in the text settles).
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise WallTimeError(f"{text!r} is not a date and time such as 2026-03-29 14:30") from None
    if moment.tzinfo is not None:
        return _in_utc(moment)
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return _in_utc(first)
    if not _exists(first):
        raise WallTimeError(f"{moment:%Y-%m-%d %H:%M} does not exist in {zone.key}: the clock skips it that day")
    raise WallTimeError(
        f"{moment:%Y-%m-%d %H:%M} exists twice in {zone.key} that day: "
        f"write {first.isoformat(timespec='minutes')} or {second.isoformat(timespec='minutes')}"
    )


def wire(instant: datetime) -> str:
    """An instant as JSON and CSV hold it: ISO 8601 in UTC with Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _exists(moment: datetime) -> bool:
    back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return back.replace(tzinfo=None, fold=0) == moment.replace(tzinfo=None, fold=0)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise WallTimeError(f"{moment.isoformat()} is out of range") from None
