"""The page stands whatever falls: every public address answers with its database locked, gone or hung, its worker
stopped, its disk full, the outside blocked, and the application itself dead behind nginx."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import httpx2 as httpx
import pytest

from statuspage import people
from statuspage.changes import open_installation
from statuspage.domain.vocabulary import Role
from statuspage.settings import Settings
from tests.running import ROOT, RunningPage, running_page, wait_until
from tests.servers import PostgresServer, free_port
from tests.test_nginx import nginx_before
from tests.walking import CONTRACT, addresses, fill_instance, walk

PATIENCE = 120.0
"""Seconds for an answer; the application's own patience with a database is 10 to 20."""
EMAIL, PASSWORD = "ada@example.com", "a long enough password"
WORDS = "What an operator wrote at three in the morning. " * 400
HELD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@dataclass
class Standing:
    """A running page, every address of it, and an operator who was logged in while all was well."""

    page: RunningPage
    instance: Path
    incident: str
    paths: tuple[str, ...]
    operator: httpx.Client
    token: str

    def wrong(self) -> dict[str, int]:
        return walk(self.page.port, self.paths)

    def post(self, words: str) -> httpx.Response:
        """The operator's update."""
        fields = {"csrf_token": self.token, "status": "identified", "body": words}
        return self.operator.post(f"/admin/incidents/{self.incident}/updates", data=fields)

    def keeps(self, answer: httpx.Response, words: str) -> bool:
        """Whether nobody has to write these again: they are in the answer, or true already."""
        return words.strip() in answer.text or answer.status_code == 303


@contextmanager
def standing(instance: Path, **settings: str) -> Iterator[Standing]:
    """`python app.py` on a filled instance."""
    known = Settings(statuspage_instance=instance, **{name.lower(): value for name, value in settings.items()})
    incident = fill_instance(known)
    installation = open_installation(known)
    with installation.database.write() as session:
        people.create_user(session, EMAIL, PASSWORD, Role.ADMIN, datetime.now(UTC))
    installation.database.dispose()
    with running_page(instance, **settings) as page, httpx.Client(base_url=page.url, timeout=PATIENCE) as operator:
        fields = {"email": EMAIL, "password": PASSWORD, "csrf_token": token_of(operator.get("/admin/login"))}
        assert operator.post("/admin/login", data=fields).status_code == 303
        assert wait_until(lambda: operator.get("/readyz").status_code == 200)
        form = token_of(operator.get(f"/admin/incidents/{incident}"))
        yield Standing(page, instance, incident, addresses(instance / "public"), operator, form)


def token_of(answer: httpx.Response) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


def readers_are_told_kindly(site: Standing) -> None:
    """Each form in its reader's language, with what was typed; all at once, because each waits for a database."""
    asked = (
        ("POST", "/subscribe", "en", {"email": "reader@example.org"}),
        ("GET", "/nl/subscribe", "nl", {}),
        ("GET", "/manage/some-token", "de", {}),
        ("GET", "/confirm/some-token", "fr", {}),
    )

    def ask(method: str, path: str, language: str, data: dict[str, str]) -> httpx.Response:
        headers = {"Accept-Language": language}
        return httpx.request(method, site.page.url + path, data=data, headers=headers, timeout=PATIENCE)

    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(lambda each: ask(*each), asked))
    for (_, path, language, data), answer in zip(asked, answers, strict=True):
        assert answer.status_code == 503, path
        assert int(answer.headers["Retry-After"]) > 0
        assert f'<html lang="{language}">' in answer.text, path
        assert all(value in answer.text for value in data.values())


