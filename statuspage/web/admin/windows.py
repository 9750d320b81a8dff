"""The window of a maintenance as it is typed: read, judged by the policy, and refused in words for people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import maintenance
from statuspage.domain.sla.notice import NoticeAssessment, label
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import MaintenanceKind, NoticeKind, Risk
from statuspage.drafts import CancelDraft, MaintenanceDraft, MaintenanceUpdateDraft, MoveDraft, read_draft
from statuspage.errors import Problem, Refused
from statuspage.models import Maintenance
from statuspage.notify import recipients
from statuspage.notify.contacts import count_obliged
from statuspage.notify.recipients import Told, cannot_wait
from statuspage.publishing.markup import html_of
from statuspage.web import current
from statuspage.web.admin.door import words, zone
from statuspage.web.admin.timed import time_typed
from statuspage.web.forms import Form, written
from statuspage.work_drafts import ExtensionDraft


def assessment_of(session: Session, form: Form, *, now: datetime, but: str = "") -> dict[str, Any]:
    """What the policy makes of the window typed so far, at the time at which it is published, and how many would be
    told; None while it is unfinished."""
    at = time_typed(form, now)
    now = at or now
    policy = current.installation().policy(now)
    judged = Form({**form.typed.to_dict(flat=False), "title": "-", "body": form.filled("body") or "-"})
    assessment: NoticeAssessment | None = None
    window: tuple[datetime, datetime] | None = None
    if form.filled("starts_at") and form.filled("ends_at"):
        try:
            draft = read_first(judged)
            window = (draft.starts_at, draft.ends_at)
            assessment = maintenance.assess(session, draft, risk=draft.risk, policy=policy, now=now, but=but)
        except Refused:
            # what is wrong with the times is said beside them once the form is sent
            assessment = None
    return {
        "assessment": assessment,
        "refusals": _refusals_of(assessment, policy) if assessment else [],
        "window": window,
        "at": at,
        "unclear": judged.found(),
        "policy": policy,
        "told": _count_told(session, form, policy, now, window and window[0]),
        "html": html_of(form.value("body")) if form.filled("body") else "",
    }


def later_window(form: Form, notice: Maintenance) -> Form:
    """The form of a move or an extension as a whole window: an extension begins where the first one ends."""
    first = {"starts_at": written(notice.ends_at, zone())} if "starts_at" not in form.typed else {}
    slugs = [component.slug for component in notice.components]
    return Form({**form.typed.to_dict(flat=False), **first, "risk": notice.risk, "components": slugs})


def _count_told(session: Session, form: Form, policy: Policy, now: datetime, starts_at: datetime | None) -> Told:
    """As the form stands: contacts hear of maintenance whether subscribers are told or not (OP9)."""
    slugs = form.values("components")
    if form.is_ticked("notify"):
        return count_told(session, slugs, policy, now, starts_at)
    return Told().with_mails(count_obliged(session, components=slugs, subscribers=False, policy=policy, now=now))


def count_told(
    session: Session, slugs: list[str], policy: Policy, now: datetime, starts_at: datetime | None = None
) -> Told:
    """How many would hear of maintenance on the components with these slugs, by channel, contacts included."""
    at_once = starts_at is not None and cannot_wait(session, starts_at, now)
    told = recipients.count_told(session, components=slugs, kind=NoticeKind.MAINTENANCE, at_once=at_once)
    return told.with_mails(count_obliged(session, components=slugs, subscribers=True, policy=policy, now=now))


def read_first(form: Form) -> MaintenanceDraft:
    """The draft that a new maintenance's form describes. Raises Refused, with the problems noted in the form."""
    values = {
        "title": form.value("title"),
        "components": form.values("components"),
        "risk": form.filled("risk") or Risk.NORMAL,
        "works_on": form.filled("works_on"),
        "effect": form.filled("effect"),
        **_window(form),
    }
    try:
        draft = read_draft(MaintenanceDraft, values)
    except Refused as refused:
        _refuse_all(form, refused)
    form.check()
    return draft


