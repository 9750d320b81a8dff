"""Alarms to the page's webhook: JSON by POST, to public addresses or those that PROBE_ALLOW_PRIVATE names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network

import httpx2
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.wallclock import wire
from statuspage.models import Delivery
from statuspage.notify import alarms, outbox
from statuspage.notify.channel import Office
from statuspage.notify.letterhead import load_letterhead
from statuspage.notify.outbox import Claimed
from statuspage.reaching import resolve

TIMEOUT_SECONDS = 10.0
"""For connecting and for each part of the answer; shorter than a lease, so that nobody else posts the same."""
AT_ONCE = 1
log = structlog.get_logger(__name__)


def post_alarms(office: Office, clock: Callable[[], datetime]) -> int:
    """Post the alarms that are due, one after the other; how many were taken. A refusal is tried again later."""
    taken = 0
    while _is_anything_due(office, clock()):
        with office.database.write() as session:
            rows = outbox.claim(session, now=clock(), limit=AT_ONCE, lanes=(outbox.ALARM_LANE,), channel="webhook")
        if not rows:
            break
        for row in rows:
            taken += _post(office, row, clock)
    return taken


def send(url: str, payload: bytes, allowed: Iterable[IPv4Network | IPv6Network] = ()) -> None:
    """POST JSON to an address that was judged. Raises OSError or httpx2.HTTPError; a redirect is a failure."""
    target = httpx2.URL(url)
    port = target.port or (443 if target.scheme == "https" else 80)
    address = resolve(target.host, port, allowed)
    headers = {"Content-Type": "application/json", "Host": target.netloc.decode("ascii"), "User-Agent": "statuspage"}
    with (
        httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream(
            "POST",
            target.copy_with(host=address),
            content=payload,
            headers=headers,
            extensions={"sni_hostname": target.host},
        ) as answer,
    ):
        # the body is never read: it could be endless
        if not answer.is_success:
            raise OSError(f"the webhook answered {answer.status_code}")


def payload_of(session: Session, ring_id: int, url: str) -> bytes:
    """An alarm as JSON: {type, kind, at, due_at, minutes_late, incident: {id, title, priority, status, url}}."""
    alarm = alarms.load_alarm(session, ring_id)
    told = {
        "type": "alarm",
        "id": f"alarm-{alarm.ring_id}",
        "kind": alarm.kind.value,
        "at": wire(alarm.at),
        "due_at": wire(alarm.due_at),
        "minutes_late": alarm.minutes_late,
        "incident": {
            "id": alarm.incident_id,
            "title": alarm.title,
            "priority": alarm.priority.value,
            "status": alarm.status.value,
            "url": f"{url}{alarm.path}",
        },
    }
    return json.dumps(told).encode()


def _is_anything_due(office: Office, now: datetime) -> bool:
    waiting = select(Delivery.id).where(
        Delivery.channel == "webhook", Delivery.kind == "alarm", Delivery.state == "due", Delivery.due_at <= now
    )
    with office.database.read() as session:
        return session.scalar(waiting.limit(1)) is not None


def _post(office: Office, row: Claimed, clock: Callable[[], datetime]) -> int:
    ring_id, url = row.ring_id, row.address
    with office.database.read() as session:
        wanted = ring_id is not None and alarms.is_still_true(session, ring_id, office.policy(clock()))
        page_url = load_letterhead(session, office.settings).url
        payload = payload_of(session, ring_id, page_url) if wanted and ring_id is not None else b""
    error = None
    if wanted and url:
        try:
            send(url, payload, office.settings.probe_allow_private)
        except (OSError, httpx2.HTTPError, httpx2.InvalidURL) as failure:
            error = f"{type(failure).__name__}: {failure}"
            log.warning("alarm not taken", delivery=row.id, error=error)
    with office.database.write() as session:
        if not wanted:
            outbox.record_skipped(session, [row.id], reason="an update was posted before it was sent")
        elif error is not None:
            outbox.record_failed(session, row, error=error, now=clock())
        else:
            outbox.record_sent(session, [row.id], now=clock())
    return int(wanted and error is None)
