"""The daily digest: owed at eight in the morning of the page's zone to who chose one, when anything happened.

What it tells is all that was posted after the last digest, up to the morning it is of: a worker that was away for
three days owes one digest of three days. P1 incidents, followed incidents and windows that begin before the next
digest are told at once as well (recipients.hears_each). Who changes to each update gets what is left at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from statuspage.db import UtcDateTime
from statuspage.domain.vocabulary import NoticeKind
from statuspage.models import Incident, Maintenance, Subscriber, Update
from statuspage.notify.recipients import (
    Audience,
    audience_of_incident,
    audience_of_maintenance,
    is_listening,
    wants,
)
from statuspage.publishing.markup import html_of, text_of
from statuspage.publishing.wording import body_in, told_in

MOST_POSTS = 200
"""The newest incidents and windows that one digest tells of; the page has the others."""


@dataclass(frozen=True)
class Told:
    """One update as a digest tells it."""

    update_id: str
    status: str
    posted_at: datetime
    html: str
    text: str
    texts: dict[str, Any] | None = None
    """In further languages, as stored."""


@dataclass(frozen=True)
class Story:
    """An incident or a maintenance and what was posted on it within a digest's time, oldest first."""

    kind: NoticeKind
    id: str
    title: str
    path: str
    priority: str | None
    window: tuple[datetime, datetime] | None
    updates: tuple[Told, ...]
    texts: dict[str, Any] | None = None


@dataclass(frozen=True)
class DigestNews:
    """What one digest tells: after the one instant, up to the other."""

    since: datetime
    until: datetime
    stories: tuple[Story, ...]

    @property
    def key(self) -> str:
        """The same for all who are told the same."""
        told = " ".join(f"{story.kind}:{story.id}" for story in self.stories)
        return f"digest {self.since.isoformat()} {self.until.isoformat()} {told}"


@dataclass(frozen=True)
class Post:
    """An incident (its updates or its postmortem) or a maintenance, and when it was last posted on."""

    parent: Incident | Maintenance
    audience: Audience
    last_at: datetime


def load_digests(
    session: Session, people: Collection[str], since: datetime, until: datetime
) -> dict[str, DigestNews]:
    """What each of these subscribers hears by a digest of this time, as their wishes stand now; empty ones are left
    out."""
    found: dict[str, list[Story]] = {}
    for post in load_posts(session, since, until):
        story = _story(session, post, since, until)
        hearing = select(Subscriber.id).where(Subscriber.id.in_(people), is_listening(), wants(post.audience))
        for subscriber_id in session.scalars(hearing):
            found.setdefault(subscriber_id, []).append(story)
    return {person: DigestNews(since, until, tuple(stories)) for person, stories in found.items()}


def spoken_digest(news: DigestNews, language: str) -> DigestNews:
    """The digest in a reader's language, as far as it was posted in it."""
    return replace(news, stories=tuple(_spoken(story, language) for story in news.stories))


def _spoken(story: Story, language: str) -> Story:
    updates = []
    for each in story.updates:
        html, text = body_in(each.html, each.text, each.texts, language) or (each.html, each.text)
        updates.append(replace(each, html=html, text=text))
    title = told_in(story.texts, language, "title") or story.title
    return replace(story, title=title, updates=tuple(updates))


def load_posts(session: Session, since: datetime, until: datetime) -> list[Post]:
    """What was posted on publicly and with a word to subscribers, the newest first, postmortems apart."""
    last_at = func.max(Update.public_at, type_=UtcDateTime()).label("last_at")
    told = (Update.public_at > since, Update.public_at <= until, Update.notify.is_(True))
    is_postmortem = (Update.status == "postmortem").label("is_postmortem")
    rows = session.execute(
        select(Update.incident_id, Update.maintenance_id, is_postmortem, last_at)
        .where(*told)
        .group_by(Update.incident_id, Update.maintenance_id, is_postmortem)
        .order_by(last_at.desc())
        .limit(MOST_POSTS)
    ).all()
    return [
        post
        for incident_id, maintenance_id, postmortem, at in rows
        if at is not None
        for post in _post_of(session, incident_id, maintenance_id, postmortem, at)
    ]


def _post_of(
    session: Session, incident_id: str | None, maintenance_id: str | None, is_postmortem: bool, last_at: datetime
) -> Iterator[Post]:
    if incident_id is not None:
        incident = session.get_one(Incident, incident_id)
        kind = NoticeKind.POSTMORTEM if is_postmortem else NoticeKind.INCIDENT
        if incident.imported_at is None:
            yield Post(incident, replace(audience_of_incident(session, incident), kind=kind), last_at)
    elif maintenance_id is not None:
        window = session.get_one(Maintenance, maintenance_id)
        if window.imported_at is None:
            yield Post(window, audience_of_maintenance(session, window.id), last_at)


def _story(session: Session, post: Post, since: datetime, until: datetime) -> Story:
    parent, kind = post.parent, post.audience.kind
    its_own = Update.maintenance_id == parent.id
    if isinstance(parent, Incident):
        postmortem = Update.status == "postmortem"
        its_own = and_(Update.incident_id == parent.id, postmortem if kind is NoticeKind.POSTMORTEM else ~postmortem)
    updates = session.scalars(
        select(Update)
        .where(its_own, Update.public_at > since, Update.public_at <= until, Update.notify.is_(True))
        .order_by(Update.posted_at, Update.sequence)
    )
    return Story(
        kind=kind,
        id=parent.id,
        title=parent.title,
        path=f"/incidents/{parent.id}" if isinstance(parent, Incident) else f"/maintenance/{parent.id}",
        priority=parent.priority.value if isinstance(parent, Incident) and parent.priority else None,
        window=None if isinstance(parent, Incident) else (parent.starts_at, parent.ends_at),
        updates=tuple(_told(each) for each in updates),
        texts=parent.texts,
    )


def _told(post: Update) -> Told:
    html, text = html_of(post.body, post.markup), text_of(post.body, post.markup)
    return Told(post.id, post.status, post.posted_at, html, text, post.texts)
