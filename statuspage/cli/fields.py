"""A draft as options of a command: one per field, so that the command line takes what forms and API take."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from functools import wraps
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import click
from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from statuspage.cli.console import pairs, read_text, read_time, translations_of
from statuspage.drafts import Draft, read_draft

TEXTS = ("text", "body", "reason")
"""Fields that may be long: - reads standard input, @FILE a file."""
FLAGS = {
    "starts_at": ("--starts-at", "--start"),
    "ends_at": ("--ends-at", "--end"),
    "components": ("--component", "--components"),
    "services": ("--service", "--services"),
    "kinds": ("--kind", "--kinds"),
    "publish_updates": ("--publish-update",),
}
"""Where a field's option is not just its name."""
TIME_HELP = "With an offset, or wall-clock time in the page's zone."
HELP = {
    "title": "One line, up to 255 characters.",
    "body": "What people read, in Markdown; - reads standard input, @FILE a file.",
    "priority": "By the policy's definitions: `flask policy show`.",
    "cause": "Who answers for it.",
    "provider": "Who the third party is, with --cause third_party.",
    "notify": "Whether subscribers are told; the page shows it all the same.",
    "after": "The newest update you have read: refused when there is another.",
    "edits": "How often it had been changed when you read it: refused when somebody changed it since.",
    "publish_updates": "An update that becomes public when this one makes its incident so; repeatable.",
    "started_at": f"Now by default. {TIME_HELP}",
    "resolved_at": f"When it was over, with the status resolved; now by default. {TIME_HELP}",
    "workaround_at": f"When a work-around is planned, or since when there is one. {TIME_HELP}",
    "snapshot_at": f"The backup that was put back. {TIME_HELP}",
    "lost_until": f"Until when changes are lost with it; the incident's start by default. {TIME_HELP}",
    "reason_text": "The reason in words; shown.",
    "confirm": "Announce it although the policy warns.",
    "works_on": "What is worked on; shown.",
    "effect": "What people notice meanwhile; shown.",
}
"""What is said of options by their fields' names."""
TRANSLATION = click.option(
    "--translation",
    "translations",
    multiple=True,
    metavar="LANGUAGE.title|body|reason_text=TEXT",
    help="In a further language of the page; repeatable. @FILE reads a file.",
)
Command = TypeVar("Command", bound=Callable[..., Any])
D = TypeVar("D", bound=Draft)


def takes(
    kind: type[Draft], *, without: tuple[str, ...] = (), said: Mapping[str, str] | None = None
) -> Callable[[Command], Command]:
    """Give a command the fields of a draft as options; it gets what was typed as the keyword `typed`. `said` is what
    this command says of some of them."""
    helps = {**HELP, **(said or {})}
    fields = {name: field for name, field in kind.model_fields.items() if name not in without}

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(*args: Any, **options: Any) -> Any:
            typed = {name: options.pop(name) for name in fields}
            return command(*args, typed=typed, **options)

        decorated: Any = run
        for name, field in reversed(fields.items()):
            decorated = _option(name, field, helps)(decorated)
        return decorated  # type: ignore[no-any-return]

    return decorate


def read_typed(kind: type[D], typed: Mapping[str, Any], zone: ZoneInfo, **more: Any) -> D:
    """The draft that the options describe; what was not typed keeps its default. Raises Refused."""
    values = {
        name: _read(name, kind.model_fields[name], value, zone)
        for name, value in typed.items()
        if value not in (None, ()) or (kind.model_fields[name].is_required() and _holds(name, kind, type(None)))
    }
    return read_draft(kind, {**values, **more})


def _option(name: str, field: FieldInfo, helps: Mapping[str, str]) -> Callable[[Any], Any]:
    held = set(_types(field.annotation))
    flags = FLAGS.get(name, (f"--{name.replace('_', '-')}",))
    if bool in held:
        return click.option(f"{flags[0]}/--no-{flags[0][2:]}", name, default=None, help=helps.get(name))
    if name == "translations":
        return TRANSLATION
    if dict in held:
        words = next((_metavar(each) for each in held if _is_enum(each)), "TEXT")
        return click.option(*flags, name, multiple=True, metavar=f"NAME={words}", help="Repeatable.")
    if list in held:
        return click.option(*flags, name, multiple=True, metavar="TEXT", help=helps.get(name, "Repeatable."))
    required = field.is_required() and type(None) not in held
    if datetime in held:
        return click.option(*flags, name, required=required, metavar="TIME", help=helps.get(name, TIME_HELP))
    said = helps.get(name, "- reads standard input, @FILE a file." if name in TEXTS else None)
    metavar = next((_metavar(each) for each in held if _is_enum(each)), "TEXT")
    return click.option(*flags, name, required=required, metavar=metavar, help=said)


def _is_enum(held: Any) -> bool:
    return isinstance(held, type) and issubclass(held, Enum)


def _metavar(words: type[Enum]) -> str:
    return "|".join(str(each.value) for each in words)


def _read(name: str, field: FieldInfo, value: Any, zone: ZoneInfo) -> Any:
    held = set(_types(field.annotation))
    if value is None or (value == "" and type(None) in held):
        return None
    if name == "translations":
        return translations_of(value)
    if dict in held:
        return pairs(value, name)
    if list in held:
        return list(value)
    if datetime in held:
        return read_time(value, zone, name)
    return read_text(value) if name in TEXTS else value


def _holds(name: str, kind: type[Draft], wanted: type) -> bool:
    return wanted in _types(kind.model_fields[name].annotation)


def _types(annotation: Any) -> Iterator[Any]:
    """The plain types inside an annotation: of `Annotated[date, …] | None` date and NoneType."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _types(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _types(each)
    else:
        yield datetime if annotation is AwareDatetime else origin or annotation
        if origin is dict:
            yield from (each for each in _types(get_args(annotation)[1]) if _is_enum(each))
