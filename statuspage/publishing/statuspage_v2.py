"""The Statuspage API v2 as published files, so that its many clients work here unchanged (design: statuspage-v2).

What the wire has no word for: an unknown component reads operational, a cancelled maintenance reads completed
(it leaves upcoming.json), and an incident without a short link carries its page's URL instead. Components inside
api/v2/incidents/ID.json show their present status while the incident goes on, and operational once it is
over: what others do later never changes an old document.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from statuspage.domain.rollup import worst_of
from statuspage.domain.vocabulary import ComponentStatus, MaintenanceStatus
from statuspage.publishing.memory import Fragments
from statuspage.publishing.selecting import NEWEST
from statuspage.publishing.snapshot import (
    AffectedView,
    ComponentView,
    GroupView,
    IncidentView,
    MaintenanceView,
    PageView,
    Snapshot,
    UpdateView,
)

Json = dict[str, Any]


def render_api(snapshot: Snapshot, fragments: Fragments | None = None) -> Iterator[tuple[str, bytes]]:
    """Every endpoint of the API; api/v2/incidents/ID.json only for what was touched. What `fragments` hold of a
    component or an event that is the same is taken from there."""
    wire = _Wire(snapshot, fragments or Fragments())
    page = {"page": json_bytes(_page(snapshot.page, snapshot.page.updated_at))}
    said = {"indicator": snapshot.overall.indicator, "description": snapshot.overall.description}
    status = {"status": json_bytes(said)}
    components = {"components": listed(wire.spelt.values())}
    ahead = [m for m in snapshot.maintenances if not m.status.is_over]
    unresolved = wire.incidents(i for i in snapshot.incidents if i.status.is_open)
    documents: dict[str, dict[str, bytes]] = {
        "summary": page | components | unresolved | wire.maintenances(ahead) | status,
        "status": page | status,
        "components": page | components,
        "incidents": page | wire.incidents(snapshot.incidents[:NEWEST]),
        "incidents/unresolved": page | unresolved,
        "scheduled-maintenances": page | wire.maintenances(snapshot.maintenances[:NEWEST]),
        "scheduled-maintenances/upcoming": page
        | wire.maintenances(m for m in ahead if m.status is MaintenanceStatus.SCHEDULED),
        "scheduled-maintenances/active": page | wire.maintenances(m for m in ahead if m.status.is_running),
    }
    for name, members in documents.items():
        yield f"api/v2/{name}.json", _object(members)
    for event_id, document in _single_documents(snapshot, wire):
        yield f"api/v2/incidents/{event_id}.json", json_bytes(document)


def _single_documents(snapshot: Snapshot, wire: _Wire) -> Iterator[tuple[str, Json]]:
    """(id, document) of each touched event. What others do later must not change the document of one that is over,
    so its components are at rest and the page is as of the event's last change."""
    touched = snapshot.touched
    for incident in snapshot.incidents:
        if touched.everything or incident.id in touched.incidents:
            said = wire.incident(incident)
            if not incident.status.is_open:
                said["components"] = wire.at_rest(incident.components, incident.updated_at)
            yield incident.id, {"page": _page(snapshot.page, incident.updated_at), "incident": said}
    for maintenance in snapshot.maintenances:
        if touched.everything or maintenance.id in touched.maintenances:
            said = wire.maintenance(maintenance)
            if maintenance.status.is_over:
                said["components"] = wire.at_rest(maintenance.components, maintenance.updated_at)
            yield maintenance.id, {"page": _page(snapshot.page, maintenance.updated_at), "incident": said}


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8 without spaces, the members in the order given."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def listed(items: Iterable[bytes]) -> bytes:
    """An array of items that are JSON already."""
    return b"[" + b",".join(items) + b"]"


def _object(members: Mapping[str, bytes]) -> bytes:
    """An object of members that are JSON already; their names need no escapes."""
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), value) for name, value in members.items()) + b"}"


