"""A service of which one component is enough: page, API and SLA figure, from what two monitors find."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import add_component
from statuspage.domain.health import Outcome, Result
from statuspage.domain.periods import parse_period
from statuspage.drafts import ComponentDraft
from statuspage.measured import load_service_figures
from statuspage.measurement import take_results
from statuspage.monitor_drafts import MonitorTable
from statuspage.monitoring.judging import Measured
from statuspage.monitors import add_monitor
from statuspage.settings import Settings

MINUTE = timedelta(minutes=1)
POLICY = (
    'schema = 1\nid = "voice"\nname = "Voice"\n[availability]\ndefault_target = "99.9"\n'
    '[[service]]\nid = "voice"\nname = "Voice"\nrule = "any"\n'
    '[[priority]]\nid = "P1"\nname = "P1"\npublic = true\n'
)


class Trunks:
    """Two trunks of one service, each with a monitor that one failure is enough for."""

    def __init__(self, installation: Installation, now: datetime) -> None:
        self.installation, self.now = installation, now
        table = MonitorTable.model_validate(
            {"kind": "tcp", "target": "sip.example.com:5060", "failures": 1, "recoveries": 1}
        )
        with site_change(installation, now, author="ann") as change:
            drafts = [ComponentDraft(name=f"Trunk {name}", service="voice") for name in "AB"]
            both = [add_component(change.session, each, author="ann", now=now) for each in drafts]
            found = [add_monitor(change.session, each, table, author="ann", now=now)[0] for each in both]
            self.monitors = [monitor.id for monitor in found]

    def measure(self, minutes: int, a: Outcome, b: Outcome) -> None:
        at = self.now + minutes * MINUTE
        batch = [Measured(i, Result(at, said, 20, "")) for i, said in zip(self.monitors, (a, b), strict=True)]
        take_results(self.installation, batch, at)

    def page(self, name: str) -> str:
        """A published file."""
        return (self.installation.settings.public_folder / name).read_text()

    def banner(self) -> tuple[str, str]:
        """The front page's colour and sentence."""
        found = re.search(r'class="banner s-(\w+)".*?<h1[^>]*>([^<]*)', self.page("index.html"), re.DOTALL)
        assert found
        return found[1], found[2].strip()

    def indicator(self) -> str:
        return str(json.loads(self.page("api/v2/status.json"))["status"]["indicator"])


@pytest.fixture
def trunks(settings: Settings, installation: Installation, tmp_path: Path, now: datetime) -> Iterator[Trunks]:
    path = tmp_path / "voice.toml"
    path.write_text(POLICY)
    other = open_installation(settings.model_copy(update={"statuspage_policy": str(path)}))
    yield Trunks(other, now)
    other.database.dispose()


def test_page_is_up_while_one_is(trunks: Trunks) -> None:
    trunks.measure(1, Outcome.UP, Outcome.UP)
    assert trunks.banner() == ("operational", "All systems operational")
    trunks.measure(2, Outcome.DOWN, Outcome.UP)
    assert trunks.banner() == ("degraded_performance", "Degraded performance: Voice")
    assert trunks.indicator() == "minor"
    assert "Major outage" in trunks.page("components/trunk-a.html")
    assert "Nothing has been measured yet" not in trunks.page("uptime.html")
    trunks.measure(3, Outcome.DOWN, Outcome.DOWN)
    assert trunks.banner() == ("major_outage", "Major outage: Trunk A and Trunk B")
    assert trunks.indicator() == "critical"
    trunks.measure(4, Outcome.UP, Outcome.DOWN)
    assert trunks.banner() == ("degraded_performance", "Degraded performance: Voice")


def test_figure_counts_when_none_is_up(trunks: Trunks) -> None:
    for minute, (a, b) in enumerate(
        [
            (Outcome.UP, Outcome.UP),
            (Outcome.DOWN, Outcome.UP),
            (Outcome.DOWN, Outcome.DOWN),
            (Outcome.UP, Outcome.DOWN),
        ]
    ):
        trunks.measure(minute, a, b)
    now = trunks.now + 4 * MINUTE
    with trunks.installation.database.read() as session:
        policies = trunks.installation.policies.placed_in("UTC")
        (voice,) = load_service_figures(session, policies, parse_period(f"{now:%Y-%m}"), now=now)
    assert voice.figure
    assert (voice.figure.den, voice.figure.downtime) == (4 * MINUTE, MINUTE)
    assert voice.figure.percent() == "75.00"
