"""What a process remembers between two publishes, so that a post costs what it touches.

Nothing here is true by itself: a piece is taken again only while all that it rests on is the same, and everything is
forgotten where that cannot be told: another layout, other templates, an older database put back.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

from statuspage.publishing.snapshot import ComponentView, IncidentView, MaintenanceView, ServiceView, Snapshot

T = TypeVar("T")


class _Piece(NamedTuple):
    rests_on: Hashable
    seen: Hashable
    piece: Any


class Fragments:
    """Pieces of files, one per name (kind, language, owner); what a publish does not ask for is dropped after it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], _Piece] = {}
        self._asked: set[tuple[str, ...]] = set()

    def of(self, name: tuple[str, ...], rests_on: Hashable, make: Callable[[], T]) -> T:
        """The piece of this name, made anew where what it rests on is no longer equal to what it rested on."""
        return self.drawn(name, rests_on, lambda: (None, make))

    def drawn(
        self, name: tuple[str, ...], rests_on: Hashable, look: Callable[[], tuple[Hashable, Callable[[], T]]]
    ) -> T:
        """Likewise; `look` says what is to be seen and how to draw it, and where the same is to be seen as before, it
        is not drawn again. Seeing None is seeing something else each time."""
        self._asked.add(name)
        kept = self._kept.get(name)
        if kept is None or kept.rests_on != rests_on:
            seen, draw = look()
            known = kept is not None and seen is not None and kept.seen == seen
            kept = self._kept[name] = _Piece(rests_on, seen, kept.piece if kept and known else draw())
        return kept.piece  # type: ignore[no-any-return]  # a name is always asked for with one kind of piece

    def keep(self, name: tuple[str, ...], piece: object) -> None:
        """Keep a piece under its name, whatever was there."""
        self._asked.add(name)
        self._kept[name] = _Piece(None, None, piece)

    def kept(self, name: tuple[str, ...]) -> Any:
        """The piece of this name, or None."""
        self._asked.add(name)
        found = self._kept.get(name)
        return found.piece if found else None

    def forget(self, *kinds: str) -> None:
        """Drop all pieces of these kinds."""
        for name in [name for name in self._kept if name[0] in kinds]:
            del self._kept[name]

    def copy(self) -> Fragments:
        """The same pieces in a book of its own."""
        other = Fragments()
        other._kept = dict(self._kept)
        return other

    def tidy(self) -> None:
        """Drop what was not asked for since the last time, of the kinds that were."""
        kinds = {name[:2] for name in self._asked}
        for name in [name for name in self._kept if name[:2] in kinds and name not in self._asked]:
            del self._kept[name]
        self._asked.clear()


@dataclass
class Memory:
    """State and pieces as of a revision. `basis` is what they all rest on; compared for equality only."""

    revision: int = -1
    basis: Hashable = None
    components: dict[str, ComponentView] = field(default_factory=dict)
    services: dict[str, tuple[Hashable, ServiceView]] = field(default_factory=dict)
    incidents: dict[str, IncidentView] = field(default_factory=dict)
    maintenances: dict[str, MaintenanceView] = field(default_factory=dict)
    months: dict[str, int] = field(default_factory=dict)
    """How many events each month holds."""
    storied: set[str] = field(default_factory=set)
    """Slugs of the components whose events are among the fragments, in every language."""
    fragments: Fragments = field(default_factory=Fragments)
    stamp: int | None = None
    """Of the marker on disk when this was all there is to remember."""

    def copy(self) -> Memory:
        """The same in a book of its own: what happens to it does not happen to this one."""
        return replace(
            self,
            components=dict(self.components),
            services=dict(self.services),
            incidents=dict(self.incidents),
            maintenances=dict(self.maintenances),
            months=dict(self.months),
            storied=set(self.storied),
            fragments=self.fragments.copy(),
        )

    def learn(self, snapshot: Snapshot, basis: Hashable) -> None:
        """Remember the state of this snapshot; of a full build not what happened, which may be very much."""
        self.revision, self.basis = snapshot.revision, basis
        self.components = {each.id: each for each in snapshot.components}
        self.months = dict(snapshot.months)
        whole = snapshot.touched.everything
        self.incidents = {} if whole else {each.id: each for each in snapshot.incidents}
        self.maintenances = {} if whole else {each.id: each for each in snapshot.maintenances}

    def holds(self, basis: Hashable, revision: int) -> bool:
        """Whether it can speak of a database at this revision: made on the same basis, and not of its future."""
        return self.basis == basis and 0 <= self.revision <= revision
