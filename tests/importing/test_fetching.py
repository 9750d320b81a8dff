"""A page's history read from its address: to judged addresses only, without redirects, and never without end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from statuspage.changes import Installation, site_change
from statuspage.errors import Refused
from statuspage.importing import fetching
from statuspage.importing.fetching import fetch_history
from statuspage.importing.statuspage import import_history
from statuspage.models import Component, Delivery, Incident, Maintenance

HERE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.fixture
def page(httpserver: HTTPServer, lantern: dict[str, Any]) -> Iterator[HTTPServer]:
    """A server with the v2 API of the made-up page."""
    names = {"components": "components", "incidents": "incidents", "scheduled-maintenances": "scheduled_maintenances"}
    for part, member in names.items():
        answer = {"page": lantern["page"], member: lantern[member]}
        httpserver.expect_request(f"/api/v2/{part}.json").respond_with_json(answer)
    yield httpserver
    httpserver.check_assertions()


def test_page_is_imported_from_its_address(page: HTTPServer, installation: Installation, now: Any) -> None:
    address = f"http://localhost:{page.port}/history?x=1"
    for _again in range(2):
        data = fetch_history(address, allowed=HERE)
        with site_change(installation, now, author="test") as change:
            import_history(change.session, data, now=now)
    with installation.database.read() as session:
        assert session.query(Component).count() > 0
        assert session.query(Incident).count() == len(data["incidents"])
        assert session.query(Maintenance).count() == len(data["scheduled_maintenances"])
        assert session.query(Delivery).count() == 0
    assert page.log[0][0].headers["User-Agent"] == "statuspage"


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:1", "http://2130706433", "http://[::ffff:127.0.0.1]:1", "http://0x7f.1", "http://[::1]:1"],
)
def test_private_addresses_are_not_reached(address: str) -> None:
    with pytest.raises(Refused, match="not public"):
        fetch_history(address)


@pytest.mark.parametrize(
    "address", ["ftp://status.example.com", "status.example.com", "file:///etc/passwd", "http://"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Refused, match="address of a page"):
        fetch_history(address)


def test_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    to = {"Location": "http://169.254.169.254/"}
    httpserver.expect_request("/api/v2/components.json").respond_with_data("", status=302, headers=to)
    with pytest.raises(Refused, match="leads to"):
        fetch_history(httpserver.url_for(""), allowed=HERE)


@pytest.mark.parametrize("said", ["<html>", "[]", '{"a":', "[" * 100_000, json.dumps("x")])
def test_what_is_no_page_is_refused(httpserver: HTTPServer, said: str) -> None:
    httpserver.expect_request("/api/v2/components.json").respond_with_data(said)
    with pytest.raises(Refused, match="JSON"):
        fetch_history(httpserver.url_for(""), allowed=HERE)


def test_endless_answer_is_cut_off(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "ENOUGH", 1000)

    def endless(_request: Request) -> Response:
        return Response((b" " * 500 for _ in range(1_000_000)), mimetype="application/json")

    httpserver.expect_request("/api/v2/components.json").respond_with_handler(endless)
    with pytest.raises(Refused, match="longer than"):
        fetch_history(httpserver.url_for(""), allowed=HERE)
