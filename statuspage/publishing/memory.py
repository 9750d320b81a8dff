"""What a process remembers between two publishes, so that a post costs what it touches.

Nothing here is true by itself: a piece is taken again only while all that it rests on is the same, and everything is
forgotten where that cannot be told: another layout, other templates, an older database put back.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from statuspage.publishing.snapshot import ComponentView, ServiceView

T = TypeVar("T")


class Fragments:
    """Pieces of files, one per name (kind, language, owner); what a publish does not ask for is dropped after it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], tuple[Hashable, object]] = {}
        self._asked: set[tuple[str, ...]] = set()

    def of(self, name: tuple[str, ...], rests_on: Hashable, make: Callable[[], T]) -> T:
        """The piece of this name, made anew where what it rests on is no longer equal to what it rested on."""
        self._asked.add(name)
        kept = self._kept.get(name)
        if kept is None or kept[0] != rests_on:
            kept = self._kept[name] = (rests_on, make())
        return kept[1]  # type: ignore[return-value]  # a name is always asked for with one kind of piece

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
    fragments: Fragments = field(default_factory=Fragments)

    def holds(self, basis: Hashable, revision: int) -> bool:
        """Whether it can speak of a database at this revision: made on the same basis, and not of its future."""
        return self.basis == basis and 0 <= self.revision <= revision
