"""The history of one component: what its sources claimed, added up to stretches of one state each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from statuspage.domain.intervals import Span
from statuspage.domain.vocabulary import Cause, ComponentStatus, MaintenanceKind

FIRST = "first"
"""The source that only says since when anything is known."""
MONITOR = "monitor:"
"""What the source of a measurement begins with."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SEVERITY = {status: status.severity for status in ComponentStatus}


@dataclass(frozen=True, slots=True)
class Claim:
    """From `at` on, one source ("incident:ID", "maintenance:ID", "monitor:ID", "base") says that the component has a
    status.

    A maintenance's claim carries its class in `kind`; `overrun` marks what lies outside the announced window,
    which no contract takes out (design A4). A source lets go by saying operational, but what a monitor `knows` to be
    up stays: another monitor that knows nothing yields to it.
    """

    source: str
    at: datetime
    status: ComponentStatus
    cause: Cause = Cause.OWN
    kind: MaintenanceKind | None = None
    overrun: bool = False
    knows: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """Maintenance under way: its class, and whether it lies outside its announced window."""

    kind: MaintenanceKind
    overrun: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What a component shows: the worst of its sources, the causes of those that say the worst, and all maintenance
    under way, also when an incident is worse."""

    status: ComponentStatus
    causes: frozenset[Cause] = frozenset()
    works: frozenset[Work] = frozenset()


UNKNOWN = State(ComponentStatus.UNKNOWN)
_QUIET = State(ComponentStatus.OPERATIONAL)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span in which the state did not change."""

    span: Span
    state: State

    @property
    def status(self) -> ComponentStatus:
        return self.state.status


@dataclass(frozen=True)
class Timeline:
    """The history of one component: stretches without gaps from the first knowledge until `until`.

    Two neighbours never have the same state. `current` is the state at `until`; UNKNOWN when nothing is known.
    """

    stretches: tuple[Stretch, ...]
    until: datetime
    current: State
    starts: tuple[int, ...]
    """Starts of the stretches in microseconds since 1970, for bisection."""

    @property
    def status(self) -> ComponentStatus:
        """What the component shows at `until`."""
        return self.current.status

    @property
    def known_from(self) -> datetime | None:
        """When something was first known of the component."""
        return self.stretches[0].span.start if self.stretches else None


def cut(history: Timeline, until: datetime) -> Timeline:
    """A history up to an earlier instant; it still shows what it shows at its end, because nobody said anything new
    in between (an announced window may have ended)."""
    kept = [stretch for stretch in history.stretches if stretch.span.start < until]
    if kept and kept[-1].span.end > until:
        kept[-1] = Stretch(Span(kept[-1].span.start, until), kept[-1].state)
    return Timeline(tuple(kept), until, history.current, history.starts[: len(kept)])


def timeline(claims: Iterable[Claim], until: datetime) -> Timeline:
    """The states that the claims at or before `until` add up to; of claims of one source at one instant the last
    in order counts."""
    stretches: list[Stretch] = []
    holding: dict[str, Claim] = {}
    state: State | None = None
    since = until
    for at, together in _by_instant(claims, until):
        for claim in together:
            holding[claim.source] = claim
            if claim.status is ComponentStatus.OPERATIONAL and not claim.knows:
                del holding[claim.source]
        new = _shared_state(holding)
        if new is state or new == state:
            continue
        if state is not None and since < at:
            stretches.append(Stretch(Span(since, at), state))
        state, since = new, at
    if state is not None and since < until:
        stretches.append(Stretch(Span(since, until), state))
    starts = tuple(microseconds(stretch.span.start) for stretch in stretches)
    return Timeline(tuple(stretches), until, state or UNKNOWN, starts)


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


def _by_instant(claims: Iterable[Claim], until: datetime) -> list[tuple[datetime, list[Claim]]]:
    grouped: list[tuple[datetime, list[Claim]]] = []
    for claim in sorted((claim for claim in claims if claim.at <= until), key=lambda claim: claim.at):
        if not grouped or grouped[-1][0] != claim.at:
            grouped.append((claim.at, []))
        grouped[-1][1].append(claim)
    return grouped


def _shared_state(holding: dict[str, Claim]) -> State:
    """The state of what holds; of one claim, as mostly, it is made once for all components."""
    if not holding:
        return _QUIET
    if len(holding) == 1:
        (claim,) = holding.values()
        return _state_of_one(claim.status, claim.cause, claim.kind, claim.overrun, claim.knows)
    return _state_of(holding.values())


@lru_cache(maxsize=1024)
def _state_of_one(
    status: ComponentStatus, cause: Cause, kind: MaintenanceKind | None, overrun: bool, knows: bool
) -> State:
    return _state_of([Claim("", _EPOCH, status, cause, kind, overrun, knows)])


def _state_of(claims: Iterable[Claim]) -> State:
    worst, causes, works = ComponentStatus.OPERATIONAL, set[Cause](), set[Work]()
    known = False
    for claim in claims:
        if claim.knows:
            known = True
            continue
        if claim.kind is not None:
            works.add(Work(claim.kind, claim.overrun))
        if _SEVERITY[claim.status] > _SEVERITY[worst]:
            worst, causes = claim.status, {claim.cause}
        elif claim.status is worst:
            causes.add(claim.cause)
    if known and worst is ComponentStatus.UNKNOWN:
        worst, causes = ComponentStatus.OPERATIONAL, set()
    return State(worst, frozenset(causes), frozenset(works))
