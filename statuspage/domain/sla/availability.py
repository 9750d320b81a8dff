"""The availability figure of a period: what left the total, what was down, what nobody knows, and why.

With T total, X removed, U unknown and D down outside both: availability = (T - X - U - D) / (T - X - U). All
lengths are exact; the cost grows with the events handed in, not with the length of the period.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from statuspage.domain.intervals import Span, clip, intersect, merge, subtract, total
from statuspage.domain.percent import floor_percent, percent_fraction
from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.events import Effect, Event, MaintenanceWindow, Outage, Part, effects
from statuspage.domain.sla.terms import AvailabilityTerms

__all__ = ["Availability", "Event", "MaintenanceWindow", "Outage", "Part", "availability", "plain_availability"]

Rule = Literal["all", "any"]
_MINUTE = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Availability:
    """The figure of one service over `window`, with all that it was made of.

    `downtime` is exact and `counted` what the policy makes of it by rounding; `removed`, `unknown` and `downtime`
    never overlap. `removals` left the total, `exempt` is just not downtime, `outages` are what counted.
    """

    window: Span
    total: timedelta
    removed: timedelta = timedelta()
    unknown: timedelta = timedelta()
    downtime: timedelta = timedelta()
    counted: timedelta = timedelta()
    removals: tuple[Part, ...] = ()
    exempt: tuple[Part, ...] = ()
    outages: tuple[Part, ...] = ()

    @property
    def den(self) -> timedelta:
        """Measured time: the total without what was removed and what is unknown."""
        return max(self.total - self.removed - self.unknown, timedelta())

    @property
    def num(self) -> timedelta:
        """Measured time that was not down; never below nothing (EC7)."""
        return max(self.den - self.counted, timedelta())

    @property
    def share(self) -> Fraction | None:
        """The exact figure, 0 to 1; None when nothing was measured."""
        return Fraction(self.num // _MICROSECOND, self.den // _MICROSECOND) if self.den else None

    def met(self, target: Decimal | None) -> bool | None:
        """Whether the unrounded figure reaches a target in percent; None without a target or a figure."""
        return None if target is None or self.share is None else self.share >= percent_fraction(target)

    def percent(self, decimals: int = 2) -> str | None:
        """The figure for people, floored; None when nothing was measured."""
        share = self.share
        return None if share is None else floor_percent(share.numerator, share.denominator, decimals)


def availability(
    policy: Policy,
    window: Span,
    events: Iterable[Event],
    *,
    components: Collection[str] | None = None,
    rule: Rule = "all",
    unknown: Iterable[tuple[str, Span]] = (),
) -> Availability:
    """The figure of an SLA report, with the policy's total, rounding and reported-only rule.

    `components` are the service's measured ones (leave beta ones out, CM6); None means those that are named.
    Rule "all": down while any is down, else removed while any is; "any": up while one is up (CM12). `unknown` is
    (component, span) nobody measured: it leaves numerator and denominator and is reported.
    """
    return _figure(policy.availability, window, events, components, rule, unknown)


def plain_availability(
    policy: Policy,
    window: Span,
    events: Iterable[Event],
    *,
    components: Collection[str] | None = None,
    rule: Rule = "all",
    unknown: Iterable[tuple[str, Span]] = (),
) -> Availability:
    """The figure of a day bar or an uptime page: the policy's causes and classes on calendar time, unrounded."""
    plain = {"total": None, "start_rounding": None, "sum_rounding": None, "only_reported": False}
    return _figure(policy.availability.model_copy(update=plain), window, events, components, rule, unknown)


