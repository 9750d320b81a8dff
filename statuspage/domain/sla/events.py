"""What happened to components, as values, and what each event does to the availability figure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from statuspage.domain.intervals import Span
from statuspage.domain.sla.terms import AvailabilityTerms
from statuspage.domain.vocabulary import Cause, MaintenanceKind

Effect = Literal["removed", "exempt", "down"]
"""Out of the total; just not downtime; downtime."""


@dataclass(frozen=True)
class Outage:
    """One component not well, by one cause. Only `down` weighs (A5); `reported` is whether this customer did."""

    component: str
    span: Span
    cause: Cause = Cause.OWN
    down: bool = True
    reported: bool = True
    ref: str = ""


@dataclass(frozen=True)
class MaintenanceWindow:
    """One component in announced work of a computed class; `ended_at` when the work really ended (A4)."""

    component: str
    span: Span
    kind: MaintenanceKind
    down: bool = False
    ended_at: datetime | None = None
    reported: bool = True
    ref: str = ""


Event = Outage | MaintenanceWindow


@dataclass(frozen=True)
class Part:
    """A stretch of one component's time as the report lists it: `reason` is a cause or class, `ref` its event."""

    component: str
    span: Span
    reason: Cause | MaintenanceKind
    ref: str = ""


def effects(terms: AvailabilityTerms, event: Event) -> Iterator[tuple[Effect, Part]]:
    """What an event weighs: an outage its cause, a maintenance its class, its overrun what an outage weighs (A4)."""
    if isinstance(event, Outage):
        if event.down:
            yield from _weighed(terms, event, event.span, event.cause)
        return
    announced, overrun = _as_worked(event)
    if event.down or terms.excludes(event.kind):
        yield from _weighed(terms, event, announced, event.kind)
    if event.down and overrun:
        yield from _weighed(terms, event, overrun, Cause.OWN)


def _weighed(
    terms: AvailabilityTerms, event: Event, span: Span, reason: Cause | MaintenanceKind
) -> Iterator[tuple[Effect, Part]]:
    if reason in terms.remove_from_total:
        yield "removed", Part(event.component, span, reason, event.ref)
    elif reason in terms.not_downtime:
        yield "exempt", Part(event.component, span, reason, event.ref)
    elif event.reported or not terms.only_reported:
        yield "down", Part(event.component, _floored(terms, span), reason, event.ref)


def _as_worked(window: MaintenanceWindow) -> tuple[Span, Span | None]:
    """The announced window up to its real end, and what ran over it: A4."""
    ended_at = window.ended_at or window.span.end
    announced = Span(window.span.start, max(window.span.start, min(window.span.end, ended_at)))
    return announced, Span(window.span.end, ended_at) if ended_at > window.span.end else None


def _floored(terms: AvailabilityTerms, span: Span) -> Span:
    """From the minute the system went down (EC9)."""
    if terms.start_rounding is None:
        return span
    return Span(span.start.replace(second=0, microsecond=0), span.end)
