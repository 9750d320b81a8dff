"""Verbs on monitors: add, change, pause, remove. A removed one's row and history stay; its results stop counting.

What a monitor claims of its component is let go by a row that says operational with a note of why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from statuspage import audit
from statuspage.domain.health import LET_GO
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.errors import NotFound, Problem, Refused
from statuspage.identifiers import digest, new_id, new_token
from statuspage.models import CheckResult, Component, Monitor, StatusChange
from statuspage.monitor_drafts import WARNED_BEFORE, MonitorTable, length_of, thresholds_of, with_kept_headers

PAUSED, REMOVED, CHANGED = LET_GO
MOST_ENDING = 20
"""So many certificates that end soon are listed at once."""


def load_monitors(session: Session, *, component: Component | None = None) -> Sequence[Monitor]:
    """All monitors that were not removed, paused ones too, with their components, in the page's order."""
    query = select(Monitor).join(Component).where(Monitor.removed_at.is_(None)).options(joinedload(Monitor.component))
    if component is not None:
        query = query.where(Monitor.component_id == component.id)
    return session.scalars(query.order_by(Component.position, Component.name, Monitor.position, Monitor.id)).all()


def load_monitor(session: Session, monitor_id: str) -> Monitor:
    """One monitor. Raises NotFound, for a removed one too."""
    monitor = session.get(Monitor, monitor_id)
    if monitor is None or monitor.removed_at is not None:
        raise NotFound("monitor", monitor_id)
    return monitor


def load_results(session: Session, monitor: Monitor, *, limit: int = 50) -> Sequence[CheckResult]:
    """The last raw results, newest first."""
    query = select(CheckResult).where(CheckResult.monitor_id == monitor.id)
    return session.scalars(query.order_by(CheckResult.at.desc(), CheckResult.id.desc()).limit(limit)).all()


def load_ending(session: Session, now: datetime) -> Sequence[Monitor]:
    """Monitors whose certificate ends within the time that they warn before, the first to end on top."""
    rows = session.execute(
        select(Monitor.id, Monitor.certificate_ends_at, Monitor.settings)
        .where(Monitor.enabled, Monitor.removed_at.is_(None), Monitor.certificate_ends_at.is_not(None))
        .order_by(Monitor.certificate_ends_at, Monitor.id)
    )
    ending = [
        key
        for key, ends_at, settings in rows
        if ends_at - now < length_of(settings.get("certificate_warning") or WARNED_BEFORE)
    ]
    found = select(Monitor).where(Monitor.id.in_(ending[:MOST_ENDING])).options(joinedload(Monitor.component))
    return session.scalars(found.order_by(Monitor.certificate_ends_at, Monitor.id)).all()


def add_monitor(
    session: Session, component: Component, table: MonitorTable, *, author: str, now: datetime
) -> tuple[Monitor, str | None]:
    """Measure a component from now on. Returns the monitor and, of a heartbeat, the token of its URL, told once."""
    settings = _settings(table, None)
    token = new_token() if table.kind == "heartbeat" else None
    last = session.scalar(select(func.max(Monitor.position)).where(Monitor.component_id == component.id))
    monitor = Monitor(
        id=new_id(),
        component=component,
        position=(last or 0) + 1,
        name=table.name or "",
        kind=table.kind,
        settings=settings,
        enabled=table.enabled,
        token_digest=digest(token) if token else None,
        status=ComponentStatus.UNKNOWN,
        created_at=now,
        updated_at=now,
    )
    _expect(monitor, now)
    session.add(monitor)
    session.flush()
    _record(session, "monitor.add", monitor, author, now)
    return monitor, token


def change_monitor(
    session: Session, monitor: Monitor, table: MonitorTable, *, author: str, now: datetime
) -> list[str]:
    """Make the monitor what the table says; returns the keys that changed. Another target or kind is another
    measurement: what the old one knew is let go. Raises Refused for another kind of heartbeat."""
    if "heartbeat" in (table.kind, monitor.kind) and table.kind != monitor.kind:
        raise Refused(Problem("kind", "a heartbeat stays one: remove it and add another monitor"))
    settings = _settings(table, monitor.settings)
    keys = sorted(key for key in {*settings, *monitor.settings} if settings.get(key) != monitor.settings.get(key))
    if table.enabled != monitor.enabled:
        keys.append("enabled")
    if not keys:
        return []
    if not table.enabled and monitor.enabled:
        _let_go(session, monitor, PAUSED, author=author, now=now)
    elif {"kind", "target"} & set(keys):
        _let_go(session, monitor, CHANGED, author=author, now=now)
    monitor.name, monitor.kind, monitor.settings = table.name or "", table.kind, settings
    monitor.enabled, monitor.updated_at = table.enabled, now
    _expect(monitor, now)
    session.flush()
    _record(session, "monitor.change", monitor, author, now, keys=keys)
    return keys


