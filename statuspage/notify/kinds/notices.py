"""Notices to everybody, such as changed service levels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from statuspage.models import Notice
from statuspage.notify import outbox, webhook_payload
from statuspage.notify.bulletins import links_of, more_of
from statuspage.notify.chats.bulletin import Bulletin, Tone
from statuspage.notify.kinds.kind import Desk, Hearer, Kind
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Letter, Person, Writing, preheader_of, write_letter
from statuspage.notify.news import NoticeNews, load_notice_news, spoken_news
from statuspage.notify.outbox import Claimed
from statuspage.notify.recipients import select_notice_readers
from statuspage.publishing.wording import Words

NAME = "notice"
LANE = 7


def owe(session: Session, notice: Notice, *, now: datetime) -> int:
    """Owe a notice to who hears notices of its kind; how many."""
    chosen = select_notice_readers(notice.kind)
    return outbox.owe_chosen(session, NAME, LANE, chosen, now=now, notice_id=notice.id)


def write(news: NoticeNews, writing: Writing) -> Letter:
    """The mail of a notice in one language."""
    news = spoken_news(news, writing.language, writing.letterhead.url)
    url = _url(news, writing.letterhead)
    facts = {"news": news, "state": _state(news, writing.words), "url": url, "preheader": preheader_of(news.text)}
    return write_letter("notice", facts, writing, seed=news.notice_id)


def _tell(news: NoticeNews, person: Person, letterhead: Letterhead) -> Bulletin:
    words = letterhead.words(person.language)
    news = spoken_news(news, person.language, letterhead.url)
    return Bulletin(
        headline=f"[{_state(news, words)}] {news.title}",
        text=news.text,
        facts=(),
        links=links_of(words, letterhead, f"/notices#{news.notice_id}", person),
        more=more_of(words),
        tone=Tone.PLANNED,
    )


def _members(session: Session, news: NoticeNews, hearer: Hearer) -> dict[str, Any]:
    """An incident without impact that is over, and the notice itself."""
    news = spoken_news(news, hearer.person.language, hearer.letterhead.url)
    url = _url(news, hearer.letterhead)
    said = webhook_payload.tell_words(session, news.notice_id, news.title, news.text, url, news.posted_at)
    at = webhook_payload.wire_time(news.posted_at)
    notice = {"id": news.notice_id, "kind": news.kind, "title": news.title, "body": news.text, "posted_at": at}
    return {"incident": said, "notice": {**notice, "url": url}}


def _load(session: Session, row: Claimed, desk: Desk) -> NoticeNews:
    assert row.notice_id is not None
    return load_notice_news(session, row.notice_id, desk.letterhead.url)


def _state(news: NoticeNews, words: Words) -> str:
    return words.gettext("SLA change") if news.kind == "sla_change" else words.gettext("Notice")


def _url(news: NoticeNews, letterhead: Letterhead) -> str:
    return f"{letterhead.url}/notices#{news.notice_id}"


NOTICE: Kind[NoticeNews] = Kind(NAME, about="notice_id", load=_load, mail=write, bulletin=_tell, members=_members)
