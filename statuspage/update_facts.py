"""What an update says beside its words: when a work-around is planned (TP40), what a restored backup loses (OP16).

The facts are kept with the update, and said in a sentence at the end of its text: so page, mails, feeds and chats
have it without knowing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.support import NullTranslations
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.sla.policy import Policy
from statuspage.domain.sla.recovery import Loss, may_recover, recovery_loss
from statuspage.domain.wallclock import wire
from statuspage.drafts import MaintenanceDraft, UpdateDraft
from statuspage.errors import Problem, Refused
from statuspage.models import Incident, Page
from statuspage.publishing.wording import Words


@dataclass(frozen=True)
class Facts:
    """The text of an update with its facts said, and the facts as they are stored; None where there are none."""

    body: str
    details: dict[str, Any] | None


def facts_of(session: Session, incident: Incident, draft: UpdateDraft, *, policy: Policy, now: datetime) -> Facts:
    """The facts of an update. Raises Refused: a snapshot from later, a recovery that the policy keeps for graver
    incidents."""
    details: dict[str, Any] = {}
    said = [draft.body]
    words = _words(session)
    if draft.workaround_at is not None:
        details["workaround_at"] = wire(draft.workaround_at)
        tense = "Work-around planned for" if draft.workaround_at > now else "Work-around in place since"
        said.append(f"**{tense} {words.moment(draft.workaround_at)}.**")
    loss = None
    if draft.snapshot_at is not None or draft.lost_until is not None:
        priority = draft.priority or incident.priority
        loss = loss_of(incident, draft.snapshot_at, draft.lost_until, priority=priority, policy=policy, now=now)
    if loss is not None:
        details |= {"snapshot_at": wire(loss.span.start), "lost_until": wire(loss.span.end)}
        said.append(_said_of(loss, words))
    return Facts("\n\n".join(said), details or None)


def work_words(draft: MaintenanceDraft, *, now: datetime) -> str:
    """The text that announces a maintenance: what is worked on and what to expect (IS31, IS32, CM28), and that nobody
    was warned where the work began before (OP11)."""
    facts = []
    if draft.works_on is not None:
        facts.append(f"Work on: {draft.works_on.label.lower()}.")
    if draft.effect is not None:
        facts.append(f"What to expect: {draft.effect.label}.")
    if now > draft.starts_at:
        facts.append("No prior notice: the work began before it was announced.")
    return f"{draft.body}\n\n**{' '.join(facts)}**" if facts else draft.body


def loss_of(
    incident: Incident,
    snapshot_at: datetime | None,
    lost_until: datetime | None,
    *,
    priority: str | None,
    policy: Policy,
    now: datetime,
) -> Loss:
    """What restoring a snapshot loses; up to the incident's start where nothing else is said. Raises Refused."""
    if snapshot_at is None:
        raise Refused(Problem("snapshot_at", "say which snapshot was restored"))
    if not may_recover(policy, priority):
        gravest = policy.priorities[0]
        raise Refused(Problem("snapshot_at", f"only incidents of {gravest.id} {gravest.name} are recovered so"))
    if snapshot_at > now:
        raise Refused(Problem("snapshot_at", "must not be in the future"))
    lost_until = lost_until or max(incident.started_at, snapshot_at)
    if lost_until < snapshot_at:
        raise Refused(Problem("lost_until", "must not be before the snapshot"))
    return recovery_loss(policy, snapshot_at, lost_until)


def _said_of(loss: Loss, words: Words) -> str:
    snapshot = words.moment(loss.span.start)
    if not loss.span.length:
        return f"**Recovered from the backup of {snapshot}. No change is lost.**"
    until, length = words.moment(loss.span.end), words.length(loss.span.length)
    lost = f"Changes made from then until {until} ({length}) may be lost"
    over = ", more than the agreed " + words.length(loss.limit) if loss.limit and loss.exceeds else ""
    return f"**Recovered from the backup of {snapshot}. {lost}{over}.**"


def _words(session: Session) -> Words:
    page = session.scalars(select(Page)).one()
    return Words("en", ZoneInfo(page.timezone), NullTranslations())
