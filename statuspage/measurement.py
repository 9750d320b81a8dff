"""The joint of measuring: results are stored and judged, and what changed is published like any other change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from statuspage.changes import Installation, site_change
from statuspage.monitoring import heartbeats
from statuspage.monitoring.heartbeats import Signal
from statuspage.monitoring.judging import (
    AUTHOR,
    Judged,
    Measured,
    is_anything_silent,
    judge_silence,
    record_results,
)


def take_results(installation: Installation, measured: Sequence[Measured], now: datetime) -> list[Judged]:
    """Store and judge a batch of results. Only a change of status is published. Raises as a database does that is
    away: the caller keeps the results and hands them in again."""
    with site_change(installation, now, author=AUTHOR) as change:
        judged = record_results(change.session, measured, now=now)
        change.unseen = not judged
    return judged


def take_call(installation: Installation, token: str, signal: Signal, now: datetime) -> list[Judged]:
    """A job called by the URL of its heartbeat. Raises NotFound."""
    with site_change(installation, now, author=AUTHOR) as change:
        measured = heartbeats.take_call(change.session, token, signal, now)
        judged = record_results(change.session, [measured], now=now) if measured else []
        change.unseen = not judged
    return judged


def take_silence(installation: Installation, now: datetime) -> list[Judged]:
    """Say unknown of the monitors whose results stopped coming; the prober does at its start, the worker always."""
    with installation.database.read() as session:
        silent = is_anything_silent(session, now)
    if not silent:
        return []
    with site_change(installation, now, author=AUTHOR) as change:
        judged = judge_silence(change.session, now=now)
        change.unseen = not judged
    return judged
