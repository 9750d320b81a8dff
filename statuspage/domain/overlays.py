"""Claims that others overlay: announced work mutes monitors, an operator's correction replaces every source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from statuspage.domain.intervals import Span, merge
from statuspage.domain.timeline import FIRST, MONITOR, Claim
from statuspage.domain.vocabulary import ComponentStatus


@dataclass(frozen=True, slots=True)
class Correction:
    """In this span the component truly was this; `key` tells corrections apart."""

    key: str
    span: Span
    status: ComponentStatus


def muted(claims: Sequence[Claim], until: datetime) -> list[Claim]:
    """The claims with monitors silent while announced work holds the component: work explains what they measure.

    Outside its announced window work mutes nothing."""
    found = list(claims)
    if not any(claim.kind for claim in found) or not any(claim.source.startswith(MONITOR) for claim in found):
        return found
    for span in merge(_windows(found, until)):
        found = _silenced(found, span, lambda source: source.startswith(MONITOR))
    return found


def corrected(claims: Sequence[Claim], corrections: Iterable[Correction]) -> list[Claim]:
    """The claims with every source silent in the span of each correction, which speaks instead; of two corrections
    of one instant the later in order counts. Before the first knowledge nothing is known around them."""
    found = list(claims)
    for correction in corrections:
        span, source = correction.span, f"correction:{correction.key}"
        found = _silenced(_with_dark_before(found, span), span, lambda _: True)
        found.append(Claim(source, span.start, correction.status))
        found.append(Claim(source, span.end, ComponentStatus.OPERATIONAL))
    return found


def _with_dark_before(claims: list[Claim], span: Span) -> list[Claim]:
    """Say unknown of the time before the first claim, where the span reaches into it."""
    known_from = min((claim.at for claim in claims), default=None)
    if known_from is not None and known_from <= span.start:
        return claims
    dark = Claim(FIRST, span.start, ComponentStatus.UNKNOWN)
    light = [] if known_from is None else [Claim(FIRST, known_from, ComponentStatus.OPERATIONAL)]
    return [dark, *light, *claims]


def _windows(claims: Iterable[Claim], until: datetime) -> list[Span]:
    """When maintenances that lie within their announced windows hold the component."""
    by_source: dict[str, list[Claim]] = {}
    for claim in sorted(claims, key=lambda claim: claim.at):
        if claim.source.startswith("maintenance:"):
            by_source.setdefault(claim.source, []).append(claim)
    spans = []
    for said in by_source.values():
        ends = [*(claim.at for claim in said[1:]), until]
        spans += [
            Span(claim.at, end)
            for claim, end in zip(said, ends, strict=True)
            if claim.kind is not None and not claim.overrun and claim.at < end
        ]
    return spans


def _silenced(claims: Iterable[Claim], span: Span, concerns: Callable[[str], bool]) -> list[Claim]:
    """The claims with these sources saying nothing within the span, and again what they hold at its end."""
    found: list[Claim] = []
    by_source: dict[str, list[Claim]] = {}
    for claim in sorted(claims, key=lambda claim: claim.at):
        if concerns(claim.source):
            by_source.setdefault(claim.source, []).append(claim)
        else:
            found.append(claim)
    for source, said in by_source.items():
        before = [claim for claim in said if claim.at < span.start]
        held = [claim for claim in said if claim.at < span.end]
        found += before
        if held:
            found.append(Claim(source, span.start, ComponentStatus.OPERATIONAL))
            found.append(held[-1]._replace(at=span.end))
        found += [claim for claim in said if claim.at >= span.end]
    return found
