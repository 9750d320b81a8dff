"""Updates of incidents and maintenance: the news itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from statuspage.models import Delivery, Incident, Maintenance, Subscriber, Update
from statuspage.notify import bulletins, outbox, webhook_payload
from statuspage.notify.chats.bulletin import Bulletin
from statuspage.notify.kinds.kind import Desk, Hearer, Kind
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Letter, Person, Writing, preheader_of, write_letter
from statuspage.notify.news import IncidentNews, MaintenanceNews, load_news, maintenance_state, spoken_news
from statuspage.notify.outbox import Claimed
from statuspage.notify.recipients import audience_of, select_recipients

News = IncidentNews | MaintenanceNews
NAME = "update"
MAINTENANCE_LANE = 6


def owe(session: Session, post: Update, *, now: datetime) -> int:
    """Owe this update to everybody who should hear it; how many. A second call adds only who is missing.

    Nothing for updates that are not public or not to be announced, nor for what was imported.
    """
    session.flush()
    lane = lane_of(session, post)
    if lane is None or not post.notify or post.public_at is None:
        return 0
    outbox.ask_again(session, thread_of(post), now=now)
    # read once: a probe for each reader would wade through the rows that this very statement adds
    owed = select(Delivery.subscriber_id).where(Delivery.update_id == post.id, Delivery.subscriber_id.is_not(None))
    chosen = select_recipients(audience_of(session, post)).where(Subscriber.id.not_in(owed))
    return outbox.owe_chosen(session, NAME, lane, chosen, now=now, update_id=post.id, thread=thread_of(post))


def thread_of(post: Update) -> str | None:
    """What its readers take for one conversation."""
    return post.incident_id or post.maintenance_id


def lane_of(session: Session, post: Update) -> int | None:
    """The lane of an update, P1 to P5 by their number; None when nobody is to be told of its like (imported)."""
    if post.maintenance_id is not None:
        imported = session.get_one(Maintenance, post.maintenance_id).imported_at
        return None if imported else MAINTENANCE_LANE
    incident = session.get_one(Incident, post.incident_id)
    if incident.imported_at is not None or incident.priority is None:
        return None
    return int(incident.priority.value[1:])


def write(news: News, writing: Writing) -> Letter:
    """The mail of one update in one language. All updates of one incident refer to the same thread."""
    news = spoken_news(news, writing.language, writing.letterhead.url)
    words = writing.words
    if isinstance(news, IncidentNews):
        name, parent, place = "incident", news.incident_id, "incidents"
        state = f"{news.priority.value} {words.label(news.status)}"
    else:
        name, parent, place = "maintenance", news.maintenance_id, "maintenance"
        state = words.gettext(maintenance_state(news))
    url = f"{writing.letterhead.url}/{place}/{parent}#{news.update_id}"
    facts = {"news": news, "state": state, "url": url, "preheader": preheader_of(news.text)}
    return write_letter(name, facts, writing, seed=news.update_id, thread=(name, parent))


def tell(news: News, person: Person, letterhead: Letterhead) -> Bulletin:
    """The bulletin of one update."""
    if isinstance(news, IncidentNews):
        return bulletins.tell_incident(news, person, letterhead)
    return bulletins.tell_maintenance(news, person, letterhead)


def _load(session: Session, row: Claimed, desk: Desk) -> News:
    assert row.update_id is not None
    return load_news(session, row.update_id, desk.policy)


def _members(session: Session, news: News, hearer: Hearer) -> dict[str, Any]:
    update = session.get_one(Update, news.update_id)
    told = webhook_payload.tell_update(session, update, hearer.letterhead, hearer.person.language)
    return {"incident": told}


def _is_public(session: Session, row: Claimed, desk: Desk, now: datetime) -> bool:
    """It has not been withdrawn."""
    return session.connection().scalar(_PUBLIC_AT, {"id": row.update_id}) is not None


def _wanted(session: Session, rows: Sequence[Claimed], desk: Desk, now: datetime) -> Collection[int]:
    found: set[int] = set()
    for update_id in {row.update_id for row in rows if row.update_id}:
        if update_id not in desk.hearers:
            audience = audience_of(session, session.get_one(Update, update_id))
            of_these = Subscriber.id.in_(bindparam("people", expanding=True))
            desk.hearers[update_id] = select_recipients(audience).where(of_these)
        people = {row.subscriber_id: row.id for row in rows if row.update_id == update_id}
        chosen = session.connection().scalars(desk.hearers[update_id], {"people": list(people)})
        found.update(people[reader] for reader in chosen)
    return found


_PUBLIC_AT = select(Update.public_at).where(Update.id == bindparam("id"))

UPDATE: Kind[News] = Kind(
    NAME,
    about="update_id",
    load=_load,
    mail=write,
    bulletin=tell,
    members=_members,
    wanted=_wanted,
    is_true=_is_public,
)
