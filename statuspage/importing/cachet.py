"""Reads a Cachet database (2.x and 3.x, SQLite): components, incidents, schedules and their updates.

What only operators saw over there stays there. A schedule without an end has no window and is left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from statuspage.domain.wallclock import wire
from statuspage.importing.databases import Found, Row, Tables, instant, opened_tables
from statuspage.publishing.markup import html_of

COMPONENT = {2: "degraded_performance", 3: "partial_outage", 4: "major_outage"}
INCIDENT = {1: "investigating", 2: "identified", 3: "monitoring", 4: "resolved"}
IMPACT = {"major_outage": "major", "partial_outage": "minor", "degraded_performance": "minor"}
GUESTS = 1
"""Visible to everybody, in both generations."""
Said = dict[int, list[dict[str, Any]]]


def read_cachet(file: str, *, zone: ZoneInfo, now: datetime) -> Found:
    """What the file holds; its times are read in `zone`. Raises Refused."""
    with opened_tables(file, "Cachet", "incidents") as tables:
        reader = _Reader(tables, zone, now)
        return Found(
            {
                "page": {"id": "cachet", "name": reader.page_name()},
                "components": [*reader.groups(), *reader.components()],
                "incidents": list(reader.incidents()),
                "scheduled_maintenances": list(reader.schedules()),
            },
            dict(reader.left_out),
        )


class _Reader:
    def __init__(self, tables: Tables, zone: ZoneInfo, now: datetime) -> None:
        self.tables, self.zone, self.now = tables, zone, now
        self.left_out: Counter[str] = Counter()
        self.names = {row["id"]: row["name"] for row in tables.rows("components")}

    def page_name(self) -> str:
        """The page's name; the third generation keeps its settings as JSON text."""
        found = [row["value"] or row["payload"] for row in self.tables.rows("settings") if row["name"] in _NAMES]
        return str(found[0]).strip('"') if found and found[0] else "Cachet"

    def groups(self) -> Iterable[dict[str, Any]]:
        for row in self.tables.rows("component_groups"):
            yield {**self._named(row, "g"), "group": True, "position": row["order"] or 0}

    def components(self) -> Iterable[dict[str, Any]]:
        for row in self.tables.rows("components"):
            if row["deleted_at"]:
                self.left_out["components that were deleted"] += 1
                continue
            group = row["component_group_id"] or row["group_id"]
            yield {
                **self._named(row, "c"),
                "description": row["description"] or None,
                "position": row["order"] or 0,
                "group_id": f"cachetg{group}" if group else None,
            }

    def incidents(self) -> Iterable[dict[str, Any]]:
        affected, posts = self._affected("incident"), self._posts("incident")
        for row in self.tables.rows("incidents"):
            if row["deleted_at"] or row["visible"] != GUESTS:
                self.left_out["incidents that were deleted or hidden"] += 1
                continue
            yield self._incident(row, affected[row["id"]], posts[row["id"]])

    def schedules(self) -> Iterable[dict[str, Any]]:
        affected, posts = self._affected("schedule"), self._posts("schedule")
        for row in self.tables.rows("schedules"):
            starts, ends = self._time(row["scheduled_at"]), self._time(row["completed_at"])
            if row["deleted_at"] or not starts or not ends or ends <= starts:
                self.left_out["schedules that were deleted or have no end"] += 1
                continue
            yield self._schedule(row, starts, ends, affected[row["id"]], posts[row["id"]])

    def _incident(self, row: Row, said: list[dict[str, Any]], posts: list[Row]) -> dict[str, Any]:
        key, began = f"cacheti{row['id']}", self._time(row["occurred_at"]) or self._time(row["created_at"])
        status = INCIDENT.get(row["status"], "investigating")
        first = "investigating" if posts else status
        updates = [self._update(f"{key}u0", first, row["message"], began, said)]
        updates += [
            self._update(f"{key}u{post['id']}", INCIDENT.get(post["status"], status), post["message"], at)
            for post in posts
            if (at := self._time(post["created_at"]))
        ]
        changed = self._time(row["updated_at"]) or began
        over = [update["created_at"] for update in updates[1:] if update["status"] == "resolved"]
        worst = max((IMPACT.get(each["new_status"], "none") for each in said), key=_GRAVER.index, default="none")
        return {
            "id": key,
            "name": row["name"],
            "status": status,
            "impact": worst,
            "created_at": began,
            "started_at": began,
            "updated_at": changed,
            "resolved_at": (over[-1] if over else changed) if status == "resolved" else None,
            "incident_updates": updates,
        }

    def _schedule(
        self, row: Row, starts: str, ends: str, said: list[dict[str, Any]], posts: list[Row]
    ) -> dict[str, Any]:
        now = wire(self.now)
        status = "completed" if ends <= now else "in_progress" if starts <= now else "scheduled"
        key, made = f"cachets{row['id']}", self._time(row["created_at"]) or starts
        updates = [self._update(f"{key}u0", "scheduled", row["message"], made, said)]
        updates += [
            self._update(f"{key}u{post['id']}", status, post["message"], at)
            for post in posts
            if (at := self._time(post["created_at"]))
        ]
        return {
            "id": key,
            "name": row["name"],
            "status": status,
            "impact": "maintenance",
            "created_at": made,
            "updated_at": self._time(row["updated_at"]) or made,
            "scheduled_for": starts,
            "scheduled_until": ends,
            "resolved_at": ends if status == "completed" else None,
            "incident_updates": updates,
        }

    def _affected(self, kind: str) -> Said:
        """What is said of components, by incident or schedule."""
        said: Said = defaultdict(list)
        for row in self.tables.rows(f"{kind}_components", order="rowid"):
            named = self.names.get(row["component_id"])
            status = COMPONENT.get(row["component_status"] or row["status"] or 0)
            if kind == "schedule":
                status = "under_maintenance"
            if named and status:
                said[row[f"{kind}_id"]].append(
                    {"code": f"cachetc{row['component_id']}", "name": named, "new_status": status}
                )
        return said

    def _posts(self, kind: str) -> dict[int, list[Row]]:
        """Further updates, by incident or schedule: of the third generation they are in one table for both."""
        posts: dict[int, list[Row]] = defaultdict(list)
        for row in self.tables.rows(self.tables.first("updates", "incident_updates"), order="created_at, id"):
            of = str(row["updateable_type"] or "incident").rpartition("\\")[2].lower()
            if of == kind:
                posts[row["updateable_id"] or row["incident_id"]].append(row)
        return posts

    def _named(self, row: Row, kind: str) -> dict[str, Any]:
        made = self._time(row["created_at"]) or wire(self.now)
        changed = self._time(row["updated_at"]) or made
        return {"id": f"cachet{kind}{row['id']}", "name": row["name"], "created_at": made, "updated_at": changed}

    def _update(
        self, key: str, status: str, message: str | None, at: str | None, said: list[dict[str, Any]] | None = None
    ) -> dict[str, Any]:
        body = html_of(message) if message else None
        affected = [{**each, "old_status": "operational"} for each in said or ()] or None
        return {
            "id": key,
            "status": status,
            "body": body,
            "created_at": at,
            "updated_at": at,
            "affected_components": affected,
        }

    def _time(self, value: Any) -> str | None:
        return instant(value, self.zone)


_NAMES = ("app_name", "name")
_GRAVER = ("none", "minor", "major")
