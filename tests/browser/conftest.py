"""A real Chromium, and the published sample site served by a plain static server."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from statuspage.publishing.site import render_site
from statuspage.publishing.snapshot import Snapshot
from tests.servers import find_program

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window; the test is skipped, and says so, where there is none."""
    path = find_program("chromium", "/usr/bin")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Site:
    """A published folder and the address that serves it."""

    folder: Path
    url: str

    def publish(self, snapshot: Snapshot) -> None:
        """Write what the snapshot says over what is there."""
        for path, content in render_site(snapshot):
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


class _StaticFiles(http.server.SimpleHTTPRequestHandler):
    """Serves PATH.html for PATH, as every server of the published folder does."""

    def translate_path(self, path: str) -> str:
        file = Path(super().translate_path(path))
        page = file.with_name(f"{file.name}.html")
        return str(page if not file.is_file() and page.is_file() else file)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Snapshot], Site]]:
    """A function that publishes a snapshot and serves it until the module's tests are done."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(snapshot: Snapshot) -> Site:
        folder = tmp_path_factory.mktemp("public")
        handler = functools.partial(_StaticFiles, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        site = Site(folder, f"http://127.0.0.1:{server.server_port}")
        site.publish(snapshot)
        return site

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
