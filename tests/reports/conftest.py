"""A page under a policy of one's choice, told as a story: things happen at the times that are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from alembic import command

from statuspage import incidents, maintenance, windows
from statuspage.changes import Installation, open_installation
from statuspage.components import add_component, ensure_page
from statuspage.db import Base
from statuspage.domain.periods import parse_period
from statuspage.drafts import ComponentDraft, IncidentDraft, MaintenanceDraft, UpdateDraft, read_draft
from statuspage.migrations import make_config
from statuspage.reports.communication import CommunicationReport, communication_report
from statuspage.reports.customers import Customer
from statuspage.reports.sla import ServiceRow, SlaReport, sla_report
from statuspage.settings import Settings

BEGAN = datetime.fromisoformat("2024-01-01T00:00Z")


class Story:
    """What happened on one page; all times are ISO texts."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    def component(self, slug: str, service: str | None = None, *, at: str = "", **values: Any) -> None:
        now = datetime.fromisoformat(at) if at else BEGAN
        with self.installation.database.write() as session:
            draft = ComponentDraft(name=slug.title(), slug=slug, service=service, **values)
            add_component(session, draft, author="ada", now=now)

    def outage(self, start: str, length: timedelta, *components: str, **values: Any) -> str:
        """An incident that takes the components down for so long; its id."""
        begun = datetime.fromisoformat(start)
        policy = self.installation.policy(begun)
        typed = {
            "title": "Trouble",
            "priority": "P1",
            "body": "We look.",
            "components": dict.fromkeys(components, "major_outage"),
            **values,
        }
        with self.installation.database.write() as session:
            draft = read_draft(IncidentDraft, typed)
            opened = incidents.open_incident(session, draft, policy=policy, author="ada", now=begun)
            done = read_draft(UpdateDraft, {"status": "resolved", "body": "Done."})
            incidents.post_update(session, opened, done, policy=policy, author="ada", now=begun + length)
            return opened.id

    def posts(self, *times: str, priority: str = "P1", resolved: bool = True) -> None:
        """An incident with an update at each time, the last of which resolves it."""
        moments = [datetime.fromisoformat(time) for time in times]
        policy = self.installation.policy(moments[0])
        with self.installation.database.write() as session:
            draft = read_draft(IncidentDraft, {"title": "Talk", "priority": priority, "body": "We look."})
            opened = incidents.open_incident(session, draft, policy=policy, author="ada", now=moments[0])
            for at in moments[1:]:
                status = "resolved" if resolved and at == moments[-1] else "identified"
                update = read_draft(UpdateDraft, {"status": status, "body": "More."})
                incidents.post_update(session, opened, update, policy=policy, author="ada", now=at)

    def work(self, announced: str, start: str, length: timedelta, *components: str, **values: Any) -> str:
        """A maintenance that begins and ends as announced; its id."""
        now, begins = datetime.fromisoformat(announced), datetime.fromisoformat(start)
        ends = begins + length
        window = {"starts_at": begins.isoformat(), "ends_at": ends.isoformat()}
        typed = {"title": "Work", "body": "We work.", "components": list(components), **window, **values}
        with self.installation.database.write() as session:
            draft = read_draft(MaintenanceDraft, typed)
            policy = self.installation.policy(now)
            planned = maintenance.schedule(session, draft, policy=policy, author="ada", now=now)
            windows.advance_due(session, now=begins)
            windows.advance_due(session, now=ends)
            return planned.id

    def report(self, period: str, *, now: str = "2026-01-01T00:00Z", customer: Customer | None = None) -> SlaReport:
        with self.installation.database.read() as session:
            moment = datetime.fromisoformat(now)
            return sla_report(
                session, self.installation.policies, parse_period(period), now=moment, customer=customer
            )

    def communication(self, period: str, *, now: str = "2026-01-01T00:00Z") -> CommunicationReport:
        with self.installation.database.read() as session:
            moment = datetime.fromisoformat(now)
            return communication_report(session, self.installation.policies, parse_period(period), now=moment)


def row_of(report: SlaReport, key: str, tier: str | None = None) -> ServiceRow:
    """The row of a service and tier."""
    rows = [row for row in report.rows if row.line.key == key and (row.tier.id if row.tier else None) == tier]
    assert len(rows) == 1
    return rows[0]


def figures(row: ServiceRow) -> dict[str, Any]:
    """A row's figure in seconds."""
    assert row.figure
    lengths = {
        name: getattr(row.figure, name) for name in ("removed", "downtime", "counted", "unknown", "num", "den")
    }
    return {name: length.total_seconds() for name, length in lengths.items()}


@pytest.fixture
def tell(settings: Settings) -> Iterator[Callable[[str], Story]]:
    """A function that begins a story under a preset: tell("cm-com")."""
    opened: list[Installation] = []

    def begin(policy: str) -> Story:
        folder = settings.statuspage_instance / policy
        folder.mkdir(parents=True)
        chosen = settings.model_copy(update={"statuspage_policy": policy, "statuspage_instance": folder})
        installation = open_installation(chosen)
        opened.append(installation)
        Base.metadata.create_all(installation.database.engine)
        with installation.database.write() as session:
            command.stamp(make_config(session.connection()), "head")
            ensure_page(session, BEGAN)
        return Story(installation)

    yield begin
    for installation in opened:
        installation.database.dispose()
