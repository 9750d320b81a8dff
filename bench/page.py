"""The page under measurement: `python app.py` on an instance of the benchmark's own, and its process tree."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from statuspage import incidents, people
from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import add_component
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import ComponentDraft, IncidentDraft, UpdateDraft, read_draft
from statuspage.instance import bring_up_to_date
from statuspage.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
AUTHOR = "bench"


@dataclass(frozen=True)
class Page:
    """Where the page listens, and a token of admin scope."""

    port: int
    token: str
    public: Path
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time of the whole process tree."""
        ticks = 0
        for pid in _tree(self.pid):
            facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(facts[11]) + int(facts[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Memory of the whole process tree; pages that several hold are counted once."""
        lines = (line for pid in _tree(self.pid) for line in _rollup(pid).splitlines())
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def fill(instance: Path, components: int, history: int) -> str:
    """An instance with so many components and resolved incidents of the last four years; an admin token."""
    installation = open_installation(Settings(statuspage_instance=instance))
    now = datetime.now(UTC).replace(microsecond=0)
    began = now - timedelta(days=4 * 365)
    bring_up_to_date(installation, began)
    with site_change(installation, began, author=AUTHOR) as change:
        for number in range(components):
            draft = ComponentDraft(name=f"Component {number}", group=f"Group {number // 10}")
            add_component(change.session, draft, author=AUTHOR, now=began)
    _fill_history(installation, components, history, began, now)
    installation.publisher.publish(now, everything=True)
    with installation.database.write() as session:
        _, token = people.create_token(session, "bench", Scope.ADMIN, now)
    installation.database.dispose()
    return token


def _fill_history(installation: Installation, components: int, history: int, began: datetime, now: datetime) -> None:
    step = (now - began) / (history + 1)
    policy = installation.policy(now)
    with installation.database.write() as session:
        for number in range(history):
            at = (began + step * (number + 1)).replace(microsecond=0)
            affected = {f"component-{number % components}": "major_outage"}
            opened = {"title": f"Incident {number}", "priority": "P2", "body": "We look.", "components": affected}
            incident = incidents.open_incident(
                session, read_draft(IncidentDraft, opened), policy=policy, author=AUTHOR, now=at
            )
            for minutes, status in ((20, "identified"), (50, "monitoring"), (70, "resolved")):
                update = read_draft(UpdateDraft, {"status": status, "body": f"Now **{status}**."})
                later = at + timedelta(minutes=minutes)
                incidents.post_update(session, incident, update, policy=policy, author=AUTHOR, now=later)


@contextmanager
def running(instance: Path, token: str, core: int | None = None, **settings: str) -> Iterator[Page]:
    """`python app.py` on the instance, all of it on one core if one is named."""
    environment = {**os.environ, "STATUSPAGE_INSTANCE": str(instance), "PORT": "0", "LOG_LEVEL": "error", **settings}
    pin = ["taskset", "-c", str(core)] if core is not None else []
    process = subprocess.Popen(
        [*pin, sys.executable, str(ROOT / "app.py")], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
        assert found, line
        yield Page(int(found[1]), token, instance / "public", process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _tree(int(child)))]


def _rollup(pid: int) -> str:
    return Path(f"/proc/{pid}/smaps_rollup").read_text()
