"""Copies of the published folder: a second folder, and a bucket of a server that speaks S3."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import httpx2 as httpx
import pytest

from statuspage.changes import Installation, site_change
from statuspage.drafts import IncidentDraft, read_draft
from statuspage.incidents import open_incident
from statuspage.mirroring import open_target
from statuspage.publishing.mirrors import FolderTarget, MirrorFailed, is_behind, load_ledgers, mirror
from tests.servers import free_port

NAMES = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "eu-west-1"}


@dataclass
class Place:
    """A published site, where its ledgers lie, and the time."""

    installation: Installation
    ledgers: Path
    now: datetime

    @property
    def public(self) -> Path:
        return self.installation.settings.public_folder

    def post(self, title: str) -> str:
        """Publish an incident; its id."""
        with site_change(self.installation, self.now, author="test") as change:
            given = {"title": title, "priority": "P1", "body": "We look.", "components": {"voice": "major_outage"}}
            draft = read_draft(IncidentDraft, given)
            incident = open_incident(change.session, draft, policy=change.policy, author="test", now=self.now)
        return incident.id


@pytest.fixture
def place(installation: Installation, add_components: Callable[..., None], tmp_path: Path, now: datetime) -> Place:
    add_components("Voice")
    return Place(installation, tmp_path / "mirrors", now)


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    """A server that speaks S3, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            httpx.get(url, timeout=1)
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield url
    process.kill()
    process.wait()


@pytest.fixture
def bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> tuple[str, Any]:
    """A new bucket's address, and a client of its own to look inside."""
    for name, value in NAMES.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=s3_endpoint)
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name).strip("-")[:60]
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return f"s3://{name}/page?endpoint={s3_endpoint}", client


def contents(folder: Path) -> dict[str, bytes]:
    """All files but the lock of whoever writes there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_folder_becomes_equal(place: Place, tmp_path: Path) -> None:
    target = FolderTarget(tmp_path / "copy")
    mirror(place.public, target, place.ledgers, place.now)
    assert contents(target.folder) == contents(place.public)
    incident = place.post("Calls fail")
    assert is_behind(place.public, target, place.ledgers)
    mirror(place.public, target, place.ledgers, place.now)
    assert f"incidents/{incident}.html" in contents(target.folder)
    assert contents(target.folder) == contents(place.public)
    assert not is_behind(place.public, target, place.ledgers)


def test_unchanged_files_are_left_alone(place: Place, tmp_path: Path) -> None:
    target = FolderTarget(tmp_path / "copy")
    mirror(place.public, target, place.ledgers, place.now)
    before = (target.folder / "404.html").stat()
    place.post("Calls fail")
    mirror(place.public, target, place.ledgers, place.now)
    assert (target.folder / "404.html").stat().st_ino == before.st_ino
    assert b"Calls fail" in (target.folder / "index.html").read_bytes()


def test_lost_folder_is_made_again(place: Place, tmp_path: Path) -> None:
    target = FolderTarget(tmp_path / "copy")
    mirror(place.public, target, place.ledgers, place.now)
    for path in sorted(target.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    mirror(place.public, target, place.ledgers, place.now)
    assert contents(target.folder) == contents(place.public)


def test_strangers_files_are_not_taken_away(place: Place, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("mine")
    with pytest.raises(MirrorFailed, match="holds files that are not a copy"):
        mirror(place.public, FolderTarget(tmp_path / "home"), place.ledgers, place.now)
    assert contents(tmp_path / "home") == {"letter.txt": b"mine"}
    (ledger,) = load_ledgers(place.ledgers)
    assert ledger.error is not None
    assert ledger.failed_at == place.now.isoformat()


def test_bucket_holds_page_under_links(place: Place, bucket: tuple[str, Any]) -> None:
    address, client = bucket
    incident = place.post("Calls fail")
    target = open_target(address)
    ledger = mirror(place.public, target, place.ledgers, place.now)
    assert ledger.revision == json.loads((place.public / ".published").read_text())["revision"]
    name = address.removeprefix("s3://").partition("/")[0]
    page = client.get_object(Bucket=name, Key=f"page/incidents/{incident}")
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert "stale-if-error" in page["CacheControl"]
    assert page["Body"].read() == (place.public / f"incidents/{incident}.html").read_bytes()
    feed = client.get_object(Bucket=name, Key="page/feed.atom")
    assert feed["ContentType"].startswith("application/atom+xml")
    assert set(target.paths()) == set(ledger.digests) | {".published"}


def test_lost_bucket_is_filled_again(place: Place, bucket: tuple[str, Any]) -> None:
    address, client = bucket
    target = open_target(address)
    ledger = mirror(place.public, target, place.ledgers, place.now)
    name = address.removeprefix("s3://").partition("/")[0]
    client.put_object(Bucket=name, Key="page/stray.html", Body=b"old")
    client.delete_object(Bucket=name, Key="page/.published")
    place.post("Calls fail")
    again = mirror(place.public, target, place.ledgers, place.now)
    assert set(target.paths()) == set(again.digests) | {".published"}
    assert set(again.digests) > set(ledger.digests)


def test_unreachable_bucket_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NAMES.items():
        monkeypatch.setenv(name, value)
    target = open_target(f"s3://nowhere/page?endpoint=http://127.0.0.1:{free_port()}")
    with pytest.raises(MirrorFailed, match="s3://nowhere/page: EndpointConnectionError"):
        mirror(place.public, target, place.ledgers, place.now)
    assert is_behind(place.public, target, place.ledgers)
    assert os.listdir(place.ledgers)
