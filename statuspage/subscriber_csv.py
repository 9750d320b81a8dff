"""The CSV of subscribers: read with the line of each mistake, written so that no spreadsheet runs a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from statuspage.drafts import SubscriberDraft, read_draft
from statuspage.errors import Problem, Refused
from statuspage.models import Subscriber
from statuspage.notify.hook_addresses import HOOK_CHANNELS
from statuspage.wishes import SERVICE_PREFIX, kinds_of, services_of

COLUMNS = ("email", "confirmed", "components", "kinds", "min_priority", "language", "frequency", "channel", "address")
CONTRACT = COLUMNS[:6]
"""What every file has; `frequency` is written only where somebody chose a daily digest, `channel` and `address` (of a
webhook or chat, which has no email) only where there is one. A whole service stands among
the components as service:NAME."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_YES, _NO = {"yes", "true", "1", "y"}, {"", "no", "false", "0", "n"}


@dataclass(frozen=True)
class Row:
    """One line of the file: the draft it makes, or what is wrong with it."""

    line: int
    draft: SubscriberDraft | None
    problems: tuple[Problem, ...] = ()


def read_rows(text: str) -> Iterator[Row]:
    """The lines after the header, one at a time. Raises Refused when the header is missing or names an unknown
    column, and on the way at a line that is no CSV."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
    except csv.Error as error:
        raise Refused(Problem("line 1", str(error))) from None
    _check_header(header)
    return _read_on(reader, header)


def _read_on(reader: Any, header: list[str]) -> Iterator[Row]:
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _read_row(reader.line_num, header, cells)
    except csv.Error as error:
        raise Refused(Problem(f"line {reader.line_num}", str(error))) from None


def write_rows(found: Iterable[Subscriber], *, frequency: bool = False, hooks: bool = False) -> Iterator[str]:
    """CSV text, the header line first, a piece per line. A cell that a spreadsheet would take for a formula begins
    with '. `frequency` adds that column, `hooks` the two of webhooks and chats."""
    columns = (*CONTRACT, *(COLUMNS[6:7] if frequency else ()), *(COLUMNS[7:] if hooks else ()))
    yield _line(columns)
    for one in found:
        if hooks or one.channel == "email":
            cells = dict(zip(COLUMNS, _cells_of(one), strict=True))
            yield _line([_guarded(cells[name]) for name in columns])


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _cells_of(one: Subscriber) -> tuple[str, ...]:
    services = [f"{SERVICE_PREFIX}{name}" for name in services_of(one)]
    by_mail = one.channel == "email"
    return (
        one.address if by_mail else "",
        "yes" if one.confirmed_at is not None else "no",
        ";".join([*services, *(component.slug for component in one.components)]),
        ";".join(kinds_of(one)),
        one.min_priority or "",
        one.language,
        one.frequency,
        "" if by_mail else one.channel,
        "" if by_mail else one.address,
    )


def _check_header(header: list[str]) -> None:
    if "email" not in header and not {"channel", "address"} <= set(header):
        raise Refused(Problem("line 1", f"must name the columns, email among them: {','.join(CONTRACT)}"))
    wrong = [name for name in header if name not in COLUMNS or header.count(name) > 1]
    if wrong:
        raise Refused(Problem("line 1", f"{wrong[0]!r} is no column, or stands there twice: {','.join(CONTRACT)}"))


def _read_row(line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) > len(header):
        return Row(line, None, (Problem("line", f"has {len(cells)} cells, the header {len(header)}"),))
    values = {name: _unguarded(cell.strip()) for name, cell in zip(header, cells, strict=False) if cell.strip()}
    confirmed = values.pop("confirmed", "").lower()
    if confirmed not in _YES | _NO:
        return Row(line, None, (Problem("confirmed", f"{confirmed!r} is neither yes nor no"),))
    lists: dict[str, Any] = {name: _split(values.pop(name)) for name in ("components", "kinds") if name in values}
    scope = lists.pop("components", [])
    lists["components"] = [name for name in scope if not name.startswith(SERVICE_PREFIX)]
    lists["services"] = [name.removeprefix(SERVICE_PREFIX) for name in scope if name.startswith(SERVICE_PREFIX)]
    channel, url = values.pop("channel", "").lower(), values.pop("address", "")
    if channel not in ("", "email", *HOOK_CHANNELS):
        return Row(line, None, (Problem("channel", f"must be one of email, {', '.join(HOOK_CHANNELS)}"),))
    given = {channel or "email": url} if url else {}
    try:
        draft = read_draft(SubscriberDraft, {**values, **given, **lists, "confirmed": confirmed in _YES})
    except Refused as error:
        return Row(line, None, error.problems)
    if not draft.email and not draft.hooks:
        return Row(line, None, (Problem("email", "is missing"),))
    return Row(line, draft)


def _split(cell: str) -> list[str]:
    return [part.strip() for part in cell.replace(",", ";").split(";") if part.strip()]


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
