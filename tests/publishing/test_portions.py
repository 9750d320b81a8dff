"""Figures that time made old are written a few components at a time, and a post does not wait for all of them."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from statuspage.changes import PATIENCE
from statuspage.publishing.marker import read_marker
from statuspage.publishing.site import Publisher, _locked
from tests.publishing.conftest import Operator
from tests.publishing.files import published

HOUR = timedelta(hours=1)


def another(operator: Operator) -> Publisher:
    """A worker that was just started."""
    installation = operator.installation
    folder, policies = installation.settings.public_folder, installation.policies
    return Publisher(folder, installation.database, policies, installation.settings.statuspage_url)


def is_stale(operator: Operator, publisher: Publisher) -> bool:
    with operator.installation.database.read() as session:
        return publisher.is_stale(session, operator.now)


@pytest.mark.parametrize("later", [HOUR * 2, HOUR * 30])
def test_portions_add_up_to_a_full_build(operator: Operator, later: timedelta) -> None:
    operator.open(components={"voice": "major_outage"})
    operator.now += later
    first, second = another(operator), another(operator)
    folder = operator.installation.settings.public_folder
    assert first.publish(operator.now, at_most=1).goes_on
    assert is_stale(operator, second)  # whoever is started next goes on with it
    operator.open(title="In between", components={"api": "degraded_performance"}, priority="P3")
    assert "In between" in (folder / "index.html").read_text()
    steps = 0
    while second.publish(operator.now, at_most=1).goes_on:
        steps += 1
    assert steps < 3
    assert not is_stale(operator, second)
    before = published(folder)
    another(operator).publish(operator.now, everything=True, patience=PATIENCE)
    after = published(folder)
    assert [path for path in after if after[path] != before.get(path)] == []


def test_post_leaves_the_new_day_to_the_worker(operator: Operator) -> None:
    operator.open()
    midnight = operator.now.replace(hour=0, minute=0) + timedelta(days=1)
    folder = operator.installation.settings.public_folder
    another(operator).publish(midnight - timedelta(minutes=1))
    operator.now = midnight
    operator.open(title="Just after midnight", components={"api": "degraded_performance"}, priority="P3")
    marker = read_marker(folder)
    assert marker is not None
    assert marker.figures["voice"] < midnight <= marker.figures["api"]
    assert is_stale(operator, another(operator))
    another(operator).publish(operator.now)
    marker = read_marker(folder)
    assert marker is not None
    assert min(marker.figures.values()) == operator.now
    assert not is_stale(operator, another(operator))


def test_who_waits_comes_before_who_had_the_lock(tmp_path: Path) -> None:
    folder, order = tmp_path / "public", list[str]()
    waiting = threading.Event()

    def wait() -> None:
        waiting.set()
        with _locked(folder):
            order.append("waited")

    with _locked(folder):
        thread = threading.Thread(target=wait)
        thread.start()
        waiting.wait(30)
        turn = folder.parent / ".public.turn"
        while not is_held(turn):
            pass
    with _locked(folder):
        order.append("had it")
    thread.join(30)
    assert order == ["waited", "had it"]


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock of a file."""
    inode = path.stat().st_ino
    return any(f":{inode} " in line for line in Path("/proc/locks").read_text().splitlines())
