"""An extension of a maintenance under way: a further window that begins where the first one ends.

It is a Maintenance of its own (`extends_id`), because its notice, its class and what it costs in availability are its
own: the announced part stays what it was, and the time added is classed by the notice given for it (A4).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import MaintenanceStatus
from statuspage.domain.wallclock import wire
from statuspage.drafts import MoveDraft, read_draft
from statuspage.errors import Problem, Refused, TransitionRefused
from statuspage.identifiers import new_id
from statuspage.maintenance import assess, check_notice, check_reason, keep_assessment
from statuspage.models import Maintenance
from statuspage.tongues import bodies_in, check_translations, titles_in
from statuspage.unread import check_read
from statuspage.windows import add_update, is_extended
from statuspage.work_drafts import ExtensionDraft


def extend(
    session: Session, maintenance: Maintenance, draft: ExtensionDraft, *, policy: Policy, author: str, now: datetime
) -> Maintenance:
    """Announce that the work goes on after the window's end; returns the further window.

    Only while it is under way and before its window ends: after that the time is an overrun and counts. Raises
    TransitionRefused, NoticeTooShort, Overtaken and Refused (a reason that is missing, hours to be kept free).
    """
    check_read(maintenance.updates, draft.after)
    _check_running(session, maintenance, now)
    if draft.ends_at <= maintenance.ends_at:
        raise Refused(Problem("ends_at", "must be after the present end"))
    check_translations(session, draft.translations)
    window = read_draft(MoveDraft, {**draft.model_dump(), "starts_at": maintenance.ends_at})
    check_reason(window, policy)
    assessment = assess(session, window, risk=maintenance.risk, policy=policy, now=now)
    check_notice(assessment, draft.confirm)
    further = Maintenance(
        id=new_id(),
        title=maintenance.title,
        texts=titles_in(draft.translations, maintenance.texts),
        risk=maintenance.risk,
        status=MaintenanceStatus.SCHEDULED,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        extends_id=maintenance.id,
        created_at=now,
        updated_at=now,
        author=author,
        components=list(maintenance.components),
    )
    keep_assessment(further, assessment, window, policy)
    session.add(further)
    session.flush()
    details = {
        "old_starts_at": wire(maintenance.starts_at),
        "old_ends_at": wire(maintenance.ends_at),
        "starts_at": wire(maintenance.starts_at),
        "ends_at": wire(further.ends_at),
        "extension": further.id,
    }
    texts = bodies_in(draft.translations)
    add_update(
        session,
        maintenance,
        "extended",
        draft.body,
        texts,
        at=now,
        author=author,
        notify=draft.notify,
        details=details,
    )
    # told by the update above: its readers know the work by its first window
    add_update(session, further, "announced", draft.body, texts, at=now, author=author, notify=False)
    return further


def _check_running(session: Session, maintenance: Maintenance, now: datetime) -> None:
    if not maintenance.status.is_running:
        hint = "; move it instead" if maintenance.status is MaintenanceStatus.SCHEDULED else ""
        message = f"a maintenance that is {maintenance.status.value} cannot be extended{hint}"
        raise TransitionRefused(Problem("status", message))
    if now >= maintenance.ends_at:
        message = "its window is over; an extension needs its notice before that. Announce a further maintenance"
        raise TransitionRefused(Problem("ends_at", message))
    if is_extended(session, maintenance):
        raise TransitionRefused(Problem("status", "it is extended already; extend or move its further window"))
