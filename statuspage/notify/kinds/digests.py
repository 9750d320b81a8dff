"""The daily digest: owed at eight in the morning of the page's zone to who chose one, when anything happened.

It tells all that was posted after the last digest, up to the morning it is of: a worker that was away for three days
owes one digest of three days. P1 incidents, followed incidents and windows that begin before the next digest are told
at once as well (recipients.hears_each). Who changes to each update gets what is left at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, update
from sqlalchemy.orm import Session

from statuspage.db import UtcDateTime
from statuspage.domain.mornings import last_morning
from statuspage.domain.vocabulary import Frequency
from statuspage.models import Page, Subscriber
from statuspage.notify import outbox
from statuspage.notify.digests import DigestNews, load_digests, load_posts, spoken_digest
from statuspage.notify.kinds.kind import Desk, Kind
from statuspage.notify.messages import Letter, Writing, preheader_of, write_letter
from statuspage.notify.outbox import Claimed
from statuspage.notify.recipients import is_listening, wants

NAME = "digest"
LANE = 9


def is_anything_due(session: Session, now: datetime) -> bool:
    """Whether a morning has come that somebody's digest has not told of."""
    waiting = _is_waiting(_morning(session, now))
    return session.scalar(select(Subscriber.id).where(waiting).limit(1)) is not None


def owe_due(session: Session, *, now: datetime) -> int:
    """Owe the digest of the latest morning to whom something happened, by one INSERT … SELECT; how many.

    The page's row is locked first, so that of two workers the second finds nobody waiting.
    """
    session.execute(select(Page.id).with_for_update())
    morning = _morning(session, now)
    waiting = _is_waiting(morning)
    oldest = session.scalar(select(func.min(_since())).where(waiting))
    if oldest is None:
        return 0
    happened = [and_(_since() < post.last_at, wants(post.audience)) for post in load_posts(session, oldest, morning)]
    added = _insert(session, and_(waiting, or_(*happened)), morning, now) if happened else 0
    session.execute(
        update(Subscriber).where(waiting).values(digested_at=morning).execution_options(synchronize_session=False)
    )
    return added


def owe_rest(session: Session, subscriber: Subscriber, *, now: datetime) -> int:
    """Owe one last digest, at once, of what the next morning's would have told: for who chooses each update instead;
    how many (0 or 1)."""
    him = and_(is_listening(), Subscriber.id == subscriber.id, Subscriber.channel == "email", _since() < now)
    since = session.scalar(select(_since()).where(him))
    if since is None:
        return 0
    happened = [wants(post.audience) for post in load_posts(session, since, now)]
    return _insert(session, and_(him, or_(*happened)), now, now) if happened else 0


def _morning(session: Session, now: datetime) -> datetime:
    return last_morning(now, ZoneInfo(session.get_one(Page, 1).timezone))


def _since() -> ColumnElement[datetime]:
    return func.coalesce(Subscriber.digested_at, Subscriber.confirmed_at, type_=UtcDateTime())


def _is_waiting(morning: datetime) -> ColumnElement[bool]:
    return and_(
        is_listening(),
        Subscriber.channel == "email",
        Subscriber.frequency == Frequency.DAILY,
        _since() < literal(morning, UtcDateTime()),
    )


def _insert(session: Session, chosen: ColumnElement[bool], until: datetime, now: datetime) -> int:
    who = select(Subscriber.id).where(chosen)
    return outbox.owe_chosen(session, NAME, LANE, who, now=now, told_from=_since(), told_until=until)


def _wanted(session: Session, rows: Sequence[Claimed], desk: Desk, now: datetime) -> Collection[int]:
    """Whose digest is not empty: who chose otherwise since has nothing to read."""
    desk.digests.clear()
    for since, until in {(row.told_from, row.told_until) for row in rows}:
        owed = {row.subscriber_id: row.id for row in rows if (row.told_from, row.told_until) == (since, until)}
        if since is not None and until is not None:
            told = load_digests(session, [person for person in owed if person], since, until)
            desk.digests.update((owed[person], news) for person, news in told.items())
    return desk.digests.keys()


def _load(session: Session, row: Claimed, desk: Desk) -> DigestNews:
    return desk.digests[row.id]


def _write(news: DigestNews, writing: Writing) -> Letter:
    """It belongs to no thread."""
    news = spoken_digest(news, writing.language)
    facts = {
        "news": news,
        "titles": list(dict.fromkeys(story.title for story in news.stories)),
        "preheader": preheader_of(" · ".join(story.updates[-1].text for story in news.stories)),
    }
    return write_letter(NAME, facts, writing, seed=f"{writing.letterhead.url} digest {news.until.isoformat()}")


def _same(row: Claimed, desk: Desk) -> str:
    return desk.digests[row.id].key


DIGEST: Kind[DigestNews] = Kind(NAME, about=None, load=_load, mail=_write, wanted=_wanted, same=_same)
