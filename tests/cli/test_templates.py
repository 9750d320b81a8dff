"""Templates from the command line."""

from __future__ import annotations

import json

from tests.cli.conftest import Flask_


def test_template_is_added_changed_and_deleted(flask: Flask_) -> None:
    added = flask("template", "add", "--name", "First word", "--body", "About {{components}}.", "--json")
    template = json.loads(added.output)["id"]
    assert "not known" in flask("template", "add", "--name", "x", "--body", "{{y}}", code=2).output
    flask("template", "change", template, "--title", "{{components}} fail")
    assert "{{components}} fail" in flask("template", "list").output
    flask("template", "delete", template)
    assert flask("template", "list").output == "No template.\n"
