"""The outbox: messages owed, filled in the post's own transaction, taken by lease, recorded one by one.

The table is the truth and the job queue only a nudge. A claim is a lease, not a mark: a worker that is killed
loses its lease after LEASE and somebody else sends what it had not recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zlib import crc32

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    case,
    exists,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from statuspage.models import Delivery, Subscriber
from statuspage.postgres import unhurried

ALARM_LANE = 0
LETTER_LANE = 5
MAINTENANCE_LANE = 6
NOTICE_LANE = 7
DIGEST_LANE = 9
NOTIFICATIONS = range(10)
"""Lanes of what we tell by ourselves: alarms, P1 to P5 by their number, maintenance, notices, digests. Each kind of
delivery says in its declaration (notify.kinds) which is its own."""
REQUEST_LANE = 10
REQUESTS = (REQUEST_LANE,)
"""The lane of what strangers can cause by the public form; it never waits for the others nor holds them up."""
LEASE = timedelta(seconds=25)
"""How long a claim holds; a worker that is alive renews it. After a kill -9 all goes on within 30 s."""
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (5, 15, 60, 180, 480, 1440, 1440, 1440))
"""Waits after the first failure, the second …; after the last one (three and a half days) a delivery is dead."""
JITTER = 0.2
"""Each wait is longer by up to this share, so that what failed together does not come back together."""


class Claimed(NamedTuple):
    """A delivery this worker holds until `lease_until`."""

    id: int
    kind: str
    lane: int
    subscriber_id: str | None
    update_id: str | None
    created_at: datetime
    attempts: int
    notice_id: str | None = None
    ring_id: int | None = None
    address: str | None = None
    contact_id: str | None = None
    letter_id: str | None = None
    component_change_id: int | None = None
    thread: str | None = None
    told_from: datetime | None = None
    told_until: datetime | None = None
    reminder_id: int | None = None
    invitation_id: int | None = None

    @property
    def said(self) -> str:
        """What is said to one person in this message and no other, however often it is tried."""
        return self.update_id or self.notice_id or f"{self.kind}-{self.id}-{int(self.created_at.timestamp())}"


def owe(
    session: Session, kind: str, lane: int, *, now: datetime, channel: str = "email", **about: str | int | None
) -> None:
    """Owe one message: to a subscriber, or to an address of somebody who need not have subscribed; `about` are
    further columns of Delivery, the one that names what is told among them."""
    session.add(
        Delivery(kind=kind, lane=lane, channel=channel, state="due", created_at=now, due_at=now, attempts=0, **about)
    )


def owe_chosen(
    session: Session, kind: str, lane: int, chosen: Select[str], *, now: datetime, **about: str | int | datetime | Any
) -> int:
    """Owe a message to each of the chosen subscribers (a select of their ids) by one INSERT … SELECT; how many.

    `about` are further columns of Delivery: values, or expressions over Subscriber."""
    values = {"kind": kind, "lane": lane, "state": "due", "created_at": now, "due_at": now, "attempts": 0, **about}
    columns = [_column(name, value) for name, value in values.items()]
    rows = chosen.add_columns(Subscriber.channel, *columns).order_by(Subscriber.id)  # in the order of its indexes
    filled = insert(Delivery).from_select(["subscriber_id", "channel", *values], rows)
    with unhurried(session.connection()):
        added = session.execute(filled.execution_options(preserve_rowcount=True))
    return int(added.rowcount)  # type: ignore[attr-defined]


def ask_again(session: Session, thread: str | None, *, now: datetime) -> None:
    """Earlier news of the thread that waits after a failure is tried again before what is owed next: nobody reads
    "resolved" first, and nobody waits a day for it. Such a try is the post's, not one of the schedule's."""
    session.execute(
        update(Delivery)
        .where(Delivery.thread == thread, Delivery.state == DUE)
        .where(Delivery.due_at > now, Delivery.lease_until.is_(None))
        .values(due_at=now, attempts=case((Delivery.attempts > 0, Delivery.attempts - 1), else_=0))
        .execution_options(synchronize_session=False)
    )


def is_anything_due(
    session: Session,
    *,
    now: datetime,
    channels: Collection[str] = ("email",),
    lanes: Iterable[int] = NOTIFICATIONS,
) -> bool:
    """Whether a claim would find something; spares an idle worker a write every second."""
    wanted = {"now": now, "channels": list(channels), "most": 1}
    return any(session.scalar(_FREE, {**wanted, "of_lane": lane}) is not None for lane in lanes)


def claim(
    session: Session,
    *,
    now: datetime,
    limit: int,
    channels: Collection[str] = ("email",),
    lanes: Iterable[int] = NOTIFICATIONS,
    lease_for: timedelta = LEASE,
) -> list[Claimed]:
    """Take up to `limit` deliveries that are due and not held, gravest lane first, oldest first.

    Of one thread a recipient is sent the oldest first; what was posted after it is not taken before that one is
    sent, given up or unwanted. Lane after lane: then the index finds the first ones, however many others wait.
    """
    rows: list[Claimed] = []
    wanted = {"now": now, "channels": list(channels), "until": now + lease_for}
    for lane in lanes:
        if len(rows) < limit:
            taken = session.execute(_TAKE, {**wanted, "of_lane": lane, "most": limit - len(rows)})
            rows += sorted(Claimed._make(row) for row in taken)
    return rows


def renew(session: Session, ids: Collection[int], *, now: datetime, lease_for: timedelta = LEASE) -> None:
    """Hold claimed deliveries longer: their server is slow, their worker alive."""
    _change(session, ids, lease_until=now + lease_for)


def release(session: Session, ids: Collection[int]) -> None:
    """Give claimed deliveries back untried."""
    _change(session, ids, lease_until=None)


def record_sent(session: Session, ids: Collection[int], *, now: datetime) -> None:
    """The server took responsibility for these."""
    _change(
        session, ids, state="sent", sent_at=now, lease_until=None, last_error=None, attempts=Delivery.attempts + 1
    )


def record_skipped(session: Session, ids: Collection[int], *, reason: str) -> None:
    """No longer wanted when the moment of sending came (unsubscribed, suppressed, withdrawn)."""
    _change(session, ids, state="skipped", lease_until=None, last_error=reason[:500])


def skip_updates(session: Session, update_ids: Collection[str], *, reason: str) -> int:
    """Nothing more is sent of these updates; how many deliveries that were. What a worker has in hand is left to it:
    it sends nothing of an update that is not public."""
    changed = session.execute(
        update(Delivery)
        .where(Delivery.update_id.in_(update_ids), Delivery.state == DUE, Delivery.lease_until.is_(None))
        .values(state="skipped", last_error=reason[:500])
        .execution_options(synchronize_session=False)
    )
    return int(changed.rowcount)  # type: ignore[attr-defined]


def record_failed(
    session: Session,
    row: Claimed,
    *,
    error: str,
    now: datetime,
    waits: Sequence[timedelta] = RETRY_AFTER,
    at_least: timedelta | None = None,
) -> datetime | None:
    """A passing failure: try again later, or give up after the last wait. The next try, or None when dead.

    `at_least` is what the other side asked for."""
    tries = row.attempts + 1
    if tries > len(waits):
        record_dead(session, row, error=error)
        return None
    due_at = now + max(retry_wait(row.id, tries, waits), at_least or timedelta())
    _change(session, [row.id], attempts=tries, due_at=due_at, lease_until=None, last_error=error[:500])
    _hold_back(session, row, due_at)
    return due_at


def record_dead(session: Session, row: Claimed, *, error: str) -> None:
    """Given up; stays visible and can be retried by hand."""
    _change(session, [row.id], state="dead", attempts=row.attempts + 1, lease_until=None, last_error=error[:500])


def retry(session: Session, *, ids: Collection[int] | None = None, now: datetime) -> int:
    """Try again now: the named deliveries that are dead or wait after a failure, else all dead ones. How many."""
    waiting = and_(Delivery.state == DUE, Delivery.attempts > 0, Delivery.lease_until.is_(None))
    named = and_(Delivery.id.in_(ids or ()), or_(Delivery.state == "dead", waiting))
    changed = session.execute(
        update(Delivery)
        .where(Delivery.state == "dead" if ids is None else named)
        .values(state="due", due_at=now, attempts=0, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    return int(changed.rowcount)  # type: ignore[attr-defined]


def retry_wait(delivery_id: int, tries: int, waits: Sequence[timedelta] = RETRY_AFTER) -> timedelta:
    """How long to wait after the given number of tries, with jitter that is the same for the same delivery."""
    spread = crc32(f"{delivery_id}:{tries}".encode()) / 2**32
    return waits[tries - 1] * (1 + JITTER * spread)


def _hold_back(session: Session, row: Claimed, due_at: datetime) -> None:
    """What follows in the thread waits along: its turn has not come, and nobody need look at it every second."""
    person = (
        Delivery.subscriber_id == row.subscriber_id
        if row.subscriber_id is not None
        else Delivery.contact_id == row.contact_id
    )
    session.execute(
        update(Delivery)
        .where(person, Delivery.thread == row.thread, Delivery.state == DUE, Delivery.id > row.id)
        .where(Delivery.due_at < due_at, Delivery.lease_until.is_(None))
        .values(due_at=due_at)
        .execution_options(synchronize_session=False)
    )


def _change(session: Session, ids: Collection[int], **values: object) -> None:
    # "due" guards against a second worker whose lease had lapsed: what is sent stays sent
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.state == DUE)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _column(name: str, value: object) -> ColumnElement[Any]:
    if isinstance(value, ColumnElement | InstrumentedAttribute):
        return value  # type: ignore[return-value]  # an attribute of a class is a column's expression
    return literal(value, _TABLE.c[name].type)


def _is_first_of_thread(person: str) -> ColumnElement[bool]:
    """Whether nothing older of the thread is owed to the same person (a column that names one)."""
    older = _TABLE.alias()
    same = (older.c[person] == _TABLE.c[person], older.c.thread == _TABLE.c.thread, older.c.id < _TABLE.c.id)
    return ~exists().where(*same, older.c.state == DUE)


_TABLE: Table = Delivery.__table__  # type: ignore[assignment]
DUE: ColumnElement[str] = literal_column("'due'")
"""A bound value would hide the index of what is open from SQLite, or have it compile the statement each time."""
_FREE = (
    select(_TABLE.c.id)
    .where(
        _TABLE.c.state == DUE,
        _TABLE.c.channel.in_(bindparam("channels", expanding=True)),
        _TABLE.c.lane == bindparam("of_lane"),
        _TABLE.c.due_at <= bindparam("now"),
        or_(_TABLE.c.lease_until.is_(None), _TABLE.c.lease_until <= bindparam("now")),
        _is_first_of_thread("subscriber_id"),
        _is_first_of_thread("contact_id"),
    )
    .order_by(_TABLE.c.due_at, _TABLE.c.id)
    .limit(bindparam("most", type_=Integer))
)
"""The deliveries of one lane that are due, held by nobody, and behind nothing of their thread; oldest first."""
_TAKE = (
    update(_TABLE)
    .where(_TABLE.c.id.in_(_FREE.with_for_update(skip_locked=True, of=_TABLE)))
    .values(lease_until=bindparam("until"))
    .returning(*(_TABLE.c[name] for name in Claimed._fields))
)
"""Hold these. SKIP LOCKED lets several PostgreSQL workers claim side by side; SQLite, which has one writer, ignores
it."""
