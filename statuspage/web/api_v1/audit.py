"""The audit log: who did what, when and from where. It is read only; admin scope."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from statuspage import audit
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import Instant
from statuspage.models import AuditEvent
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, make_place, read_place

Word = Annotated[str, Field(max_length=255)]


class EventAnswer(Shape):
    """One event. `details` are facts such as what a value was before; never secrets."""

    id: str
    at: UtcInstant
    actor: str
    action: str
    target: str | None
    details: dict[str, Any] | None
    changes: list[dict[str, Any]] | None
    """The rows that changed: {table, row, before, after}; no secrets, and no subscriber's address."""
    client: str | None


class EventQuery(PageQuery):
    """Which events."""

    actor: Word | None = Field(None, description="who: an address, `token:NAME` or `cli:ACCOUNT`")
    action: Word | None = Field(None, description="a noun and a verb, such as `token.revoke`")
    target: Word | None = Field(None, description="what is a part of the target, in whatever case")
    since: Instant | None = Field(None, description="at this instant or later, with an offset")
    until: Instant | None = Field(None, description="before this instant, with an offset")


@endpoint("GET", "/audit", scope=Scope.ADMIN, query=EventQuery, gives=Items[EventAnswer])
def list_audit_events(call: Call, query: EventQuery) -> Answer:
    """Events, newest first."""
    place = read_place(query.cursor)
    sought = audit.Sought(query.actor, query.action, query.target, query.since, query.until)
    with call.read() as session:
        rows = audit.load_events(session, sought, before_id=place[0] if place else None, limit=query.limit + 1)
    items = [event_answer(row) for row in rows[: query.limit]]
    following = make_place(rows[query.limit - 1].id, "audit") if len(rows) > query.limit else None
    return call.answered(Items[EventAnswer](items=items, next=following))


def event_answer(row: AuditEvent) -> EventAnswer:
    """An event as the API shows it."""
    return EventAnswer(
        id=str(row.id),
        at=row.at,
        actor=row.actor,
        action=row.action,
        target=row.target,
        details=row.details,
        changes=row.changes,
        client=row.client,
    )
