"""Fixtures of the publishing tests: changes as operators make them, and the published folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from statuspage import incidents, maintenance, windows
from statuspage.changes import Change, Installation, site_change
from statuspage.drafts import CancelDraft, IncidentDraft, MaintenanceDraft, MoveDraft, UpdateDraft, read_draft
from statuspage.publishing.loading import load_snapshot
from statuspage.publishing.snapshot import Snapshot, Touched
from tests.publishing import sample
from tests.publishing.files import published
from tests.publishing.rendering import Pages, render


@dataclass
class Operator:
    """Posts on an installation; each post is a minute after the last."""

    installation: Installation
    now: datetime
    changes: list[Change] = field(default_factory=list)

    @contextmanager
    def change(self, later: timedelta = timedelta(minutes=1)) -> Iterator[Change]:
        self.now += later
        with site_change(self.installation, self.now, author="operator") as change:
            yield change
        self.changes.append(change)

    def open(self, title: str = "Voice: calls fail", **said: Any) -> str:
        with self.change() as change:
            return self._open(change, title, said)

    def open_many(self, count: int, **said: Any) -> None:
        """So many incidents in one change."""
        with self.change() as change:
            for n in range(count):
                self._open(change, f"Incident {n}", said)

    def _open(self, change: Change, title: str, said: Mapping[str, Any]) -> str:
        raw = {"title": title, "priority": "P1", "status": "investigating", "body": "We look.", "components": {}}
        draft = read_draft(IncidentDraft, {**raw, **said})
        incident = incidents.open_incident(
            change.session, draft, policy=change.policy, author="operator", now=self.now
        )
        return incident.id

    def update(self, incident_id: str, **said: Any) -> None:
        with self.change() as change:
            incident = incidents.load_incident(change.session, incident_id)
            incidents.post_update(
                change.session,
                incident,
                read_draft(UpdateDraft, {"body": "More."} | said),
                policy=change.policy,
                author="operator",
                now=self.now,
            )

    def schedule(self, starts_at: datetime, **said: Any) -> str:
        raw: Mapping[str, Any] = {
            "title": "New firmware",
            "body": "Calls are not cut.",
            "components": ["voice"],
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=1)).isoformat(),
        }
        with self.change() as change:
            draft = read_draft(MaintenanceDraft, {**raw, **said})
            work = maintenance.schedule(change.session, draft, policy=change.policy, author="operator", now=self.now)
            return work.id

    def move(self, maintenance_id: str, starts_at: datetime) -> None:
        raw = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=1)).isoformat()}
        with self.change() as change:
            work = maintenance.load_maintenance(change.session, maintenance_id)
            draft = read_draft(MoveDraft, {**raw, "body": "Moved."})
            maintenance.move(change.session, work, draft, policy=change.policy, author="operator", now=self.now)

    def cancel(self, maintenance_id: str) -> None:
        with self.change() as change:
            work = maintenance.load_maintenance(change.session, maintenance_id)
            draft = read_draft(CancelDraft, {"body": "Not needed."})
            maintenance.cancel(change.session, work, draft, author="operator", now=self.now)

    def advance(self, to: datetime) -> None:
        """Let the clock reach an instant and do what is due then."""
        with self.change(to - self.now) as change:
            windows.advance_due(change.session, now=self.now)


@pytest.fixture
def operator(installation: Installation, add_components: Callable[..., None], now: datetime) -> Operator:
    """Somebody who posts on a page with the components Voice, Messaging and API."""
    add_components("Voice", "Messaging", "API")
    return Operator(installation, now)


@pytest.fixture
def files(installation: Installation) -> Callable[[], dict[str, bytes]]:
    """A function that reads the published folder: path -> bytes, without compressed siblings and marker."""
    return lambda: published(installation.settings.public_folder)


@pytest.fixture
def load(installation: Installation, operator: Operator) -> Callable[..., Snapshot]:
    """A function that loads a snapshot at the operator's time: load(everything=True)."""

    def load(**touched: Any) -> Snapshot:
        with installation.database.read() as session:
            return load_snapshot(
                session,
                policies=installation.policies,
                now=operator.now,
                touched=Touched(**touched),
                base_url=installation.settings.statuspage_url,
            )

    return load


@pytest.fixture(scope="session")
def calm() -> Pages:
    """The pages of the sample company when all is well."""
    return render(sample.calm())


@pytest.fixture(scope="session")
def trouble() -> Pages:
    """Its pages while two incidents are open."""
    return render(sample.trouble())
