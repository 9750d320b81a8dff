"""What a webhook gets: Statuspage's subscriber payload (design: statuspage-v2 section 2.4), so that receivers written
for it work here.

An event is told as it stood at the update in question, its updates newest first, so that a message that is sent late
says what it would have said in time. What Statuspage has no shape for, a notice and the request to confirm, is told
as an incident without impact, with a member of its own beside it (`notice`, `confirmation`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, selectinload

from statuspage.claims import current_statuses
from statuspage.domain.rollup import carried, overall, weight
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import ComponentStatus, Impact, IncidentStatus, MaintenanceStatus
from statuspage.models import (
    AffectedComponent,
    Component,
    Incident,
    Maintenance,
    Page,
    Update,
)
from statuspage.notify.letterhead import Letterhead
from statuspage.publishing.markup import html_of, text_of
from statuspage.publishing.wording import body_in, told_in

Json = dict[str, Any]
DOCUMENTATION = "https://www.standardwebhooks.com/"
"""How the signature is checked."""


def tell_update(session: Session, update: Update, letterhead: Letterhead, language: str) -> Json:
    """The `incident` member of an update, in a language as far as it was posted in it."""
    code = _page(session).code
    posts = _posts_until(session, update)
    if update.incident_id is not None:
        incident = session.get_one(Incident, update.incident_id)
        return _spoken(_incident(incident, posts, code, letterhead), incident, posts, language)
    work = session.get_one(Maintenance, update.maintenance_id)
    return _spoken(_maintenance(work, posts, code, letterhead), work, posts, language)


def tell_words(session: Session, said_id: str, title: str, body: str, url: str, at: datetime) -> Json:
    """The `incident` member of words that are no incident: one without impact that is over."""
    time = wire_time(at)
    status = IncidentStatus.RESOLVED.value
    update: Json = {"id": said_id, "incident_id": said_id, "status": status, "body": body}
    update |= {"created_at": time, "updated_at": time, "display_at": time, "affected_components": None}
    update |= {"deliver_notifications": True, "custom_tweet": None}
    update |= {"wants_twitter_update": False, "twitter_updated_at": None}
    return {
        "id": said_id,
        "name": title,
        "status": status,
        "created_at": time,
        "updated_at": time,
        "page_id": _page(session).code,
        "backfilled": False,
        "impact": Impact.NONE.value,
        "impact_override": None,
        "shortlink": url,
        "monitoring_at": None,
        "resolved_at": time,
        "started_at": time,
        **_postmortem(None),
        **_window(None),
        "incident_updates": [update],
        "components": [],
    }


def tell_component(session: Session, component: Component, status: ComponentStatus) -> Json:
    """A component as it was when it showed this."""
    return _component(component, status, _page(session).code)


def whole_payload(
    session: Session, members: Json, token: str, letterhead: Letterhead, policy: Policy, now: datetime
) -> bytes:
    """The bytes that are posted: who speaks, how to end it, how the page is, and what is told."""
    meta = {
        "unsubscribe": f"{letterhead.url}/unsubscribe/{token}",
        "documentation": DOCUMENTATION,
        "generated_at": wire_time(now),
    }
    payload = {"meta": meta, "page": _page_state(session, policy, now), **members}
    return json.dumps(payload, ensure_ascii=False).encode()


def wire_time(instant: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as the API has it."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _page(session: Session) -> Page:
    return session.get_one(Page, 1)


def _page_state(session: Session, policy: Policy, now: datetime) -> Json:
    shown = select(Component.id, Component.service).where(Component.hidden.is_(False))
    visible = {component_id: service for component_id, service in session.execute(shown)}  # noqa: C416  rows, not pairs
    statuses = current_statuses(session, visible, now, public=True)
    up = carried(((visible[each], status) for each, status in statuses.items()), policy.redundant)
    weights = [weight(status, is_carried=visible[each] in up) for each, status in statuses.items()]
    still_open = [status for status in IncidentStatus if status.is_open]
    impacts = session.scalars(
        select(Incident.impact).where(Incident.public_at.is_not(None), Incident.status.in_(still_open))
    )
    running = [status for status in MaintenanceStatus if status.is_running]
    work = session.scalar(select(Maintenance.id).where(Maintenance.status.in_(running)).limit(1))
    state = overall(weights, impacts, maintenance_running=work is not None)
    page = _page(session)
    return {"id": page.code, "status_indicator": state.indicator, "status_description": state.description}


def _posts_until(session: Session, update: Update) -> Sequence[Update]:
    """The public updates of the same event up to this one, newest first."""
    same = (
        Update.incident_id == update.incident_id
        if update.incident_id is not None
        else Update.maintenance_id == update.maintenance_id
    )
    earlier = or_(
        Update.posted_at < update.posted_at,
        and_(Update.posted_at == update.posted_at, Update.sequence <= update.sequence),
    )
    return session.scalars(
        select(Update)
        .where(same, Update.public_at.is_not(None), earlier)
        .order_by(Update.posted_at.desc(), Update.sequence.desc())
        .options(selectinload(Update.affected).joinedload(AffectedComponent.component))
    ).all()


def _incident(incident: Incident, posts: Sequence[Update], code: str, letterhead: Letterhead) -> Json:
    last = posts[0]
    impact = last.priority.impact if last.priority else incident.impact
    postmortem = next((post for post in posts if post.status == IncidentStatus.POSTMORTEM), None)
    return {
        **_event(incident, posts, last.status, code),
        "impact": impact.value,
        "shortlink": incident.shortlink or f"{letterhead.url}/incidents/{incident.id}",
        "monitoring_at": _first_time(posts, IncidentStatus.MONITORING),
        "resolved_at": _first_time(posts, IncidentStatus.RESOLVED),
        "started_at": wire_time(incident.started_at),
        **_postmortem(postmortem),
        **_window(None),
        "components": _components_after(posts, code),
    }


def _maintenance(maintenance: Maintenance, posts: Sequence[Update], code: str, letterhead: Letterhead) -> Json:
    last = posts[0]
    over = MaintenanceStatus(last.status).is_over
    worked_on = {
        True: ComponentStatus.UNDER_MAINTENANCE,
        False: ComponentStatus.OPERATIONAL,
    }[MaintenanceStatus(last.status).is_running]
    return {
        **_event(maintenance, posts, _maintenance_word(last.status), code),
        "impact": Impact.MAINTENANCE.value,
        "shortlink": maintenance.shortlink or f"{letterhead.url}/maintenance/{maintenance.id}",
        "monitoring_at": None,
        "resolved_at": wire_time(last.posted_at) if over else None,
        "started_at": wire_time(maintenance.created_at),
        **_postmortem(None),
        **_window(maintenance),
        "components": [_component(each, worked_on, code) for each in maintenance.components if not each.hidden],
    }


def _event(event: Incident | Maintenance, posts: Sequence[Update], status: str, code: str) -> Json:
    return {
        "id": event.id,
        "name": event.title,
        "status": status,
        "created_at": wire_time(event.created_at),
        "updated_at": wire_time(posts[0].updated_at),
        "page_id": code,
        "backfilled": False,
        "impact_override": None,
        "incident_updates": [_update(post, event.id) for post in posts],
    }


def _spoken(told: Json, event: Incident | Maintenance, posts: Sequence[Update], language: str) -> Json:
    """What is told, with the titles and texts that were posted in the language."""
    said = {post.id: both[1] for post in posts if (both := _body_in(post, language))}
    updates = [{**each, "body": said.get(each["id"], each["body"])} for each in told["incident_updates"]]
    named = {"name": told_in(event.texts, language, "title") or told["name"], "incident_updates": updates}
    postmortem = next((each["body"] for each in updates if each["status"] == IncidentStatus.POSTMORTEM), None)
    return {**told, **named, "postmortem_body": postmortem}


def _body_in(post: Update, language: str) -> tuple[str, str] | None:
    return body_in(html_of(post.body, post.markup), text_of(post.body, post.markup), post.texts, language)


def _postmortem(post: Update | None) -> Json:
    at = wire_time(post.posted_at) if post else None
    return {
        "postmortem_body": text_of(post.body, post.markup) if post else None,
        "postmortem_body_last_updated_at": wire_time(post.updated_at) if post else None,
        "postmortem_ignored": False,
        "postmortem_published_at": at,
        "postmortem_notified_subscribers": bool(post and post.notify),
        "postmortem_notified_twitter": False,
    }


def _window(maintenance: Maintenance | None) -> Json:
    return {
        "scheduled_for": wire_time(maintenance.starts_at) if maintenance else None,
        "scheduled_until": wire_time(maintenance.ends_at) if maintenance else None,
        "scheduled_remind_prior": maintenance is not None,
        "scheduled_reminded_at": None,
        "scheduled_auto_in_progress": maintenance is not None,
        "scheduled_auto_completed": maintenance is not None,
    }


def _update(post: Update, event_id: str) -> Json:
    affected = [
        {
            "code": each.component_id,
            "name": each.component.name,
            "old_status": _status(each.old_status),
            "new_status": _status(each.new_status),
        }
        for each in _in_page_order(post.affected)
    ]
    at = wire_time(post.posted_at)
    return {
        "id": post.id,
        "status": _maintenance_word(post.status),
        "body": text_of(post.body, post.markup),
        "incident_id": event_id,
        "created_at": at,
        "updated_at": wire_time(post.updated_at),
        "display_at": at,
        "affected_components": affected or None,
        "deliver_notifications": post.notify,
        "custom_tweet": None,
        "wants_twitter_update": False,
        "twitter_updated_at": None,
    }


def _components_after(posts: Iterable[Update], code: str) -> list[Json]:
    """Each component that was ever named, as the last word on it left it; `posts` are newest first."""
    last: dict[str, AffectedComponent] = {}
    for post in posts:
        for each in post.affected:
            last.setdefault(each.component_id, each)
    return [_component(each.component, each.new_status, code) for each in _in_page_order(last.values())]


def _in_page_order(affected: Iterable[AffectedComponent]) -> list[AffectedComponent]:
    visible = [each for each in affected if not each.component.hidden]
    return sorted(visible, key=lambda each: (each.component.position, each.component.name))


def _component(component: Component, status: ComponentStatus, code: str) -> Json:
    return {
        "id": component.id,
        "name": component.name,
        "status": _status(status),
        "created_at": wire_time(component.created_at),
        "updated_at": wire_time(component.updated_at),
        "position": component.position,
        "description": component.description,
        "showcase": component.showcase,
        "start_date": component.start_on.isoformat() if component.start_on else None,
        "group_id": component.group_id,
        "page_id": code,
        "group": False,
        "only_show_if_degraded": component.only_show_if_degraded,
    }


def _status(status: ComponentStatus) -> str:
    return (ComponentStatus.OPERATIONAL if status is ComponentStatus.UNKNOWN else status).value


def _maintenance_word(status: str) -> str:
    """The wire has no word for a cancelled maintenance: it is over."""
    return MaintenanceStatus.COMPLETED.value if status == MaintenanceStatus.CANCELLED else status


def _first_time(posts: Iterable[Update], status: IncidentStatus) -> str | None:
    """When the present run of events first said so; none where it was reopened since."""
    times = []
    for post in posts:
        if post.status == status:
            times.append(post.posted_at)
        elif status is IncidentStatus.RESOLVED and IncidentStatus(post.status).is_open:
            break
    return wire_time(min(times)) if times else None
