"""`python app.py`: one tree that starts by itself, outlives its parts and ends in time."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.running import ROOT, RunningPage, environment, running_page, wait_until


def start(instance: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """`python app.py` that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        env=environment(instance, **settings),
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPage]:
    """A running page for tests that leave it as it is."""
    with running_page(tmp_path_factory.mktemp("page") / "instance") as running:
        yield running


def is_ready(page: RunningPage) -> bool:
    return page.get("/readyz")[0].status == 200


def test_empty_folder_becomes_page(tmp_path: Path) -> None:
    with running_page(tmp_path / "instance") as page:
        assert page.process.stdout
        link = page.process.stdout.readline()
        assert f"{page.url}/admin/setup/" in link
        assert wait_until(lambda: is_ready(page))
        for path in ("/", "/history", "/api/v2/summary.json", "/feed.atom", "/maintenance.ics", "/healthz"):
            response, body = page.get(path)
            assert (response.status, bool(body)) == (200, True), path
        assert page.get("/no-such")[0].status == 404
        setup = link.split()[-1].removeprefix(page.url)
        assert page.get(setup)[0].status == 200
        page.process.send_signal(signal.SIGTERM)
        assert page.process.wait(10) == 0
    assert (tmp_path / "instance" / "secret_key").stat().st_mode & 0o777 == 0o600
    with running_page(tmp_path / "instance") as page:
        assert page.get("/")[0].status == 200


def test_dead_parts_are_started_again(tmp_path: Path) -> None:
    with running_page(tmp_path / "instance") as page:
        assert wait_until(lambda: is_ready(page))
        before = page.children()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert len(before) == 3  # web, worker, prober
        assert wait_until(lambda: len(set(page.children()) - set(before)) == 3, seconds=30)

        def answers() -> bool:
            try:
                return page.get("/")[0].status == 200
            except OSError:
                return False

        assert wait_until(answers, seconds=30)


def test_no_part_outlives_the_tree(tmp_path: Path) -> None:
    with running_page(tmp_path / "instance") as page:
        children = page.children()
        assert len(children) == 3
        page.process.kill()
        page.process.wait()
        assert wait_until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in children))


def test_busy_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        ended = start(tmp_path, PORT=port)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert port in ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("STATUSPAGE_URL", "status.example.com"),
        ("STATUSPAGE_URL", "https://example.com/status"),
        ("LOG_LEVEL", "loud"),
        ("STATUSPAGE_POLICY", "none"),
        ("MAIL_DEFAULT_SENDER", "nobody"),
    ],
)
def test_bad_setting_is_one_line(tmp_path: Path, name: str, value: str) -> None:
    ended = start(tmp_path, **{name: value})
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert name in ended.stderr


def test_unusable_instance_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = start(tmp_path / "file" / "instance")
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "STATUSPAGE_INSTANCE" in ended.stderr


def test_stalled_clients_hold_nothing_up(page: RunningPage) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with ExitStack() as stalled:
        for number in range(1000):
            client = stalled.enter_context(socket.create_connection(("127.0.0.1", page.port), timeout=30))
            if number % 2:
                client.sendall(b"POST /admin/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nuser=")
            else:
                client.sendall(b"GET / HTTP/1.1\r\nHost:")
        for path in ("/", "/api/v2/summary.json"):
            assert page.get(path)[0].status == 200


def test_public_page_needs_no_database(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    with running_page(instance) as page:
        for file in instance.glob("statuspage.db*"):
            file.unlink()
        (instance / "statuspage.db").mkdir()
        for path in ("/", "/history", "/uptime", "/sla", "/api/v2/summary.json", "/feed.rss", "/badge.svg"):
            assert page.get(path)[0].status == 200, path
        assert page.get("/healthz")[0].status == 200
        response, body = page.get("/readyz")
        assert response.status == 503
        assert json.loads(body)["checks"]["database"] != "ok"


def test_head_and_conditions_over_the_wire(page: RunningPage) -> None:
    full, body = page.get("/?utm_source=x", Accept_Encoding="gzip", Cookie="a=b")
    assert full.getheader("Content-Encoding") == "gzip"
    assert full.getheader("Set-Cookie") is None
    head, nothing = page.get("/", "HEAD", Accept_Encoding="gzip")
    assert nothing == b""
    assert head.getheader("Content-Length") == str(len(body))
    tag = full.getheader("ETag")
    assert tag
    same, nothing = page.get("/", Accept_Encoding="gzip", If_None_Match=tag)
    assert (same.status, nothing) == (304, b"")
    assert same.getheader("Vary") == "accept-encoding"
    assert page.get("/history/")[0].status == 308
    assert page.get("/%2e%2e/secret_key")[0].status == 404


def test_large_body_is_refused_early(page: RunningPage) -> None:
    asked = b"Host: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"
    with socket.create_connection(("127.0.0.1", page.port), timeout=30) as client:
        client.sendall(b"POST /api/v1/incidents HTTP/1.1\r\n" + asked)
        answer = client.recv(4096)
    assert b" 413 " in answer.split(b"\r\n")[0]
    assert b"application/problem+json" in answer


def test_long_list_is_shown_another_way(page: RunningPage) -> None:
    with closing(HTTPConnection("127.0.0.1", page.port, timeout=60)) as connection:
        connection.request("POST", "/admin/subscribers/import", b"email\n" + b"anna@example.com\n" * 100_000)
        response = connection.getresponse()
        assert response.status == 413
        assert b"flask --app app subscribers import FILE.csv" in response.read()


@pytest.mark.parametrize("chunked", [False, True])
def test_whole_large_post_reads_its_refusal(page: RunningPage, chunked: bool) -> None:
    """A client that sends all before it reads, as Alertmanager does, is not hung up on meanwhile."""
    alerts = json.dumps(
        {"alerts": [{"fingerprint": f"{n:016x}", "status": "firing"} for n in range(100_000)]}
    ).encode()
    body = (alerts[at : at + 65536] for at in range(0, len(alerts), 65536)) if chunked else alerts
    headers = {"Content-Type": "application/json"}
    with closing(HTTPConnection("127.0.0.1", page.port, timeout=60)) as connection:
        connection.request("POST", "/hooks/alertmanager/none", body, headers, encode_chunked=chunked)
        response = connection.getresponse()
        assert (response.status, response.getheader("Content-Type")) == (413, "application/problem+json")
        assert json.loads(response.read())["status"] == 413
