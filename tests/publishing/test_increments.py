"""Whatever is posted, by whichever process, the folder is what a full build gives."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from statuspage import amendments
from statuspage.amendment_drafts import UpdateChange, Withdrawal
from statuspage.changes import PATIENCE
from statuspage.drafts import read_draft
from statuspage.incidents import load_incident
from statuspage.publishing.site import Publisher
from tests.publishing.conftest import Operator
from tests.publishing.files import published

STEPS = 18
SLUGS = ("voice", "messaging", "api")
STATUSES = ("operational", "degraded_performance", "partial_outage", "major_outage")


class Days:
    """Random days of two processes that publish one page."""

    def __init__(self, operator: Operator, seed: int) -> None:
        self.operator = operator
        self.chance = Random(seed)
        installation = operator.installation
        self.publishers = [installation.publisher, self.another(installation.settings.public_folder)]
        self.incidents: list[str] = []
        self.works: list[str] = []

    def another(self, folder: Path) -> Publisher:
        installation = self.operator.installation
        return Publisher(folder, installation.database, installation.policies, installation.settings.statuspage_url)

    def step(self) -> None:
        """One change or lapse of time by one of the processes."""
        self.operator.installation.publisher = self.chance.choice(self.publishers)
        steps = [self.open, self.open, self.schedule, self.wait, self.wait, self.warm]
        if self.incidents:
            steps += [self.update, self.update, self.edit, self.withdraw]
        if self.works:
            steps += [self.move, self.cancel]
        self.chance.choice(steps)()

    def open(self) -> None:
        started = self.operator.now - timedelta(days=self.chance.choice([0, 0, 1, 20, 70, 400]))
        said = {"priority": self.chance.choice(["P1", "P3", "P4"]), "started_at": started.isoformat()}
        self.incidents.append(self.operator.open(components=self.affected(), **said))

    def update(self) -> None:
        status = self.chance.choice(["identified", "monitoring", "resolved", "investigating"])
        said = {} if status == "resolved" else self.affected()
        self.operator.update(self.chance.choice(self.incidents), status=status, components=said)

    def edit(self) -> None:
        with self.operator.change() as change:
            incident = load_incident(change.session, self.chance.choice(self.incidents))
            words = read_draft(UpdateChange, {"body": f"Edited at {self.operator.now}."})
            amendments.edit_update(
                change.session, incident.updates[-1], words, author="operator", now=self.operator.now
            )

    def withdraw(self) -> None:
        key = self.incidents.pop(self.chance.randrange(len(self.incidents)))
        with self.operator.change() as change:
            incident = load_incident(change.session, key)
            why = Withdrawal(reason="by mistake")
            amendments.withdraw_incident(change.session, incident, why, author="operator", now=self.operator.now)

    def schedule(self) -> None:
        starts = self.operator.now + timedelta(days=self.chance.choice([15, 40, 100]))
        self.works.append(self.operator.schedule(starts, components=[self.chance.choice(SLUGS)]))

    def move(self) -> None:
        work = self.works.pop()
        self.operator.move(work, self.operator.now + timedelta(days=self.chance.choice([16, 90])))

    def cancel(self) -> None:
        self.operator.cancel(self.works.pop())

    def wait(self) -> None:
        self.operator.advance(self.operator.now + timedelta(minutes=self.chance.choice([3, 70, 1500])))
        self.operator.installation.publisher.publish(self.operator.now)

    def warm(self) -> None:
        self.operator.installation.publisher.warm(self.operator.now)

    def affected(self) -> dict[str, str]:
        return {slug: self.chance.choice(STATUSES) for slug in SLUGS if self.chance.random() < 0.4}


@pytest.mark.parametrize("seed", range(3))
def test_any_days_give_a_full_build(operator: Operator, seed: int) -> None:
    days = Days(operator, seed)
    for _ in range(STEPS):
        days.step()
    folder = operator.installation.settings.public_folder
    operator.installation.publisher.publish(operator.now)
    before = published(folder)
    result = days.another(folder).publish(operator.now, everything=True, patience=PATIENCE)
    after = published(folder)
    assert sorted(before) == sorted(after)
    assert [path for path in before if before[path] != after[path]] == []
    assert result.written == 0