def _figure(
    terms: AvailabilityTerms,
    window: Span,
    events: Iterable[Event],
    components: Collection[str] | None,
    rule: Rule,
    unknown: Iterable[tuple[str, Span]],
) -> Availability:
    parts = [named for event in events for named in effects(terms, event)]
    dark = list(unknown)
    if components is None:
        components = {part.component for _, part in parts} | {component for component, _ in dark}
    parts = list(_clipped(parts, window, components))
    states = _states(parts, dark, window, components)
    down, removed, lost = _any_up(states) if rule == "any" else _all_up(states)
    downtime = total(down)
    return Availability(
        window=window,
        total=terms.total.length if terms.total else window.length,
        removed=total(removed),
        unknown=total(lost),
        downtime=downtime,
        counted=_rounded(terms, downtime),
        removals=_within(parts, "removed", removed),
        exempt=tuple(part for effect, part in parts if effect == "exempt"),
        outages=_within(parts, "down", down),
    )


Spans = tuple[Span, ...]


@dataclass(frozen=True)
class _State:
    """One component's time by what it was; what is in none of these was up. No instant is in two."""

    down: Spans
    removed: Spans
    unknown: Spans


def _states(
    parts: Iterable[tuple[Effect, Part]],
    unknown: Iterable[tuple[str, Span]],
    window: Span,
    components: Collection[str],
) -> list[_State]:
    spans: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for effect, part in parts:
        spans[part.component, effect].append(part.span)
    for component, span in unknown:
        spans[component, "unknown"] += clip([span], window)
    return [_state(name, spans) for name in components]


def _state(component: str, spans: dict[tuple[str, str], list[Span]]) -> _State:
    """Within one component an exclusion beats its own fault (A3), and knowledge beats ignorance."""
    removed = merge(spans[component, "removed"])
    spared = merge([*removed, *spans[component, "exempt"]])
    down = subtract(spans[component, "down"], spared)
    return _State(down, removed, subtract(spans[component, "unknown"], [*spared, *down]))


def _all_up(states: Sequence[_State]) -> tuple[Spans, Spans, Spans]:
    """Down while any component is, else removed while any is: across components an own fault wins (A3)."""
    down = merge(span for state in states for span in state.down)
    removed = subtract((span for state in states for span in state.removed), down)
    unknown = subtract((span for state in states for span in state.unknown), [*down, *removed])
    return down, removed, unknown


def _any_up(states: Sequence[_State]) -> tuple[Spans, Spans, Spans]:
    """Up while any component is, else down while any is, else removed (CM12, A40); a dark one may be up."""
    known = _common([*state.down, *state.removed] for state in states)
    down = intersect(known, (span for state in states for span in state.down))
    maybe = _common([*state.down, *state.removed, *state.unknown] for state in states)
    return down, subtract(known, down), subtract(maybe, known)


def _common(lists: Iterable[Sequence[Span]]) -> Spans:
    common: Spans | None = None
    for spans in lists:
        common = merge(spans) if common is None else intersect(common, spans)
    return common or ()


def _clipped(
    parts: Iterable[tuple[Effect, Part]], window: Span, components: Collection[str]
) -> Iterator[tuple[Effect, Part]]:
    for effect, part in parts:
        if part.component in components:
            for span in clip([part.span], window):
                yield effect, replace(part, span=span)


def _within(parts: Iterable[tuple[Effect, Part]], wanted: Effect, merged: Spans) -> tuple[Part, ...]:
    """The parts of one effect, cut to the spans that took that effect for the service as a whole."""
    starts = [span.start for span in merged]
    cut: list[Part] = []
    for effect, part in parts:
        if effect == wanted:
            first = max(bisect_right(starts, part.span.start) - 1, 0)
            last = bisect_right(starts, part.span.end)
            cut += (replace(part, span=span) for span in clip(merged[first:last], part.span))
    return tuple(sorted(cut, key=lambda part: (part.span, part.component)))


def _rounded(terms: AvailabilityTerms, downtime: timedelta) -> timedelta:
    """Whole minutes, once, on the sum; half a minute rounds up (EC6, A45)."""
    if terms.sum_rounding is None:
        return downtime
    return (downtime + _MINUTE / 2) // _MINUTE * _MINUTE
