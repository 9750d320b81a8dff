"""Posts that publish themselves at their time: updates, announcements of maintenance; put off or cancelled before."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from statuspage import incidents, maintenance, timed_posts
from statuspage.changes import Change
from statuspage.domain.vocabulary import Scope
from statuspage.models import TimedPost
from statuspage.timed_drafts import LaterMaintenance, LaterMaintenanceUpdate, LaterUpdate, TimedChange
from statuspage.timed_posts import Planner
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, page_of, read_cursor


class TimedAnswer(Shape):
    """What publishes itself at `publish_at`. `post` is what it says, as the call that posts takes it. With `held_at`
    it could not be published, for the reason in `held_because`, and waits for an operator."""

    id: str
    kind: Literal["incident_update", "maintenance", "maintenance_update"]
    title: str = Field(description="Of the incident or maintenance it belongs to, or that it announces")
    incident: str | None
    maintenance: str | None
    publish_at: UtcInstant
    post: dict[str, Any]
    author: str
    created_at: UtcInstant
    held_at: UtcInstant | None
    held_because: str | None


@endpoint("GET", "/timed", scope=Scope.READ, query=PageQuery, gives=Items[TimedAnswer])
def list_timed(call: Call, query: PageQuery) -> Answer:
    """What waits for its time, the next one first, and what was held."""
    with call.read() as session:
        rows = timed_posts.load_timed(session, after=read_cursor(query.cursor), limit=query.limit + 1)
        items, following = page_of(rows, query.limit, timed_answer, lambda row: (row.publish_at, row.id))
        return call.answered(Items[TimedAnswer](items=items, next=following))


@endpoint("GET", "/timed/<timed_id>", scope=Scope.READ, gives=TimedAnswer)
def show_timed(call: Call, timed_id: str) -> Answer:
    """One of them."""
    with call.read() as session:
        return call.answered(timed_answer(timed_posts.load_timed_post(session, timed_id)))


@endpoint(
    "POST",
    "/incidents/<incident_id>/updates/later",
    scope=Scope.WRITE,
    body=LaterUpdate,
    gives=TimedAnswer,
    status=201,
)
def plan_incident_update(call: Call, incident_id: str, draft: LaterUpdate) -> Answer:
    """Have an update posted at `publish_at`. It is held, and said to operators, where the incident was resolved
    before, or (with `after`) where somebody posted meanwhile."""
    with call.change() as change:
        incident = incidents.load_incident(change.session, incident_id)
        planner = planner_of(call, change, draft.publish_at)
        return _planned(call, timed_posts.plan_update(change.session, incident, draft, planner))


@endpoint("POST", "/maintenances/later", scope=Scope.WRITE, body=LaterMaintenance, gives=TimedAnswer, status=201)
def plan_maintenance(call: Call, draft: LaterMaintenance) -> Answer:
    """Have a maintenance announced at `publish_at`, by which its notice and class are judged, now and then."""
    with call.change() as change:
        planner = planner_of(call, change, draft.publish_at)
        return _planned(call, timed_posts.plan_maintenance(change.session, draft, planner))


@endpoint(
    "POST",
    "/maintenances/<maintenance_id>/updates/later",
    scope=Scope.WRITE,
    body=LaterMaintenanceUpdate,
    gives=TimedAnswer,
    status=201,
)
def plan_maintenance_update(call: Call, maintenance_id: str, draft: LaterMaintenanceUpdate) -> Answer:
    """Have a word on a maintenance posted at `publish_at`, and its step taken then."""
    with call.change() as change:
        work = maintenance.load_maintenance(change.session, maintenance_id)
        planner = planner_of(call, change, draft.publish_at)
        return _planned(call, timed_posts.plan_maintenance_update(change.session, work, draft, planner))


@endpoint("PATCH", "/timed/<timed_id>", scope=Scope.WRITE, body=TimedChange, gives=TimedAnswer)
def put_off_timed(call: Call, timed_id: str, draft: TimedChange) -> Answer:
    """Give it another time; one that was held waits again."""
    with call.change() as change:
        row = timed_posts.load_timed_post(change.session, timed_id)
        policy = call.installation.policy(draft.publish_at, change.session)
        timed_posts.put_off(change.session, row, draft.publish_at, policy=policy, author=call.author, now=call.now)
        return call.answered(timed_answer(row))


@endpoint("DELETE", "/timed/<timed_id>", scope=Scope.WRITE, status=204)
def cancel_timed(call: Call, timed_id: str) -> Answer:
    """Cancel it: nobody outside ever sees it. The audit log keeps its words."""
    with call.change() as change:
        row = timed_posts.load_timed_post(change.session, timed_id)
        timed_posts.cancel(change.session, row, author=call.author, now=call.now)
        return call.answered(None)


def planner_of(call: Call, change: Change, publish_at: datetime) -> Planner:
    """Who plans, by the policy that is in force at the time of publishing."""
    return Planner(call.author, publish_at, call.installation.policy(publish_at, change.session), call.now)


def timed_answer(row: TimedPost) -> TimedAnswer:
    """A post that waits, as it is answered."""
    return TimedAnswer.model_validate(
        {
            "id": row.id,
            "kind": row.kind,
            "title": timed_posts.title_of(row),
            "incident": row.incident_id,
            "maintenance": row.maintenance_id,
            "publish_at": row.publish_at,
            "post": row.fields,
            "author": row.author,
            "created_at": row.created_at,
            "held_at": row.held_at,
            "held_because": row.held_because,
        }
    )


def _planned(call: Call, row: TimedPost) -> Answer:
    return call.created(timed_answer(row), f"/api/v1/timed/{row.id}")
