"""The joint of measuring: results are stored and judged, and what changed is published like any other change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import inf
from time import monotonic
from zoneinfo import ZoneInfo

from statuspage import settled
from statuspage.changes import Installation, site_change
from statuspage.components import load_page
from statuspage.monitoring import heartbeats, keeping
from statuspage.monitoring.heartbeats import Signal
from statuspage.monitoring.judging import (
    AUTHOR,
    Judged,
    Measured,
    is_anything_silent,
    judge_silence,
    record_results,
)

AT_MOST_SECONDS = 2.0
"""How long one look after old results and digests may take; the next one goes on."""


def take_results(
    installation: Installation, measured: Sequence[Measured], now: datetime, *, at_once: bool = True
) -> list[Judged]:
    """Store and judge a batch of results. Only a change of status is published; not `at_once`, by the worker within
    two seconds, so that the next results need not wait for it. Raises as a database does that is away: the caller
    keeps the results and hands them in again."""
    with site_change(installation, now, author=AUTHOR, at_once=at_once) as change:
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


def speak_of_silence(installation: Installation, now: datetime) -> None:
    """The worker's look for monitors that fell silent."""
    take_silence(installation, now)


def settle_days(installation: Installation, now: datetime) -> None:
    """Write down the states of days that are over, a portion of the components at a time."""
    settle_all(installation, now, at_most=AT_MOST_SECONDS)


def settle_all(installation: Installation, now: datetime, at_most: float = inf) -> None:
    """Likewise, until none is left or these seconds are over."""
    until = monotonic() + at_most
    due = True
    while due and monotonic() < until:
        with installation.database.read() as session:
            due = settled.is_anything_due(session, now)
        if due:
            with installation.database.write() as session:
                settled.settle_due(session, now)


def keep_digests(installation: Installation, now: datetime) -> None:
    """Digest response times of yesterday and today, and forget raw results that had their time: a portion each, so
    that nobody waits for the database."""
    until = monotonic() + AT_MOST_SECONDS
    with installation.database.read() as session:
        zone = ZoneInfo(load_page(session).timezone)
    for day in keeping.days_to_digest(zone, now):
        made = 1
        while made and monotonic() < until:
            with installation.database.write() as session:
                made = keeping.digest_day(session, day, zone, now)
    gone = 1
    while gone and monotonic() < until:
        with installation.database.write() as session:
            gone = keeping.forget_results(session, now)
