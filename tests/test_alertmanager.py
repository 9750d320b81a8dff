"""A real Alertmanager posts to a page that runs: firing, again, resolved, and while we are away."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.running import ROOT, RunningPage, environment, running_page, wait_until
from tests.servers import find_program, free_port

CONFIG = """
route:
  receiver: page
  group_by: [component]
  group_wait: 1s
  group_interval: 2s
  repeat_interval: 4s
receivers:
  - name: page
    webhook_configs:
      - url: {url}
        send_resolved: true
"""
SITE = (
    '[[component]]\nslug = "api"\nname = "API"\npublishes_itself = true\n[[component]]\nslug = "web"\nname = "Web"\n'
)


def flask(instance: Path, *arguments: str, typed: str = "", **settings: str) -> str:
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), *arguments]
    done = subprocess.run(
        command, env=environment(instance, **settings), input=typed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def call(port: int, method: str, path: str, body: Any = None, **headers: str) -> Any:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        told = {"Content-Type": "application/json", **headers}
        connection.request(method, path, json.dumps(body) if body is not None else None, told)
        return json.loads(connection.getresponse().read() or "null")
    finally:
        connection.close()


@contextmanager
def alertmanager(folder: Path, url: str) -> Iterator[int]:
    """Debian's Alertmanager on a free port, posting to `url`."""
    program, port = find_program("prometheus-alertmanager"), free_port()
    (folder / "alertmanager.yml").write_text(CONFIG.format(url=url))
    options = [
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
    with (folder / "log").open("w") as log, subprocess.Popen([program, *options], stdout=log, stderr=log) as process:
        try:
            assert wait_until(lambda: _is_ready(port)), (folder / "log").read_text()
            yield port
        finally:
            process.terminate()


def _is_ready(port: int) -> bool:
    try:
        return call(port, "GET", "/api/v2/status") is not None
    except (OSError, ValueError):
        return False


def fire(port: int, component: str, *, until: timedelta) -> None:
    now = datetime.now(UTC)
    labels = {"alertname": "Down", "component": component, "severity": "critical", "instance": "db-7.internal"}
    alert = {
        "labels": labels,
        "annotations": {"summary": f"{component} does not answer"} if until > timedelta() else {},
        "startsAt": STARTED.isoformat(),
        "endsAt": (now + until).isoformat(),
    }
    call(port, "POST", "/api/v2/alerts", [alert])


STARTED = datetime.now(UTC) - timedelta(seconds=30)


def found(page: RunningPage, token: str) -> dict[str, tuple[str, bool]]:
    """What the page knows: the status of each incident, and whether it is a draft, by component."""
    listed = call(page.port, "GET", "/api/v1/incidents", Authorization=f"Bearer {token}")["items"]
    return {slug: (each["status"], each["draft"]) for each in listed for slug in each["components"]}


@pytest.mark.timeout(150)
def test_alertmanager_tells_the_page(tmp_path: Path) -> None:
    find_program("prometheus-alertmanager")
    instance, folder = tmp_path / "instance", tmp_path / "alertmanager"
    instance.mkdir()
    folder.mkdir()
    here = {"PORT": str(free_port())}
    flask(instance, "site", "apply", "-", typed=SITE, **here)
    url = flask(instance, "hook", "create", "Prometheus", "--kind", "alertmanager", **here)
    token = flask(instance, "token", "create", "tests", "--scope", "read", **here)
    path = "/" + url.split("/", 3)[3]
    with alertmanager(folder, f"http://127.0.0.1:{here['PORT']}{path}") as port:
        with running_page(instance, **here) as page:
            fire(port, "api", until=timedelta(hours=1))
            fire(port, "web", until=timedelta(hours=1))
            both = {"api": ("investigating", False), "web": ("investigating", True)}
            assert wait_until(lambda: found(page, token) == both)
            assert wait_until(lambda: b"API: major outage" in page.get("/")[1])
            _, front = page.get("/")
            assert b"internal" not in front
            assert b"Web: major outage" not in front
        # away: Alertmanager tries again, and repeats what it had said
        fire(port, "api", until=timedelta(seconds=0))
        with running_page(instance, **here) as page:
            over = {"api": ("resolved", False), "web": ("investigating", True)}
            assert wait_until(lambda: found(page, token) == over, 30), found(page, token)
            listed = call(page.port, "GET", "/api/v1/incidents", Authorization=f"Bearer {token}")["items"]
            assert len(listed) == 2
            fire(port, "web", until=timedelta(seconds=0))

            def recovered() -> bool:
                held = call(page.port, "GET", "/api/v1/incidents", Authorization=f"Bearer {token}")["items"]
                return any(each["draft"] and each["resolved_at"] for each in held)

            assert wait_until(recovered)