def pause_monitor(session: Session, monitor: Monitor, *, author: str, now: datetime) -> None:
    """Stop measuring; the component is what others say of it."""
    if monitor.enabled:
        change_monitor(session, monitor, table_of(monitor, enabled=False), author=author, now=now)


def resume_monitor(session: Session, monitor: Monitor, *, author: str, now: datetime) -> None:
    """Measure again, from nothing known."""
    if not monitor.enabled:
        change_monitor(session, monitor, table_of(monitor, enabled=True), author=author, now=now)


def remove_monitor(session: Session, monitor: Monitor, *, author: str, now: datetime) -> None:
    """Stop measuring for good. What was measured stays in the component's history."""
    _let_go(session, monitor, REMOVED, author=author, now=now)
    monitor.removed_at = monitor.updated_at = now
    monitor.enabled, monitor.token_digest, monitor.silent_at = False, None, None
    session.flush()
    _record(session, "monitor.remove", monitor, author, now)


def renew_token(session: Session, monitor: Monitor, *, author: str, now: datetime) -> str:
    """A fresh URL for a heartbeat; the old one stops working. Raises Refused for other kinds."""
    if monitor.kind != "heartbeat":
        raise Refused(Problem("kind", "only a heartbeat has a URL of its own"))
    token = new_token()
    monitor.token_digest = digest(token)
    session.flush()
    _record(session, "monitor.renew_token", monitor, author, now)
    return token


def table_of(monitor: Monitor, **changes: Any) -> MonitorTable:
    """The monitor as site.toml's table, secrets included; `changes` replace keys, None removes one."""
    known = {**monitor.settings, "enabled": monitor.enabled, **changes}
    return MonitorTable.model_validate({key: value for key, value in known.items() if value is not None})


def _settings(table: MonitorTable, before: Mapping[str, Any] | None) -> dict[str, Any]:
    settings = table.model_dump(mode="json", exclude_none=True, exclude={"enabled"})
    try:
        return with_kept_headers(settings, before)
    except ValueError as error:
        raise Refused(Problem("headers", str(error).removeprefix("headers: "))) from None


def _expect(monitor: Monitor, now: datetime) -> None:
    """A monitor that is watched is heard of in time or unknown; a heartbeat not before its first call."""
    if not monitor.enabled:
        monitor.silent_at = None
    elif monitor.memory is None:
        quiet = now + thresholds_of(monitor.settings).silent_after
        monitor.silent_at = None if monitor.kind == "heartbeat" else quiet


def _let_go(session: Session, monitor: Monitor, why: str, *, author: str, now: datetime) -> None:
    if monitor.status_since is not None or monitor.memory is not None:
        session.add(
            StatusChange(
                component_id=monitor.component_id,
                monitor_id=monitor.id,
                at=now,
                status=ComponentStatus.OPERATIONAL,
                note=why,
                author=author,
                recorded_at=now,
            )
        )
    monitor.status, monitor.status_since, monitor.memory, monitor.silent_at = (
        ComponentStatus.UNKNOWN,
        None,
        None,
        None,
    )
    monitor.latency_ms = monitor.last_words = monitor.checked_at = monitor.certificate_ends_at = None


def record_test(session: Session, table: MonitorTable, outcome: str, *, author: str, now: datetime) -> None:
    """Write down that somebody had a check made, of what, and how it came out."""
    details = {"kind": table.kind, "target": (table.target or "").split("?")[0], "outcome": outcome}
    audit.record(session, "monitor.test", actor=author, details=details, now=now)


def _record(
    session: Session, action: str, monitor: Monitor, author: str, now: datetime, keys: Sequence[str] = ()
) -> None:
    """Names and keys only: settings may hold secrets."""
    details: dict[str, Any] = {"component": monitor.component.slug, "kind": monitor.kind}
    if target := monitor.settings.get("target"):
        details["target"] = target.split("?")[0]
    if keys:
        details["keys"] = list(keys)
    audit.record(session, action, actor=author, target=monitor.id, details=details, now=now)
