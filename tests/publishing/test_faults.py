"""Publishing that is killed, and publishing that is read meanwhile: a reader sees each file old or new."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest

from statuspage.changes import site_change
from statuspage.components import change_component, load_component
from statuspage.drafts import ComponentChange, read_draft
from statuspage.publishing.files import is_staged, write_files
from tests.publishing.conftest import Operator
from tests.publishing.files import published
from tests.publishing.test_site import assert_same, rebuilt

KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from statuspage.changes import open_installation
from statuspage.settings import read_settings

def dying_at(step, act):
    def stepped(*given):
        global steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return act(*given)
    return stepped

for step in map(int, sys.argv[2:]):
    child = os.fork()
    if not child:
        steps = 0
        os.fsync = dying_at(step, os.fsync)
        Path.replace = dying_at(step, Path.replace)
        open_installation(read_settings()).publisher.publish(datetime.fromisoformat(sys.argv[1]))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, f"it has fewer than {step} steps"
"""
"""Publishes again and again; each time the process is killed before the syncing or renaming of that number."""


def whole(found: dict[str, bytes]) -> dict[str, bytes]:
    """What readers may get: without what was not moved into place."""
    return {path: content for path, content in found.items() if not is_staged(Path(path))}


@pytest.mark.parametrize("steps", [(1, 2, 20), (60, 70), (90, 1, 2)], ids=["early", "amid", "late"])
def test_killed_publish_leaves_whole_files(
    operator: Operator, files: Callable[[], dict[str, bytes]], tmp_path: Path, steps: tuple[int, ...]
) -> None:
    operator.open(components={"voice": "major_outage"})
    before = files()
    installation = operator.installation
    with site_change(installation, operator.now, author="operator", at_once=False) as change:
        for slug in ("voice", "messaging", "api"):
            component = load_component(change.session, slug)
            draft = read_draft(ComponentChange, {"description": "Said anew"})
            change_component(change.session, component, draft, author="operator", now=operator.now)
    after = rebuilt(operator, tmp_path / "again")
    settings = installation.settings
    environment = {
        **os.environ,
        "STATUSPAGE_INSTANCE": str(settings.instance),
        "STATUSPAGE_URL": settings.statuspage_url or "",
    }
    if settings.database_url:
        environment["DATABASE_URL"] = settings.database_url
    command = [sys.executable, "-c", KILLED, operator.now.isoformat(), *map(str, steps)]
    subprocess.run(command, env=environment, check=True)
    for path, content in whole(files()).items():
        assert content in (before.get(path), after.get(path)), path
    with installation.database.read() as session:
        assert installation.publisher.is_stale(session, operator.now)
    installation.publisher.publish(operator.now)
    assert_same(whole(files()), after)


def test_readers_see_whole_files(tmp_path: Path) -> None:
    bodies = [bytes([65 + turn]) * (200_000 + turn * 999) for turn in range(12)]
    write_files(tmp_path, [("index.html", bodies[0])])
    done = threading.Event()

    def write() -> None:
        for body in bodies[1:]:
            write_files(tmp_path, [("index.html", body)])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen: set[bytes] = set()
    while not done.is_set():
        seen.add((tmp_path / "index.html").read_bytes())
        seen.add(brotli.decompress((tmp_path / "index.html.br").read_bytes()))
    writer.join()
    seen.add(published(tmp_path)["index.html"])
    assert seen <= set(bodies)
    assert bodies[-1] in seen
