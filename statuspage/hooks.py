"""Hooks: addresses that outside monitors post to, and the alerts that come in by them.

A hook's token is shown once and kept as a digest. An alert is one row for each fingerprint and start, however often
it is posted; what becomes of it is the business of `detections`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from statuspage.claims import Base, claim
from statuspage.components import find_components
from statuspage.domain.detection import status_of_severity
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.errors import NotFound, Problem, Refused
from statuspage.hook_drafts import AlertDraft, HookDraft
from statuspage.identifiers import digest, new_id, new_token
from statuspage.models import Alert, Component, Detection, Hook, StatusChange

LAST_USE_GRAIN = timedelta(minutes=1)
FIRES_AGAIN = timedelta(minutes=2)
"""An alert posted as firing so long after it was said to be over fires again; sooner it is a post that was late."""
SUBJECTS = 20
"""So many different troubles of one hook, without a component, are told apart; the rest is one."""
AT_ONCE = 500
"""Fingerprints in one query."""


def create_hook(session: Session, draft: HookDraft, *, author: str, now: datetime) -> tuple[Hook, str]:
    """A new hook and its token, which is kept nowhere. Raises Refused for an unknown component."""
    component = None
    if draft.component is not None:
        try:
            component = find_components(session, [draft.component])[draft.component]
        except Refused:
            raise Refused(Problem("component", f"there is no component {draft.component!r}")) from None
    token = new_token()
    hook = Hook(
        id=new_id(),
        name=draft.name,
        kind=draft.kind,
        token_digest=digest(token),
        component=component,
        author=author,
        created_at=now,
    )
    session.add(hook)
    _touch(component, now)
    session.flush()
    return hook, token


def _touch(component: Component | None, now: datetime) -> None:
    """Who measures a component is public where the policy leaves it to others: its page is made anew."""
    if component is not None:
        component.updated_at = now


def hook_path(hook: Hook, token: str) -> str:
    """The path that its monitor posts to."""
    return f"/hooks/{hook.kind}/{token}"


def revoke_hook(session: Session, hook: Hook, now: datetime) -> None:
    """End a hook for good; what it began goes on until an operator ends it, as nobody will say that it is over."""
    hook.revoked_at = hook.revoked_at or now
    _touch(hook.component, now)
    firing = session.scalars(select(Alert).where(Alert.hook_id == hook.id, Alert.ends_at.is_(None))).all()
    session.execute(
        delete(Detection).where(
            Detection.ended_at.is_(None), Detection.subject.in_({alert.subject for alert in firing})
        )
    )
    for alert in firing:
        alert.ends_at = alert.ended_in = now
    session.flush()


def load_hooks(session: Session) -> Sequence[Hook]:
    """All hooks, newest first, revoked ones too."""
    query = select(Hook).order_by(Hook.created_at.desc(), Hook.id).options(joinedload(Hook.component))
    return session.scalars(query).all()


def load_hook(session: Session, hook_id: str) -> Hook:
    """One hook. Raises NotFound."""
    hook = session.get(Hook, hook_id)
    if hook is None:
        raise NotFound("hook", hook_id)
    return hook


def verify_hook(session: Session, kind: str, token: str) -> Hook | None:
    """The hook of this kind with this token, unless it was revoked."""
    return session.scalar(
        select(Hook).where(Hook.token_digest == digest(token), Hook.kind == kind, Hook.revoked_at.is_(None))
    )


def note_use(hook: Hook, now: datetime) -> None:
    """Remember that the hook is in use."""
    if hook.last_used_at is None or now - hook.last_used_at >= LAST_USE_GRAIN:
        hook.last_used_at = now


def receive(session: Session, hook: Hook, drafts: Sequence[AlertDraft], *, now: datetime) -> int:
    """Write down what a hook says; how many alerts are new or changed. The same again changes nothing."""
    components = _components(session, hook, drafts)
    known = _known(session, hook, drafts)
    subjects = _subjects(session, hook)
    changed = 0
    for draft in drafts:
        rows = known.setdefault(draft.fingerprint, [])
        starts_at = min(draft.starts_at, now) if draft.starts_at else None
        meant = [row for row in rows if (row.ends_at is None if starts_at is None else row.starts_at == starts_at)]
        changed += sum(_follow(row, draft, now) for row in meant)
        if not meant and (starts_at is not None or not draft.resolved):
            component = hook.component or components.get(draft.component or "")
            subject = component.id if component else _subject_of(hook, draft, subjects)
            row = _row_of(hook, draft, subject, component, now)
            rows.append(row)
            session.add(row)
            changed += 1
    session.flush()
    return changed


def say_readings(session: Session, hook: Hook, *, now: datetime) -> None:
    """Where the policy has an outside monitor measure: what its alerts say of a component is the component's own
    status, from the instant that the monitor names."""
    measured = select(Alert.component_id).where(Alert.hook_id == hook.id, Alert.component_id.is_not(None))
    for component in session.scalars(select(Component).where(Component.id.in_(measured))):
        alerts = session.scalars(select(Alert).where(Alert.component_id == component.id)).all()
        firing = [alert for alert in alerts if alert.ends_at is None]
        said = max((status_of_severity(alert.severity) for alert in firing), key=_severity, default=_WELL)
        if said is _last_said(session, component):
            continue
        instants = [alert.starts_at for alert in firing] or [alert.ends_at or now for alert in alerts]
        at = min(instants) if firing else max(instants)
        claim(session, {component: said}, Base(note=hook.name), at=at, author=f"hook:{hook.name}"[:255], now=now)


_WELL = ComponentStatus.OPERATIONAL


def _severity(status: ComponentStatus) -> int:
    return status.severity


def _last_said(session: Session, component: Component) -> ComponentStatus:
    """What outside monitors last said of it; well before their first word."""
    status = session.scalar(
        select(StatusChange.status)
        .where(StatusChange.component_id == component.id, StatusChange.author.startswith("hook:"))
        .where(StatusChange.incident_id.is_(None), StatusChange.maintenance_id.is_(None))
        .order_by(StatusChange.id.desc())
        .limit(1)
    )
    return status or _WELL


def _follow(row: Alert, draft: AlertDraft, now: datetime) -> bool:
    """What a further post of the same alert changes: it ends, or fires again long after it had ended."""
    if draft.resolved and row.ends_at is None:
        row.ends_at, row.ended_in = _end_of(draft, row.starts_at, now), now
        return True
    if not draft.resolved and row.ended_in is not None and now - row.ended_in >= FIRES_AGAIN:
        row.ends_at = row.ended_in = None
        return True
    return False


def _end_of(draft: AlertDraft, starts_at: datetime, now: datetime) -> datetime:
    """No alert ends after now or before it began: another machine's clock may say so."""
    return max(min(draft.ends_at or now, now), starts_at)


