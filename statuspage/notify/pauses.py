"""A channel that stands still because the server will not have mail of ours: kept, shown, and tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from statuspage.models import Heartbeat
from statuspage.settings import Settings

NAME = "mail-paused"
WAITS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3))
"""After the first refusal, the second …; the last one again and again: what is owed stays owed."""


@dataclass(frozen=True)
class Pause:
    """Why nothing is sent, since when, and when it is tried again."""

    reason: str
    since: datetime
    until: datetime
    times: int


def load_pause(session: Session) -> Pause | None:
    """The pause that operators are to be shown, also while a new try is due; None when mail flows."""
    row = session.get(Heartbeat, NAME)
    details = row.details if row is not None else None
    if not details:
        return None
    return Pause(
        reason=details["reason"],
        since=datetime.fromisoformat(details["since"]),
        until=datetime.fromisoformat(details["until"]),
        times=details["times"],
    )


def stands_still(session: Session, settings: Settings, now: datetime) -> bool:
    """Whether nothing may be claimed now. Other mail settings than those that were refused are tried at once."""
    pause = load_pause(session)
    if pause is None or now >= pause.until:
        return False
    row = session.get_one(Heartbeat, NAME)
    return (row.details or {}).get("settings") == _settings_key(settings)


def pause(session: Session, settings: Settings, *, reason: str, now: datetime) -> Pause:
    """Stand still from now on, longer each time in a row."""
    before = load_pause(session)
    times = before.times + 1 if before else 1
    until = now + WAITS[min(times, len(WAITS)) - 1]
    since = before.since if before else now
    row = session.get(Heartbeat, NAME) or Heartbeat(name=NAME)
    row.at = now
    row.details = {
        "reason": reason[:500],
        "since": since.isoformat(),
        "until": until.isoformat(),
        "times": times,
        "settings": _settings_key(settings),
    }
    session.add(row)
    session.flush()
    return Pause(reason[:500], since, until, times)


def resume(session: Session) -> None:
    """Mail flows again: a mail was accepted, or an operator says so."""
    row = session.get(Heartbeat, NAME)
    if row is not None:
        session.delete(row)
        session.flush()


def _settings_key(settings: Settings) -> str:
    return "|".join(
        str(part)
        for part in (
            settings.mail_server,
            settings.mail_port,
            settings.mail_username,
            settings.mail_use_tls,
            settings.mail_use_ssl,
            settings.mail_default_sender,
        )
    )