def read_move(form: Form) -> MoveDraft:
    """The draft that a move's form describes. Raises Refused, with the problems noted in the form."""
    try:
        draft = read_draft(MoveDraft, {**_window(form), "after": form.filled("after")})
    except Refused as refused:
        _refuse_all(form, refused)
    form.check()
    return draft


def read_word(form: Form) -> MaintenanceUpdateDraft:
    """The draft of a word on the work, or of its next step. Raises Refused."""
    values = {"status": form.filled("status"), "after": form.filled("after"), **_words(form)}
    return read_draft(MaintenanceUpdateDraft, values)


def read_extension(form: Form) -> ExtensionDraft:
    """The draft of a further window. Raises Refused."""
    values = {
        "ends_at": form.instant("ends_at", zone()),
        "reason": form.filled("reason"),
        "reason_text": form.filled("reason_text"),
        "confirm": form.is_ticked("confirm"),
        "after": form.filled("after"),
        **_words(form),
    }
    form.check()
    return read_draft(ExtensionDraft, values)


def read_cancel(form: Form) -> CancelDraft:
    """The draft that calls it off. Raises Refused."""
    return read_draft(CancelDraft, {**_words(form), "after": form.filled("after")})


def refuse_window(form: Form, refused: Refused, policy: Policy) -> None:
    """Note a refusal beside its fields, in an operator's words: a choice of the form instead of a word of the API."""
    for problem in refused.problems:
        message = problem.message
        if problem.code == "notice_too_short":
            message = _too_short(policy, form.value("kind"), refused.facts)
        elif problem.code == "reason_required":
            message = _("Notice this short needs a reason: say why it comes so late.")
        # an extension has no start of its own to stand beside
        absent = problem.field == "starts_at" and "starts_at" not in form.typed
        form.refuse("ends_at" if absent else problem.field, message)


def _refusals_of(assessment: NoticeAssessment, policy: Policy) -> list[str]:
    """What stands in the way of the window; the reason that is still missing is asked for, not refused."""
    try:
        maintenance.check_notice(assessment, confirmed=True)
    except Refused as refused:
        form = Form({"kind": assessment.wish or "", "starts_at": ""})
        kept: list[Problem] = [problem for problem in refused.problems if problem.code != "reason_required"]
        refuse_window(form, Refused(kept, refused.facts), policy)
        return [message for _field, message in form.found()]
    return []


def _too_short(policy: Policy, wish: str, facts: dict[str, Any]) -> str:
    """Why the wished class is refused, and the two ways out, with times on the operator's clock."""
    would_be, say = facts["would_be"], words()
    needs = _(
        "%(kind)s maintenance needs %(lead)s of notice.",
        kind=say.label(MaintenanceKind(wish or MaintenanceKind.SCHEDULED)),
        lead=say.lead(policy.maintenance.scheduled_lead),
    )
    first = _(
        "Announced now it can start from %(time)s.",
        time=say.moment(datetime.fromisoformat(facts["earliest_start"])),
    )
    name = label(policy, MaintenanceKind(would_be["kind"]), urgent=would_be["urgent"]).lower()
    instead = _("To keep this start, announce it as “Emergency”: it would be accepted as %(name)s", name=name)
    reason = _(", with a reason") if would_be["reason_required"] else ""
    return f"{needs} {first} {instead}{reason}."


def _window(form: Form) -> dict[str, Any]:
    """What a first window and a moved one have in common, as the drafts name it."""
    return {
        "starts_at": form.instant("starts_at", zone()),
        "ends_at": form.instant("ends_at", zone()),
        "kind": form.filled("kind"),
        "reason": form.filled("reason"),
        "reason_text": form.filled("reason_text"),
        "confirm": form.is_ticked("confirm"),
        **_words(form),
    }


def _words(form: Form) -> dict[str, Any]:
    """What every step of a maintenance says, and whether by mail too."""
    return {
        "body": form.value("body"),
        "notify": form.is_ticked("notify"),
        "translations": form.translations(),
    }


def _refuse_all(form: Form, refused: Refused) -> None:
    """Note the draft's problems; a time that the form could not read has its own words already."""
    unread = [name for name in ("starts_at", "ends_at") if name in form.problems]
    for problem in refused.problems:
        if problem.field not in unread:
            form.refuse(problem.field, problem.message)
