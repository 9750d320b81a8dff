"""What commands share: the instance brought up to date, who acts, times and texts as typed, refusals as printed.

Exit codes: 0 done; 1 could not (no such thing, database away); 2 refused, with a line "error: field: message" for
each field.
"""

from __future__ import annotations

import getpass
import json
import re
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import click
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import Forbidden

from statuspage import tracing
from statuspage.changes import Change, Installation
from statuspage.cli.roles import acting_user, check_role
from statuspage.components import load_page
from statuspage.domain.sla.policy import PolicyError
from statuspage.domain.wallclock import WallTimeError, instant_of
from statuspage.errors import Conflicted, NotFound, Problem, Refused
from statuspage.instance import bring_up_to_date
from statuspage.migrations import DatabaseTooNew
from statuspage.settings import SettingsError
from statuspage.web import current

FAILED, REFUSED = 1, 2
BARE = ("policy check",)
"""Commands that need no instance, and so change none."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

P = ParamSpec("P")
R = TypeVar("R")


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """What the command raises becomes lines on standard error and an exit code, never a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            path = _path(click.get_current_context())
            check_role(path)
            if path in BARE:
                return command(*args, **kwargs)
            with tracing.acting(tracing.Act(author(), path.replace(" ", "."), None, current.now())):
                return command(*args, **kwargs)
        except Forbidden as error:
            fail(error.description or "not allowed")
        except Refused as error:
            refuse(error)
        except (SettingsError, PolicyError) as error:
            fail(str(error), REFUSED)
        except (NotFound, Conflicted, DatabaseTooNew) as error:
            fail(str(error))
        except OperationalError as error:
            fail(f"the database cannot be reached: {error.orig}")
        except OSError as error:
            fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))

    return run


def _path(context: click.Context) -> str:
    """The command below `flask`, however that was started: "policy check"."""
    names = []
    while context.parent is not None:
        names.append(context.info_name or "")
        context = context.parent
    return " ".join(reversed(names))


def opened() -> tuple[Installation, datetime]:
    """The installation, brought up to date, and this instant."""
    installation, now = current.installation(), current.now()
    with tracing.acting(None):  # the first start's page is nobody's doing
        bring_up_to_date(installation, now)
    return installation, now


def author() -> str:
    """How rows name who wrote them: whom STATUSPAGE_USER names, else the account that runs the command."""
    if email := acting_user():
        return email
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # an account without a name, as in a container
        return "cli"


def page_zone(installation: Installation) -> ZoneInfo:
    """The page's zone, in which times without an offset are meant."""
    with installation.database.read() as session:
        return ZoneInfo(load_page(session).timezone)


def read_time(text: str, zone: ZoneInfo, field: str) -> datetime:
    """The instant of a typed time. Raises Refused naming `field`."""
    try:
        return instant_of(text, zone)
    except WallTimeError as error:
        raise Refused(Problem(field, str(error))) from None


def read_text(value: str) -> str:
    """A text option: itself, "-" for standard input, "@FILE" for a file's content."""
    if value == "-":
        return _decoded(sys.stdin.buffer.read(), "standard input")
    if value.startswith("@"):
        return _decoded(Path(value[1:]).read_bytes(), value[1:])
    return value


def read_file(path: str) -> str:
    """A file's UTF-8 text ("-" is standard input). Raises Refused when it is not UTF-8."""
    return read_text("-" if path == "-" else f"@{path}")


def given(**values: Any) -> dict[str, Any]:
    """The values that were typed: what is None is left to its default."""
    return {name: value for name, value in values.items() if value is not None}


def pairs(values: Sequence[str], field: str) -> dict[str, str] | None:
    """{"slug": "status"} from "slug=status" texts, None when there are none. Raises Refused."""
    found: dict[str, str] = {}
    for value in values:
        slug, equals, status = value.partition("=")
        if not equals or slug in found:
            reason = f"{slug!r} stands there twice" if equals else f"{value!r} is not SLUG=STATUS"
            raise Refused(Problem(field, reason))
        found[slug] = status
    return found or None


def translations_of(values: Sequence[str]) -> dict[str, dict[str, str]] | None:
    """{"nl": {"body": "text"}} from "nl.body=text" texts (a text may be @FILE), None when there are none. Raises
    Refused."""
    found: dict[str, dict[str, str]] = {}
    for name, text in (pairs(values, "translations") or {}).items():
        language, dot, part = name.partition(".")
        if not dot:
            raise Refused(Problem("translations", f"{name!r} is not LANGUAGE.title or LANGUAGE.body"))
        found.setdefault(language, {})[part] = read_text(text)
    return found or None


def say(text: str) -> None:
    """A line for people; control characters, which would drive their terminal, are shown as "?"."""
    click.echo(_CONTROL.sub("?", text))


def warn(text: str) -> None:
    """A line on standard error."""
    click.echo(_CONTROL.sub("?", text), err=True)


def say_json(value: BaseModel | Sequence[BaseModel]) -> None:
    """The API's own shape as JSON."""
    dumped = [each.model_dump(mode="json") for each in value] if isinstance(value, Sequence) else None
    shown = value.model_dump(mode="json") if isinstance(value, BaseModel) else dumped
    click.echo(json.dumps(shown, indent=2))


def say_rows(rows: Sequence[Sequence[str]], empty: str) -> None:
    """Columns for people, or `empty` when there is nothing."""
    if not rows:
        say(empty)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def say_outcome(change: Change) -> None:
    """What came of a change: mails queued, and whether the page shows it already."""
    say(f"{change.queued} {'message' if change.queued == 1 else 'messages'} queued.")
    if change.publish_error is not None:
        warn(f"warning: saved, but not published yet: {change.publish_error}. The worker tries again.")


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """An instant in the page's zone, "" for none."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z") if moment else ""


def refuse(error: Refused) -> NoReturn:
    """Print a refusal, and what would be accepted, and end with exit code 2."""
    for problem in error.problems:
        warn(f"error: {problem.field}: {problem.message}" if problem.field else f"error: {problem.message}")
    facts = error.facts
    if "earliest_start" in facts:
        warn(f"earliest start: {facts['earliest_start']}")
    if "accepted_kinds" in facts:
        warn(f"accepted now: {', '.join(facts['accepted_kinds'])}")
    if "reasons" in facts:
        warn(f"reasons: {', '.join(facts['reasons'])}")
    if "confirm_required" in facts:
        warn("repeat the command with --confirm to announce it all the same")
    sys.exit(REFUSED)


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Print one line and end."""
    warn(f"error: {message}")
    sys.exit(code)


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(Problem("", f"{where} is not UTF-8 text")) from None