def _row_of(hook: Hook, draft: AlertDraft, subject: str, component: Component | None, now: datetime) -> Alert:
    starts_at = min(draft.starts_at or now, now)
    return Alert(
        hook_id=hook.id,
        fingerprint=draft.fingerprint,
        starts_at=starts_at,
        ends_at=_end_of(draft, starts_at, now) if draft.resolved else None,
        ended_in=now if draft.resolved else None,
        title=draft.title,
        words=draft.words or None,
        severity=draft.severity,
        subject=subject,
        component_id=component.id if component else None,
        received_at=now,
    )


def _components(session: Session, hook: Hook, drafts: Sequence[AlertDraft]) -> Mapping[str, Component]:
    """The components that alerts name, by slug; a hook with a component of its own speaks of no other."""
    if hook.component is not None:
        return {}
    slugs = {draft.component for draft in drafts if draft.component}
    return {c.slug: c for c in session.scalars(select(Component).where(Component.slug.in_(slugs)))}


def _known(session: Session, hook: Hook, drafts: Sequence[AlertDraft]) -> dict[str, list[Alert]]:
    """What the hook said before of these fingerprints."""
    found: dict[str, list[Alert]] = {}
    wanted = list({draft.fingerprint for draft in drafts})
    for some in (wanted[n : n + AT_ONCE] for n in range(0, len(wanted), AT_ONCE)):
        for row in session.scalars(select(Alert).where(Alert.hook_id == hook.id, Alert.fingerprint.in_(some))):
            found.setdefault(row.fingerprint, []).append(row)
    return found


def _subjects(session: Session, hook: Hook) -> set[str]:
    """What fires by this hook without a component."""
    own = select(Alert.subject).where(Alert.hook_id == hook.id, Alert.ends_at.is_(None), Alert.component_id.is_(None))
    return set(session.scalars(own.distinct()))


def _subject_of(hook: Hook, draft: AlertDraft, subjects: set[str]) -> str:
    """A key of the hook and the title; a flood of different titles is one trouble. Adds to `subjects`."""
    own = f"{hook.id}:{digest(draft.title)[:16]}"
    subject = own if own in subjects or len(subjects) < SUBJECTS else f"{hook.id}:rest"
    subjects.add(subject)
    return subject


def forget_alerts(session: Session, before: datetime) -> None:
    """Delete alerts that were over before an instant."""
    session.execute(delete(Alert).where(Alert.ended_in < before))
