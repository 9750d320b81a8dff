"""Verbs on what was posted by mistake: an update is edited, and an update, an incident or a maintenance withdrawn.

An edit keeps what was said before. What is withdrawn is gone from page, feeds and lists, and what was not sent yet is
not sent; the audit log keeps all that it said, and why. What it claimed of components is struck out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import audit, timed_posts
from statuspage.amendment_drafts import UpdateChange, Withdrawal
from statuspage.components import load_page
from statuspage.domain.vocabulary import IncidentStatus, MaintenanceStatus
from statuspage.domain.wallclock import wire
from statuspage.drafts import Translation
from statuspage.errors import NotFound, Problem, Refused
from statuspage.incidents import NOTE
from statuspage.models import Incident, Maintenance, StatusChange, Update, UpdateVersion
from statuspage.notify import outbox
from statuspage.proposals import DRAFTED
from statuspage.tongues import Said, bodies_in, check_translations, ended, titles_in, translations_of
from statuspage.update_facts import facts_at_end, without_facts

CREATED_AT = "created_at"
"""Among an update's details: when it was posted, where its time was changed since."""


def load_update(session: Session, update_id: str) -> Update:
    """One update that stands, of an incident or a maintenance. Raises NotFound."""
    update = session.get(Update, update_id)
    if update is None or update.withdrawn_at is not None or update.event == DRAFTED:
        raise NotFound("update", update_id)
    return update


def edit_update(
    session: Session,
    update: Update,
    change: UpdateChange,
    *,
    author: str,
    now: datetime,
    client: str | None = None,
) -> Update:
    """Change the words or the time of an update; what they were is kept, and the facts at their end stay, in each
    language. Raises Refused."""
    _check_read(update, change)
    given = change.model_fields_set & {"body", "posted_at", "translations"}
    empty = [Problem(name, "must not be empty") for name in sorted(given) if getattr(change, name) is None]
    if empty:
        raise Refused(empty)
    check_translations(session, change.translations or {})
    if change.posted_at is not None and change.posted_at != update.posted_at:
        _check_time(update, change.posted_at, now)
    before = _words_of(update)
    version = UpdateVersion(
        body=update.body,
        texts=update.texts,
        markup=update.markup,
        posted_at=update.posted_at,
        replaced_at=now,
        replaced_by=author,
    )
    said = facts_at_end(update, load_page(session).languages[0])
    if change.body is not None:
        body = ended(without_facts(change.body, next(iter(said.values()), "")), said)
        if body != update.body:
            update.body, update.markup = body, "markdown"
    if change.translations is not None:
        update.texts = bodies_in(_without_facts(change.translations, said), said)
        parent = _parent_of(update)
        parent.texts = titles_in(change.translations, parent.texts)
    if change.posted_at is not None and change.posted_at != update.posted_at:
        update.details = {CREATED_AT: wire(update.posted_at), **(update.details or {})}
        update.posted_at = change.posted_at
    after = _words_of(update)
    if after == before:
        raise Refused(Problem("body", "nothing is changed"))
    update.versions.append(version)
    update.edited_at = update.updated_at = now
    _parent_of(update).updated_at = now
    changed = {name: {"before": before[name], "after": after[name]} for name in before if before[name] != after[name]}
    audit.record(session, "update.edit", actor=author, target=update.id, details=changed, client=client, now=now)
    session.flush()
    session.expire(_parent_of(update), ["updates"])
    return update


def words_of(session: Session, update: Update) -> tuple[str, dict[str, Any], Said]:
    """What its author wrote: the text, the translations, and what the product says at the end of both."""
    said = facts_at_end(update, load_page(session).languages[0])
    body = without_facts(update.body, next(iter(said.values()), ""))
    translations = {
        code: {name: without_facts(text, said.get(code, "")) for name, text in texts.items()}
        for code, texts in translations_of(update.texts).items()
    }
    return body, translations, said


def _without_facts(translations: Mapping[str, Translation], said: Said) -> dict[str, Translation]:
    """What was written, where it was handed in with the facts at its end."""
    return {
        code: each.model_copy(update={"body": without_facts(each.body or "", said.get(code, "")) or None})
        for code, each in translations.items()
    }


def withdraw_update(
    session: Session,
    update: Update,
    withdrawal: Withdrawal,
    *,
    author: str,
    now: datetime,
    client: str | None = None,
) -> None:
    """Take an update back: its incident is again as the updates before say, its unsent messages are not sent.

    Raises Refused for the first word of an incident or a maintenance, and for a step of a maintenance.
    """
    parent = _parent_of(update)
    standing = [each for each in parent.updates if each.event != NOTE]
    if update.event != NOTE:
        _check_withdrawable(update, standing)
    details = {"of": parent.id, "reason": withdrawal.reason, **_words_of(update), "status": update.status}
    audit.record(session, "update.withdraw", actor=author, target=update.id, details=details, client=client, now=now)
    outbox.skip_updates(session, [update.id], reason="withdrawn")
    update.withdrawn_at = update.updated_at = now
    update.public_at = None
    parent.updated_at = now
    if isinstance(parent, Incident) and update.event != NOTE:
        _strike(session, parent, recorded_at=_posted_first(update))
        _put_back(parent, [each for each in standing if each is not update])
    session.flush()
    session.expire(parent, ["updates"])


def withdraw_incident(
    session: Session,
    incident: Incident,
    withdrawal: Withdrawal,
    *,
    author: str,
    now: datetime,
    client: str | None = None,
) -> None:
    """Take a published incident back, with all that it said of components. Raises Refused for a draft."""
    if incident.draft:
        raise Refused(Problem("", "the incident is a draft: discard it"))
    _withdraw(session, incident, withdrawal, "incident.withdraw", author=author, now=now, client=client)
    incident.status = IncidentStatus.RESOLVED
    incident.resolved_at = incident.resolved_at or now
    incident.public_at = None
    session.flush()


