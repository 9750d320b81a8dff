"""Writes the public site: lock, load, render, replace file by file, the front page last, then the marker."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from threading import Lock
from time import monotonic, perf_counter, sleep
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.db import Database
from statuspage.domain.periods import local_date
from statuspage.domain.sla.policy import PolicyBook
from statuspage.models import Page
from statuspage.publishing.badges import render_badges
from statuspage.publishing.calendar import render_calendar
from statuspage.publishing.environment import render_static
from statuspage.publishing.feeds import render_feeds
from statuspage.publishing.files import remove_files, remove_others, write_files
from statuspage.publishing.loading import LOCAL_URL, load_snapshot
from statuspage.publishing.marker import MARKER, Marker, maker_digest, marker_bytes, marker_of, read_marker
from statuspage.publishing.memory import Fragments, Memory
from statuspage.publishing.pages import render_pages
from statuspage.publishing.serving import place_of
from statuspage.publishing.snapshot import Snapshot, Touched, root_of
from statuspage.publishing.spoken import spoken
from statuspage.publishing.statuspage_v2 import render_api
from statuspage.publishing.touching import EVERYTHING, touched_since
from statuspage.publishing.wellknown import render_wellknown

Files = Iterator[tuple[str, bytes]]
Progress = Callable[[int, int], None]
NEVER = timedelta(days=3650)
"""Patience with figures that somebody else is to write."""
_ONLY_THE_WHOLE = Touched(components=frozenset([""]))
"""What shows all components is to be rendered, and no component's own page."""
PER_EVENT = ("happening", "entry", "atom", "rss", "feed.json", "v2")
"""Kinds of fragments of which there is one per event or update."""
LOCK_SECONDS = 30.0
"""How long a publisher waits for another one before it gives up and leaves the rest to the next."""


class PublishFailed(Exception):
    """The site could not be written; the message says why. What was public before still is, file by file."""


@dataclass(frozen=True)
class PublishResult:
    """What a publish did: the revision now public, how many files changed or went, the seconds it took, and whether
    it left figures to the next one."""

    revision: int
    written: int
    seconds: float
    goes_on: bool = False


