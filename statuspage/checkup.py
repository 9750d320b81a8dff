"""What is wrong with a set-up, found by trying it: mail, names in the DNS, clock, files, policy, parts and targets.

Each finding is one sentence in plain words with what to do about it. `wrong` needs somebody; `hint` is advice.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import dns.exception
import dns.resolver
import dns.reversename
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from statuspage import jobs, migrations, people
from statuspage.changes import Installation
from statuspage.checkup_certificate import examine_certificate
from statuspage.checkup_outside import CLOCK_TOLERANCE, examine_address, examine_mail, examine_names, examine_sign_on
from statuspage.domain.vocabulary import ComponentStatus, Role
from statuspage.findings import Finding, in_short
from statuspage.mirroring import standings
from statuspage.models import Delivery, Heartbeat, Monitor, StatusChange, Subscriber
from statuspage.notify.letterhead import load_letterhead
from statuspage.prober import LEASE as PROBER

SILENT = timedelta(seconds=45)
SPACE_NEEDED = 200 * 1024 * 1024


def examine(
    installation: Installation,
    now: datetime,
    *,
    network: bool = True,
    resolver: dns.resolver.Resolver | None = None,
) -> Iterator[Finding]:
    """Look at everything, in the order in which it should be mended. Without `network` nobody else is asked."""
    yield from _files(installation)
    try:
        with installation.database.read() as session:
            yield Finding("database", "ok", "The database answers.")
            if not migrations.is_at_head(session):
                yield Finding("tables", "wrong", "The tables are not at the newest version.", "Run: flask db upgrade")
                return
            yield from _stored(session, installation, now)
            base, sender = installation.base_url(session), load_letterhead(session, installation.settings).sender[1]
            watched = session.scalar(select(func.count()).select_from(Subscriber)) or 0
    except OperationalError as error:
        said = f"The database cannot be reached: {type(error).__name__}."
        yield Finding("database", "wrong", said, "Check DATABASE_URL, and that the server runs.")
        return
    yield from _queue(installation)
    yield from examine_mail(installation, sender, watched, network)
    if network:
        yield from examine_names(installation, sender, resolver)
        yield from examine_address(installation, base, now)
        yield from examine_certificate(base, now)
        yield from examine_sign_on(installation)


def _files(installation: Installation) -> Iterator[Finding]:
    folder = installation.settings.instance
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding("instance", "wrong", f"{folder} cannot be written.", "Give it to the account that runs this.")
        return
    open_files = [path.name for path in _private_files(folder) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_files:
        said = f"Others on this machine may read {', '.join(open_files)}, which hold secrets."
        yield Finding("instance", "wrong", said, f"chmod 600 {' '.join(open_files)} in {folder}")
    else:
        yield Finding("instance", "ok", f"{folder} can be written, its secrets are private.")
    public = installation.settings.public_folder
    if public.exists() and not stat.S_IMODE(public.stat().st_mode) & 0o005:
        yield Finding(
            "published folder",
            "hint",
            f"A web server under another account cannot read {public}.",
            "chmod o+rx it and the folders above it, where nginx serves it.",
        )
    free = shutil.disk_usage(folder).free
    if free < SPACE_NEEDED:
        said = f"Only {free // 2**20} MiB are free."
        yield Finding("disk", "wrong", said, "Make room: a full disk stops every post.")
    else:
        yield Finding("disk", "ok", f"{free // 2**20} MiB are free.")


def _private_files(folder: Path) -> list[Path]:
    return [path for path in (folder / "secret_key", folder / "statuspage.db") if path.exists()]


def _stored(session: Session, installation: Installation, now: datetime) -> Iterator[Finding]:
    policy = installation.policy(now, session)
    yield Finding("policy", "ok", f"The policy in force is {policy.id}.")
    yield from _parts(session, now)
    yield from _clock(session, now)
    yield from _people(session)
    dead = session.scalar(select(func.count()).where(Delivery.state == "dead")) or 0
    if dead:
        said = f"{dead} {'message was' if dead == 1 else 'messages were'} given up."
        yield Finding("deliveries", "wrong", said, "Look at flask deliveries list --state dead, then retry.")
    yield from _targets(session)
    for copy in standings(installation.settings):
        if copy.error:
            said = f"The copy at {copy.target} fails: {copy.error}"
            yield Finding("copies", "wrong", said, "Check PUBLISH_TARGETS.")


def _parts(session: Session, now: datetime) -> Iterator[Finding]:
    beat = session.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.name.startswith("worker:")))
    start = "Start python app.py, or flask worker."
    if beat is None:
        yield Finding("worker", "wrong", "No worker runs: nothing is sent, started or ended.", start)
    elif now - beat >= SILENT:
        yield Finding("worker", "wrong", f"No worker has said a word for {in_short(now - beat)}.", start)
    else:
        yield Finding("worker", "ok", "A worker runs.")
    measured = session.scalar(select(func.count()).where(Monitor.enabled, Monitor.removed_at.is_(None))) or 0
    row = session.get(Heartbeat, PROBER)
    if measured and (row is None or now - row.at >= SILENT):
        said = f"No prober runs: {measured} {'monitor knows' if measured == 1 else 'monitors know'} nothing."
        yield Finding("prober", "wrong", said, "Start python app.py, or flask prober.")


def _clock(session: Session, now: datetime) -> Iterator[Finding]:
    ahead = session.scalar(select(func.max(StatusChange.at)).where(StatusChange.recorded_at > now + CLOCK_TOLERANCE))
    if ahead is not None:
        said = f"Something was recorded in the future ({ahead:%Y-%m-%d %H:%M} UTC): a clock runs, or ran, ahead."
        yield Finding("clock", "wrong", said, "Keep the clocks of all machines right (NTP).")
        return
    if session.get_bind().dialect.name == "postgresql":
        theirs: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        if abs(theirs - now) > CLOCK_TOLERANCE:
            said = f"The database's clock differs by {in_short(abs(theirs - now))}."
            yield Finding("clock", "wrong", said, "Keep the clocks of all machines right (NTP).")
            return
    yield Finding("clock", "ok", "Nothing stored lies in the future.")


def _people(session: Session) -> Iterator[Finding]:
    admins = [user for user in people.load_users(session) if user.role is Role.ADMIN and user.active]
    if not admins:
        yield Finding("people", "wrong", "Nobody is admin.", "flask user create EMAIL --role admin")
        return
    without = sum(not user.has_second_factor for user in admins)
    if without:
        said = f"{without} of {len(admins)} admins log in by password alone."
        yield Finding("people", "hint", said, "flask user factor --from admin makes them set up a second factor.")
    else:
        yield Finding("people", "ok", "Every admin has a second factor.")


def _targets(session: Session) -> Iterator[Finding]:
    living = select(Monitor).where(Monitor.enabled, Monitor.removed_at.is_(None), Monitor.checked_at.is_not(None))
    unknown = living.where(Monitor.status == ComponentStatus.UNKNOWN).order_by(Monitor.id).limit(20)
    for monitor in session.scalars(unknown):
        words = monitor.last_words or "no answer"
        said = f"The {monitor.kind} monitor of {monitor.component.slug} knows nothing: {words}"
        todo = "Check the target; PROBE_ALLOW_PRIVATE names private networks that may be reached."
        yield Finding("monitors", "wrong", said, todo)


def _queue(installation: Installation) -> Iterator[Finding]:
    try:
        jobs.open_queue(installation.settings.queue).pending_count()
    except Exception as error:  # any of three drivers
        said = f"The queue cannot be reached: {type(error).__name__}. Mail goes out a second later for it."
        yield Finding("queue", "wrong", said, "Check QUEUE_URL.")
    else:
        yield Finding("queue", "ok", "The queue answers.")
