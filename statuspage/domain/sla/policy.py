"""Policies by name: presets, TOML files and folders of versions, checked as a whole.

Loading is the engine's only input; a mistake is a PolicyError that names the file, the dotted key and the reason.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from statuspage.domain.sla.contract import Inconsistent, Policy
from statuspage.domain.sla.deadline import latest_before

__all__ = ["Policy", "PolicyBook", "PolicyError", "load_policies", "load_policy", "override", "preset_ids"]

_PRESETS = files("statuspage.domain.sla").joinpath("presets")
_A_FORTNIGHT = tuple(datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(days=day) for day in range(14))
"""Days on which two leads are laid beside each other: a length in business days is longer over a weekend."""
_NAMED_BY = {"priority": "id", "service": "id", "tier": "id", "response": "class"}
"""Arrays of a policy file and the key that names an element."""


class PolicyError(ValueError):
    """A policy that cannot be used: `file`, dotted `key` ("" for the file itself), `reason`; all in `problems`."""

    def __init__(self, file: str, problems: Iterable[tuple[str, str]]) -> None:
        self.file = file
        self.problems = tuple(problems)
        self.key, self.reason = self.problems[0]
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        super().__init__(": ".join(part for part in (file, self.key, self.reason) if part) + more)


@dataclass(frozen=True)
class PolicyBook:
    """One or more versions of a policy, sorted by the date from which each is in force."""

    versions: tuple[Policy, ...]

    def in_force(self, on: date) -> Policy:
        """The version that rules a period beginning on this date; before the first version, the first."""
        begun = [version for version in self.versions if version.effective_from <= on]
        return begun[-1] if begun else self.versions[0]

    @property
    def needs_zone(self) -> bool:
        """Whether a version leaves its zone to the page."""
        return any(version.timezone is None for version in self.versions)

    def placed_in(self, zone_name: str) -> "PolicyBook":
        """The book on a page of this zone, in which every version has one."""
        return PolicyBook(tuple(version.placed_in(zone_name) for version in self.versions))

    def at(self, now: datetime) -> Policy:
        """The version in force today, by the first one's calendar."""
        return self.in_force(now.astimezone(self.versions[0].zone).date())

    @property
    def latest(self) -> Policy:
        """The newest version, in force or announced."""
        return self.versions[-1]


def preset_ids() -> tuple[str, ...]:
    """Ids of the policies that come with the product, the neutral one first."""
    names = sorted(entry.name.removesuffix(".toml") for entry in _PRESETS.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(names, key=lambda name: name != "standard"))


def load_policy(source: str | Path) -> Policy:
    """A policy from the text of a file (a str with a line break), a path or a preset id. Raises PolicyError."""
    if isinstance(source, str) and "\n" in source:
        return read_policy(source)
    if str(source) in preset_ids():
        return read_policy((_PRESETS / f"{source}.toml").read_text("utf-8"), f"{source}.toml")
    path = Path(source)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(str(source), [("", _unreadable(error))]) from None
    return read_policy(text, str(source))


def load_policies(name: str | Path) -> PolicyBook:
    """The versions under a preset id, a file, or a folder of .toml files. Raises PolicyError.

    A folder holds versions of one policy; two may not begin on the same day, or which one rules would be chance.
    """
    folder = Path(name)
    if str(name) in preset_ids() or not folder.is_dir():
        return PolicyBook((load_policy(name),))
    loaded = sorted(((load_policy(path), path) for path in sorted(folder.glob("*.toml"))), key=_begin)
    if not loaded:
        raise PolicyError(str(name), [("", "the folder holds no .toml file")])
    for (earlier, path), (later, other) in pairwise(loaded):
        if earlier.id != later.id:
            reason = f"{later.id!r} is another policy than {earlier.id!r} in {path.name}"
            raise PolicyError(str(other), [("id", reason)])
        if earlier.effective_from == later.effective_from:
            raise PolicyError(str(other), [("effective_from", f"the same day as in {path.name}")])
    return PolicyBook(tuple(policy for policy, _ in loaded))


