"""A draft as options of a command: one per field, so that the command line takes what forms and API take."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import click
from pydantic.fields import FieldInfo

from statuspage.cli.console import pairs, read_text, read_time, translations_of
from statuspage.drafts import Draft, read_draft

TEXTS = ("text", "body", "reason")
"""Fields that may be long: - reads standard input, @FILE a file."""
TRANSLATION = click.option(
    "--translation",
    "translations",
    multiple=True,
    metavar="LANGUAGE.title|body=TEXT",
    help="In a further language of the page; repeatable. @FILE reads a file.",
)
Command = TypeVar("Command", bound=Callable[..., Any])
D = TypeVar("D", bound=Draft)


def takes(kind: type[Draft], *, without: tuple[str, ...] = ()) -> Callable[[Command], Command]:
    """Give a command the fields of a draft as options; it gets what was typed as the keyword `typed`."""
    fields = {name: field for name, field in kind.model_fields.items() if name not in without}

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(*args: Any, **options: Any) -> Any:
            typed = {name: options.pop(name) for name in fields}
            return command(*args, typed=typed, **options)

        decorated: Any = run
        for name, field in reversed(fields.items()):
            decorated = _option(name, field)(decorated)
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


def _option(name: str, field: FieldInfo) -> Callable[[Any], Any]:
    held = set(_types(field.annotation))
    flag = f"--{name.replace('_', '-')}"
    if bool in held:
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None)
    if name == "translations":
        return TRANSLATION
    if dict in held:
        return click.option(flag, name, multiple=True, metavar="NAME=TEXT", help="Repeatable.")
    if list in held:
        return click.option(flag, name, multiple=True, metavar="TEXT", help="Repeatable.")
    required = field.is_required() and type(None) not in held
    if datetime in held:
        meant = "With an offset, or wall-clock time in the page's zone."
        return click.option(flag, name, required=required, metavar="TIME", help=meant)
    said = "- reads standard input, @FILE a file." if name in TEXTS else None
    return click.option(flag, name, required=required, metavar="TEXT", help=said)


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
        yield origin or annotation
