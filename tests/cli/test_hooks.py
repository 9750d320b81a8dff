"""flask hook, and drafts by command."""

from __future__ import annotations

import json
import re

from flask.testing import FlaskClient

from tests.cli.conftest import Flask_


def test_hook_prints_its_address(flask: Flask_, sip: str, client: FlaskClient) -> None:
    url = flask("hook", "create", "Robot", "--kind", "alert", "--component", sip).stdout
    found = re.fullmatch(r"https://status\.example\.com(/hooks/alert/[A-Za-z0-9_-]{27})\n", url)
    assert found
    assert client.post(found[1], json={"status": "firing", "key": "1", "title": "Down"}).status_code == 200
    listed = json.loads(flask("incident", "list", "--json").stdout)
    assert [(each["draft"], each["title"]) for each in listed] == [(True, "Down")]
    row = flask("hook", "list").stdout.split()
    assert row[1:3] == ["alert", "sip"]
    flask("hook", "revoke", row[0])
    assert "revoked" in flask("hook", "list").stdout
    assert client.post(found[1], json={"status": "resolved", "key": "1"}).status_code == 404


def test_heartbeat_needs_its_component(flask: Flask_, sip: str) -> None:
    url = flask("hook", "create", "Backup", "--kind", "heartbeat", "--component", sip).stdout
    assert re.fullmatch(r"https://status\.example\.com/heartbeat/[A-Za-z0-9_-]{27}\n", url)
    assert "error: component:" in flask("hook", "create", "Backup", "--kind", "heartbeat", code=2).output
    assert "error: kind:" in flask("hook", "create", "Backup", "--kind", "pigeon", code=2).output
    assert "error: component:" in flask("hook", "create", "X", "--kind", "alert", "--component", "no", code=2).output


def test_draft_is_published_by_command(flask: Flask_, sip: str) -> None:
    words = ("--title", "Calls fail", "--priority", "P1", "--body", "We look.", "--component", f"{sip}=major_outage")
    kept = flask("incident", "open", *words, "--draft").stdout
    assert "A draft: nobody outside sees it." in kept
    name = kept.split()[0]
    assert "draft" in flask("incident", "list").stdout
    assert f"/incidents/{name}" in flask("incident", "publish", name).stdout
    assert "published already" in flask("incident", "discard", name, "--reason", "Late", code=2).output
