"""What an update says beside its words: when a work-around is planned (TP40), what a restored backup loses (OP16).

The facts are kept with the update, and said in a sentence at the end of its text, in each language of the page: so
page, mails, feeds and chats have it without knowing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from statuspage.domain.sla.policy import Policy
from statuspage.domain.sla.recovery import Loss, may_recover, recovery_loss
from statuspage.domain.wallclock import wire
from statuspage.drafts import MaintenanceDraft, UpdateDraft
from statuspage.errors import Problem, Refused
from statuspage.models import Incident, Page, Update
from statuspage.publishing.wording import Words, words_of
from statuspage.tongues import Said

FACTS = "facts"
"""Among an update's details: what the product says at the end of its text, by language."""
TOLD = ("workaround_at", "snapshot_at")
"""Details that are said at the end of a text, also of updates that do not keep how."""
Sentence = Callable[[Words], str]


@dataclass(frozen=True)
class Facts:
    """The facts of an update as they are `said` in each language, and as they are stored; None where there are
    none."""

    said: Said
    details: dict[str, Any] | None


def facts_of(session: Session, incident: Incident, draft: UpdateDraft, *, policy: Policy, now: datetime) -> Facts:
    """The facts of an update. Raises Refused: a snapshot from later, a recovery that the policy keeps for graver
    incidents."""
    details: dict[str, Any] = {}
    sentences: list[Sentence] = []
    if draft.workaround_at is not None:
        details["workaround_at"] = wire(draft.workaround_at)
        sentences.append(_said_of_workaround(draft.workaround_at, now))
    loss = None
    if draft.snapshot_at is not None or draft.lost_until is not None:
        priority = draft.priority or incident.priority
        loss = loss_of(incident, draft.snapshot_at, draft.lost_until, priority=priority, policy=policy, now=now)
    if loss is not None:
        details |= {"snapshot_at": wire(loss.span.start), "lost_until": wire(loss.span.end)}
        sentences.append(_said_of_loss(loss))
    said = _said_in_each(session, sentences)
    return Facts(said, with_facts(details, said))


def with_facts(details: Mapping[str, Any] | None, said: Said) -> dict[str, Any] | None:
    """The details of an update whose text ends with what the product says; None where there are none."""
    return {**(details or {}), **({FACTS: said} if said else {})} or None


def facts_at_end(update: Update, first: str) -> Said:
    """What the product says at the end of an update's texts, by language, that of the original (`first`) before all;
    empty where it says nothing."""
    details = update.details or {}
    if FACTS in details:
        return dict(details[FACTS])
    if not any(name in details for name in TOLD):
        return {}
    said = {first: update.body.rpartition("\n\n")[2]}
    for code, texts in (update.texts or {}).items():
        pair = texts.get("facts")
        said[code] = pair[1] if pair else str(texts.get("body", "")).rpartition("\n\n")[2]
    return said


def without_facts(text: str, facts: str) -> str:
    """A text without what the product says at its end."""
    return text.removesuffix(facts).rstrip() if facts else text


def work_words(session: Session, draft: MaintenanceDraft, *, now: datetime) -> Said:
    """What the text that announces a maintenance ends with, in each language: what is worked on and what to expect
    (IS31, IS32, CM28), and that nobody was warned where the work began before (OP11)."""
    sentences: list[Sentence] = []
    if draft.works_on is not None:
        works_on = draft.works_on
        sentences.append(lambda words: words.gettext("Work on: %(what)s.") % {"what": words.label(works_on)})
    if draft.effect is not None:
        effect = draft.effect
        sentences.append(lambda words: words.gettext("What to expect: %(what)s.") % {"what": words.label(effect)})
    if now > draft.starts_at:
        sentences.append(lambda words: words.gettext("No prior notice: the work began before it was announced."))
    return _said_in_each(session, sentences)


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


def _said_of_workaround(at: datetime, now: datetime) -> Sentence:
    def said(words: Words) -> str:
        _ = words.gettext
        text = _("Work-around planned for %(time)s.") if at > now else _("Work-around in place since %(time)s.")
        return text % {"time": words.moment(at)}

    return said


def _said_of_loss(loss: Loss) -> Sentence:
    def said(words: Words) -> str:
        _ = words.gettext
        facts = {
            "snapshot": words.moment(loss.span.start),
            "until": words.moment(loss.span.end),
            "length": words.length(loss.span.length),
            "limit": words.length(loss.limit) if loss.limit is not None else "",
        }
        lost = _("Changes made from then until %(until)s (%(length)s) may be lost.")
        if not loss.span.length:
            lost = _("No change is lost.")
        elif loss.exceeds:
            lost = _(
                "Changes made from then until %(until)s (%(length)s) may be lost, more than the agreed %(limit)s."
            )
        recovered = _("Recovered from the backup of %(snapshot)s.")
        return f"{recovered} {lost}" % facts

    return said


def _said_in_each(session: Session, sentences: Sequence[Sentence]) -> Said:
    """The sentences in Markdown by language of the page; empty where nothing is to be said."""
    if not sentences:
        return {}
    page = session.get_one(Page, 1)
    writers = [words_of(language, ZoneInfo(page.timezone)) for language in page.languages]
    return {words.lang: f"**{' '.join(sentence(words) for sentence in sentences)}**" for words in writers}
