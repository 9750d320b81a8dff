"""site.toml: page, groups, components, monitors and templates as a file: read, compared, applied and written.

What the file does not mention stays as it is, components that are not in it too: they carry history. Only the
monitors of a component are exactly those of the file. Applying the same file twice changes nothing. Values of
headers that may be secret are written as "(kept)", which means: as they are.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from statuspage.drafts import (
    Addresses,
    BaseAddress,
    Body,
    HookAddress,
    Line,
    OptionalText,
    Reminders,
    Slug,
    WebAddress,
    check_language,
    problems_of,
)
from statuspage.errors import Problem, Refused
from statuspage.monitor_drafts import MonitorTable

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _check_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone of the IANA list, such as Europe/Amsterdam") from None


def _check_language(code: str) -> str:
    if not _LANGUAGE.fullmatch(code) or len(code) > 10:
        raise ValueError(f"{code!r} is not a language code such as en or nl")
    return check_language(code)


class Table(BaseModel):
    """Base of the file's tables: typed as TOML is, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PageTable(Table):
    """[page]; keys that are absent stay as they are."""

    name: Line | None = None
    url: BaseAddress | None = None
    timezone: Annotated[str, AfterValidator(_check_zone)] | None = None
    languages: (
        Annotated[list[Annotated[str, AfterValidator(_check_language)]], Field(min_length=1, max_length=50)] | None
    ) = None
    support_url: WebAddress | None = None
    responsible_email: Addresses | None = None
    escalation_email: Addresses | None = None
    alarm_webhook: HookAddress | None = None
    reminders: Reminders | None = None


class ComponentTable(Table):
    """[[group.component]], or [[component]] outside any group. The slug tells components apart."""

    slug: Slug
    name: Line
    service: Line | None = None
    description: OptionalText | None = None
    beta: bool | None = None
    hidden: bool | None = None
    publishes_itself: bool | None = None
    monitor: list[MonitorTable] = []


class GroupTable(Table):
    """[[group]]; groups stand on the page in the order of the file."""

    name: Line
    component: list[ComponentTable] = []


class WordsTable(Table):
    """[template.translations.LANGUAGE]."""

    title: Line | None = None
    body: Body | None = None


class TemplateTable(Table):
    """[[template]]: a text to begin with; the name tells templates apart."""

    name: Line
    title: Line | None = None
    body: Body
    translations: dict[str, WordsTable] = {}


class SiteFile(Table):
    """A whole site.toml."""

    page: PageTable = PageTable()
    group: list[GroupTable] = []
    component: list[ComponentTable] = []
    template: list[TemplateTable] = []

    @property
    def components(self) -> list[tuple[str | None, ComponentTable]]:
        """All components with the name of their group, in the order of the page; those without one come first."""
        alone: list[tuple[str | None, ComponentTable]] = [(None, table) for table in self.component]
        return alone + [(group.name, table) for group in self.group for table in group.component]


def read_site(text: str) -> SiteFile:
    """A site.toml that was checked. Raises Refused with the path of each wrong or unknown key."""
    try:
        site = SiteFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Refused(Problem("", f"not valid TOML: {error}")) from None
    except RecursionError:
        raise Refused(Problem("", "not valid TOML: nested too deeply")) from None
    except ValidationError as error:
        raise Refused(_plainly(problems_of(error))) from None
    twice = [Problem("group.name", f"{name!r} stands there twice") for name in _doubled(g.name for g in site.group)]
    slugs = _doubled(table.slug for _, table in site.components)
    twice += [Problem("group.component.slug", f"{slug!r} stands there twice") for slug in slugs]
    names = _doubled(table.name.lower() for table in site.template)
    twice += [Problem("template.name", f"{name!r} stands there twice") for name in names]
    if twice:
        raise Refused(twice)
    return site


def site_text(tables: dict[str, Any]) -> str:
    """TOML text of {"page": {…}, "component": […], "group": […]}; keys that are None are left out."""
    lines: list[str] = []
    _write_table(lines, "", tables)
    return "\n".join(lines).strip() + "\n"


def _write_table(lines: list[str], path: str, table: dict[str, Any]) -> None:
    for key, value in table.items():
        if value is not None and not _is_table(value):
            lines.append(f"{key} = {_toml(value)}")
    for key, value in table.items():
        below = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            lines += ["", f"[{below}]"]
            _write_table(lines, below, value)
        elif _is_table(value):
            for each in value:
                lines += ["", f"[[{below}]]"]
                _write_table(lines, below, each)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return str(value) if isinstance(value, int | float) else _quoted(str(value))


def _quoted(text: str) -> str:
    """A basic string; control characters, which only a description's line breaks are, as escapes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'


def _plainly(problems: Iterable[Problem]) -> list[Problem]:
    """Messages in the file's own words; what a monitor as a whole refuses is said of its key."""
    plain = []
    for problem in problems:
        key, colon, message = problem.message.partition(": ")
        if problem.message == "Extra inputs are not permitted":
            plain.append(Problem(problem.field, "is not a known key"))
        elif colon and key in MonitorTable.model_fields:
            plain.append(Problem(f"{problem.field}.{key}", message))
        else:
            plain.append(problem)
    return plain


def _doubled(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
