"""Notices: words to the public without an incident; post, list, read, change, delete."""

from __future__ import annotations

from typing import Literal

from statuspage import audit, notices
from statuspage.domain.vocabulary import Scope
from statuspage.models import Notice
from statuspage.notice_drafts import NoticeChange, NoticeDraft
from statuspage.tongues import translations_of
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, TranslationAnswer, UtcInstant, page_of, read_cursor


class NoticeAnswer(Shape):
    """A notice; `kind` is `sla_change` where the page itself announced a new version of the policy."""

    id: str
    url: str
    kind: Literal["notice", "sla_change"]
    title: str
    body: str
    pinned: bool
    posted_at: UtcInstant
    updated_at: UtcInstant
    ends_at: UtcInstant | None
    edits: int
    translations: dict[str, TranslationAnswer] = {}


@endpoint("GET", "/notices", scope=Scope.READ, query=PageQuery, gives=Items[NoticeAnswer])
def list_notices(call: Call, query: PageQuery) -> Answer:
    """Notices, newest first; those that ended too."""
    with call.read() as session:
        base = call.base_url(session)
        rows = notices.load_notices(session, after=read_cursor(query.cursor), limit=query.limit + 1)
        items, following = page_of(
            rows, query.limit, lambda row: notice_answer(row, base), lambda row: (row.posted_at, row.id)
        )
        return call.answered(Items[NoticeAnswer](items=items, next=following))


@endpoint("GET", "/notices/<notice_id>", scope=Scope.READ, gives=NoticeAnswer)
def show_notice(call: Call, notice_id: str) -> Answer:
    """One notice."""
    with call.read() as session:
        return call.answered(notice_answer(notices.load_notice(session, notice_id), call.base_url(session)))


@endpoint("POST", "/notices", scope=Scope.WRITE, body=NoticeDraft, gives=NoticeAnswer, status=201)
def post_notice(call: Call, draft: NoticeDraft) -> Answer:
    """Put a notice on the page and in the feeds; with `notify` it is mailed to every subscriber."""
    with call.change() as change:
        row = notices.post_notice(change.session, draft, author=call.author, now=call.now)
        return call.created(notice_answer(row, call.base_url(change.session)), f"/api/v1/notices/{row.id}")


@endpoint("PATCH", "/notices/<notice_id>", scope=Scope.WRITE, body=NoticeChange, gives=NoticeAnswer)
def change_notice(call: Call, notice_id: str, draft: NoticeChange) -> Answer:
    """Change what is given; `ends_at: null` takes the end away, one that has passed ends it."""
    with call.change() as change:
        row = notices.change_notice(
            change.session, notices.load_notice(change.session, notice_id), draft, now=call.now
        )
        return call.answered(notice_answer(row, call.base_url(change.session)))


@endpoint("DELETE", "/notices/<notice_id>", scope=Scope.WRITE, status=204)
def delete_notice(call: Call, notice_id: str) -> Answer:
    """Take it off the page and out of the feeds."""
    with call.change() as change:
        row = notices.load_notice(change.session, notice_id)
        audit.record(
            change.session, "notice.delete", actor=call.author, target=row.id, client=call.client, now=call.now
        )
        notices.delete_notice(change.session, row)
        return call.answered(None)


def notice_answer(row: Notice, base_url: str) -> NoticeAnswer:
    """A notice as the API gives it."""
    return NoticeAnswer.model_validate(
        {
            "id": row.id,
            "url": f"{base_url}/notices#{row.id}",
            "kind": row.kind,
            "title": row.title,
            "body": row.body,
            "pinned": row.pinned,
            "posted_at": row.posted_at,
            "updated_at": row.updated_at,
            "ends_at": row.ends_at,
            "edits": row.edits,
            "translations": translations_of(row.texts),
        }
    )