def read_policy(text: str, file: str = "policy") -> Policy:
    """A policy from the text of a TOML file; `file` is only how messages call it. Raises PolicyError."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(file, [("", f"not valid TOML: {error}")]) from None
    return validated(raw, file)


def validated(raw: dict[str, Any], file: str) -> Policy:
    """A policy from parsed TOML. Raises PolicyError that names every wrong key."""
    try:
        policy = Policy.model_validate(raw)
    except ValidationError as error:
        raise PolicyError(file, _problems(error, raw)) from None
    if _asks_more_of_emergencies(policy):
        terms = policy.maintenance
        reason = f"{str(terms.emergency_lead)!r} is more than the scheduled_lead of {str(terms.scheduled_lead)!r}"
        raise PolicyError(file, [("maintenance.emergency_lead", reason)])
    return policy


def _asks_more_of_emergencies(policy: Policy) -> bool:
    """Whether emergency work always needs more notice than scheduled work, so that nothing could ever be it."""
    emergency, scheduled = policy.maintenance.emergency_lead, policy.maintenance.scheduled_lead
    return emergency is not None and all(
        latest_before(policy, start, emergency) < latest_before(policy, start, scheduled) for start in _A_FORTNIGHT
    )


def override(policy: Policy, changes: dict[str, Any]) -> Policy:
    """The policy with dotted keys set: {"hours.holidays": "IE", "priority.P3.update_every": "120bm"}.

    Elements of arrays go by their id (a response by its class, all its measures at once) or by position.
    Raises PolicyError as a file would.
    """
    raw = policy.model_dump(by_alias=True, exclude_unset=True)
    for key, value in changes.items():
        _set(raw, key.split("."), value, key, policy.id)
    return validated(raw, policy.id)


def _set(node: Any, path: list[str], value: Any, key: str, file: str) -> None:
    if len(path) == 1 and isinstance(node, dict):
        node[path[0]] = value
        return
    if isinstance(node, dict):
        below = node.setdefault(path[0], {})
        below = node[path[0]] = list(below) if isinstance(below, tuple) else below
        nodes = [below] if isinstance(below, dict) else _elements(below, path[0], path[1])
        rest = path[1:] if isinstance(below, dict) else path[2:]
        if nodes and rest:
            for each in nodes:
                _set(each, rest, value, key, file)
            return
    raise PolicyError(file, [(key, "there is no such element")])


def _elements(array: Any, name: str, wanted: str) -> list[Any]:
    if not isinstance(array, list):
        return []
    if wanted.isdigit():
        return array[int(wanted) : int(wanted) + 1]
    return [each for each in array if each.get(_NAMED_BY.get(name, "id")) == wanted]


def _problems(error: ValidationError, raw: dict[str, Any]) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    for detail in error.errors(include_url=False, include_input=False):
        cause = detail.get("ctx", {}).get("error")
        key = _dotted(detail["loc"], raw)
        if isinstance(cause, Inconsistent):
            problems.extend(cause.problems)
        elif not (detail["type"] == "too_short" and any(other.startswith(f"{key}.") for other, _ in problems)):
            problems.append((key, _reason(detail["type"], detail["msg"])))
    return problems


def _reason(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "missing"
    return message.removeprefix("Value error, ")


def _dotted(location: tuple[int | str, ...], raw: Any) -> str:
    parts: list[str] = []
    node: Any = raw
    for step in location:
        label = str(step)
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            node = None
        if isinstance(step, int) and isinstance(node, dict) and parts:
            label = str(node.get(_NAMED_BY.get(parts[-1], "id")) or step)
        parts.append(label)
    return ".".join(parts)


def _begin(loaded: tuple[Policy, Path]) -> date:
    return loaded[0].effective_from


def _unreadable(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"neither a preset ({', '.join(preset_ids())}) nor a file"
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"
