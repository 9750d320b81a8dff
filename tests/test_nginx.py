"""deploy/nginx.conf with a real nginx: the published site with the application dead, and the doors when it lives."""

from __future__ import annotations

import gzip
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import brotli
import pytest

from tests.running import ROOT, running_page
from tests.servers import find_program, free_port

pytestmark = pytest.mark.nginx


@dataclass
class Nginx:
    """A running nginx with our configuration."""

    port: int
    log: Path

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()


@contextmanager
def nginx_before(public: Path, application: int, folder: Path) -> Iterator[Nginx]:
    """nginx with deploy/nginx.conf, its addresses and folders replaced by the test's."""
    program = find_program("nginx")
    port = free_port()
    ours = (ROOT / "deploy" / "nginx.conf").read_text()
    ours = ours.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("    listen [::]:80;\n", "")
    ours = ours.replace("server 127.0.0.1:8000;", f"server 127.0.0.1:{application};")
    ours = ours.replace("/var/lib/statuspage/public", str(public))
    ours = ours.replace("/var/log/nginx/statuspage.log", str(folder / "access.log"))
    ours = ours.replace("/var/log/nginx/error.log", str(folder / "error.log"))
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if Path("/proc/self").owner() == "root" else ""
    whole = (
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\n{places}{ours}\n}}\n"
    )
    (folder / "nginx.conf").write_text(whole)
    command = [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr
    with subprocess.Popen(command) as process:
        nginx = Nginx(port, folder / "access.log")
        try:
            _wait_for(nginx)
            yield nginx
        finally:
            process.terminate()


def _wait_for(nginx: Nginx) -> None:
    for _ in range(100):
        try:
            nginx.get("/")
            return
        except OSError:
            time.sleep(0.05)


def put(public: Path, name: str, content: bytes) -> None:
    path = public / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(content))
    path.with_name(path.name + ".br").write_bytes(brotli.compress(content))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx with a published site and no application behind it."""
    folder = tmp_path_factory.mktemp("nginx")
    public = folder / "public"
    for name in ("index", "history", "history/2026-10", "incidents/abc", "embed", "404", "nl/404"):
        put(public, f"{name}.html", f"<!doctype html><title>{name}.html</title>".encode())
    put(public, "api/v2/summary.json", b"{}")
    put(public, "feed.json", b"{}")
    put(public, "feed.atom", b"<feed/>")
    put(public, "maintenance.ics", b"BEGIN:VCALENDAR")
    put(public, "badge.svg", b"<svg/>")
    put(public, "static/style.0123456789.css", b"p{}")
    put(public, ".well-known/security.txt", b"Contact: mailto:security@example.com")
    (public / ".published").write_text("{}")
    with nginx_before(public, free_port(), folder) as nginx:
        yield nginx


def test_published_paths_answer_alone(alone: Nginx) -> None:
    types = {
        "/": "text/html; charset=utf-8",
        "/history": "text/html; charset=utf-8",
        "/history/2026-10": "text/html; charset=utf-8",
        "/incidents/abc": "text/html; charset=utf-8",
        "/api/v2/summary.json": "application/json; charset=utf-8",
        "/feed.json": "application/feed+json; charset=utf-8",
        "/feed.atom": "application/atom+xml; charset=utf-8",
        "/maintenance.ics": "text/calendar; charset=utf-8",
        "/badge.svg": "image/svg+xml",
        "/.well-known/security.txt": "text/plain; charset=utf-8",
    }
    for path, content_type in types.items():
        response, body = alone.get(f"{path}?utm=1", Cookie="a=b")
        assert (response.status, response.getheader("Content-Type")) == (200, content_type), path
        assert body
        assert "stale-if-error" in (response.getheader("Cache-Control") or "")
        assert response.getheader("Set-Cookie") is None


def test_headers_are_complete(alone: Nginx) -> None:
    page, _ = alone.get("/", Accept_Encoding="gzip")
    assert page.getheader("Content-Encoding") == "gzip"
    assert page.getheader("Vary") == "Accept-Encoding"
    assert "frame-ancestors 'none'" in (page.getheader("Content-Security-Policy") or "")
    assert page.getheader("X-Frame-Options") == "DENY"
    assert page.getheader("X-Content-Type-Options") == "nosniff"
    embed, _ = alone.get("/embed")
    assert "frame-ancestors *" in (embed.getheader("Content-Security-Policy") or "")
    assert embed.getheader("X-Frame-Options") is None
    assert alone.get("/api/v2/summary.json")[0].getheader("Access-Control-Allow-Origin") == "*"
    assert "immutable" in (alone.get("/static/style.0123456789.css")[0].getheader("Cache-Control") or "")
    tag = page.getheader("ETag")
    assert tag
    assert alone.get("/", Accept_Encoding="gzip", If_None_Match=tag)[0].status == 304


def test_what_is_not_public_stays_so(alone: Nginx) -> None:
    for path in ("/.published", "/nope", "/history/.x"):
        response, body = alone.get(path)
        assert response.status == 404, path
        assert b"404.html" in body
    assert alone.get("/metrics")[0].status == 403
    assert alone.get("/", "POST")[0].status in (403, 405)
    redirect, _ = alone.get("/history/")
    assert redirect.status == 308
    assert (redirect.getheader("Location") or "").endswith("/history")


def test_missing_page_speaks_its_language(alone: Nginx) -> None:
    for path, said in (("/nl/nope", b"nl/404.html"), ("/de/nope", b">404.html"), ("/nlx/nope", b">404.html")):
        response, body = alone.get(path)
        assert response.status == 404, path
        assert said in body, path


def test_doors_say_that_they_are_closed(alone: Nginx) -> None:
    for path in ("/subscribe", "/admin/", "/confirm/secret-token-of-somebody"):
        response, body = alone.get(path)
        assert response.status == 503, path
        assert response.getheader("Retry-After") == "30"
        assert b"status page itself does" in body


def test_tokens_stay_out_of_the_log(alone: Nginx) -> None:
    for path in (
        "/confirm/secret-one",
        "/manage/secret-two?x=secret-three",
        "/hooks/alert/secret-four",
        "/heartbeat/secret-five/fail",
    ):
        alone.get(path)
    time.sleep(0.2)
    log = alone.log.read_text()
    assert "/confirm/..." in log
    assert "secret" not in log
    assert "secret" not in alone.log.with_name("error.log").read_text()


def test_doors_are_passed_on(tmp_path: Path) -> None:
    with running_page(tmp_path / "instance", TRUSTED_PROXIES="1") as page:
        folder = tmp_path / "nginx"
        folder.mkdir()
        with nginx_before(tmp_path / "instance" / "public", page.port, folder) as nginx:
            assert nginx.get("/")[0].status == 200
            assert nginx.get("/healthz")[0].status == 200
            assert nginx.get("/api/v1/openapi.json")[0].status == 200
            login, _ = nginx.get("/admin/", Host="status.example.com")
            assert login.status in (302, 303)
            refused, body = nginx.get("/api/v1/incidents", "POST")
            assert refused.status == 401
            assert b"title" in body
            assert nginx.get("/no-such-page")[0].status == 404
