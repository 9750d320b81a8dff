"""Reports as CSV: one flat table each, one line per figure and per stretch of time, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from statuspage.domain.intervals import Span
from statuspage.domain.wallclock import wire
from statuspage.reports.communication import CommunicationReport, IncidentKept
from statuspage.reports.lengths import seconds
from statuspage.reports.notices import NoticeGiven
from statuspage.reports.sla import Entry, ServiceRow, SlaReport

_SLA_COLUMNS = (
    *("record", "period", "final", "service", "tier", "component", "start", "end", "seconds", "reason"),
    *("kind", "event", "title", "total_seconds", "removed_seconds", "unknown_seconds", "downtime_seconds"),
    *("counted_seconds", "availability_num", "availability_den", "availability_pct", "target", "met", "credit_pct"),
    *("announced_at", "latest_notice_at", "notice_required", "customer"),
)
_COMMUNICATION_COLUMNS = (
    *("record", "period", "final", "event", "title", "priority", "start", "end", "updates_due", "updates_posted"),
    *("updates_late", "late_seconds", "due_at", "posted_at", "announced_at", "latest_notice_at", "notice_required"),
    "met",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Row = Mapping[str, Any]


def sla_csv(report: SlaReport) -> str:
    """The SLA report: a line per service and tier, then one per stretch of time it was made of; then the notices."""
    return csv_text(_SLA_COLUMNS, _sla_rows(report))


def communication_csv(report: CommunicationReport) -> str:
    """The communication report: a line per incident, one per late update, one per maintenance."""
    return csv_text(_COMMUNICATION_COLUMNS, _communication_rows(report))


def safe_cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP): text that could be one gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return wire(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Rows as CSV text, every cell safe; what a row does not name stays empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe_cell(row.get(column)) for column in columns])
    return out.getvalue()


def _sla_rows(report: SlaReport) -> Iterator[Row]:
    whose = report.customer.name if report.customer else None
    of = {"period": str(report.period), "final": report.final, "customer": whose}
    yield of | {"record": "formula", "title": report.formula.symbols} | _span(report.window)
    for letter, meaning in report.formula.terms:
        yield of | {"record": "formula", "reason": letter, "title": meaning}
    for row in report.rows:
        about = of | {"service": row.line.key, "tier": row.tier.id if row.tier else None}
        yield about | {"record": "service", **_figure(row)}
        for record, entries in (("removed", row.removed), ("exempt", row.exempt), ("outage", row.outages)):
            for entry in entries:
                yield about | {"record": record, **_entry(entry)}
        for component, span in row.unknown:
            yield about | {"record": "unknown", "component": component, **_span(span)}
    for notice in report.notices:
        yield of | {"record": "maintenance", **_notice(notice)}


def _figure(row: ServiceRow) -> dict[str, Any]:
    promised = {"title": row.line.name, "reason": row.absent, "target": row.target, "met": row.met}
    if row.figure is None:
        return promised
    figure = row.figure
    return promised | {
        "total_seconds": seconds(figure.total),
        "removed_seconds": seconds(figure.removed),
        "unknown_seconds": seconds(figure.unknown),
        "downtime_seconds": seconds(figure.downtime),
        "counted_seconds": seconds(figure.counted),
        "availability_num": seconds(figure.num),
        "availability_den": seconds(figure.den),
        "availability_pct": figure.percent(),
        "credit_pct": row.credit_percent,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    named = {"component": entry.component, "reason": entry.reason, "kind": entry.kind}
    return named | {"event": entry.id, "title": entry.title} | _span(entry.span)


def _span(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "seconds": seconds(span.length)}


def _notice(notice: NoticeGiven) -> dict[str, Any]:
    return {
        "event": notice.id,
        "title": notice.title,
        "component": " ".join(notice.components),
        "reason": notice.kind.value,
        "met": notice.met,
        "announced_at": notice.announced_at,
        "latest_notice_at": notice.latest_notice_at,
        "notice_required": notice.required,
        **_span(notice.span),
    }


def _communication_rows(report: CommunicationReport) -> Iterator[Row]:
    of = {"period": str(report.period), "final": report.final}
    for incident in report.incidents:
        yield of | {"record": "incident", **_kept(incident)}
        for late in incident.late:
            named = {
                "record": "late",
                "event": incident.id,
                "title": incident.title,
                "late_seconds": seconds(late.by),
            }
            yield of | named | {"due_at": late.due_at, "posted_at": late.posted_at}
    for notice in report.notices:
        yield of | {"record": "maintenance", **_notice(notice)}


def _kept(incident: IncidentKept) -> dict[str, Any]:
    return {
        "event": incident.id,
        "title": incident.title,
        "priority": incident.priority,
        "start": incident.started_at,
        "end": incident.resolved_at,
        "updates_due": incident.due,
        "updates_posted": incident.posted,
        "updates_late": len(incident.late),
        "late_seconds": seconds(incident.late_for),
    }
