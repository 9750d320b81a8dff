"""What a verb says when it refuses: past facts with the field and a message for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input: `field` is the draft's field name ("" for the whole). `code` names the rule of
    a policy where it is one, for a door that has words of its own."""

    field: str
    message: str
    code: str = ""


class Refused(Exception):
    """The input breaks a rule; nothing was written. Doors answer 422 with the problems beside their fields.

    `facts` are further JSON-ready values for the answer, e.g. {"earliest_start": "…Z"}.
    """

    def __init__(self, problems: Problem | Iterable[Problem], facts: Mapping[str, Any] | None = None) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.facts = dict(facts or {})
        super().__init__("; ".join(f"{p.field}: {p.message}" if p.field else p.message for p in self.problems))


class TransitionRefused(Refused):
    """The lifecycle does not allow this step."""


class NoticeTooShort(Refused):
    """The wished class of maintenance needs longer notice (facts: earliest_start, accepted_kinds)."""


class Overtaken(Refused):
    """Somebody else wrote first, and the one who writes has not read it yet. Doors answer 409."""


class NotFound(Exception):
    """No such thing. Doors answer 404."""

    def __init__(self, what: str, key: str) -> None:
        self.what = what
        self.key = key
        super().__init__(f"there is no {what} {key!r}")


class Conflicted(Exception):
    """Somebody else changed it first, or it exists already. Doors answer 409."""
