"""The worker: what is due now, every second, and deliveries as soon as they are queued.

Everything it does is safe to do twice and by several workers at once: claims are leases, transitions are guarded by
their own state. A database that is away costs retries, never the worker.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from huey.consumer import Consumer
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from statuspage import (
    attempts,
    ceremonies,
    clocks,
    detections,
    follows,
    hooks,
    jobs,
    mirroring,
    policy_versions,
    proposals,
    recoveries,
    reminders,
    signins,
    slots,
    subscribers,
    timed_posts,
    unsent,
    windows,
)
from statuspage.changes import Installation, site_change
from statuspage.components import load_page
from statuspage.instance import bring_up_to_date
from statuspage.measurement import keep_digests, settle_days, speak_of_silence
from statuspage.models import Heartbeat, IdempotentAnswer
from statuspage.notify.channel import Channel
from statuspage.notify.channels import CHANNELS
from statuspage.notify.delivery import deliver_due
from statuspage.notify.flow import QUEUE_AWAY
from statuspage.notify.kinds import digests, quarantines

TICK_SECONDS = 1.0
LONGEST_BACK_OFF = 30.0
HEARTBEAT_SECONDS = 10.0
CLOCKS_SECONDS = 5.0
DETECTIONS_SECONDS = 1.0
REMINDERS_SECONDS = 10.0
POLICY_SECONDS = 60.0
SLOTS_SECONDS = 60.0
DIGESTS_SECONDS = 10.0
QUARANTINE_SECONDS = 30.0
SILENCE_SECONDS = 5.0
RESULTS_SECONDS = 60.0
SETTLING_SECONDS = 10.0
FIGURES_AT_ONCE = 5
"""Components whose figures are written in one publish, of those that time alone made old."""
KEPT_HEARTBEAT = timedelta(days=1)
KEPT_ANSWER = timedelta(days=2)
"""As long as the API gives them again (web.api_v1.idempotency.KEPT_FOR)."""
KEPT_ALERT = timedelta(days=90)
KEPT_ATTEMPT = timedelta(days=2)
ENDING_SECONDS = 8.0
QUEUE_SECONDS = 5.0
TROUBLE_SECONDS = 5.0
"""Rest after a mail server in trouble, so that it is not asked every second."""
AUTHOR = "schedule"
log = structlog.get_logger(__name__)


@dataclass
class Chore:
    """Something done every so many seconds; after a failure later and later."""

    name: str
    every: float
    act: Callable[[Installation, datetime], None]
    due: float = 0.0
    failures: int = 0


def run(installation: Installation, stop: threading.Event, name: str | None = None) -> None:
    """Work until `stop` is set; then finish the message in flight and return."""
    name = name or f"worker:{platform.node()}:{os.getpid()}"
    senders = [Sender(installation, channel, stop) for channel in CHANNELS]
    for sender in senders:
        sender.start()
    queue = threading.Thread(target=_listen, args=(installation, stop, senders, name), name="queue", daemon=True)
    queue.start()
    mirroring.start(installation.settings, stop)
    chores = make_chores(name)
    while not stop.wait(TICK_SECONDS):
        do_chores(installation, chores)
    _end(senders)
    _sign_off(installation, name)


def make_chores(name: str) -> list[Chore]:
    """What a worker called `name` does by the clock; the database is brought up to date before anything else."""
    return [
        Chore("migrate", 3600.0, bring_up_to_date),
        Chore("heartbeat", HEARTBEAT_SECONDS, lambda installation, now: beat(installation, now, name)),
        Chore("maintenance", TICK_SECONDS, advance_maintenance),
        Chore("drafts", TICK_SECONDS, publish_later),
        Chore("reminders", REMINDERS_SECONDS, remind),
        Chore("clocks", CLOCKS_SECONDS, ring_clocks),
        Chore("quarantine", QUARANTINE_SECONDS, isolate_failing),
        Chore("policy", POLICY_SECONDS, announce_policy),
        Chore("slots", SLOTS_SECONDS, announce_slots),
        Chore("detections", DETECTIONS_SECONDS, follow_measurements),
        Chore("silence", SILENCE_SECONDS, speak_of_silence),
        Chore("results", RESULTS_SECONDS, keep_digests),
        Chore("settling", SETTLING_SECONDS, settle_days),
        Chore("publish", TICK_SECONDS, publish_if_stale),
        Chore("digests", DIGESTS_SECONDS, owe_digests),
        Chore("expire", 3600.0, expire),
    ]


def do_chores(installation: Installation, chores: list[Chore]) -> None:
    """Do the chores whose time has come, each on its own: one that fails does not keep the others."""
    for chore in chores:
        if chore.due > time.monotonic():
            continue
        try:
            chore.act(installation, datetime.now(UTC))
        except Exception as error:  # whatever broke, the worker must live to try again
            chore.failures += 1
            wait = min(2.0 ** min(chore.failures - 1, 6), LONGEST_BACK_OFF)
            _log_failure("chore failed", error, chore=chore.name, retry_in=wait)
        else:
            chore.failures = 0
            wait = chore.every
        chore.due = time.monotonic() + wait - 0.01


def advance_maintenance(installation: Installation, now: datetime) -> None:
    """Start and end the windows whose time has come, published and announced like any other change."""
    with installation.database.read() as session:
        due = windows.is_anything_due(session, now)
    if due:
        with site_change(installation, now, author=AUTHOR) as change:
            windows.advance_due(change.session, now=now)


def remind(installation: Installation, now: datetime) -> None:
    """Remind of maintenance that starts soon."""
    with installation.database.read() as session:
        policy = installation.policy(now, session)
        due = reminders.is_anything_due(session, now=now)
    if due:
        with installation.database.write() as session:
            reminders.remind_due(session, policy=policy, now=now)


def publish_later(installation: Installation, now: datetime) -> None:
    """Publish the drafts, updates and announcements whose time has come."""
    with installation.database.read() as session:
        due = proposals.is_anything_due(session, now) or timed_posts.is_anything_due(session, now)
    if due:
        with site_change(installation, now, author=AUTHOR) as change:
            proposals.publish_due(change.session, policy=change.policy, now=now)
            timed_posts.post_due(change.session, policy=change.policy, now=now)


def follow_measurements(installation: Installation, now: datetime) -> None:
    """Open, go on with and end the incidents of measured outages."""
    with installation.database.read() as session:
        new = detections.is_anything_new(session, now)
    if new:
        with site_change(installation, now, author=recoveries.AUTHOR) as change:
            detections.follow(change.session, policy=change.policy, now=now)


def ring_clocks(installation: Installation, now: datetime) -> None:
    """Remind of updates that fall due, tell of late ones, escalate; the sender wakes within a second by itself."""
    with installation.database.read() as session:
        policy = installation.policy(now, session)
        due = clocks.is_anything_due(session, policy=policy, now=now)
    if due:
        with installation.database.write() as session:
            clocks.ring_due(session, policy=policy, now=now)


def isolate_failing(installation: Installation, now: datetime) -> None:
    """Quarantine webhooks and chats that have failed for an hour, and tell the responsible people."""
    with installation.database.read() as session:
        due = quarantines.is_anything_due(session, now)
    if due:
        with installation.database.write() as session:
            quarantines.isolate_due(session, now)


def announce_slots(installation: Installation, now: datetime) -> None:
    """Announce the occurrences of regular slots whose notice falls due."""
    with installation.database.read() as session:
        policy = installation.policy(now, session)
        due = slots.is_anything_due(session, policy=policy, now=now)
    if due:
        with site_change(installation, now, author=AUTHOR) as change:
            slots.announce_due(change.session, policy=change.policy, now=now)


def announce_policy(installation: Installation, now: datetime) -> None:
    """Remember the policy's versions; a new one is announced on the page, in the feeds and by mail."""
    with installation.database.read() as session:
        zone_name = load_page(session).timezone
        new = policy_versions.is_anything_new(session, installation.policies)
    if new:
        with site_change(installation, now, author=AUTHOR) as change:
            policy_versions.record_versions(change.session, installation.policies, zone_name=zone_name, now=now)


