"""Monitors: what is measured, how it stands, its last results; add, change, pause, remove."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidationError
from sqlalchemy.orm import Session

from statuspage import monitors
from statuspage.components import load_component
from statuspage.domain.vocabulary import ComponentStatus, Scope
from statuspage.drafts import Slug, problems_of
from statuspage.errors import NotFound, Problem, Refused
from statuspage.models import Monitor
from statuspage.monitor_drafts import MonitorChange, MonitorTable, shown_settings
from statuspage.monitoring.trial import try_check
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, page_of_all


class MonitorDraft(MonitorTable):
    """A new monitor: site.toml's keys and the component."""

    component: Slug


class MonitorQuery(PageQuery):
    """Which monitors."""

    component: Annotated[str, Field(max_length=80)] | None = Field(None, description="slug; all when absent")


class ResultAnswer(Shape):
    """One check: up, slow, down or unknown (our own trouble)."""

    at: UtcInstant
    outcome: str
    latency_ms: int | None
    words: str | None


class TestAnswer(Shape):
    """What one check found."""

    outcome: str
    latency_ms: int | None
    words: str
    certificate_ends_at: UtcInstant | None


class MonitorAnswer(Shape):
    """A monitor and how it stands. `settings` are site.toml's keys; values of headers that may be secret read
    "(kept)". `url` is where a heartbeat's job calls, shown once."""

    id: str
    component: str
    name: str
    kind: str
    enabled: bool
    settings: dict[str, Any]
    status: ComponentStatus
    status_since: UtcInstant | None
    checked_at: UtcInstant | None
    latency_ms: int | None
    words: str | None
    certificate_ends_at: UtcInstant | None
    results: list[ResultAnswer] | None = None
    url: str | None = None


@endpoint("GET", "/monitors", scope=Scope.READ, query=MonitorQuery, gives=Items[MonitorAnswer])
def list_monitors(call: Call, query: MonitorQuery) -> Answer:
    """All monitors in the page's order, paused ones too."""
    with call.read() as session:
        component = _component(session, query.component) if query.component else None
        rows = monitors.load_monitors(session, component=component)
        items, following = page_of_all(rows, query, _answer)
        return call.answered(Items[MonitorAnswer](items=items, next=following))


@endpoint("GET", "/monitors/<monitor_id>", scope=Scope.READ, gives=MonitorAnswer)
def show_monitor(call: Call, monitor_id: str) -> Answer:
    """One monitor with its last 50 results, newest first."""
    with call.read() as session:
        row = monitors.load_monitor(session, monitor_id)
        results = [
            ResultAnswer(at=each.at, outcome=each.outcome, latency_ms=each.latency_ms, words=each.words)
            for each in monitors.load_results(session, row)
        ]
        return call.answered(_answer(row).model_copy(update={"results": results}))


@endpoint("POST", "/monitors", scope=Scope.WRITE, body=MonitorDraft, gives=MonitorAnswer, status=201)
def create_monitor(call: Call, draft: MonitorDraft) -> Answer:
    """Measure a component. A heartbeat's answer holds its URL, this once."""
    table = MonitorTable.model_validate(draft.model_dump(exclude={"component"}, exclude_unset=True))
    with call.change() as change:
        component = _component(change.session, draft.component)
        row, token = monitors.add_monitor(change.session, component, table, author=call.author, now=call.now)
        answer = _answer(row)
        told = answer.model_copy(update={"url": f"{call.base_url(change.session)}/heartbeat/{token}"})
        return call.created(told if token else answer, f"/api/v1/monitors/{row.id}", kept=answer)


@endpoint("POST", "/monitors/test", scope=Scope.WRITE, body=MonitorTable, gives=TestAnswer, status=201)
def test_monitor(call: Call, draft: MonitorTable) -> Answer:
    """Check once, within ten seconds, with the keys of a monitor that need not exist; nothing is kept of it."""
    found = try_check(draft, None, call.installation.settings.probe_allow_private, call.now)
    with call.write() as session:
        monitors.record_test(session, draft, found.outcome.value, author=call.author, now=call.now)
        answer = TestAnswer(
            outcome=found.outcome.value,
            latency_ms=found.latency_ms,
            words=found.words,
            certificate_ends_at=found.certificate_ends_at,
        )
        return call.created(answer, "/api/v1/monitors")


@endpoint("PATCH", "/monitors/<monitor_id>", scope=Scope.WRITE, body=MonitorChange, gives=MonitorAnswer)
def change_monitor(call: Call, monitor_id: str, draft: MonitorChange) -> Answer:
    """Change what is given; null takes a key away. `enabled: false` pauses it: it says nothing of its component."""
    with call.change() as change:
        row = monitors.load_monitor(change.session, monitor_id)
        try:
            table = monitors.table_of(row, **draft.model_dump(exclude_unset=True))
        except ValidationError as error:
            raise Refused(problems_of(error)) from None
        monitors.change_monitor(change.session, row, table, author=call.author, now=call.now)
        return call.answered(_answer(row))


@endpoint("POST", "/monitors/<monitor_id>/url", scope=Scope.WRITE, gives=MonitorAnswer, status=201)
def renew_monitor_url(call: Call, monitor_id: str) -> Answer:
    """A new URL of a heartbeat, in the answer this once; the one before stops working."""
    with call.change() as change:
        row = monitors.load_monitor(change.session, monitor_id)
        token = monitors.renew_token(change.session, row, author=call.author, now=call.now)
        answer = _answer(row)
        told = answer.model_copy(update={"url": f"{call.base_url(change.session)}/heartbeat/{token}"})
        return call.created(told, f"/api/v1/monitors/{row.id}", kept=answer)


@endpoint("DELETE", "/monitors/<monitor_id>", scope=Scope.WRITE, status=204)
def remove_monitor(call: Call, monitor_id: str) -> Answer:
    """Stop measuring for good; what was measured stays in the component's history."""
    with call.change() as change:
        row = monitors.load_monitor(change.session, monitor_id)
        monitors.remove_monitor(change.session, row, author=call.author, now=call.now)
        return call.answered(None)


def _component(session: Session, slug: str) -> Any:
    try:
        return load_component(session, slug)
    except NotFound as error:
        raise Refused(Problem("component", str(error))) from None


def _answer(row: Monitor) -> MonitorAnswer:
    return MonitorAnswer(
        id=row.id,
        component=row.component.slug,
        name=row.name,
        kind=row.kind,
        enabled=row.enabled,
        settings=shown_settings(row.settings),
        status=row.status,
        status_since=row.status_since,
        checked_at=row.checked_at,
        latency_ms=row.latency_ms,
        words=row.last_words,
        certificate_ends_at=row.certificate_ends_at,
    )
