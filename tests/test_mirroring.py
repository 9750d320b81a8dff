"""The threads that keep copies, and the setting that names their targets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from statuspage import mirroring
from statuspage.changes import Installation
from statuspage.factory import create_app
from statuspage.publishing.mirrors import MirrorFailed
from statuspage.settings import SettingsError, read_settings
from statuspage.web.admin.machinery import load_machinery
from tests.running import wait_until


def test_copy_follows_each_publish(
    installation: Installation, add_components: Callable[..., None], tmp_path: Path
) -> None:
    targets = (str(tmp_path / "one"), "/proc/no/such/place", str(tmp_path / "two"))
    settings = installation.settings.model_copy(update={"publish_targets": targets})
    stop = threading.Event()
    threads = mirroring.start(settings, stop)
    try:
        add_components("Voice")
        for name in ("one", "two"):
            front = tmp_path / name / "index.html"
            assert wait_until(lambda front=front: front.exists() and "Voice" in front.read_text())
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)


@pytest.mark.parametrize("wrong", ["here", "s3:/bucket", "s3://", "https://bucket.example.com", "s3://Bucket/x"])
def test_wrong_target_stops_the_start(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"^PUBLISH_TARGETS: "):
        read_settings({"PUBLISH_TARGETS": f"/srv/copy,{wrong}"})


def test_targets_are_read_in_order() -> None:
    given = "/srv/copy, s3://status-page/www?endpoint=https://s3.example.com&region=eu"
    assert read_settings({"PUBLISH_TARGETS": given}).publish_targets == tuple(given.split(", "))


def test_failing_copy_is_told(
    installation: Installation, add_components: Callable[..., None], tmp_path: Path
) -> None:
    targets = (str(tmp_path / "good"), "/proc/no/such/place")
    settings = installation.settings.model_copy(update={"publish_targets": targets})
    began = datetime.now(UTC) - timedelta(minutes=5)
    add_components("Voice")
    for at in (began, began + timedelta(minutes=1)):
        with pytest.raises(MirrorFailed):
            mirroring.copy_now(settings, at)
    good, bad = mirroring.standings(settings)
    assert (good.behind_since, good.error) == (None, None)
    assert bad.error is not None
    assert bad.behind_since == began, "the first failure counts, not the last"
    add_components("Portal")
    behind = mirroring.standings(settings)[0]
    assert timedelta() <= behind.behind_for(datetime.now(UTC)) < timedelta(minutes=1)


def test_bucket_is_named_alike() -> None:
    address = "s3://status-page/www/?endpoint=https://s3.example.com&region=eu"
    assert mirroring.open_target(address).name == mirroring.name_of(address)


def test_old_copy_is_told_everywhere(installation: Installation, add_components: Callable[..., None]) -> None:
    installation.settings = installation.settings.model_copy(update={"publish_targets": ("/proc/no/such/place",)})
    add_components("Voice")
    with pytest.raises(MirrorFailed):
        mirroring.copy_now(installation.settings, datetime.now(UTC) - timedelta(minutes=2))
    figures = create_app(installation).test_client().get("/metrics").text
    lines = [line for line in figures.splitlines() if line.startswith("statuspage_mirror")]
    said = {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}
    assert said['statuspage_mirror_behind_seconds{target="/proc/no/such/place"}'] >= 120
    assert said['statuspage_mirror_failing{target="/proc/no/such/place"}'] == 1
    with installation.database.read() as session:
        (copy,) = load_machinery(session, installation.settings, datetime.now(UTC)).copies
    assert copy.target == "/proc/no/such/place"
