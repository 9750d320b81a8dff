"""A maintenance's steps through its window: what each does to its components, and the update that says it.

The clock takes the first and the last step (advance_due); an operator may take any of them earlier.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from statuspage import customer_reports
from statuspage.claims import claim, current_statuses
from statuspage.components import load_page
from statuspage.domain.vocabulary import ComponentStatus, MaintenanceStatus
from statuspage.identifiers import new_id
from statuspage.models import AffectedComponent, Maintenance, Update
from statuspage.notify.kinds import updates as news
from statuspage.tongues import Texts
from statuspage.translations.catalogues import load_catalogue

BY_ITSELF = "statuspage"
"""Author of the steps that the clock takes."""


def advance_due(session: Session, *, now: datetime) -> list[Update]:
    """Start and end what is due, stamped with the time it was due; nothing twice, however late or often it runs."""
    due = session.scalars(
        select(Maintenance).where(_is_due(now)).order_by(Maintenance.starts_at).with_for_update()
    ).all()
    return [update for maintenance in due for update in advance(session, maintenance, now)]


def is_anything_due(session: Session, now: datetime) -> bool:
    """Whether advance_due would do something: a cheap question for every second."""
    return session.scalar(select(Maintenance.id).where(_is_due(now)).limit(1)) is not None


_RUNNING = [status for status in MaintenanceStatus if status.is_running]


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(Maintenance.status == MaintenanceStatus.SCHEDULED, Maintenance.starts_at <= now),
        and_(Maintenance.status.in_(_RUNNING), Maintenance.ends_at <= now),
    )


def advance(session: Session, maintenance: Maintenance, now: datetime) -> list[Update]:
    """Take the steps of one maintenance that are due at `now`, each stamped with its own time."""
    steps = []
    if maintenance.status is MaintenanceStatus.SCHEDULED and maintenance.starts_at <= now:
        steps.append((MaintenanceStatus.IN_PROGRESS, max(maintenance.starts_at, maintenance.announced_at), "started"))
    if maintenance.ends_at <= now:
        steps.append((MaintenanceStatus.COMPLETED, maintenance.ends_at, "finished"))
    updates = []
    for status, at, event in steps:
        affected = enter(session, maintenance, status, at=at, author=BY_ITSELF)
        goes_on = is_extended(session, maintenance) if event == "finished" else maintenance.extends_id is not None
        updates.append(
            add_update(
                session,
                maintenance,
                event,
                *_own_words(session, _sentence_of(event, goes_on=goes_on)),
                at=at,
                author=BY_ITSELF,
                notify=not goes_on,
                affected=affected,
            )
        )
    return updates


def is_extended(session: Session, maintenance: Maintenance) -> bool:
    """Whether a further window goes on with it."""
    return session.scalar(select(Maintenance.id).where(*_further(maintenance)).limit(1)) is not None


def withdraw_extension(session: Session, maintenance: Maintenance, *, at: datetime, author: str) -> None:
    """The work is done before its window ended, so its extension is not needed; nobody is mailed of that."""
    for further in session.scalars(select(Maintenance).where(*_further(maintenance))).all():
        further.status = MaintenanceStatus.CANCELLED
        further.cancelled_at = at
        further.sequence += 1
        body, texts = _own_words(session, _("The work was finished before; the extension is not needed."))
        add_update(session, further, "cancelled", body, texts, at=at, author=author, notify=False)


def _further(maintenance: Maintenance) -> tuple[ColumnElement[bool], ...]:
    return Maintenance.extends_id == maintenance.id, Maintenance.status != MaintenanceStatus.CANCELLED


def _(text: str) -> str:
    """Marks a text for the catalogues; _own_words translates it."""
    return text


def _own_words(session: Session, sentence: str) -> tuple[str, Texts | None]:
    """What the product posts by itself: in the page's first language, and in each of its others."""
    first, *further = load_page(session).languages
    texts = {language: {"body": load_catalogue(language).gettext(sentence)} for language in further}
    return load_catalogue(first).gettext(sentence), texts or None


def _sentence_of(event: str, *, goes_on: bool) -> str:
    """What is said of a step; where one window passes into the next (`goes_on`) nobody is mailed."""
    if event == "started":
        if goes_on:
            return _("The work goes on in the extended window.")
        return _("The maintenance has begun as announced.")
    if goes_on:
        return _("The first window is over; the work goes on as announced.")
    return _("The maintenance window is over.")


def enter(
    session: Session, maintenance: Maintenance, status: MaintenanceStatus, *, at: datetime, author: str
) -> dict[str, tuple[ComponentStatus, ComponentStatus]]:
    """Take the step; the components turn to under_maintenance or are let go. Returns old and new by component id."""
    ids = [component.id for component in maintenance.components]
    before = current_statuses(session, ids, at, public=True)
    if status is MaintenanceStatus.COMPLETED:
        maintenance.completed_at = at
        said = dict.fromkeys(maintenance.components, ComponentStatus.OPERATIONAL)
        claim(session, said, maintenance, at=at, author=author, now=at)
        customer_reports.note_work_done(session, maintenance, author=author, now=at)
    elif maintenance.began_at is None:
        # work that is announced after it began counts from its start, not from its notice (A10)
        began_at = min(at, maintenance.starts_at) if maintenance.announced_at > maintenance.starts_at else at
        maintenance.began_at = began_at
        said = dict.fromkeys(maintenance.components, ComponentStatus.UNDER_MAINTENANCE)
        claim(session, said, maintenance, at=began_at, author=author, now=at)
    maintenance.status = status
    session.flush()
    after = current_statuses(session, ids, at, public=True)
    return {component_id: (before[component_id], after[component_id]) for component_id in ids}


def add_update(
    session: Session,
    maintenance: Maintenance,
    event: str,
    body: str,
    texts: Texts | None = None,
    *,
    at: datetime,
    author: str,
    notify: bool,
    affected: dict[str, tuple[ComponentStatus, ComponentStatus]] | None = None,
    details: dict[str, Any] | None = None,
) -> Update:
    """Post on a maintenance: public at once, and owed to its subscribers when `notify` says so."""
    maintenance.updated_at = at
    update = Update(
        id=new_id(),
        maintenance_id=maintenance.id,
        event=event,
        status=maintenance.status.value,
        body=body,
        texts=texts,
        details=details,
        posted_at=at,
        updated_at=at,
        public_at=at,
        sequence=max((each.sequence for each in maintenance.updates), default=-1) + 1,
        notify=notify,
        author=author,
        affected=[
            AffectedComponent(component_id=component_id, old_status=old, new_status=new)
            for component_id, (old, new) in (affected or {}).items()
        ],
    )
    maintenance.updates.append(update)
    session.flush()
    if notify:
        news.owe(session, update, now=at)
    return update