def withdraw_maintenance(
    session: Session,
    maintenance: Maintenance,
    withdrawal: Withdrawal,
    *,
    author: str,
    now: datetime,
    client: str | None = None,
) -> None:
    """Take a maintenance back as if it had never been announced; one that is only called off is cancelled instead.

    Raises Refused while a further window goes on with it.
    """
    further = select(Maintenance.id).where(
        Maintenance.extends_id == maintenance.id, Maintenance.withdrawn_at.is_(None)
    )
    extension = session.scalar(further.limit(1))
    if extension is not None:
        raise Refused(Problem("", f"the window {extension} goes on with it: withdraw that one first"))
    _withdraw(session, maintenance, withdrawal, "maintenance.withdraw", author=author, now=now, client=client)
    maintenance.status = MaintenanceStatus.CANCELLED
    maintenance.cancelled_at = maintenance.cancelled_at or now
    maintenance.sequence += 1
    session.flush()


def _withdraw(
    session: Session,
    parent: Incident | Maintenance,
    withdrawal: Withdrawal,
    action: str,
    *,
    author: str,
    now: datetime,
    client: str | None,
) -> None:
    start = parent.started_at if isinstance(parent, Incident) else parent.starts_at
    details = {
        "title": parent.title,
        "starts_at": wire(start),
        "status": parent.status.value,
        "reason": withdrawal.reason,
        "updates": [_words_of(update) | {"status": update.status} for update in parent.updates],
    }
    audit.record(session, action, actor=author, target=parent.id, details=details, client=client, now=now)
    outbox.skip_updates(session, [update.id for update in parent.updates], reason="withdrawn")
    for update in parent.updates:
        update.public_at = None
        update.updated_at = now
    parent.withdrawn_at = parent.updated_at = now
    timed_posts.cancel_of(session, parent, author=author, now=now)
    _strike(session, parent)


def _strike(session: Session, parent: Incident | Maintenance, *, recorded_at: datetime | None = None) -> None:
    """Strike out what an event said of components, or what it said at one of its updates."""
    same = StatusChange.incident_id if isinstance(parent, Incident) else StatusChange.maintenance_id
    rows: Sequence[StatusChange] = session.scalars(
        select(StatusChange).where(same == parent.id).order_by(StatusChange.at, StatusChange.id)
    ).all()
    gone = [row for row in rows if recorded_at is None or row.recorded_at == recorded_at]
    for row in gone:
        session.delete(row)
    kept = [row for row in rows if row not in gone]
    if isinstance(parent, Incident) and gone and kept:
        parent.cause = kept[-1].cause
    session.flush()


def _put_back(incident: Incident, standing: Sequence[Update]) -> None:
    """The incident as the updates that still stand say it is."""
    last = standing[-1]
    incident.status = IncidentStatus(last.status)
    if last.priority is not None:
        incident.priority, incident.impact = last.priority, last.priority.impact
    if all(update.public_at is None for update in standing):
        incident.public_at = None
    watched = (each.posted_at for each in standing if each.status == IncidentStatus.MONITORING)
    incident.monitoring_at = next(watched, None)
    over = [IncidentStatus(each.status) for each in standing]
    first_closed = len(over)
    while first_closed and not over[first_closed - 1].is_open:
        first_closed -= 1
    if first_closed == len(over):
        incident.resolved_at = None
    elif incident.resolved_at is None:
        incident.resolved_at = standing[first_closed].posted_at


def _check_read(update: Update, change: UpdateChange) -> None:
    if change.edits is not None and change.edits != len(update.versions):
        who = update.versions[-1].replaced_by if update.versions else "somebody"
        raise Refused(Problem("edits", f"edited meanwhile by {who}: read it as it is now, then edit it"))


def _check_time(update: Update, posted_at: datetime, now: datetime) -> None:
    if update.maintenance_id is not None:
        raise Refused(Problem("posted_at", "the steps of a maintenance keep their times"))
    if posted_at > now:
        raise Refused(Problem("posted_at", "must not lie ahead"))
    order = [each for each in _parent_of(update).updates if each.event != NOTE]
    place = order.index(update) if update in order else 0
    if place and posted_at < order[place - 1].posted_at:
        raise Refused(Problem("posted_at", f"the update before was posted {wire(order[place - 1].posted_at)}"))
    if update in order[:-1] and posted_at > order[place + 1].posted_at:
        raise Refused(Problem("posted_at", f"the update after was posted {wire(order[place + 1].posted_at)}"))


def _check_withdrawable(update: Update, standing: Sequence[Update]) -> None:
    kind = "incident" if update.incident_id is not None else "maintenance"
    if update is standing[0]:
        raise Refused(Problem("", f"it is the {kind}'s first word: edit it, or withdraw the {kind}"))
    before = standing[standing.index(update) - 1] if update in standing else standing[0]
    if kind == "maintenance" and (update.event != "updated" or update.status != before.status):
        raise Refused(Problem("", "a step of a maintenance cannot be withdrawn: edit its words"))


def _parent_of(update: Update) -> Incident | Maintenance:
    parent = update.incident or update.maintenance
    assert parent is not None
    return parent


def _posted_first(update: Update) -> datetime:
    """When it was posted, whatever time it shows now."""
    kept = (update.details or {}).get(CREATED_AT)
    return datetime.fromisoformat(kept) if kept else update.posted_at


def _words_of(update: Update) -> dict[str, Any]:
    return {"body": update.body, "texts": update.texts, "posted_at": wire(update.posted_at)}
