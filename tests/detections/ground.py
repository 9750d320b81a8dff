"""An installation on which monitors fail and recover by the minute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import detections, incidents
from statuspage.changes import Installation, site_change
from statuspage.components import add_component, load_component
from statuspage.domain.sla.policy import override
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.drafts import ComponentDraft
from statuspage.identifiers import new_id
from statuspage.models import Incident, Monitor

MINUTE = timedelta(minutes=1)


class Ground:
    """An installation on which monitors fail and recover by the minute."""

    def __init__(self, installation: Installation, now: datetime) -> None:
        self.installation = installation
        self.began = now
        self.terms: dict[str, object] = {}

    def at(self, minutes: float) -> datetime:
        return self.began + minutes * MINUTE

    def component(self, name: str, **values: object) -> None:
        with site_change(self.installation, self.began - MINUTE, author="test") as change:
            draft = ComponentDraft.model_validate({"name": name, **values})
            added = add_component(change.session, draft, author="test", now=change.now)
            change.session.add(
                Monitor(
                    id=new_id(),
                    component_id=added.id,
                    kind="tcp",
                    settings={"kind": "tcp", "target": "192.0.2.1:5060"},
                    status=ComponentStatus.OPERATIONAL,
                    status_since=change.now,
                    checked_at=change.now,
                    created_at=change.now,
                    updated_at=change.now,
                )
            )

    def measure(self, minutes: float, *slugs: str, status: str = "major_outage", since: float | None = None) -> None:
        now = self.at(minutes)
        with site_change(self.installation, now, author="test") as change:
            for slug in slugs:
                component = load_component(change.session, slug)
                row = change.session.scalars(select(Monitor).where(Monitor.component_id == component.id)).one()
                row.status, row.checked_at = ComponentStatus(status), now
                row.status_since = self.at(minutes if since is None else since)
            change.session.flush()
            new = detections.is_anything_new(change.session, now)
            detections.follow(change.session, policy=override(change.policy, self.terms), now=now)
            change.session.flush()
            assert not detections.is_anything_new(change.session, now), new

    def recover(self, minutes: float, *slugs: str) -> None:
        self.measure(minutes, *slugs, status="operational")

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.installation.database.read() as session:
            yield session

    def incidents(self) -> list[Incident]:
        with self.read() as session:
            return list(incidents.load_incidents(session))[::-1]
