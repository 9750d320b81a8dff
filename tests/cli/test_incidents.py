"""flask incident."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from statuspage.changes import Installation
from statuspage.models import Incident
from tests.cli.conftest import Flask_

OPEN = ("incident", "open", "--title", "Calls fail", "--priority", "P1", "--body", "We *look*.")


def test_incident_runs_its_course(flask: Flask_, sip: str, installation: Installation) -> None:
    opened = flask(*OPEN, "--component", f"{sip}=major_outage")
    assert "Next update due" in opened.stdout
    (listed,) = json.loads(flask("incident", "list", "--open", "--json").stdout)
    assert listed["components"] == {"sip": "major_outage"}
    assert listed["updates"][0]["author"].startswith("cli")
    flask("incident", "update", listed["id"], "--status", "identified", "--body", "-", typed="Found **it**.\n")
    resolved = flask("incident", "resolve", listed["id"], "--body", "Over.", "--json")
    answer = json.loads(resolved.stdout)
    assert [update["body"] for update in answer["updates"]] == ["Over.", "Found **it**.", "We *look*."]
    assert flask("incident", "list", "--open").stdout == "No open incident.\n"
    page = installation.settings.public_folder / "incidents" / f"{listed['id']}.html"
    assert "<strong>it</strong>" in page.read_text()


def test_body_comes_from_a_file(flask: Flask_, tmp_path: Path) -> None:
    (tmp_path / "body.md").write_text("From a *file*.")
    answer = flask(*OPEN[:-1], f"@{tmp_path / 'body.md'}", "--json")
    assert json.loads(answer.stdout)["updates"][0]["body"] == "From a *file*."


def test_times_are_the_pages_own(flask: Flask_) -> None:
    flask("site", "apply", "-", typed='[page]\ntimezone = "Europe/Amsterdam"')
    answer = json.loads(flask(*OPEN, "--started-at", "2026-07-01 12:00", "--json").stdout)
    assert answer["started_at"] == "2026-07-01T10:00:00Z"
    refused = flask(*OPEN, "--started-at", "2026-10-25 02:30", code=2)
    assert "error: started_at: 2026-10-25 02:30 exists twice" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("--priority", "P9"), "priority"),
        (("--component", "nothing=major_outage"), "components.nothing"),
        (("--component", "sip"), "components"),
        (("--component", "sip=broken"), "components.sip"),
        (("--status", "postmortem"), "status"),
        (("--title", "x\r\nBcc: a@b.c"), "title"),
        (("--cause", "fate"), "cause"),
        (("--started-at", "soon"), "started_at"),
    ],
)
def test_refusal_names_the_field(
    flask: Flask_, sip: str, installation: Installation, arguments: tuple[str, ...], field: str
) -> None:
    refused = flask(*OPEN, *arguments, code=2)
    assert f"error: {field}: " in refused.stderr
    assert refused.stdout == ""
    with installation.database.read() as session:
        assert session.query(Incident).count() == 0


def test_unknown_incident_is_told(flask: Flask_) -> None:
    assert "there is no incident 'nope'" in flask("incident", "resolve", "nope", "--body", "x", code=1).stderr


def test_translation_by_option(flask: Flask_, sip: str, tmp_path: Path) -> None:
    flask("site", "apply", "-", typed='[page]\nlanguages = ["en", "nl"]')
    (tmp_path / "nl.md").write_text("We *zoeken* het uit.")
    dutch = ("--translation", "nl.title=Bellen lukt niet", "--translation", f"nl.body=@{tmp_path / 'nl.md'}")
    answer = json.loads(flask(*OPEN, *dutch, "--json").stdout)
    assert answer["translations"]["nl"]["title"] == "Bellen lukt niet"
    assert answer["updates"][0]["translations"]["nl"]["body"] == "We *zoeken* het uit."
    assert "translations.fr" in flask(*OPEN, "--translation", "fr.title=Non", code=2).stderr
