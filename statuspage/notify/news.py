"""The facts of one update that a mail tells, read once for everybody who hears of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from statuspage.domain.sla.cadence import next_update_due
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import (
    ComponentStatus,
    IncidentStatus,
    MaintenanceKind,
    MaintenanceStatus,
    Priority,
)
from statuspage.models import AffectedComponent, Component, Incident, Maintenance, Notice, Update
from statuspage.publishing.markup import html_of, text_of
from statuspage.publishing.wording import body_in, told_in
from statuspage.translations.catalogues import N_

_STATES = {
    "announced": N_("Maintenance scheduled"),
    "reminder": N_("Maintenance reminder"),
    "started": N_("Maintenance started"),
    "updated": N_("Maintenance update"),
    "finished": N_("Maintenance finished"),
    "moved": N_("Maintenance moved"),
    "extended": N_("Maintenance extended"),
    "cancelled": N_("Maintenance cancelled"),
}
Window = tuple[datetime, datetime]
Texts = dict[str, Any]


@dataclass(frozen=True)
class IncidentNews:
    """One public update of an incident; `components` as this update left them (name, status)."""

    update_id: str
    incident_id: str
    event: str
    title: str
    priority: Priority
    status: IncidentStatus
    html: str
    text: str
    posted_at: datetime
    started_at: datetime
    components: tuple[tuple[str, ComponentStatus], ...]
    next_due_at: datetime | None
    texts: tuple[Texts | None, ...] = ()
    """What was posted in further languages, as stored."""


@dataclass(frozen=True)
class MaintenanceNews:
    """One update of a maintenance; `old_window` only for a move."""

    update_id: str
    maintenance_id: str
    event: str
    title: str
    kind: MaintenanceKind
    urgent: bool
    own_class: str
    """What the policy calls its class where it has a name of its own for it (EC21), else empty."""
    reason: str | None
    reason_text: str | None
    status: MaintenanceStatus
    html: str
    text: str
    posted_at: datetime
    window: Window
    old_window: Window | None
    components: tuple[str, ...]
    texts: tuple[Texts | None, ...] = ()
    """What was posted in further languages, as stored."""


@dataclass(frozen=True)
class NoticeNews:
    """A notice to everybody."""

    notice_id: str
    kind: str
    title: str
    html: str
    text: str
    posted_at: datetime
    texts: tuple[Texts | None, ...] = ()
    """What was posted in further languages, as stored."""


News = TypeVar("News", bound=IncidentNews | MaintenanceNews | NoticeNews)


def spoken_news(news: News, language: str, base_url: str = "") -> News:
    """The news in a reader's language, as far as it was posted in it; links of a notice lead to `base_url`."""
    for texts in news.texts:
        title, body = told_in(texts, language, "title"), told_in(texts, language, "body")
        if title:
            news = replace(news, title=title)
        if isinstance(news, MaintenanceNews) and (reason := told_in(texts, language, "reason_text")):
            news = replace(news, reason_text=reason)
        if body:
            body = body.replace("](/", f"]({base_url}/")
            news = replace(news, html=html_of(body), text=text_of(body))
        elif told := body_in(news.html, news.text, texts, language):
            news = replace(news, html=told[0], text=told[1])
    return news


def load_notice_news(session: Session, notice_id: str, base_url: str) -> NoticeNews:
    """The facts of a stored notice; its links lead to the page."""
    notice = session.get_one(Notice, notice_id)
    body = notice.body.replace("](/", f"]({base_url}/")
    return NoticeNews(
        notice_id=notice.id,
        kind=notice.kind,
        title=notice.title,
        html=html_of(body),
        text=text_of(body),
        posted_at=notice.posted_at,
        texts=(notice.texts,),
    )


def load_news(session: Session, update_id: str, policy: Policy) -> IncidentNews | MaintenanceNews:
    """The facts of a stored public update."""
    update = session.get_one(Update, update_id)
    if update.incident_id is not None:
        return _incident_news(session, update, session.get_one(Incident, update.incident_id), policy)
    return load_maintenance_news(session, update, policy)


def load_maintenance_news(session: Session, update: Update, policy: Policy) -> MaintenanceNews:
    """The facts of an update of a maintenance, the window as the update left it."""
    maintenance = session.get_one(Maintenance, update.maintenance_id)
    is_plain_emergency = maintenance.kind is MaintenanceKind.EMERGENCY and not maintenance.urgent
    return MaintenanceNews(
        update_id=update.id,
        maintenance_id=maintenance.id,
        event=update.event,
        title=maintenance.title,
        kind=maintenance.kind,
        urgent=maintenance.urgent,
        own_class=policy.maintenance.emergency_name if is_plain_emergency else "",
        reason=maintenance.reason,
        reason_text=maintenance.reason_text,
        status=MaintenanceStatus(update.status),
        html=html_of(update.body, update.markup),
        text=text_of(update.body, update.markup),
        posted_at=update.posted_at,
        window=_window(update, "starts_at", "ends_at") or (maintenance.starts_at, maintenance.ends_at),
        old_window=_window(update, "old_starts_at", "old_ends_at"),
        components=tuple(c.name for c in _in_page_order(maintenance.components) if not c.hidden),
        texts=(maintenance.texts, update.texts),
    )


def maintenance_state(news: MaintenanceNews) -> str:
    """What happened, in words to be translated: "Maintenance moved", "Urgent maintenance"; a policy's own
    name for a class stands as it is."""
    if news.event == "announced" and news.urgent:
        return N_("Urgent maintenance")
    if news.event == "announced" and news.kind is MaintenanceKind.EMERGENCY:
        return news.own_class or N_("Emergency maintenance")
    return _STATES.get(news.event, N_("Maintenance update"))


def _incident_news(session: Session, update: Update, incident: Incident, policy: Policy) -> IncidentNews:
    priority = update.priority or incident.priority
    if priority is None:
        raise ValueError(f"update {update.id} has no priority: imported incidents are not mailed")
    status = IncidentStatus(update.status)
    return IncidentNews(
        update_id=update.id,
        incident_id=incident.id,
        event=update.event,
        title=incident.title,
        priority=priority,
        status=status,
        html=html_of(update.body, update.markup),
        text=text_of(update.body, update.markup),
        posted_at=update.posted_at,
        started_at=incident.started_at,
        components=_components_after(session, update),
        next_due_at=next_update_due(policy, priority, status, update.posted_at),
        texts=(incident.texts, update.texts),
    )


def _components_after(session: Session, update: Update) -> tuple[tuple[str, ComponentStatus], ...]:
    """The last word on each component that is not hidden, up to and with this update, in the page's order."""
    rows = session.execute(
        select(Component.position, Component.name, AffectedComponent.new_status)
        .join(Component, Component.id == AffectedComponent.component_id)
        .join(Update, Update.id == AffectedComponent.update_id)
        .where(
            Update.incident_id == update.incident_id,
            Update.withdrawn_at.is_(None),
            or_(Update.posted_at < update.posted_at, Update.sequence <= update.sequence),
            Component.hidden.is_(False),
        )
        .order_by(Update.posted_at, Update.sequence)
    )
    last_word: dict[tuple[int, str], ComponentStatus] = {}
    for position, name, status in rows:
        last_word[position, name] = status
    return tuple((name, last_word[position, name]) for position, name in sorted(last_word))


def _in_page_order(components: list[Component]) -> list[Component]:
    return sorted(components, key=lambda component: (component.position, component.name))


def _window(update: Update, start: str, end: str) -> Window | None:
    details = update.details or {}
    if start not in details or end not in details:
        return None
    return datetime.fromisoformat(details[start]), datetime.fromisoformat(details[end])