def wire_time(instant: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: "2026-11-21T09:30:00.000Z"."""
    return f"{instant.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def wire_status(status: ComponentStatus) -> str:
    """A component's status in the API's words."""
    return (ComponentStatus.OPERATIONAL if status is ComponentStatus.UNKNOWN else status).value


class _Wire:
    """Objects of one snapshot in the API's shape; components are made once and shared by all that name them."""

    def __init__(self, snapshot: Snapshot, fragments: Fragments) -> None:
        self.page = snapshot.page
        self.fragments = fragments
        self.components: dict[str, Json] = {}
        self.spelt: dict[str, bytes] = {}
        groups = {group.id: group for group in snapshot.groups}
        statuses = {component.id: component.status for component in snapshot.components}
        for component in snapshot.components:
            group = groups.pop(component.group_id or "", None)
            if group is not None:
                worst = worst_of(statuses[member] for member in group.component_ids)
                self._add(group.id, (group, worst), partial(_group, group, worst, snapshot.page))
            self._add(component.id, component, partial(_component, component, snapshot.page))

    def _add(self, key: str, rests_on: Hashable, make: Callable[[], Json]) -> None:
        """A component, or a group among them: as an object, and spelt."""
        name = ("v2 component", "", key)
        self.components[key], self.spelt[key] = self.fragments.of(name, rests_on, lambda: _spelt(make()))

    def incidents(self, incidents: Iterable[IncidentView]) -> dict[str, bytes]:
        return {"incidents": listed(self._event(each, partial(self.incident, each)) for each in incidents)}

    def maintenances(self, maintenances: Iterable[MaintenanceView]) -> dict[str, bytes]:
        spelt = (self._event(each, partial(self.maintenance, each)) for each in maintenances)
        return {"scheduled_maintenances": listed(spelt)}

    def _event(self, view: IncidentView | MaintenanceView, make: Callable[[], Json]) -> bytes:
        """One event among others, spelt: its components show what they are now."""
        shown = tuple(self.spelt[affected.component_id] for affected in view.components)
        return self.fragments.of(("v2", "", view.id), (view, shown), lambda: json_bytes(make()))

    def at_rest(self, affected: Iterable[AffectedView], at: datetime) -> list[Json]:
        """Components as an event that is over left them."""
        rest = {"status": ComponentStatus.OPERATIONAL.value, "updated_at": wire_time(at)}
        return [self.components[view.component_id] | rest for view in affected]

    def incident(self, incident: IncidentView) -> Json:
        return {
            "id": incident.id,
            "name": incident.title,
            "status": incident.status.value,
            "created_at": wire_time(incident.created_at),
            "updated_at": wire_time(incident.updated_at),
            "monitoring_at": _time_or_null(incident.monitoring_at),
            "resolved_at": _time_or_null(incident.resolved_at),
            "impact": incident.impact.value,
            "shortlink": incident.shortlink or f"{self.page.url}/incidents/{incident.id}",
            "started_at": wire_time(incident.started_at),
            "page_id": self.page.code,
            "incident_updates": [_update(update, incident.id, update.status) for update in incident.updates],
            "components": [self.components[affected.component_id] for affected in incident.components],
        }

    def maintenance(self, maintenance: MaintenanceView) -> Json:
        over_at = maintenance.completed_at or maintenance.cancelled_at
        return {
            "id": maintenance.id,
            "name": maintenance.title,
            "status": _wire_word(maintenance.status.value),
            "created_at": wire_time(maintenance.created_at),
            "updated_at": wire_time(maintenance.updated_at),
            "monitoring_at": None,
            "resolved_at": _time_or_null(over_at),
            "impact": maintenance.impact.value,
            "shortlink": maintenance.shortlink or f"{self.page.url}/maintenance/{maintenance.id}",
            "started_at": wire_time(maintenance.created_at),
            "page_id": self.page.code,
            "incident_updates": [
                _update(update, maintenance.id, _wire_word(update.status)) for update in maintenance.updates
            ],
            "components": [self.components[affected.component_id] for affected in maintenance.components],
            "scheduled_for": wire_time(maintenance.starts_at),
            "scheduled_until": wire_time(maintenance.ends_at),
        }


def _spelt(said: Json) -> tuple[Json, bytes]:
    return said, json_bytes(said)


def _page(page: PageView, updated_at: datetime) -> Json:
    return {
        "id": page.code,
        "name": page.name,
        "url": page.url,
        "time_zone": "Etc/UTC" if page.zone.key == "UTC" else page.zone.key,
        "updated_at": wire_time(updated_at),
    }


def _component(component: ComponentView, page: PageView) -> Json:
    return {
        "id": component.id,
        "name": component.name,
        "status": wire_status(component.status),
        "created_at": wire_time(component.created_at),
        "updated_at": wire_time(component.updated_at),
        "position": component.position,
        "description": component.description,
        "showcase": component.showcase,
        "start_date": component.start_on.isoformat() if component.start_on else None,
        "group_id": component.group_id,
        "page_id": page.code,
        "group": False,
        "only_show_if_degraded": component.only_show_if_degraded,
    }


def _group(group: GroupView, worst: ComponentStatus, page: PageView) -> Json:
    return {
        "id": group.id,
        "name": group.name,
        "status": wire_status(worst),
        "created_at": wire_time(group.created_at),
        "updated_at": wire_time(group.updated_at),
        "position": group.position,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": page.code,
        "group": True,
        "only_show_if_degraded": False,
        "components": list(group.component_ids),
    }


def _written_at(update: UpdateView) -> datetime:
    """When it was written; an imported update may stand on the page at another time than that."""
    kept = update.details.get("created_at")
    return datetime.fromisoformat(kept) if kept else update.posted_at


def _update(update: UpdateView, incident_id: str, status: str) -> Json:
    return {
        "id": update.id,
        "status": status,
        "body": update.text,
        "incident_id": incident_id,
        "created_at": wire_time(_written_at(update)),
        "updated_at": wire_time(update.updated_at),
        "display_at": wire_time(update.posted_at),
        "affected_components": [
            {
                "code": affected.component_id,
                "name": affected.name,
                "old_status": wire_status(affected.old_status),
                "new_status": wire_status(affected.new_status),
            }
            for affected in update.affected
        ]
        or None,
        "deliver_notifications": update.notified,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _wire_word(status: str) -> str:
    """A maintenance's status in the API's words."""
    return MaintenanceStatus.COMPLETED.value if status == MaintenanceStatus.CANCELLED else status


def _time_or_null(instant: datetime | None) -> str | None:
    return wire_time(instant) if instant else None
