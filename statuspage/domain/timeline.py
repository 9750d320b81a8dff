"""The history of one component: what its sources claimed, added up to stretches of one state each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import zip_longest
from operator import attrgetter
from typing import NamedTuple

from statuspage.domain.intervals import Span
from statuspage.domain.vocabulary import Cause, ComponentStatus, MaintenanceKind

FIRST = "first"
"""The source that only says since when anything is known."""
MONITOR = "monitor:"
"""What the source of a measurement begins with."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_AT = attrgetter("at")
_WHAT = slice(2, None)
_OPERATIONAL = ComponentStatus.OPERATIONAL
_SEVERITY = {status: status.severity for status in ComponentStatus}


class Claim(NamedTuple):
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

    def __hash__(self) -> int:
        return hash(self.status)


UNKNOWN = State(ComponentStatus.UNKNOWN)
OPERATIONAL = State(ComponentStatus.OPERATIONAL)
_SHARED = {state: state for state in (UNKNOWN, OPERATIONAL)}


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

    starts: tuple[int, ...]
    """Starts of the stretches in microseconds since 1970, for bisection and sums."""
    states: tuple[State, ...]
    """What each stretch shows."""
    until: datetime
    current: State

    @cached_property
    def bounds(self) -> tuple[int, ...]:
        """The starts of the stretches and the end of the last: stretch n goes from bound n to bound n + 1."""
        return (*self.starts, microseconds(self.until))

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """The same with instants, for who asks of a few."""
        instants = [*(instant_of(start) for start in self.starts), self.until]
        return tuple(Stretch(Span(instants[n], instants[n + 1]), state) for n, state in enumerate(self.states))

    @property
    def status(self) -> ComponentStatus:
        """What the component shows at `until`."""
        return self.current.status

    @property
    def known_from(self) -> datetime | None:
        """When something was first known of the component."""
        return instant_of(self.starts[0]) if self.starts else None


def cut(history: Timeline, until: datetime) -> Timeline:
    """A history up to an earlier instant; it still shows what it shows at its end, because nobody said anything new
    in between (an announced window may have ended)."""
    if until >= history.until:
        return history
    kept = bisect_left(history.starts, microseconds(until))
    return Timeline(history.starts[:kept], history.states[:kept], until, history.current)


def timeline(claims: Iterable[Claim], until: datetime) -> Timeline:
    """The states that the claims at or before `until` add up to; of claims of one source at one instant the last
    in order counts."""
    said = sorted([claim for claim in claims if claim.at <= until], key=_AT)
    starts: list[int] = []
    states: list[State] = []
    holding: dict[str, Claim] = {}
    for claim, after in zip_longest(said, said[1:]):
        if claim.status is _OPERATIONAL and not claim.knows:
            holding.pop(claim.source, None)
        else:
            holding[claim.source] = claim
        if after is not None and after.at == claim.at:
            continue
        state = _shared_state(holding)
        if not states or (state is not states[-1] and state != states[-1]):
            starts.append(microseconds(claim.at))
            states.append(state)
    current = states[-1] if states else UNKNOWN
    if starts and starts[-1] == microseconds(until):
        del starts[-1], states[-1]
    return Timeline(tuple(starts), tuple(states), until, current)


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(since_epoch: int) -> datetime:
    """The instant so many microseconds after the beginning of 1970."""
    return _EPOCH + timedelta(microseconds=since_epoch)


def _shared_state(holding: dict[str, Claim]) -> State:
    """The state of what holds; of one claim, as mostly, it is made once for all components."""
    if not holding:
        return OPERATIONAL
    if len(holding) == 1:
        (claim,) = holding.values()
        return _state_of_one(claim[_WHAT])
    return shared(_state_of(holding.values()))


def shared(state: State) -> State:
    """The one state that is equal to this one: what is the same is found sooner than what is equal."""
    return _SHARED.setdefault(state, state)


@lru_cache(maxsize=1024)
def _state_of_one(what: tuple[ComponentStatus, Cause, MaintenanceKind | None, bool, bool]) -> State:
    return shared(_state_of([Claim("", _EPOCH, *what)]))


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
