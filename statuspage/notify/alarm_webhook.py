"""What the page's own webhook is told when a clock rings: JSON of our own shape, posted like any other webhook."""

from __future__ import annotations

import json

from sqlalchemy.orm import Session

from statuspage.domain.wallclock import wire
from statuspage.notify import alarms


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