def owe_digests(installation: Installation, now: datetime) -> None:
    """Owe the morning's digests; the senders wake within a second by themselves."""
    with installation.database.read() as session:
        due = digests.is_anything_due(session, now)
    if due:
        with installation.database.write() as session:
            digests.owe_due(session, now=now)


def publish_if_stale(installation: Installation, now: datetime) -> None:
    """Make good a publish that failed, and publish what time alone changed (a new day, an overdue update): figures of
    a few components at a time, so that a post never waits for those of all."""
    with installation.database.read() as session:
        goes_on = installation.publisher.is_stale(session, now)
    until = time.monotonic() + TICK_SECONDS
    while goes_on and time.monotonic() < until:
        goes_on = installation.publisher.publish(now, at_most=FIGURES_AT_ONCE).goes_on


def expire(installation: Installation, now: datetime) -> None:
    """Forget what has had its time: unconfirmed subscribers, followers of what is over, counted attempts, kept
    answers, dead heartbeats."""
    with installation.database.write() as session:
        subscribers.expire_pending(session, now)
        subscribers.expire_left(session, now)
        follows.end_over(session, now)
        attempts.forget(session, now - KEPT_ATTEMPT)
        unsent.forget_old(session, now)
        signins.forget(session, now)
        ceremonies.forget(session, now)
        hooks.forget_alerts(session, now - KEPT_ALERT)
        session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.created_at < now - KEPT_ANSWER))
        session.execute(delete(Heartbeat).where(Heartbeat.at < now - KEPT_HEARTBEAT))


