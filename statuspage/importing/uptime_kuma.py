"""Reads an Uptime Kuma database (1.x and 2.x, kuma.db): monitors as components, heartbeats as their history,
maintenance and the notices of its status pages as incidents.

How a monitor checks is not taken along: targets and secrets are set up anew. Maintenance that repeats has no window.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from statuspage.domain.wallclock import wire
from statuspage.importing.databases import Found, Row, Tables, instant, opened_tables
from statuspage.publishing.markup import html_of

STATUS = {0: "major_outage", 1: "operational", 3: "under_maintenance"}
"""2 is pending: it tries again, and nothing is known yet."""
IMPACT = {"danger": "major", "warning": "minor"}
UTC_ZONE = ZoneInfo("UTC")


def read_uptime_kuma(file: str, *, zone: ZoneInfo, now: datetime) -> Found:
    """What the file holds; maintenance without a zone of its own is read in `zone`. Raises Refused."""
    with opened_tables(file, "Uptime Kuma", "heartbeat") as tables:
        reader = _Reader(tables, zone, now)
        title = next((row["title"] for row in tables.rows("status_page") if row["title"]), "Uptime Kuma")
        return Found(
            {
                "page": {"id": "kuma", "name": title},
                "components": [*reader.groups(), *reader.components()],
                "component_changes": list(reader.changes()),
                "incidents": list(reader.incidents()),
                "scheduled_maintenances": list(reader.maintenances()),
            },
            dict(reader.left_out),
        )


class _Reader:
    def __init__(self, tables: Tables, zone: ZoneInfo, now: datetime) -> None:
        self.tables, self.zone, self.now = tables, zone, now
        self.left_out: Counter[str] = Counter()
        monitors = list(tables.rows("monitor"))
        self.parents = [row for row in monitors if row["type"] == "group"]
        self.monitors = [row for row in monitors if row["type"] != "group"]
        self.names = {row["id"]: str(row["name"] or f"Monitor {row['id']}") for row in monitors}

    def groups(self) -> Iterable[dict[str, Any]]:
        """Groups of monitors, and those of status pages."""
        for row in self.parents:
            yield {**self._named(row, "m"), "group": True, "position": row["weight"] or 0}
        for row in self.tables.rows("group"):
            yield {**self._named(row, "g"), "group": True, "position": row["weight"] or 0}

    def components(self) -> Iterable[dict[str, Any]]:
        shown = {row["monitor_id"]: f"kumag{row['group_id']}" for row in self.tables.rows("monitor_group")}
        for row in self.monitors:
            group = f"kumam{row['parent']}" if row["parent"] else shown.get(row["id"])
            yield {
                **self._named(row, "m"),
                "description": row["description"] or None,
                "position": row["weight"] or 0,
                "group_id": group,
            }

    def changes(self) -> Iterable[dict[str, Any]]:
        """Each turn of a monitor; heartbeats that say the same again are one."""
        known = {row["id"] for row in self.monitors}
        last: dict[int, str] = {}
        for row in self.tables.rows("heartbeat", order="monitor_id, time, id"):
            key, status = row["monitor_id"], STATUS.get(row["status"])
            if key not in known or status is None or last.get(key) == status:
                continue
            last[key] = status
            at = instant(row["time"], UTC_ZONE)
            if at is not None:
                yield {
                    "component_id": f"kumam{key}",
                    "name": self.names[key],
                    "new_status": status,
                    "changed_at": at,
                }

    def incidents(self) -> Iterable[dict[str, Any]]:
        """Notices of status pages: what is not shown any more was over when it was last changed."""
        for row in self.tables.rows("incident"):
            began = instant(row["created_date"], UTC_ZONE) or wire(self.now)
            changed = instant(row["last_updated_date"], UTC_ZONE) or began
            status = "investigating" if row["active"] and row["pin"] else "resolved"
            yield {
                "id": f"kumai{row['id']}",
                "name": row["title"],
                "status": status,
                "impact": IMPACT.get(row["style"], "none"),
                "created_at": began,
                "started_at": began,
                "updated_at": changed,
                "resolved_at": changed if status == "resolved" else None,
                "incident_updates": [_update(f"kumai{row['id']}u0", status, row["content"], began)],
            }

    def maintenances(self) -> Iterable[dict[str, Any]]:
        affected: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.tables.rows("monitor_maintenance"):
            if row["monitor_id"] in self.names:
                said = {"code": f"kumam{row['monitor_id']}", "name": self.names[row["monitor_id"]]}
                affected[row["maintenance_id"]].append({**said, "new_status": "under_maintenance"})
        for row in self.tables.rows("maintenance"):
            zone = self._zone_of(row)
            starts, ends = instant(row["start_date"], zone), instant(row["end_date"], zone)
            if row["strategy"] != "single" or not row["active"] or not starts or not ends or ends <= starts:
                self.left_out["maintenance that repeats, is off or has no end"] += 1
                continue
            yield self._maintenance(row, starts, ends, affected[row["id"]])

    def _maintenance(self, row: Row, starts: str, ends: str, said: list[dict[str, Any]]) -> dict[str, Any]:
        now = wire(self.now)
        status = "completed" if ends <= now else "in_progress" if starts <= now else "scheduled"
        announced = min(starts, now)
        update = _update(f"kumaw{row['id']}u0", "scheduled", row["description"], announced)
        return {
            "id": f"kumaw{row['id']}",
            "name": row["title"],
            "status": status,
            "impact": "maintenance",
            "created_at": announced,
            "updated_at": announced,
            "scheduled_for": starts,
            "scheduled_until": ends,
            "resolved_at": ends if status == "completed" else None,
            "incident_updates": [{**update, "affected_components": said or None}],
        }

    def _zone_of(self, row: Row) -> ZoneInfo:
        named = str(row["timezone"] or "")
        return ZoneInfo(named) if named in available_timezones() else self.zone

    def _named(self, row: Row, kind: str) -> dict[str, Any]:
        made = instant(row["created_date"], UTC_ZONE) or wire(self.now)
        name = str(row["name"] or f"Monitor {row['id']}")
        return {"id": f"kuma{kind}{row['id']}", "name": name, "created_at": made, "updated_at": made}


def _update(key: str, status: str, text: str | None, at: str) -> dict[str, Any]:
    body = html_of(text) if text else None
    return {"id": key, "status": status, "body": body, "created_at": at, "updated_at": at}
