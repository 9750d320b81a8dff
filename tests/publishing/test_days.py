"""Days on the pages: bars, tables and figures."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace

from statuspage.domain.vocabulary import ComponentStatus
from tests.publishing import sample
from tests.publishing.rendering import Pages, render, words_of


def test_unknown_days_are_not_green(calm: Pages) -> None:
    row = calm["index.html"].split('id="c-api"')[1].split("</details>")[0]
    unknown = re.search(r's-unknown" d="([^"]+)"', row)
    good = re.search(r's-operational" d="([^"]+)"', row)
    assert unknown is not None
    assert good is not None
    assert unknown[1] == "M0 20h59"  # twelve days, that of the first knowledge among them
    assert good[1] == "M60 16h389"


def test_bad_day_is_taller_and_links(calm: Pages) -> None:
    row = calm["index.html"].split('id="c-sip-trunk-b"')[1].split("</details>")[0]
    bar = '<rect class="s-major_outage" x="210" y="0" width="4" height="24"/>'
    assert bar in row
    assert '<a href="/incidents/i000000past3">No calls by SIP trunk B</a>' in row
    page = calm["components/sip-trunk-b.html"]
    assert '<a href="/incidents/i000000past3" tabindex="-1"><title>30 Sept: Major outage 51 min</title>' + bar in page


def test_percentage_names_period_and_target(calm: Pages) -> None:
    row = words_of(calm["index.html"].split('id="c-sip-trunk-b"')[1].split("</details>")[0], "<summary")
    assert "99.95% 79 days" in row
    assert "99.95% = (measured − down) ÷ measured" in row
    assert "51 min of major outage" in row
    assert "Target 99.90% a month" in row


def test_days_stand_in_a_table_too(calm: Pages) -> None:
    row = words_of(calm["index.html"].split('id="c-sms-worldwide"')[1].split("</details>")[0], "<table")
    assert "Fri 16 Oct 2026" in row
    assert "Degraded performance" in row


def test_component_never_measured_claims_nothing() -> None:
    snapshot = sample.calm()
    silent = replace(
        snapshot.components[0],
        timeline=replace(snapshot.components[0].timeline, starts=(), states=()),
        status=ComponentStatus.UNKNOWN,
    )
    pages = render(replace(snapshot, components=(silent, *snapshot.components[1:])))
    assert "no data yet" in words_of(pages["index.html"])
    assert words_of(pages["index.html"]).startswith("All measured systems operational")


def test_quiet_days_are_told_in_one_line(trouble: Pages) -> None:
    text = words_of(trouble["index.html"])
    assert "12 Nov – 13 Nov 2026 No incidents reported." in text
    assert "Resolved after 4 h" in text


def test_fifty_components_stay_light() -> None:
    snapshot = sample.trouble()
    many = tuple(
        replace(snapshot.components[n % 12], id=f"c{n:0>11}", slug=f"component-{n}", name=f"Component {n}")
        for n in range(50)
    )
    html = render(replace(snapshot, components=many))["index.html"]
    assert len(gzip.compress(html.encode())) < 15_000
