"""Verbs on notices: words to the public without an incident, on the front page until they end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from statuspage.errors import NotFound, Overtaken, Problem, Refused
from statuspage.identifiers import new_id
from statuspage.models import Notice
from statuspage.notice_drafts import NoticeChange, NoticeDraft
from statuspage.notify.kinds import notices as news
from statuspage.tongues import check_translations, texts_in

PLAIN, SLA_CHANGE = "notice", "sla_change"


def post_notice(session: Session, draft: NoticeDraft, *, author: str, now: datetime, kind: str = PLAIN) -> Notice:
    """Put a notice on the page at once, mailed when `notify` says so. Raises Refused for an end that has passed."""
    if draft.ends_at is not None and draft.ends_at <= now:
        raise Refused(Problem("ends_at", "must lie ahead"))
    check_translations(session, draft.translations)
    notice = Notice(
        id=new_id(),
        kind=kind,
        title=draft.title,
        body=draft.body,
        texts=texts_in(draft.translations),
        pinned=draft.pinned,
        posted_at=now,
        updated_at=now,
        ends_at=draft.ends_at,
        edits=0,
        author=author,
    )
    session.add(notice)
    session.flush()
    if draft.notify:
        news.owe(session, notice, now=now)
    return notice


def change_notice(session: Session, notice: Notice, change: NoticeChange, *, now: datetime) -> Notice:
    """Change what is given; an explicit null takes the end away. An end that has passed ends it. Raises Refused,
    or Overtaken where somebody changed it after its author read it."""
    if change.edits is not None and change.edits != notice.edits:
        raise Overtaken(Problem("edits", "somebody changed it meanwhile: read it as it is now, then change it"))
    for field in sorted(change.model_fields_set - {"edits"}):
        value = getattr(change, field)
        if value is None and field != "ends_at":
            raise Refused(Problem(field, "must not be empty"))
        if field == "translations":
            check_translations(session, change.translations or {})
            notice.texts = texts_in(change.translations or {})
        else:
            setattr(notice, field, value)
    notice.updated_at = now
    notice.edits += 1
    session.flush()
    return notice


def delete_notice(session: Session, notice: Notice) -> None:
    """Take it off the page and out of the feeds, and its unsent mail with it."""
    session.delete(notice)
    session.flush()


def load_notice(session: Session, notice_id: str) -> Notice:
    """One notice. Raises NotFound."""
    notice = session.get(Notice, notice_id)
    if notice is None:
        raise NotFound("notice", notice_id)
    return notice


def load_notices(
    session: Session, *, after: tuple[datetime, str] | None = None, limit: int = 100
) -> Sequence[Notice]:
    """Notices, newest first; `after` = (posted_at, id) of the last one already seen."""
    query = select(Notice).order_by(Notice.posted_at.desc(), Notice.id.desc()).limit(limit)
    if after is not None:
        at, last_id = after
        query = query.where(or_(Notice.posted_at < at, and_(Notice.posted_at == at, Notice.id < last_id)))
    return session.scalars(query).all()
