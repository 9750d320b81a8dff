"""What a running page writes down: JSON lines with a request's id, and in none an address or a token."""

from __future__ import annotations

import json
import re
import socket
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.running import RunningPage, running_page, wait_until

PASSWORD = "correct horse battery staple"
ADMIN, READER = "ada.admin@example.org", "reader.person@example.org"
HOOK = "T0SECRETPATH"


class Visitor:
    """A browser of few words: keeps its cookies, sends forms with the token of the page that shows them."""

    def __init__(self, page: RunningPage) -> None:
        self.page, self.cookies = page, dict[str, str]()

    def send(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.page.port, timeout=60)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {name.replace("_", "-"): value for name, value in {"Cookie": cookie, **headers}.items() if value}
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            for each in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = each.split(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def submit(self, path: str, shown: str, **values: str) -> tuple[int, str]:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.send("GET", shown)[1])
        typed = urlencode({**values, **({"csrf_token": found[1]} if found else {})})
        return self.send("POST", path, typed, Content_Type="application/x-www-form-urlencoded")

    def call(self, token: str, path: str, **body: Any) -> tuple[int, str]:
        bearer = f"Bearer {token}"
        return self.send("POST", path, json.dumps(body), Authorization=bearer, Content_Type="application/json")


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_no_line_holds_an_address_or_a_token(tmp_path: Path, closed_port: int) -> None:
    settings = {"LOG_LEVEL": "debug", "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(closed_port)}
    with running_page(tmp_path / "instance", PROBE_ALLOW_PRIVATE="127.0.0.0/8", **settings) as page:
        assert page.process.stdout
        path = page.process.stdout.readline().split()[-1].removeprefix(page.url)
        visitor = Visitor(page)
        assert visitor.submit(path, path, email=ADMIN, password=PASSWORD)[0] == 303
        assert Visitor(page).submit("/admin/login", "/admin/login", email=ADMIN, password="wrong guess")[0] == 401
        entering = Visitor(page)
        assert entering.submit("/admin/login", "/admin/login", email=ADMIN, password=PASSWORD)[0] == 303
        made = entering.submit("/admin/tokens", "/admin/tokens", name="ci", scope="admin")[1]
        found = re.search(r'<code class="secret">([\w-]{20,})</code>', made)
        assert found, made
        token = found[1]
        assert Visitor(page).submit("/subscribe", "/subscribe", email=READER)[0] < 400
        hook = f"http://127.0.0.1:{closed_port}/services/{HOOK}"
        calls = Visitor(page)
        assert calls.call(token, "/api/v1/subscribers", webhook=hook, confirmed=True)[0] == 201
        assert calls.call(token, "/api/v1/subscribers", email=READER.upper(), confirmed=True)[0] == 201
        incident = {"title": "Calls fail", "priority": "P1", "body": "We look."}
        assert calls.call(token, "/api/v1/incidents", **incident)[0] == 201
        assert calls.call(f"{token}x", "/api/v1/incidents", **incident)[0] == 401
        links = [f"/{kind}/{token}" for kind in ("confirm", "manage", "unsubscribe", "heartbeat", "admin/invitation")]
        for link in links:
            visitor.send("GET", link)
        visitor.send("POST", f"/hooks/alertmanager/{token}", "{", Content_Type="application/json")
        assert wait_until(lambda: closed_log(page).count("delivery") + closed_log(page).count("channel") > 0)
        cookies = [*visitor.cookies.values(), *entering.cookies.values()]
    log = page.log.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.strip()]
    assert any(line.get("request_id") for line in lines)
    secrets = [ADMIN, READER, READER.upper(), PASSWORD, token, HOOK, path.rpartition("/")[2], *cookies]
    told = [secret for secret in secrets if len(secret) > 7 and secret in log]
    assert not told, [line for line in log.splitlines() if any(secret in line for secret in told)][:5]


def closed_log(page: RunningPage) -> str:
    """What is written so far."""
    return page.log.read_text()
