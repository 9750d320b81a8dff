"""What an import did, in numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass
class Tally:
    """How many rows of one kind were made, changed, or left as they were."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged"


@dataclass(frozen=True)
class ImportReport:
    """One Tally per kind. `changes` are component status changes, `updates` those of incidents and maintenances."""

    components: Tally = field(default_factory=Tally)
    incidents: Tally = field(default_factory=Tally)
    maintenances: Tally = field(default_factory=Tally)
    updates: Tally = field(default_factory=Tally)
    changes: Tally = field(default_factory=Tally)

    @property
    def wrote(self) -> bool:
        """Whether anything was stored that was not there before."""
        tallies = (self.components, self.incidents, self.maintenances, self.updates, self.changes)
        return any(tally.created or tally.updated for tally in tallies)

    def as_dict(self) -> dict[str, dict[str, int]]:
        """JSON-ready: {"incidents": {"created": 450, "updated": 0, "unchanged": 0}, …}."""
        return asdict(self)
