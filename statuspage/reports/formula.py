"""The formula of an availability figure as a policy makes it, in symbols and in words, to stand beside the figure."""

from __future__ import annotations

from dataclasses import dataclass

from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.duration import Duration, describe_duration
from statuspage.domain.vocabulary import Cause, MaintenanceKind

_CAUSES = {
    Cause.OWN: "failures of our own",
    Cause.THIRD_PARTY: "failures of third parties",
    Cause.CUSTOMER: "what the customer caused",
    Cause.FORCE_MAJEURE: "force majeure",
    Cause.SUSPENSION: "suspension of the service",
}


@dataclass(frozen=True)
class Formula:
    """`symbols` is the fraction, `words` the same in a sentence; `terms` says what each letter stands for, `rules`
    how it is counted."""

    symbols: str
    words: str
    terms: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]


def formula(policy: Policy) -> Formula:
    """The formula of this policy; X stands in it only where the policy takes something out of the total."""
    removes = bool(policy.availability.remove_from_total)
    total = "T − X − U" if removes else "T − U"
    in_words = "total − left out − unknown" if removes else "total − unknown"
    return Formula(
        symbols=f"A = ({total} − D) ÷ ({total}) × 100",
        words=f"availability = ({in_words} − down) ÷ ({in_words}) × 100",
        terms=tuple(_terms(policy)),
        rules=tuple(_rules(policy)),
    )


def _minutes(total: Duration) -> str:
    """A fixed total as contracts write it: 43,200 minutes (EC7)."""
    return f"{total.amount:,} minutes" if total.unit == "m" else describe_duration(total)


def _terms(policy: Policy) -> list[tuple[str, str]]:
    terms = policy.availability
    length = f"always {_minutes(terms.total)}" if terms.total else f"every second of the calendar {terms.period}"
    found = [("T", f"total: {length}, borders in {policy.zone.key}")]
    if terms.remove_from_total:
        found.append(("X", f"left out of the total: {_listed(terms.remove_from_total)}"))
    spared = f"; not {_listed(terms.not_downtime)}" if terms.not_downtime else ""
    outside = "X and U" if terms.remove_from_total else "U"
    found.append(("U", "unknown: time nobody measured"))
    found.append(("D", f"down: {_down(policy)}, outside {outside}{spared}"))
    return found


def _down(policy: Policy) -> str:
    if policy.availability.measured_from == "ticket":
        return "from a customer's report to the notice of restoration, less delays the customer caused"
    return "time in major outage"


def _rules(policy: Policy) -> list[str]:
    terms = policy.availability
    rules = ["Overlapping time counts once.", "Compared unrounded; printed cut off, never rounded up."]
    if terms.start_rounding:
        rules.append("An outage counts from the beginning of the minute in which it began.")
    if terms.sum_rounding:
        rules.append("The sum of the downtime is rounded once to whole minutes; half a minute rounds up.")
    if terms.only_reported:
        rules.append("For a customer only the incidents count that it reported.")
    if terms.first_period == "full":
        rules.append("A customer is measured from its first full period on.")
    return rules


def _listed(what: tuple[Cause | MaintenanceKind, ...]) -> str:
    return ", ".join(_CAUSES[each] if isinstance(each, Cause) else f"{each.value} maintenance" for each in what)
