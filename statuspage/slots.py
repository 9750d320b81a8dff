"""Regular maintenance slots: a weekly window whose occurrences are announced as ordinary maintenance (OP15-OP17).

An occurrence is announced a day before its notice would be too late. From then on it is a maintenance like any other:
moved, or cancelled, which skips it; neither is announced again, because the row remembers its occurrence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from statuspage.components import find_components
from statuspage.domain.periods import local_date
from statuspage.domain.sla.notice import latest_notice
from statuspage.domain.sla.policy import Policy
from statuspage.domain.sla.worktime import at_wall_time
from statuspage.domain.vocabulary import MaintenanceKind, Risk
from statuspage.drafts import MaintenanceDraft, MoveDraft
from statuspage.errors import NotFound, Problem, Refused
from statuspage.identifiers import new_id
from statuspage.maintenance import assess, schedule
from statuspage.models import Maintenance, Page, RegularSlot
from statuspage.tongues import check_translations, texts_in
from statuspage.windows import BY_ITSELF
from statuspage.work_drafts import SlotDraft

AHEAD = timedelta(days=7)
"""How long before the last moment for its notice an occurrence is announced: the page always shows the next one."""
WEEK = timedelta(days=7)


def add_slot(session: Session, draft: SlotDraft, *, policy: Policy, author: str, now: datetime) -> RegularSlot:
    """Add a weekly slot; its first occurrence is the first that can be announced in time.

    Raises Refused: the policy knows no regular maintenance or no further slot a week, the window is one it does not
    allow for regular work, or a component is unknown.
    """
    _check_offered(session, policy)
    check_translations(session, draft.translations)
    components = find_components(session, draft.components)
    slot = RegularSlot(
        id=new_id(),
        title=draft.title,
        body=draft.body,
        texts=texts_in(draft.translations),
        weekday=draft.weekday,
        starts=draft.starts.replace(tzinfo=None),
        minutes=draft.minutes,
        created_at=now,
        updated_at=now,
        author=author,
        components=list(components.values()),
    )
    _check_allowed(session, slot, policy, now)
    session.add(slot)
    session.flush()
    return slot


def end_slot(session: Session, slot: RegularSlot, *, now: datetime) -> None:
    """Announce nothing further; what is announced stays, and is cancelled one by one where it is not wanted."""
    slot.ended_at = slot.ended_at or now
    slot.updated_at = now
    session.flush()


def load_slots(session: Session, *, active_only: bool = False) -> Sequence[RegularSlot]:
    """Slots in the order of the week."""
    query = select(RegularSlot).order_by(RegularSlot.weekday, RegularSlot.starts, RegularSlot.id)
    if active_only:
        query = query.where(RegularSlot.ended_at.is_(None))
    return session.scalars(query.options(selectinload(RegularSlot.components))).all()


def load_slot(session: Session, slot_id: str) -> RegularSlot:
    """One slot. Raises NotFound."""
    slot = session.get(RegularSlot, slot_id)
    if slot is None:
        raise NotFound("slot", slot_id)
    return slot


def is_anything_due(session: Session, *, policy: Policy, now: datetime) -> bool:
    """Whether announce_due would do something."""
    return any(True for slot in load_slots(session, active_only=True) for _ in _due(session, slot, policy, now))


def announce_due(session: Session, *, policy: Policy, now: datetime) -> list[Maintenance]:
    """Announce the occurrences whose time has come; what the policy would refuse (another regular maintenance in that
    week, put there by hand) is left out."""
    announced = []
    languages = session.get_one(Page, 1).languages[1:]
    for slot in load_slots(session, active_only=True):
        for day, window in _due(session, slot, policy, now):
            draft = MaintenanceDraft(
                title=slot.title,
                body=slot.body,
                starts_at=window.starts_at,
                ends_at=window.ends_at,
                components=[component.slug for component in slot.components],
                kind=MaintenanceKind.REGULAR,
                translations={each: said for each, said in (slot.texts or {}).items() if each in languages},
            )
            work = schedule(session, draft, policy=policy, author=BY_ITSELF, now=now)
            work.slot_id, work.slot_on = slot.id, day
            session.flush()
            announced.append(work)
    return announced


def _due(session: Session, slot: RegularSlot, policy: Policy, now: datetime) -> Iterator[tuple[date, MoveDraft]]:
    """The occurrences to be announced now, each with its local day. Asks the policy before each."""
    for day, window in occurrences(slot, policy, now):
        if latest_notice(policy, window.starts_at) - AHEAD > now:
            return
        if _is_announced(session, slot, day):
            continue
        if not assess(session, window, risk=Risk.NORMAL, policy=policy, now=now).refusals:
            yield day, window


def occurrences(slot: RegularSlot, policy: Policy, after: datetime) -> Iterator[tuple[date, MoveDraft]]:
    """Its windows from an instant on, as far as notice given then is in time, without end."""
    today = local_date(after, policy.zone)
    day = today + timedelta(days=(slot.weekday - today.weekday()) % 7)
    while True:
        starts_at = at_wall_time(day, slot.starts, policy.zone)
        if starts_at > after and latest_notice(policy, starts_at) >= after:
            ends_at = starts_at + timedelta(minutes=slot.minutes)
            yield (
                day,
                MoveDraft(starts_at=starts_at, ends_at=ends_at, body=slot.body, kind=MaintenanceKind.REGULAR),
            )
        day += WEEK


def _is_announced(session: Session, slot: RegularSlot, day: date) -> bool:
    known = select(Maintenance.id).where(Maintenance.slot_id == slot.id, Maintenance.slot_on == day)
    return session.scalar(known.limit(1)) is not None


def _check_offered(session: Session, policy: Policy) -> None:
    offered = policy.maintenance.regular_per_week
    if not offered:
        raise Refused(Problem("weekday", "the policy knows no regular maintenance"))
    if len(load_slots(session, active_only=True)) >= offered:
        slots = "one regular slot" if offered == 1 else f"{offered} regular slots"
        raise Refused(Problem("weekday", f"the policy allows {slots} a week; end the present one first"))


def _check_allowed(session: Session, slot: RegularSlot, policy: Policy, now: datetime) -> None:
    """What the policy has against the first window, but for another one that happens to lie in the same week."""
    _, window = next(occurrences(slot, policy, now))
    found = assess(session, window, risk=Risk.NORMAL, policy=policy, now=now).refusals
    refusals = [issue for issue in found if issue.code != "second_regular_in_week"]
    if refusals:
        raise Refused(
            Problem("starts" if issue.field == "starts_at" else issue.field, issue.message) for issue in refusals
        )
