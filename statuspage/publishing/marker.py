"""The marker of the published folder: which revision lies there, and until when it stays right by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from statuspage.domain.periods import local_date, midnight
from statuspage.domain.sla.policy import PolicyBook
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.publishing.snapshot import Snapshot

MARKER = ".published"
MOVING_AGE = timedelta(minutes=1)
"""How old the figures of a component that is measured or not operational may become, and all while one has hardly
any."""
YOUNG = timedelta(minutes=5)
FIGURES_AGE = timedelta(hours=1)
"""How old those of others may become; they change slowly, by the growing time that was measured."""

_ROOT = Path(__file__).resolve().parents[2]
_SHAPED_BY = (
    "statuspage/publishing",
    "statuspage/domain",
    "statuspage/translations",
    "templates/public",
    "templates/macros",
    "static",
)


@dataclass(frozen=True)
class Marker:
    """What is on disk. `months` says how many events each month holds, `figures` up to which instant those of each
    component (by slug) run, so that whoever renders them again gives the same bytes; `moving` are the slugs whose
    figures change by the minute, `figures_due` is when those of all components are to be written again; from
    `stale_at` on time alone has changed what should be read; `made_by` digests code, templates, policy and URL."""

    revision: int
    day: str
    months: Mapping[str, int]
    moving: tuple[str, ...]
    figures: Mapping[str, datetime]
    figures_due: datetime
    stale_at: datetime
    made_by: str

    def worn(self, now: datetime, patience: timedelta = timedelta()) -> frozenset[str]:
        """Slugs whose figures are older than they may become: by more than `patience`."""
        age = MOVING_AGE + patience
        return frozenset(slug for slug in self.moving if slug not in self.figures or now >= self.figures[slug] + age)


def marker_of(snapshot: Snapshot, before: Marker | None, made_by: str) -> Marker:
    """The marker of a folder that shows this snapshot, written over what `before` marks."""
    moving = tuple(
        c.slug for c in snapshot.components if c.is_monitored or c.status is not ComponentStatus.OPERATIONAL
    )
    figures = {component.slug: component.timeline.until for component in snapshot.components}
    oldest = min(figures.values(), default=snapshot.now)
    all_new = before is None or _all_touched(snapshot) or (oldest >= before.figures_due <= snapshot.now)
    figures_due = _figures_due(snapshot) if before is None or all_new else before.figures_due
    today = local_date(snapshot.now, snapshot.page.zone)
    is_of_today = before is None or oldest >= midnight(today, snapshot.page.zone)
    turns = [
        i.next_update_due_at for i in snapshot.incidents if i.status.is_open and i.next_update_due_at is not None
    ]
    turns += [notice.ends_at for notice in snapshot.notices if notice.ends_at is not None]
    turns = [turn for turn in turns if turn > snapshot.now]
    turns.append(figures_due)
    if moving:
        turns.append(min(figures[slug] for slug in moving) + MOVING_AGE)
    return Marker(
        revision=snapshot.revision,
        day=today.isoformat() if before is None or is_of_today else before.day,
        months=dict(snapshot.months),
        moving=moving,
        figures=figures,
        figures_due=figures_due,
        stale_at=min(turns),
        made_by=made_by,
    )


def read_marker(folder: Path) -> Marker | None:
    """The folder's marker; None when there is none or it cannot be understood."""
    try:
        raw = json.loads((folder / MARKER).read_text("utf-8"))
        return Marker(
            revision=int(raw["revision"]),
            day=str(raw["day"]),
            months={str(month): int(count) for month, count in raw["months"].items()},
            moving=tuple(raw["moving"]),
            figures={slug: datetime.fromisoformat(at) for at, slugs in raw["figures"].items() for slug in slugs},
            figures_due=datetime.fromisoformat(raw["figures_due"]),
            stale_at=datetime.fromisoformat(raw["stale_at"]),
            made_by=str(raw["made_by"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def marker_bytes(marker: Marker) -> bytes:
    """The marker as it stands on disk."""
    figures: dict[str, list[str]] = {}
    for slug, at in marker.figures.items():
        figures.setdefault(at.isoformat(), []).append(slug)
    times = {"figures_due": marker.figures_due.isoformat(), "stale_at": marker.stale_at.isoformat()}
    return (json.dumps({**vars(marker), **times, "figures": figures}) + "\n").encode()


def maker_digest(policies: PolicyBook, base_url: str | None) -> str:
    """A digest of all that shapes the files beside the database; when it differs everything is rendered anew."""
    digest = sha256(_sources_digest().encode())
    for policy in policies.versions:
        digest.update(policy.model_dump_json(by_alias=True).encode())
    digest.update((base_url or "").encode())
    return digest.hexdigest()[:20]


def _figures_due(snapshot: Snapshot) -> datetime:
    """Soon while a component is so new that nearly nothing was measured of it."""
    births = [component.timeline.known_from for component in snapshot.components]
    young = any(born is not None and snapshot.now - born < YOUNG for born in births)
    return snapshot.now + (MOVING_AGE if young else FIGURES_AGE)


def _all_touched(snapshot: Snapshot) -> bool:
    return snapshot.touched.components.issuperset(component.slug for component in snapshot.components)


@cache
def _sources_digest() -> str:
    """Read once per process: a process keeps the code and templates it started with."""
    digest = sha256()
    for folder in _SHAPED_BY:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
