"""Verbs on corrections: what a component truly was between two instants, with a reason that the public reads.

A correction replaces all sources in its span and is never silent: it stands on the component's page and in the
audit log, and so does its withdrawal.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from statuspage import audit
from statuspage.components import load_component
from statuspage.domain.sla.contract import Policy
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.drafts import Draft, Instant, Line, Slug, read_draft
from statuspage.errors import NotFound, Problem, Refused
from statuspage.models import Alert, Component, Correction

COLUMNS = ("component", "starts_at", "ends_at", "status", "reason")
LONGEST_FILE = 100_000


class CorrectionDraft(Draft):
    """What a component was from `starts_at` until `ends_at`, and why it is set right."""

    component: Slug
    starts_at: Instant
    ends_at: Instant
    status: ComponentStatus
    """Any state; unknown says that nobody measured."""
    reason: Annotated[Line, Field(max_length=500)]


@dataclass(frozen=True)
class Imported:
    """What an import of intervals did."""

    added: int
    known: int


def load_corrections(session: Session, *, component: Component | None = None) -> Sequence[Correction]:
    """Corrections, the last recorded first, withdrawn ones too."""
    query = select(Correction).order_by(Correction.id.desc())
    if component is not None:
        query = query.where(Correction.component_id == component.id)
    return session.scalars(query).all()


def load_correction(session: Session, key: str) -> Correction:
    """One correction. Raises NotFound."""
    found = session.get(Correction, int(key)) if key.isdecimal() and len(key) < 10 else None
    if found is None:
        raise NotFound("correction", key)
    return found


def record_correction(
    session: Session, draft: CorrectionDraft, *, policy: Policy, author: str, now: datetime
) -> Correction:
    """Set right what a component was. Raises Refused for an interval that is empty or not over, and for readings of
    an outside monitor that the policy relies on."""
    try:
        component = load_component(session, draft.component)
    except NotFound as error:
        raise Refused(Problem("component", str(error))) from None
    if draft.ends_at <= draft.starts_at:
        raise Refused(Problem("ends_at", "must be after starts_at"))
    if draft.ends_at > now:
        raise Refused(Problem("ends_at", "must not be later than now: only what is over can be set right"))
    _check_readings(session, component, draft, policy)
    row = Correction(
        component_id=component.id,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        status=draft.status,
        reason=draft.reason,
        author=author,
        recorded_at=now,
    )
    session.add(row)
    component.updated_at = now
    session.flush()
    _audit(session, "correction.record", row, component, author, now)
    return row


def withdraw_correction(session: Session, row: Correction, *, author: str, now: datetime) -> None:
    """Let the sources speak again in its span. Raises Refused when it was withdrawn already."""
    if row.withdrawn_at is not None:
        raise Refused(Problem("", "this correction is withdrawn already"))
    row.withdrawn_at = now
    component = session.get_one(Component, row.component_id)
    component.updated_at = now
    session.flush()
    _audit(session, "correction.withdraw", row, component, author, now)


def import_intervals(session: Session, text: str, *, policy: Policy, author: str, now: datetime) -> Imported:
    """Corrections from CSV with a header line of COLUMNS; those that stand already are left. Raises Refused naming
    line and column ("line 3, ends_at") for everything that is wrong; then nothing is written."""
    drafts = _read_rows(text)
    standing = {
        (row.component_id, row.starts_at, row.ends_at, row.status)
        for row in load_corrections(session)
        if row.withdrawn_at is None
    }
    added, problems = 0, list[Problem]()
    for line, draft in drafts:
        try:
            key = load_component(session, draft.component).id, draft.starts_at, draft.ends_at, draft.status
            if key not in standing:
                record_correction(session, draft, policy=policy, author=author, now=now)
                standing.add(key)
                added += 1
        except NotFound as error:
            problems.append(Problem(f"line {line}, component", str(error)))
        except Refused as refused:
            problems += _on_line(line, refused.problems)
    if problems:
        raise Refused(problems)
    return Imported(added, len(drafts) - added)


def _read_rows(text: str) -> list[tuple[int, CorrectionDraft]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        _check_header(header)
        reader.fieldnames = header
        found, problems = list[tuple[int, CorrectionDraft]](), list[Problem]()
        for row in reader:
            line = reader.line_num
            if None in row or None in row.values():
                problems.append(Problem(f"line {line}", f"must have {len(header)} columns"))
                continue
            try:
                found.append((line, read_draft(CorrectionDraft, {name: row[name].strip() for name in COLUMNS})))
            except Refused as refused:
                problems += _on_line(line, refused.problems)
    except csv.Error as error:
        raise Refused(Problem(f"line {reader.line_num}", f"is not CSV: {error}")) from None
    if len(found) > LONGEST_FILE:
        problems.append(Problem("", f"at most {LONGEST_FILE} intervals are taken at once"))
    if problems:
        raise Refused(problems)
    return found


def _check_header(header: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    problems = [Problem(f"line 1, {name}", "is missing in the header line") for name in missing]
    problems += [Problem(f"line 1, {name or 'empty'}", "is not a known column") for name in unknown]
    if problems:
        raise Refused(problems)


def _on_line(line: int, problems: Iterable[Problem]) -> list[Problem]:
    return [Problem(f"line {line}, {problem.field}", problem.message) for problem in problems]


def _check_readings(session: Session, component: Component, draft: CorrectionDraft, policy: Policy) -> None:
    """Where the contract relies on an outside monitor, nobody here touches its readings (OP28)."""
    if policy.availability.measured_by != "external":
        return
    reading = session.scalar(
        select(Alert.id)
        .where(
            Alert.component_id == component.id,
            Alert.starts_at < draft.ends_at,
            or_(Alert.ends_at.is_(None), Alert.ends_at > draft.starts_at),
        )
        .limit(1)
    )
    if reading is not None:
        message = "the policy relies on an outside monitor: its readings in this interval are read-only"
        raise Refused(Problem("component", message))


def _audit(session: Session, action: str, row: Correction, component: Component, author: str, now: datetime) -> None:
    details = {
        "component": component.slug,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "status": row.status.value,
        "reason": row.reason,
    }
    audit.record(session, action, actor=author, target=str(row.id), details=details, now=now)
