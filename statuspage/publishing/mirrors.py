"""Copies of the published folder at other places, so that the page stands when this machine does not.

A target holds nothing that cannot be made again: it may be lost, emptied or changed by hand. What was copied is kept
in a ledger beside the instance; where target and ledger do not agree, everything is copied again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from statuspage.publishing.files import SIBLINGS, is_staged, remove_files, write_files
from statuspage.publishing.marker import MARKER
from statuspage.publishing.serving import place_of

ROUNDS = 5
"""A publish in the middle of a copy makes the copy begin again, so often at most; the next one goes on."""


class MirrorFailed(Exception):
    """A copy could not be made; the message says why and names the target."""


class Target(Protocol):
    """A place that holds a copy. Its methods raise OSError or their library's own errors."""

    @property
    def name(self) -> str:
        """What the setting calls it, without secrets."""

    def read_marker(self) -> bytes | None:
        """The marker of what lies there; None when there is none."""

    def paths(self) -> Iterable[str]:
        """What lies there, by relative path, without compressed siblings."""

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write these, each wholly or not at all."""

    def remove(self, paths: Iterable[str]) -> None:
        """Take these away; what is not there is no error."""


@dataclass(frozen=True)
class Ledger:
    """What is known of one target: digest by path of what was copied, and how the last try went."""

    target: str
    marker: str = ""
    """Digest of the marker that lies at the target; empty when a copy was broken off."""
    digests: dict[str, str] = field(default_factory=dict)
    revision: int = 0
    mirrored_at: str | None = None
    failed_at: str | None = None
    error: str | None = None
    failing_since: str | None = None
    """The first failure after the last copy."""


def mirror(public: Path, target: Target, folder: Path, now: datetime) -> Ledger:
    """Bring one target up to the published folder; the ledger of how it stands then is kept in `folder`.

    What others link to goes first, the front page after it, the marker last. Files of the target that are not ours
    are taken away, except on the very first copy: a place that already holds something else is refused.
    Raises MirrorFailed.
    """
    ledger = load_ledger(folder, target.name)
    try:
        for _ in range(ROUNDS):
            marker = _read(public / MARKER)
            if marker is None:
                return ledger
            ledger = _copy(public, target, ledger, marker, folder, now)
            if _read(public / MARKER) == marker:
                break
    except Exception as error:  # whatever a client library raises: the target is what failed
        said = f"{type(error).__name__}: {error}"[:500]
        known, at = load_ledger(folder, target.name), now.isoformat()
        save_ledger(folder, replace(known, failed_at=at, error=said, failing_since=known.failing_since or at))
        raise MirrorFailed(f"{target.name}: {said}") from error
    return ledger


def is_behind(public: Path, target: Target, folder: Path) -> bool:
    """Whether the folder shows another state than was copied last."""
    marker = _read(public / MARKER)
    return marker is not None and load_ledger(folder, target.name).marker != _digest(marker)


def behind_since(public: Path, ledger: Ledger) -> datetime | None:
    """Since when a copy has not shown what the folder shows: its first failure, else the last publish. None while it
    is up to date."""
    marker = _read(public / MARKER)
    if marker is None or _digest(marker) == ledger.marker:
        return None
    published = datetime.fromtimestamp((public / MARKER).stat().st_mtime, UTC)
    failing = datetime.fromisoformat(ledger.failing_since) if ledger.failing_since else published
    return min(published, failing)


def load_ledgers(folder: Path) -> list[Ledger]:
    """All ledgers that are kept, by target."""
    found = (_load(path) for path in sorted(folder.glob("*.json")))
    return sorted((ledger for ledger in found if ledger is not None), key=lambda ledger: ledger.target)


def load_ledger(folder: Path, target: str) -> Ledger:
    """The ledger of one target; a new one where there is none or it cannot be read."""
    return _load(_place(folder, target)) or Ledger(target)


def save_ledger(folder: Path, ledger: Ledger) -> None:
    """Keep a ledger, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = _place(folder, ledger.target)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(ledger)), encoding="utf-8")
    part.replace(path)


class FolderTarget:
    """A plain folder, such as one that another machine mounts or that rsync takes away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        return str(self.folder)

    def read_marker(self) -> bytes | None:
        return _read(self.folder / MARKER)

    def paths(self) -> Iterable[str]:
        return _paths(self.folder)

    def put(self, files: Mapping[str, bytes]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_files(self.folder, files.items())

    def remove(self, paths: Iterable[str]) -> None:
        remove_files(self.folder, paths)


def _copy(public: Path, target: Target, ledger: Ledger, marker: bytes, folder: Path, now: datetime) -> Ledger:
    there = target.read_marker()
    known = dict(ledger.digests) if there is not None and _digest(there) == ledger.marker else {}
    strangers = set() if known else set(target.paths()) - {MARKER}
    if strangers and there is None and not ledger.digests:
        raise FileExistsError("holds files that are not a copy of this page; name an empty place")
    wanted = {path: content for path in _paths(public) if (content := _read(public / path)) is not None}
    digests = {path: _digest(content) for path, content in wanted.items()}
    new = sorted((path for path, digest in digests.items() if known.get(path) != digest), key=place_of)
    if new or ledger.marker != _digest(marker):
        save_ledger(folder, replace(ledger, marker=""))
    for last in (False, True):
        target.put({path: wanted[path] for path in new if path.endswith("index.html") is last})
    target.remove(sorted((strangers | set(known)) - set(wanted)))
    target.put({MARKER: marker})
    done = Ledger(
        target=target.name,
        marker=_digest(marker),
        digests=digests,
        revision=int(json.loads(marker)["revision"]),
        mirrored_at=now.isoformat(),
    )
    save_ledger(folder, done)
    return done


def _paths(folder: Path) -> Iterable[str]:
    """Relative paths of all files, without compressed siblings, staged files and the marker."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if path.suffix not in SIBLINGS and not is_staged(path) and relative != MARKER and path.is_file():
            yield relative


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _load(path: Path) -> Ledger | None:
    try:
        return Ledger(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _place(folder: Path, target: str) -> Path:
    return folder / f"{_digest(target.encode())[:16]}.json"


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