class Publisher:
    """Writes the site of one page into one folder.

    `base_url` beats the page's own URL, `local_url` stands in while there is neither. Publishers of several
    processes take turns by a lock beside the folder.
    """

    def __init__(
        self,
        folder: Path,
        database: Database,
        policies: PolicyBook,
        base_url: str | None = None,
        local_url: str = LOCAL_URL,
    ) -> None:
        self.folder = folder
        self.database = database
        self.policies = policies
        self.base_url = base_url
        self.local_url = local_url
        self._memory = Memory()
        self._day: date | None = None
        self._turn = Lock()

    def publish(
        self,
        now: datetime,
        everything: bool = False,
        progress: Progress | None = None,
        patience: timedelta = timedelta(),
        at_most: int | None = None,
    ) -> PublishResult:
        """Bring the folder up to what the database holds. Renders what changed since the revision on disk, or
        everything; figures that time alone made old no longer ago than `patience` are left to the next publish, and
        those of more than `at_most` components. `progress` is told how many files are made, and about how many it
        will be. Raises PublishFailed."""
        began = perf_counter()
        try:
            if at_most is not None:
                self._learn_the_day(now)
            with self._turn, _locked(self.folder):
                memory, self._memory = self._memory, Memory()  # a publish that fails leaves nothing half remembered
                memory, snapshot = self._load(now, memory, everything=everything, patience=patience, at_most=at_most)
                written = self._write(snapshot, memory, progress)
                memory.stamp = self._stamp()
                self._memory = memory
        except OSError as error:
            raise PublishFailed(f"the public site could not be written: {error}") from error
        seconds = perf_counter() - began
        self._note_seconds(seconds)
        return PublishResult(snapshot.revision, written, seconds, snapshot.touched.goes_on)

    def last_seconds(self) -> float | None:
        """How long the last publish took, whichever process made it; None before the first."""
        try:
            return float(self._seconds_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    @property
    def _seconds_file(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}-seconds")

    def _note_seconds(self, seconds: float) -> None:
        with suppress(OSError):  # a figure for /metrics is worth no failed publish
            self._seconds_file.write_text(f"{seconds:.6f}", encoding="ascii")

    def warm(self, now: datetime) -> None:
        """Remember what others published since, without writing: the next change costs here what it touches."""
        with self._turn:
            source, stamp = self._memory, self._stamp()
        if read_marker(self.folder) is None:
            return
        memory, snapshot = self._load(now, source.copy(), everything=False, patience=NEVER)
        memory.storied -= snapshot.touched.components
        for _ in render_site(replace(snapshot, touched=_ONLY_THE_WHOLE), memory.fragments):
            pass
        memory.fragments.tidy()
        memory.stamp = stamp
        with self._turn:
            if self._memory is source:  # nobody published meanwhile
                self._memory = memory

    def _learn_the_day(self, now: datetime) -> None:
        """What remembers nothing, or nothing of this day, whose rows are all other ones, learns it before it holds
        anybody up."""
        with self.database.read() as session:
            today = local_date(now, ZoneInfo(session.scalars(select(Page.timezone)).one()))
        if self._memory.revision < 0 or self._day != today:
            self.warm(now)
            self._day = today

    def is_warm(self) -> bool:
        """Whether nobody has published since this one last did, or was warmed."""
        return self._memory.stamp == self._stamp()

    def _stamp(self) -> int | None:
        """Changes with each publish of any process; None while nothing is published."""
        try:
            return (self.folder / MARKER).stat().st_mtime_ns
        except OSError:
            return None

    def is_stale(self, session: Session, now: datetime) -> bool:
        """Whether a publish is due: something changed, or time alone changed what should be read."""
        marker = read_marker(self.folder)
        page = session.execute(select(Page.revision, Page.timezone)).one_or_none()
        if page is None:
            return False
        if marker is None or marker.revision != page.revision or marker.made_by != self._made_by():
            return True
        return now >= marker.stale_at or marker.day != now.astimezone(ZoneInfo(page.timezone)).date().isoformat()

    def _load(
        self, now: datetime, memory: Memory, *, everything: bool, patience: timedelta, at_most: int | None = None
    ) -> tuple[Memory, Snapshot]:
        """Read under the lock, so that the last to write has read the newest state."""
        with self.database.read() as session:
            page = session.get_one(Page, 1)
            ruling = self.policies.placed_in(page.timezone).at(now).effective_from
            basis = (page.relaid_in, self._made_by(), ruling)
            if everything or not memory.holds(basis, page.revision):
                memory = Memory()
            marker = read_marker(self.folder)
            if marker is not None and marker.revision > page.revision:
                marker = None  # a revision from the future: an older backup was restored
            touched = EVERYTHING
            if marker is not None:
                since = marker.revision if memory.revision < 0 else min(marker.revision, memory.revision)
                zone = ZoneInfo(page.timezone)
                touched = touched_since(session, marker, now, zone, since=since, patience=patience, at_most=at_most)
                if everything or page.relaid_in > marker.revision or marker.made_by != self._made_by():
                    touched = replace(EVERYTHING, components=touched.components)
            strange = touched.components - memory.storied
            touched = replace(touched, named=touched.named | strange)
            snapshot = load_snapshot(
                session,
                policies=self.policies,
                now=now,
                touched=touched,
                base_url=self.base_url,
                local_url=self.local_url,
                figures=marker.figures if marker is not None else None,
                months=marker.months if marker is not None else None,
                memory=memory,
            )
        memory.learn(snapshot, basis)
        return memory, snapshot

    def _write(self, snapshot: Snapshot, memory: Memory, progress: Progress | None) -> int:
        expected = expected_files(snapshot)
        paths: list[str] = []

        def made() -> Files:
            for path, content in render_site(snapshot, memory.fragments):
                paths.append(path)
                if progress is not None:
                    progress(len(paths), max(expected, len(paths)))
                yield path, content

        before = read_marker(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        changed = len(write_files(self.folder, made(), place_of=place_of))
        memory.fragments.tidy()
        if snapshot.touched.everything:
            memory.fragments.forget(*PER_EVENT)  # of very much that no publish asks for again
            changed += remove_others(self.folder, paths)
        elif before is not None:
            changed += remove_files(self.folder, [*_gone_months(before, snapshot), *_gone_events(snapshot)])
        named = snapshot.touched.named
        memory.storied |= {c.slug for c in snapshot.components if snapshot.touched.everything or c.slug in named}
        marker = marker_of(snapshot, before, self._made_by())
        # an older marker costs a publish, and everything else is on the disk by now
        write_files(self.folder, [(MARKER, marker_bytes(marker))], lasting=False)
        return changed

    def _made_by(self) -> str:
        return maker_digest(self.policies, self.base_url)


def render_site(snapshot: Snapshot, fragments: Fragments | None = None) -> Files:
    """All files that are due, with their paths, in all languages: the first has no prefix, the others /nl/… Pieces
    are taken from `fragments`, and kept there."""
    if fragments is None:
        fragments = Fragments()
    if snapshot.touched.everything:
        yield from render_static()
        yield from snapshot.page.look.files
    yield from chain(render_api(snapshot, fragments), render_badges(snapshot), render_wellknown(snapshot, fragments))
    for language in snapshot.page.languages:
        folder = spoken_in(language, snapshot)
        told = spoken(snapshot, language)
        files = chain(render_pages(told, fragments), render_feeds(told, fragments), render_calendar(told))
        yield from ((folder + path, content) for path, content in files)


def expected_files(snapshot: Snapshot) -> int:
    """About how many files are due: pages and documents of what happened, and what components have."""
    touched, languages = snapshot.touched, len(snapshot.page.languages)
    if touched.everything:
        events, components = len(snapshot.incidents) + len(snapshot.maintenances), len(snapshot.components)
        return events * (languages + 1) + components * (3 * languages + 1) + len(snapshot.months) * languages
    return len(touched.incidents | touched.maintenances) * (languages + 1) + 25


def spoken_in(language: str, snapshot: Snapshot) -> str:
    """What the paths of a language begin with: "" or "nl/"."""
    root = root_of(language, snapshot.page.languages)
    return f"{root[1:]}/" if root else ""


def _gone_months(before: Marker, snapshot: Snapshot) -> list[str]:
    """Paths of the pages of months that hold nothing any more."""
    gone = sorted(set(before.months) - {month for month, _ in snapshot.months})
    folders = [spoken_in(language, snapshot) for language in snapshot.page.languages]
    return [f"{folder}history/{month}.html" for folder in folders for month in gone]


def _gone_events(snapshot: Snapshot) -> list[str]:
    """Paths of what was written of incidents and maintenances that were touched and are public no more."""
    touched = snapshot.touched
    incidents = sorted(touched.incidents - {incident.id for incident in snapshot.incidents})
    works = sorted(touched.maintenances - {work.id for work in snapshot.maintenances})
    pages = [*(f"incidents/{each}.html" for each in incidents), *(f"maintenance/{each}.html" for each in works)]
    folders = [spoken_in(language, snapshot) for language in snapshot.page.languages]
    return [
        *(f"api/v2/incidents/{each}.json" for each in (*incidents, *works)),
        *(folder + page for folder in folders for page in pages),
    ]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock beside the folder: `flock` is let go by the kernel when the process dies. Who waits for it holds
    the turn meanwhile, so that who has just had the lock comes after."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    deadline = monotonic() + LOCK_SECONDS
    with _held(folder.parent / f".{folder.name}.turn", deadline):
        lock = _hold(folder.parent / f".{folder.name}.lock", deadline)
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def _held(path: Path, deadline: float) -> Iterator[None]:
    descriptor = _hold(path, deadline)
    try:
        yield
    finally:
        os.close(descriptor)


def _hold(path: Path, deadline: float) -> int:
    """The descriptor of a file that is locked as long as it is open."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _wait_for(descriptor, deadline)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _wait_for(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > deadline:
                raise PublishFailed(f"another process has been publishing for {LOCK_SECONDS:.0f} s") from None
            sleep(0.01)
        else:
            return
