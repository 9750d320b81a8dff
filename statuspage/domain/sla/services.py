"""What a policy measures on a page: its services with the components attached to them, and each one's figure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Literal

from statuspage.domain.intervals import Span, clip
from statuspage.domain.periods import Period
from statuspage.domain.sla.availability import Availability, availability
from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.duration import Duration
from statuspage.domain.sla.events import Event, MaintenanceWindow, Outage
from statuspage.domain.timeline import Claim, timeline
from statuspage.domain.vocabulary import ComponentStatus

Rule = Literal["all", "any"]


@dataclass(frozen=True)
class Attached:
    """A component as far as contracts care: `service` is what it says it belongs to."""

    id: str
    slug: str
    name: str
    service: str | None = None
    beta: bool = False


@dataclass(frozen=True)
class ServiceLine:
    """A service and its measured components; `beta` ones are left out (CM6). `key` is a policy's service id, what
    components call a service the policy does not know, or the slug of a component that stands for itself."""

    key: str
    name: str
    service: str | None
    rule: Rule = "all"
    components: tuple[Attached, ...] = ()
    beta: tuple[Attached, ...] = ()


@dataclass(frozen=True)
class ServiceFigure:
    """A service's figure over a window; None where no component is attached to it. `unknown` says of which component
    nothing was known, and when."""

    line: ServiceLine
    figure: Availability | None
    unknown: tuple[tuple[Attached, Span], ...] = ()


@dataclass(frozen=True)
class Happened:
    """What happened to one component: outages and announced work, and when nothing was known."""

    events: tuple[Event, ...] = ()
    unknown: tuple[Span, ...] = ()


def service_lines(policy: Policy, components: Iterable[Attached]) -> tuple[ServiceLine, ...]:
    """The policy's services in its order, then those only components name, then components without a service."""
    attached = list(components)
    named = [(service.id, service.name, service.rule) for service in policy.services]
    known = {key for key, _, _ in named}
    others = dict.fromkeys(each.service for each in attached if each.service and each.service not in known)
    lines = [_line(key, name, rule, attached) for key, name, rule in named]
    lines += [_line(key, key, "all", attached) for key in others if key]
    return (*lines, *(_alone(each) for each in attached if not each.service))


def _line(key: str, name: str, rule: Rule, attached: Sequence[Attached]) -> ServiceLine:
    own = [each for each in attached if each.service == key]
    return ServiceLine(
        key=key,
        name=name,
        service=key,
        rule=rule,
        components=tuple(each for each in own if not each.beta),
        beta=tuple(each for each in own if each.beta),
    )


def _alone(component: Attached) -> ServiceLine:
    own = (component,)
    return ServiceLine(
        key=component.slug,
        name=component.name,
        service=None,
        components=() if component.beta else own,
        beta=own if component.beta else (),
    )


def service_figures(
    policy: Policy, lines: Iterable[ServiceLine], window: Span, happened: Mapping[str, Happened]
) -> tuple[ServiceFigure, ...]:
    """Each service's figure by the policy's rules from what happened to its components, by component id."""
    return tuple(_figure(policy, line, window, happened) for line in lines)


def _figure(policy: Policy, line: ServiceLine, window: Span, happened: Mapping[str, Happened]) -> ServiceFigure:
    if not line.components:
        return ServiceFigure(line, None)
    events = [event for each in line.components for event in happened.get(each.id, Happened()).events]
    unknown = tuple(
        (each, span) for each in line.components for span in clip(happened.get(each.id, Happened()).unknown, window)
    )
    figure = availability(
        policy,
        window,
        events,
        components={each.id for each in line.components},
        rule=line.rule,
        unknown=[(each.id, span) for each, span in unknown],
    )
    return ServiceFigure(line, figure, unknown)


def policy_over(policy: Policy, period: Period) -> Policy:
    """The policy as it counts a period: a fixed total is that of its own period, so a quarter has three months'."""
    fixed, own = policy.availability.total, 3 if policy.availability.period == "quarter" else 1
    if fixed is None or len(period.months) == own:
        return policy
    total = Duration(fixed.amount * len(period.months) // own, fixed.unit)
    return policy.model_copy(update={"availability": policy.availability.model_copy(update={"total": total})})


def outages_of(component: str, claims: Iterable[Claim], until: datetime) -> tuple[Outage, ...]:
    """The stretches in which a source said major outage, each with its cause; `ref` is the source."""
    return tuple(
        Outage(component, span, word.cause, ref=word.source)
        for word, span in _words(claims, until)
        if word.status is ComponentStatus.MAJOR_OUTAGE
    )


def unspared_work_of(
    policy: Policy, component: str, claims: Iterable[Claim], until: datetime
) -> tuple[MaintenanceWindow, ...]:
    """Work as it really went on, of a class that the contract does not spare: all of it is downtime (A18, A50)."""
    return tuple(
        MaintenanceWindow(component, span, word.kind, down=True, ref=word.source)
        for word, span in _words(claims, until)
        if word.kind is not None and not policy.availability.excludes(word.kind)
    )


def _words(claims: Iterable[Claim], until: datetime) -> Iterator[tuple[Claim, Span]]:
    """Each source's words with how long they held; of words said at one instant the last counts."""
    by_source = sorted(claims, key=lambda claim: (claim.source, claim.at))
    for _, said in groupby(by_source, key=attrgetter("source")):
        words = [list(at_once)[-1] for _, at_once in groupby(said, key=attrgetter("at"))]
        ends = [*(word.at for word in words[1:]), until]
        yield from ((word, Span(word.at, end)) for word, end in zip(words, ends, strict=True) if word.at < end)


def unknown_of(claims: Iterable[Claim], window: Span) -> tuple[Span, ...]:
    """When nothing was known of a component: before the first word on it, and while the best word is "unknown"."""
    history = timeline(claims, window.end)
    dark = [stretch.span for stretch in history.stretches if stretch.status is ComponentStatus.UNKNOWN]
    known_from = min(max(history.known_from or window.end, window.start), window.end)
    return clip([Span(window.start, known_from), *dark], window)
