"""flask timed, and --publish-at."""

from __future__ import annotations

import json

from tests.cli.conftest import Flask_


def test_commands_plan_move_and_cancel(flask: Flask_, sip: str) -> None:
    opened = ("--title", "Calls fail", "--priority", "P2", "--body", "We look.", "--json")
    incident = json.loads(flask("incident", "open", *opened).stdout)["id"]
    planned = flask("incident", "update", incident, "--body", "Later.", "--publish-at", "2090-01-01 10:00")
    assert "Publishes itself 2090-01-01 10:00 UTC" in planned.stdout
    window = ("--start", "2090-03-01 10:00", "--end", "2090-03-01 12:00", "--publish-at", "2090-01-02 10:00")
    work = flask("maintenance", "schedule", "--title", "Work", "--body", "We work.", *window, "--json")
    key = json.loads(work.stdout)["id"]
    flask("timed", "move", key, "--at", "2090-01-03 10:00")
    assert "2090-01-03 10:00 UTC" in flask("timed", "list").stdout
    flask("timed", "cancel", key)
    assert [each["kind"] for each in json.loads(flask("timed", "list", "--json").stdout)] == ["incident_update"]
