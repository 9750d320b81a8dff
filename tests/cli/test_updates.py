"""Posts edited and withdrawn from the command line."""

from __future__ import annotations

import json

from tests.cli.conftest import Flask_


def test_update_is_edited_shown_and_withdrawn(flask: Flask_, sip: str) -> None:
    opening = ("incident", "open", "--title", "Calls fail", "--priority", "P2", "--body", "Looking.", "--json")
    incident = json.loads(flask(*opening).output)["id"]
    updated = json.loads(flask("incident", "update", incident, "--body", "In Ghnet.", "--json").output)
    update = updated["updates"][0]["id"]
    edited = json.loads(flask("update", "edit", update, "--body", "In Ghent.", "--edits", "0", "--json").output)
    assert edited["versions"][0]["body"] == "In Ghnet."
    assert "In Ghnet." in flask("update", "show", update).output
    assert "error: edits:" in flask("update", "edit", update, "--body", "In Bruges.", "--edits", "0", code=2).output
    flask("update", "withdraw", update, "--reason", "wrong city")
    flask("update", "show", update, code=1)
    flask("incident", "withdraw", incident, "--reason", "a test")
    assert flask("incident", "list").output == "No incident.\n"


def test_maintenance_is_withdrawn(flask: Flask_, sip: str) -> None:
    window = ("--starts-at", "2090-01-02 10:00", "--ends-at", "2090-01-02 11:00")
    work = ("maintenance", "schedule", "--title", "Wrong", "--body", "x", *window, "--component", sip, "--json")
    maintenance = json.loads(flask(*work).output)["id"]
    flask("maintenance", "withdraw", maintenance, "--reason", "a test")
    assert flask("maintenance", "list").output == "No maintenance.\n"
