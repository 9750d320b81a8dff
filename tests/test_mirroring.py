"""The threads that keep copies, and the setting that names their targets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from statuspage import mirroring
from statuspage.changes import Installation
from statuspage.settings import SettingsError, read_settings
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
            assert wait_until(lambda front=front: front.exists() and "Voice" in front.read_text(), seconds=10)
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
