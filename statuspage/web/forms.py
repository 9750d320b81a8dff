"""HTML forms: what was typed, what is wrong with it, and the reading of tick boxes and wall-clock times.

A form that is refused is shown again with everything typed; field names are the drafts' own, so that a Problem
finds its place ("components.api" stands beside that component's status).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from statuspage.domain.wallclock import WallTimeError, instant_of
from statuspage.errors import Problem, Refused


class Form:
    """One form on its way: `typed` values by field name, and `problems` by field name."""

    def __init__(self, typed: Mapping[str, Any] | None = None) -> None:
        """A form as sent (a MultiDict) or as first shown (any mapping; a list gives several values)."""
        self.typed: MultiDict[str, str] = MultiDict(typed or {})
        self.problems: dict[str, list[str]] = {}
        self._doubtful: set[str] = set()

    def value(self, name: str, default: str = "") -> str:
        """The text of a field."""
        return str(self.typed.get(name, default))

    def values(self, name: str) -> list[str]:
        """All values of a field that may be sent several times."""
        return self.typed.getlist(name)

    def is_ticked(self, name: str) -> bool:
        """Whether a single tick box was ticked."""
        return self.value(name) != ""

    def filled(self, name: str) -> str | None:
        """The text of a field, None when it is blank."""
        return self.value(name).strip() or None

    def prefixed(self, prefix: str) -> Iterator[tuple[str, str]]:
        """(rest of the name, value) of the fields whose names begin with `prefix`."""
        for name, value in self.typed.items():
            if name.startswith(prefix):
                yield name.removeprefix(prefix), value

    def translations(self) -> dict[str, dict[str, str]]:
        """What was written in further languages: "translations.nl.title" and the like; blank ones are left out."""
        found: dict[str, dict[str, str]] = {}
        for name, text in self.prefixed("translations."):
            language, _dot, part = name.rpartition(".")
            if text.strip():
                found.setdefault(language, {})[part] = text
        return found

    def instant(self, name: str, zone: ZoneInfo) -> datetime | None:
        """The instant that a wall-clock field names in `zone`; blank, impossible or ambiguous ones are problems."""
        text = self.filled(name)
        if text is None:
            self.refuse(name, "Write a date and a time.")
            return None
        try:
            return instant_of(text, zone)
        except WallTimeError as error:
            self.refuse(name, str(error))
            self._doubtful.add(name)
            return None

    def refuse(self, name: str, message: str) -> None:
        """Note a problem beside a field ("" for the whole form)."""
        message = message[:1].upper() + message[1:]
        if message not in self.problems.setdefault(name, []):
            self.problems[name].append(message)

    def refuse_all(self, refused: Refused) -> None:
        """Note all problems of a refusal."""
        for problem in refused.problems:
            self.refuse(problem.field, problem.message)

    def check(self) -> None:
        """Raises Refused with all that was noted so far."""
        if self.problems:
            raise Refused(Problem(name, message) for name, message in self.found())

    def found(self) -> Iterable[tuple[str, str]]:
        """(field, message) of every problem, in the order found."""
        return [(name, message) for name, messages in self.problems.items() for message in messages]

    def wants_text_for(self, name: str) -> bool:
        """Whether a wall time must be typed as text: a picker cannot hold the offset that settles a doubt."""
        value = self.value(name)
        return name in self._doubtful or (len(value) > len("2026-11-16T10:00") and "T" in value)


def written(instant: datetime, zone: ZoneInfo) -> str:
    """The instant as a wall-clock field holds it: "2026-11-16T11:00", with its offset where the hour comes twice."""
    local = instant.astimezone(zone)
    plain = local.replace(tzinfo=None, second=0, microsecond=0)
    both = {plain.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
    shown = local.replace(second=0, microsecond=0) if len(both) > 1 else plain
    return shown.isoformat(timespec="minutes")


def written_translations(translations: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The fields that Form.translations reads."""
    return {
        f"translations.{language}.{part}": text
        for language, said in translations.items()
        for part, text in said.items()
    }