@contextmanager
def roomy_place(folder: Path) -> Iterator[Path | None]:
    """A file system of our own there, which can be filled; None where nobody may mount one."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def no_room(site: Standing, mounted: Path | None) -> Iterator[None]:
    """Not one byte more can be written: the disk is full, or else no process of the tree may let a file grow."""
    if mounted is not None:
        filler = mounted / "filler"
        fill_up(filler)
        yield
        filler.unlink()
        return
    tree = [site.page.process.pid, *site.page.children()]
    limits = [resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in tree]
    for pid, (_, most) in zip(tree, limits, strict=True):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
    yield
    for pid, before in zip(tree, limits, strict=True):
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def fill_up(path: Path) -> None:
    size = 1 << 20
    with path.open("wb", buffering=0) as file:
        while size:
            try:
                file.write(b"\0" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                size //= 2


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process writes and does not end."""
    command = [sys.executable, "-c", HELD, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.kill()


@pytest.mark.timeout(300)
def test_page_stands_on_sqlite(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with roomy_place(disk) as mounted, standing(disk / "instance") as site:
        assert site.wrong() == {}
        _, *others = site.page.children()
        for pid in others:  # worker and prober
            os.kill(pid, signal.SIGSTOP)
        assert site.wrong() == {}
        for pid in others:
            os.kill(pid, signal.SIGCONT)

        with locked(site.instance / "statuspage.db"):
            assert site.wrong() == {}
            with ThreadPoolExecutor(2) as pool:
                reader = {"email": "reader@example.org"}
                asked = pool.submit(httpx.post, f"{site.page.url}/subscribe", data=reader, timeout=PATIENCE)
                answer, told = site.post("While it is locked."), asked.result()
            assert (answer.status_code, site.keeps(answer, "While it is locked.")) == (503, True)
            assert (told.status_code, "reader@example.org" in told.text) == (503, True)
        assert site.post("After it was locked.").status_code == 303

        with no_room(site, mounted):
            assert site.wrong() == {}
            answer = site.post(WORDS)
            assert answer.status_code in (303, 503)
            assert site.keeps(answer, WORDS)
            if mounted is not None:
                assert "The disk is full." in site.operator.get("/admin/").text
            assert site.wrong() == {}
        if answer.status_code == 503:
            assert mounted is None or "full" in answer.text
            assert site.post(WORDS).status_code == 303
        page = site.instance / "public" / "incidents" / f"{site.incident}.html"
        assert wait_until(lambda: WORDS.strip() in page.read_text())
        assert "The disk is full." not in site.operator.get("/admin/").text

        for file in site.instance.glob("statuspage.db*"):
            file.unlink()
        assert site.wrong() == {}
        readers_are_told_kindly(site)
        answer = site.post("While it is gone.")
        assert (answer.status_code, site.keeps(answer, "While it is gone.")) == (503, True)


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_page_stands_on_hung_postgresql(postgres_server: PostgresServer, postgres_url: str, tmp_path: Path) -> None:
    with standing(tmp_path / "instance", DATABASE_URL=postgres_url, QUEUE_URL=postgres_url) as site:
        postgres_server.freeze()
        try:
            assert site.wrong() == {}
            readers_are_told_kindly(site)
            answer = site.post("While it hangs.")
            assert (answer.status_code, site.keeps(answer, "While it hangs.")) == (503, True)
        finally:
            postgres_server.thaw()
        assert wait_until(lambda: site.operator.get("/readyz").status_code == 200)
        assert site.post("It goes on.").status_code == 303
        assert site.wrong() == {}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with something of every kind, published."""
    instance = tmp_path_factory.mktemp("filled") / "instance"
    fill_instance(Settings(statuspage_instance=instance))
    return instance


def test_page_stands_with_outside_blocked(filled: Path, tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    copytree(filled, instance)
    refusing = f"http://127.0.0.1:{free_port()}"
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), refusing)
    found = None
    for ways in (["unshare", "--net"], ["unshare", "--user", "--map-root-user", "--net"]):
        if subprocess.run([*ways, "true"], capture_output=True, check=False).returncode == 0:
            found = ways
            break
    command = [*(found or []), sys.executable, "-m", "tests.isolated", str(instance)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **proxies}, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["wrong"] == {}
    assert said["asked"] > len(CONTRACT)
    if found:
        assert not said["outside"]


@pytest.mark.nginx
def test_page_stands_with_application_dead(filled: Path, tmp_path: Path) -> None:
    with nginx_before(filled / "public", free_port(), tmp_path) as nginx:
        assert walk(nginx.port, addresses(filled / "public")) == {}
