"""Maintenances: announce, update, move, cancel, list, read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from sqlalchemy.orm import Session

from statuspage import amendments, extensions, maintenance
from statuspage.domain.vocabulary import MaintenanceKind, MaintenanceStatus, Risk, Scope, WorkEffect, WorkObject
from statuspage.drafts import CancelDraft, MaintenanceDraft, MaintenanceUpdateDraft, MoveDraft
from statuspage.models import Maintenance
from statuspage.tongues import translations_of
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.incidents import UpdateAnswer, update_answer
from statuspage.web.api_v1.shapes import (
    Items,
    PageQuery,
    Shape,
    UtcInstant,
    WorkTranslationAnswer,
    page_of,
    read_cursor,
)
from statuspage.web.api_v1.updates import WithdrawalQuery
from statuspage.work_drafts import ExtensionDraft


class NoticeAnswer(Shape):
    """The notice given: `required` as the policy writes it ("14d"); all null for imported maintenances."""

    announced_at: UtcInstant
    required: str | None
    latest_notice_at: UtcInstant | None
    met: bool | None


class MaintenanceAnswer(Shape):
    """A maintenance; `kind` and `urgent` are what the policy computed, `updates` newest first."""

    id: str
    url: str
    title: str
    kind: MaintenanceKind
    urgent: bool
    risk: Risk
    works_on: WorkObject | None
    effect: WorkEffect | None
    reason: str | None
    reason_text: str | None
    status: MaintenanceStatus
    starts_at: UtcInstant
    ends_at: UtcInstant
    began_at: UtcInstant | None
    completed_at: UtcInstant | None
    cancelled_at: UtcInstant | None
    notice: NoticeAnswer
    excluded_from_availability: bool
    extends: str | None = Field(None, description="Id of the maintenance whose window this one goes on with")
    components: list[str]
    updates: list[UpdateAnswer]
    created_at: UtcInstant
    updated_at: UtcInstant
    translations: dict[str, WorkTranslationAnswer] = {}


class MaintenanceQuery(PageQuery):
    """Which maintenances."""

    status: Literal["open", "all", "scheduled", "in_progress", "verifying", "completed", "cancelled"] = Field(
        "all", description="`open`: announced or under way"
    )


@endpoint("GET", "/maintenances", scope=Scope.READ, query=MaintenanceQuery, gives=Items[MaintenanceAnswer])
def list_maintenances(call: Call, query: MaintenanceQuery) -> Answer:
    """Maintenances, latest start first."""
    with call.read() as session:
        base = call.base_url(session)
        rows = maintenance.load_maintenances(
            session, statuses=_statuses(query.status), after=read_cursor(query.cursor), limit=query.limit + 1
        )
        items, following = page_of(
            rows, query.limit, lambda row: maintenance_answer(session, row, base), lambda row: (row.starts_at, row.id)
        )
        return call.answered(Items[MaintenanceAnswer](items=items, next=following))


@endpoint("GET", "/maintenances/<maintenance_id>", scope=Scope.READ, gives=MaintenanceAnswer)
def show_maintenance(call: Call, maintenance_id: str) -> Answer:
    """One maintenance."""
    with call.read() as session:
        row = maintenance.load_maintenance(session, maintenance_id)
        return call.answered(maintenance_answer(session, row, call.base_url(session)))


@endpoint("POST", "/maintenances", scope=Scope.WRITE, body=MaintenanceDraft, gives=MaintenanceAnswer, status=201)
def schedule_maintenance(call: Call, draft: MaintenanceDraft) -> Answer:
    """Announce a maintenance. Too little notice for the kind wished is refused, with the earliest start that would
    do (`earliest_start`) and what would be accepted instead (`accepted_kinds`, `would_be`)."""
    with call.change() as change:
        row = maintenance.schedule(change.session, draft, policy=change.policy, author=call.author, now=call.now)
        return _created(call, change.session, row)


@endpoint(
    "POST",
    "/maintenances/<maintenance_id>/updates",
    scope=Scope.WRITE,
    body=MaintenanceUpdateDraft,
    gives=MaintenanceAnswer,
    status=201,
)
def post_maintenance_update(call: Call, maintenance_id: str, draft: MaintenanceUpdateDraft) -> Answer:
    """Post a word on a maintenance; with a status, begin early, verify or finish it now."""
    with call.change() as change:
        row = maintenance.load_maintenance(change.session, maintenance_id)
        maintenance.post_update(change.session, row, draft, author=call.author, now=call.now)
        return _created(call, change.session, row)


@endpoint(
    "POST",
    "/maintenances/<maintenance_id>/move",
    scope=Scope.WRITE,
    body=MoveDraft,
    gives=MaintenanceAnswer,
    status=201,
)
def move_maintenance(call: Call, maintenance_id: str, draft: MoveDraft) -> Answer:
    """Give it another window: its notice starts anew, and the same rules refuse."""
    with call.change() as change:
        row = maintenance.load_maintenance(change.session, maintenance_id)
        maintenance.move(change.session, row, draft, policy=change.policy, author=call.author, now=call.now)
        return _created(call, change.session, row)


@endpoint(
    "POST",
    "/maintenances/<maintenance_id>/extend",
    scope=Scope.WRITE,
    body=ExtensionDraft,
    gives=MaintenanceAnswer,
    status=201,
)
def extend_maintenance(call: Call, maintenance_id: str, draft: ExtensionDraft) -> Answer:
    """More time for a maintenance under way, before its window ends. The answer is the further window, which has its
    own notice and class and names the first in `extends`."""
    with call.change() as change:
        row = maintenance.load_maintenance(change.session, maintenance_id)
        further = extensions.extend(
            change.session, row, draft, policy=change.policy, author=call.author, now=call.now
        )
        return _created(call, change.session, further)


@endpoint(
    "POST",
    "/maintenances/<maintenance_id>/cancel",
    scope=Scope.WRITE,
    body=CancelDraft,
    gives=MaintenanceAnswer,
    status=201,
)
def cancel_maintenance(call: Call, maintenance_id: str, draft: CancelDraft) -> Answer:
    """Cancel it before it begins."""
    with call.change() as change:
        row = maintenance.load_maintenance(change.session, maintenance_id)
        maintenance.cancel(change.session, row, draft, author=call.author, now=call.now)
        return _created(call, change.session, row)


@endpoint("DELETE", "/maintenances/<maintenance_id>", scope=Scope.WRITE, query=WithdrawalQuery, status=204)
def withdraw_maintenance(call: Call, maintenance_id: str, query: WithdrawalQuery) -> Answer:
    """Take it back as if it had never been announced: gone from page, feeds, calendar and lists. One that is only
    called off is cancelled instead."""
    with call.change() as change:
        row = maintenance.load_maintenance(change.session, maintenance_id)
        amendments.withdraw_maintenance(
            change.session, row, query.draft(), author=call.author, now=call.now, client=call.client
        )
        return call.answered(None)


def _created(call: Call, session: Session, row: Maintenance) -> Answer:
    return call.created(maintenance_answer(session, row, call.base_url(session)), f"/api/v1/maintenances/{row.id}")


def _statuses(wanted: str) -> list[MaintenanceStatus]:
    if wanted == "open":
        return [status for status in MaintenanceStatus if not status.is_over]
    return [] if wanted == "all" else [MaintenanceStatus(wanted)]


def maintenance_answer(session: Session, row: Maintenance, base_url: str) -> MaintenanceAnswer:
    """A maintenance as it is answered. Flushes the session."""
    session.flush()
    return MaintenanceAnswer(
        id=row.id,
        url=f"{base_url}/maintenance/{row.id}",
        title=row.title,
        kind=row.kind,
        urgent=row.urgent,
        risk=row.risk,
        works_on=row.works_on,
        effect=row.effect,
        reason=row.reason,
        reason_text=row.reason_text,
        status=row.status,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        began_at=row.began_at,
        completed_at=row.completed_at,
        cancelled_at=row.cancelled_at,
        notice=NoticeAnswer(
            announced_at=row.announced_at,
            required=row.notice_required,
            latest_notice_at=row.latest_notice_at,
            met=row.notice_met,
        ),
        excluded_from_availability=row.excluded,
        extends=row.extends_id,
        components=[component.slug for component in row.components],
        updates=[update_answer(update) for update in reversed(row.updates)],
        created_at=row.created_at,
        updated_at=row.updated_at,
        translations=translations_of(row.texts),
    )
