"""Regular slots: weekly windows whose occurrences the page announces as maintenance."""

from __future__ import annotations

from datetime import time

from statuspage import audit, slots
from statuspage.domain.vocabulary import Scope
from statuspage.models import RegularSlot
from statuspage.tongues import translations_of
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, WorkTranslationAnswer
from statuspage.work_drafts import SlotDraft


class SlotAnswer(Shape):
    """A slot by the wall clock of the policy's zone; `weekday` 0 is Monday. Once ended it announces nothing more."""

    id: str
    title: str
    body: str
    weekday: int
    starts: time
    minutes: int
    components: list[str]
    created_at: UtcInstant
    ended_at: UtcInstant | None
    translations: dict[str, WorkTranslationAnswer] = {}


@endpoint("GET", "/slots", scope=Scope.READ, query=PageQuery, gives=Items[SlotAnswer])
def list_slots(call: Call, query: PageQuery) -> Answer:
    """All regular slots in the order of the week, ended ones too."""
    with call.read() as session:
        items = [slot_answer(row) for row in slots.load_slots(session)]
        return call.answered(Items[SlotAnswer](items=items, next=None))


@endpoint("POST", "/slots", scope=Scope.WRITE, body=SlotDraft, gives=SlotAnswer, status=201)
def add_slot(call: Call, draft: SlotDraft) -> Answer:
    """Add a weekly slot. Each occurrence is announced in time as a maintenance of kind regular; cancelling that one
    skips it. Refused where the policy knows no regular maintenance, or no further slot a week."""
    with call.change() as change:
        row = slots.add_slot(change.session, draft, policy=change.policy, author=call.author, now=call.now)
        return call.created(slot_answer(row), f"/api/v1/slots/{row.id}")


@endpoint("GET", "/slots/<slot_id>", scope=Scope.READ, gives=SlotAnswer)
def show_slot(call: Call, slot_id: str) -> Answer:
    """One slot."""
    with call.read() as session:
        return call.answered(slot_answer(slots.load_slot(session, slot_id)))


@endpoint("DELETE", "/slots/<slot_id>", scope=Scope.WRITE, status=204)
def end_slot(call: Call, slot_id: str) -> Answer:
    """End it: nothing further is announced. What is announced already stays until it is cancelled."""
    with call.change() as change:
        row = slots.load_slot(change.session, slot_id)
        slots.end_slot(change.session, row, now=call.now)
        audit.record(change.session, "slot.end", actor=call.author, target=row.id, client=call.client, now=call.now)
        return call.answered(None)


def slot_answer(row: RegularSlot) -> SlotAnswer:
    """A slot as the API gives it."""
    return SlotAnswer(
        id=row.id,
        title=row.title,
        body=row.body,
        weekday=row.weekday,
        starts=row.starts,
        minutes=row.minutes,
        components=[component.slug for component in row.components],
        created_at=row.created_at,
        ended_at=row.ended_at,
        translations=translations_of(row.texts),
    )
