"""flask page, component, monitor: what site.toml holds, one by one."""

from __future__ import annotations

from tests.cli.conftest import Flask_

SITE = """
[[component]]
slug = "sip"
name = "SIP"
[[component.monitor]]
kind = "heartbeat"
name = "Nightly"
every = "1h"
"""


def test_page_and_component_are_changed(flask: Flask_) -> None:
    flask("page", "set", "--name", "Example Ltd", "--timezone", "Europe/Amsterdam")
    assert "name: Example Ltd" in flask("page", "show").stdout
    assert flask("component", "add", "--name", "SIP trunk").stdout.strip() == "sip-trunk"
    flask("component", "change", "sip-trunk", "--status", "partial_outage", "--description", "Trunks")
    assert "partial_outage" in flask("component", "list").stdout
    assert "error: status: " in flask("component", "change", "sip-trunk", "--status", "broken", code=2).stderr


def test_monitor_is_paused_and_renewed(flask: Flask_) -> None:
    flask("site", "apply", "-", typed=SITE)
    key = flask("monitor", "list").stdout.split()[0]
    flask("monitor", "pause", key)
    assert "paused" in flask("monitor", "list").stdout
    flask("monitor", "resume", key)
    assert "/heartbeat/" in flask("monitor", "renew-url", key).stdout
    flask("monitor", "remove", key)
    assert flask("monitor", "list").stdout == "No monitor.\n"
