"""The marker of the published folder: which revision lies there, and until when it stays right by itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from statuspage.domain.sla.policy import PolicyBook
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.publishing.snapshot import Snapshot

MARKER = ".published"
FIGURES_AGE = timedelta(minutes=1)
"""How old the figures of a component that is not operational may become."""

_ROOT = Path(__file__).resolve().parents[2]
_SHAPED_BY = ("statuspage/publishing", "statuspage/domain", "statuspage/translations", "templates/public", "static")


@dataclass(frozen=True)
class Marker:
    """What is on disk. `moving` are the slugs whose figures grow with time; from `stale_at` on time alone has changed
    what should be read; `made_by` digests code, templates, policy and URL."""

    revision: int
    day: str
    months: tuple[str, ...]
    moving: tuple[str, ...]
    stale_at: datetime | None
    made_by: str


def marker_of(snapshot: Snapshot, made_by: str) -> Marker:
    """The marker of a folder that shows this snapshot."""
    moving = tuple(c.slug for c in snapshot.components if c.status is not ComponentStatus.OPERATIONAL)
    turns = [
        i.next_update_due_at for i in snapshot.incidents if i.status.is_open and i.next_update_due_at is not None
    ]
    turns = [turn for turn in turns if turn > snapshot.now]
    if moving:
        turns.append(snapshot.now + FIGURES_AGE)
    return Marker(
        revision=snapshot.revision,
        day=snapshot.now.astimezone(snapshot.page.zone).date().isoformat(),
        months=tuple(month for month, _ in snapshot.months),
        moving=moving,
        stale_at=min(turns, default=None),
        made_by=made_by,
    )


def read_marker(folder: Path) -> Marker | None:
    """The folder's marker; None when there is none or it cannot be understood."""
    try:
        raw = json.loads((folder / MARKER).read_text("utf-8"))
        return Marker(
            revision=int(raw["revision"]),
            day=str(raw["day"]),
            months=tuple(raw["months"]),
            moving=tuple(raw["moving"]),
            stale_at=datetime.fromisoformat(raw["stale_at"]) if raw["stale_at"] else None,
            made_by=str(raw["made_by"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def marker_bytes(marker: Marker) -> bytes:
    """The marker as it stands on disk."""
    raw = {**vars(marker), "stale_at": marker.stale_at.isoformat() if marker.stale_at else None}
    return (json.dumps(raw, indent=1) + "\n").encode()


def maker_digest(policies: PolicyBook, base_url: str | None) -> str:
    """A digest of all that shapes the files beside the database; when it differs everything is rendered anew."""
    digest = sha256(_sources_digest().encode())
    for policy in policies.versions:
        digest.update(policy.model_dump_json(by_alias=True).encode())
    digest.update((base_url or "").encode())
    return digest.hexdigest()[:20]


@cache
def _sources_digest() -> str:
    """Read once per process: a process keeps the code and templates it started with."""
    digest = sha256()
    for folder in _SHAPED_BY:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
