"""The published folder: complete, atomic, and the same whichever way it came about."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli
import pytest

from statuspage.changes import PATIENCE
from statuspage.components import change_component, load_component
from statuspage.drafts import ComponentChange, read_draft
from statuspage.publishing import files as files_module
from statuspage.publishing import site
from statuspage.publishing.files import STAGED, write_files
from statuspage.publishing.marker import MARKER
from statuspage.publishing.serving import place_of
from statuspage.publishing.site import Publisher, PublishFailed
from statuspage.settings import Settings
from tests.publishing.conftest import Operator
from tests.publishing.files import published

Files = Callable[[], dict[str, bytes]]


def rebuilt(operator: Operator, folder: Path) -> dict[str, bytes]:
    """The same state as a full build in another folder."""
    installation = operator.installation
    url = installation.settings.statuspage_url
    Publisher(folder, installation.database, installation.policies, url).publish(operator.now, everything=True)
    return published(folder)


def test_links_follow_the_port_without_an_address(operator: Operator, tmp_path: Path) -> None:
    installation = operator.installation
    url = Settings(port=8090).local_url
    Publisher(tmp_path, installation.database, installation.policies, None, url).publish(operator.now)
    assert b"http://127.0.0.1:8090/history" in published(tmp_path)["sitemap.xml"]


def test_increments_give_the_bytes_of_a_full_build(operator: Operator, files: Files, tmp_path: Path) -> None:
    first = operator.open(components={"voice": "major_outage"})
    operator.update(first, status="identified")
    work = operator.schedule(operator.now + timedelta(days=20))
    second = operator.open("Late messages", priority="P3", started_at="2026-09-30T22:30:00Z", components={})
    operator.update(first, status="resolved")
    operator.move(work, operator.now + timedelta(days=60))
    internal = operator.open("Disk almost full", priority="P4", components={"api": "degraded_performance"})
    operator.cancel(work)
    operator.advance(operator.now + timedelta(days=1))
    operator.update(internal, priority="P2")
    operator.update(second, status="resolved")
    assert all(change.published for change in operator.changes)
    operator.installation.publisher.publish(operator.now)
    operator.now += timedelta(hours=1)  # by then every figure is written anew
    operator.installation.publisher.publish(operator.now)
    assert_same(files(), rebuilt(operator, tmp_path / "again"))


def test_what_is_remembered_is_what_a_build_gives(operator: Operator, files: Files) -> None:
    first = operator.open(components={"voice": "major_outage"})
    operator.open("Late messages", priority="P3", components={"messaging": "degraded_performance"})
    operator.update(first, status="resolved")
    operator.schedule(operator.now + timedelta(days=20))
    installation, before = operator.installation, files()
    url = installation.settings.statuspage_url
    fresh = Publisher(installation.settings.public_folder, installation.database, installation.policies, url)
    assert fresh.publish(operator.now, everything=True, patience=PATIENCE).written == 0
    assert_same(files(), before)


def assert_same(left: dict[str, bytes], right: dict[str, bytes]) -> None:
    assert sorted(left) == sorted(right)
    assert [path for path in left if left[path] != right[path]] == []


def test_same_state_gives_the_same_bytes(operator: Operator, tmp_path: Path) -> None:
    operator.open(components={"voice": "major_outage"})
    assert_same(rebuilt(operator, tmp_path / "one"), rebuilt(operator, tmp_path / "two"))


def test_unchanged_files_are_left_alone(operator: Operator) -> None:
    operator.open()
    operator.installation.publisher.publish(operator.now, everything=True)
    folder = operator.installation.settings.public_folder
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != MARKER and path.is_file()}
    result = operator.installation.publisher.publish(operator.now, everything=True)
    assert result.written == 0
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_compressed_siblings_hold_the_same(operator: Operator) -> None:
    operator.open()
    folder = operator.installation.settings.public_folder
    for name in ("index.html", "api/v2/summary.json", "feed.atom", "maintenance.ics", "badge.svg"):
        plain = (folder / name).read_bytes()
        assert gzip.decompress((folder / f"{name}.gz").read_bytes()) == plain
        assert brotli.decompress((folder / f"{name}.br").read_bytes()) == plain


def test_internal_incident_leaves_no_trace(operator: Operator, files: Files) -> None:
    incident = operator.open("Secret disk trouble", priority="P5", components={"voice": "major_outage"})
    everything = b"\n".join(files().values())
    assert b"Secret disk" not in everything
    assert incident.encode() not in everything
    assert json.loads(files()["api/v2/status.json"])["status"]["indicator"] == "none"


def test_hidden_component_loses_its_files(operator: Operator, files: Files) -> None:
    operator.open(components={"voice": "major_outage"})
    assert "components/voice.html" in files()
    with operator.change() as change:
        component = load_component(change.session, "voice")
        draft = read_draft(ComponentChange, {"hidden": True})
        change_component(change.session, component, draft, author="operator", now=operator.now)
    left = [path for path in files() if path.startswith("components/voice")]
    assert left == []
    assert b'"voice"' not in files()["api/v2/summary.json"]
    assert not list(operator.installation.settings.public_folder.glob("components/voice*"))


def test_new_revision_is_stale(operator: Operator) -> None:
    publisher = operator.installation.publisher
    operator.open()
    with operator.installation.database.read() as session:
        assert not publisher.is_stale(session, operator.now)
    (publisher.folder / MARKER).unlink()
    with operator.installation.database.read() as session:
        assert publisher.is_stale(session, operator.now)


@pytest.mark.parametrize(
    ("components", "later", "stale"),
    [
        ({}, timedelta(minutes=14), False),
        ({}, timedelta(minutes=15), True),
        ({"voice": "major_outage"}, timedelta(seconds=59), False),
        ({"voice": "major_outage"}, timedelta(seconds=60), True),
    ],
    ids=["update not yet due", "update overdue", "moving figures fresh", "moving figures old"],
)
def test_time_makes_stale(operator: Operator, components: dict[str, str], later: timedelta, stale: bool) -> None:
    operator.advance(operator.now + timedelta(hours=2))
    operator.open(components=components)
    with operator.installation.database.read() as session:
        assert operator.installation.publisher.is_stale(session, operator.now + later) is stale


def test_new_day_makes_stale(operator: Operator) -> None:
    publisher = operator.installation.publisher
    midnight = datetime(2026, 11, 17, tzinfo=UTC)
    publisher.publish(midnight - timedelta(minutes=1))
    with operator.installation.database.read() as session:
        assert not publisher.is_stale(session, midnight - timedelta(seconds=1))
        assert publisher.is_stale(session, midnight)


def test_interrupted_publish_is_made_good(operator: Operator, files: Files) -> None:
    operator.open()
    operator.installation.publisher.publish(operator.now, everything=True)
    folder = operator.installation.settings.public_folder
    wanted = files()
    (folder / "index.html").unlink()
    (folder / "feed.atom.br").unlink()
    (folder / f"{STAGED}1-index.html").write_bytes(b"half")
    operator.installation.publisher.publish(operator.now, everything=True)
    assert files() == wanted
    assert (folder / "feed.atom.br").exists()
    assert not list(folder.rglob(f"{STAGED}*"))


def test_full_disk_fails_and_changes_nothing(operator: Operator, files: Files) -> None:
    incident = operator.open()
    before = files()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    folder = operator.installation.settings.public_folder
    # a child process under a file size limit gets EFBIG in mid-write, as a full disk gives ENOSPC
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from statuspage.publishing.files import write_files\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "import os\n"
        "try: write_files(Path(sys.argv[1]), [('robots.txt', b'new'), ('index.html', os.urandom(9000))])\n"
        "except OSError: sys.exit(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert done.returncode == 7
    assert files() == before
    assert not list(folder.rglob(f"{STAGED}*"))
    assert resource.getrlimit(resource.RLIMIT_FSIZE) == limits
    operator.update(incident, status="identified")
    assert operator.changes[-1].published


def test_unwritable_folder_fails_clearly(operator: Operator) -> None:
    installation = operator.installation
    blocked = installation.settings.instance / "blocked"
    blocked.write_text("a file where the folder should be")
    publisher = Publisher(blocked, installation.database, installation.policies)
    with pytest.raises(PublishFailed, match="could not be written"):
        publisher.publish(operator.now)


def test_publishers_take_turns(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = operator.installation.settings.public_folder
    lock = os.open(folder.parent / f".{folder.name}.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    monkeypatch.setattr(site, "LOCK_SECONDS", 0.05)
    try:
        with pytest.raises(PublishFailed, match="another process"):
            operator.installation.publisher.publish(operator.now)
    finally:
        os.close(lock)
    operator.installation.publisher.publish(operator.now)


def test_restored_older_state_is_rebuilt(operator: Operator, files: Files) -> None:
    operator.open()
    publisher = operator.installation.publisher
    marker = publisher.folder / MARKER
    marker.write_text(marker.read_text().replace('"revision": ', '"revision": 9'))
    (publisher.folder / "history.html").write_bytes(b"of the future")
    publisher.publish(operator.now)
    assert files()["history.html"] != b"of the future"


def test_each_version_has_a_second_of_its_own(tmp_path: Path) -> None:
    seconds = []
    for number in range(4):
        write_files(tmp_path, [("live.json", b"%d" % number)])
        seconds.append(int((tmp_path / "live.json.gz").stat().st_mtime))
    assert seconds == sorted(set(seconds)), "a server that asks for the second would answer 304"


def test_front_page_appears_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed: list[str] = []
    rename = Path.replace

    def noting(path: Path, target: Path) -> Path:
        renamed.append(str(target.relative_to(tmp_path)))
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", noting)
    files = [("index.html", b"1"), ("feed.atom", b"2"), ("a/b.html", b"3"), ("static/c.css", b"4")]
    assert write_files(tmp_path, files, place_of=place_of) == {path for path, _ in files}
    assert renamed == [
        f"{path}{suffix}"
        for path in ("static/c.css", "a/b.html", "feed.atom", "index.html")
        for suffix in (".br", ".gz", "")
    ]


def test_very_many_files_are_flushed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "_SYNC_EACH", 2)
    files = [(f"incidents/{n}.html", b"%d" % n) for n in range(20)]
    assert len(write_files(tmp_path, files)) == 20
    assert [(tmp_path / path).read_bytes() for path, _ in files] == [content for _, content in files]


def test_full_build_tells_how_far_it_is(operator: Operator, tmp_path: Path) -> None:
    operator.open_many(12, started_at="2026-10-10T10:00:00Z", status="resolved")
    told: list[tuple[int, int]] = []
    installation = operator.installation
    fresh = Publisher(tmp_path / "again", installation.database, installation.policies)
    result = fresh.publish(operator.now, everything=True, progress=lambda *counted: told.append(counted))
    assert [made for made, _ in told] == list(range(1, result.written + 1))
    assert all(made <= expected for made, expected in told)
    assert told[0][1] > len(told) // 3, "the length of the way is about known from its beginning"
