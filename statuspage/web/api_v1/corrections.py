"""Corrections: what a component truly was between two instants, with the reason that the page shows."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from statuspage import corrections
from statuspage.components import load_component
from statuspage.corrections import CorrectionDraft
from statuspage.domain.vocabulary import ComponentStatus, Scope
from statuspage.errors import NotFound, Problem, Refused
from statuspage.models import Component, Correction
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, page_of_all


class CorrectionQuery(PageQuery):
    """Which corrections."""

    component: Annotated[str, Field(max_length=80)] | None = Field(None, description="slug; all when absent")


class CorrectionAnswer(Shape):
    """A correction; once withdrawn the sources speak again in its span."""

    id: str
    component: str
    starts_at: UtcInstant
    ends_at: UtcInstant
    status: ComponentStatus
    reason: str
    author: str
    recorded_at: UtcInstant
    withdrawn_at: UtcInstant | None


@endpoint("GET", "/corrections", scope=Scope.READ, query=CorrectionQuery, gives=Items[CorrectionAnswer])
def list_corrections(call: Call, query: CorrectionQuery) -> Answer:
    """All corrections, the last recorded first, withdrawn ones too."""
    with call.read() as session:
        try:
            component = load_component(session, query.component) if query.component else None
        except NotFound as error:
            raise Refused(Problem("component", str(error))) from None
        rows = corrections.load_corrections(session, component=component)
        items, following = page_of_all(
            rows, query, lambda row: _answer(row, session.get_one(Component, row.component_id))
        )
        return call.answered(Items[CorrectionAnswer](items=items, next=following))


@endpoint("POST", "/corrections", scope=Scope.WRITE, body=CorrectionDraft, gives=CorrectionAnswer, status=201)
def create_correction(call: Call, draft: CorrectionDraft) -> Answer:
    """Set right what a component was in an interval that is over; it replaces what all sources said."""
    with call.change() as change:
        row = corrections.record_correction(
            change.session, draft, policy=change.policy, author=call.author, now=call.now
        )
        component = change.session.get_one(Component, row.component_id)
        return call.created(_answer(row, component), f"/api/v1/corrections/{row.id}")


@endpoint("GET", "/corrections/<correction_id>", scope=Scope.READ, gives=CorrectionAnswer)
def show_correction(call: Call, correction_id: str) -> Answer:
    """One correction."""
    with call.read() as session:
        row = corrections.load_correction(session, correction_id)
        return call.answered(_answer(row, session.get_one(Component, row.component_id)))


@endpoint("DELETE", "/corrections/<correction_id>", scope=Scope.WRITE, status=204)
def withdraw_correction(call: Call, correction_id: str) -> Answer:
    """Withdraw it; it stays listed as withdrawn."""
    with call.change() as change:
        row = corrections.load_correction(change.session, correction_id)
        corrections.withdraw_correction(change.session, row, author=call.author, now=call.now)
        return call.answered(None)


def _answer(row: Correction, component: Component) -> CorrectionAnswer:
    return CorrectionAnswer(
        id=str(row.id),
        component=component.slug,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        status=row.status,
        reason=row.reason,
        author=row.author,
        recorded_at=row.recorded_at,
        withdrawn_at=row.withdrawn_at,
    )