def beat(installation: Installation, now: datetime, name: str) -> None:
    """Say that this worker lives."""
    with installation.database.write() as session:
        row = session.get(Heartbeat, name)
        if row is None:
            session.add(Heartbeat(name=name, at=now))
        else:
            row.at = now


def _sign_off(installation: Installation, name: str) -> None:
    try:
        with installation.database.write() as session:
            session.execute(delete(Heartbeat).where(Heartbeat.name == name))
    except Exception as error:  # the row goes stale by itself
        log.info("no sign-off", error=str(error))


class Sender(threading.Thread):
    """Serves one channel until told to stop: every second, and at once when woken."""

    def __init__(self, installation: Installation, channel: Channel, stop: threading.Event) -> None:
        super().__init__(name=f"send-{channel.name}", daemon=True)
        self.installation = installation
        self.channel = channel
        self.stop = stop
        self.woken = threading.Event()
        self.slow: set[str] = set()

    def run(self) -> None:
        """One run over the outbox after the other."""
        failures = 0
        while not self.stop.is_set():
            try:
                report = deliver_due(self.installation, _now, self.channel, stop=self.stop, slow=self.slow)
            except Exception as error:  # the outbox keeps what was not recorded
                failures += 1
                wait = min(2.0 ** min(failures - 1, 6), LONGEST_BACK_OFF)
                _log_failure("delivery failed", error, channel=self.channel.name, retry_in=wait)
                self.stop.wait(wait)
            else:
                failures = 0
                if report.trouble:
                    self.stop.wait(TROUBLE_SECONDS)
            self.woken.wait(TICK_SECONDS)
            self.woken.clear()


def _end(senders: Sequence[Sender]) -> None:
    """They were told to stop: wait until what is under way is recorded."""
    until = time.monotonic() + ENDING_SECONDS
    for sender in senders:
        sender.woken.set()
        sender.join(max(until - time.monotonic(), 0.1))


def _listen(installation: Installation, stop: threading.Event, senders: Sequence[Sender], name: str) -> None:
    """Keep a consumer on the queue; without a queue the senders still look every second, and operators are told."""
    consumer: Consumer | None = None

    def wake() -> None:
        for sender in senders:
            sender.woken.set()

    while not stop.is_set():
        try:
            if consumer is None:
                consumer = jobs.start_consumer(installation.settings.queue, wake)
            consumer.check_worker_health()
            jobs.check_reached(consumer)
            trouble = None
        except Exception as error:  # the queue only nudges; try again later
            log.warning("queue unreachable", kind=type(error).__name__, error=str(error))
            trouble = f"{type(error).__name__}: {error}"
        _note_queue(installation, name, trouble)
        stop.wait(QUEUE_SECONDS)
    if consumer is not None:
        consumer.stop(graceful=False)


def _note_queue(installation: Installation, name: str, trouble: str | None) -> None:
    """Keep for operators why this worker does not reach the queue."""
    now, key = _now(), f"{QUEUE_AWAY}{name}"[:80]
    try:
        with installation.database.read() as session:
            known = session.get(Heartbeat, key) is not None
        if trouble is None and not known:
            return
        with installation.database.write() as session:
            session.execute(delete(Heartbeat).where(Heartbeat.name == key))
            if trouble is not None:
                session.add(Heartbeat(name=key, at=now, details={"reason": trouble[:300]}))
    except Exception as error:  # a database that is away is told elsewhere
        log.warning("queue's state not kept", kind=type(error).__name__, error=str(error))


def _log_failure(said: str, error: Exception, **facts: object) -> None:
    """A database that is away needs no trace; whatever else broke may be a defect of ours, and brings one."""
    traced = not isinstance(error, OperationalError)
    log.error(said, kind=type(error).__name__, error=str(error), exc_info=traced, **facts)


def _now() -> datetime:
    return datetime.now(UTC)
