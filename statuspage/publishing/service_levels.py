"""The page of the service levels as they are in force, and one for each version there was or will be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.terms import AvailabilityTerms
from statuspage.publishing.snapshot import Snapshot
from statuspage.publishing.wording import Words


def sla_pages(snapshot: Snapshot, words: Words) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, values for the template): sla.html, and sla/DATE.html for each version where there are several."""
    ruling, versions = snapshot.policy, versions_of(snapshot)
    current = {"version_on": None, "services": snapshot.services, "running": snapshot.period}
    yield "sla.html", {**_values(ruling, words), **current, "versions": versions}
    if len(versions) > 1:
        for shown, policy in zip(versions, snapshot.versions, strict=True):
            past = {"version_on": shown, "services": (), "running": None}
            yield f"sla/{policy.effective_from.isoformat()}.html", {**_values(policy, words), **past, "versions": ()}


def versions_of(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Each version: its name, the days of its rule (None: without beginning or end) and where it stands in time."""
    ends: list[date | None] = [later.effective_from - timedelta(days=1) for _, later in pairwise(snapshot.versions)]
    return [
        {
            "name": policy.version,
            "path": f"/sla/{policy.effective_from.isoformat()}",
            "first_day": policy.effective_from if policy.effective_from.year > 1970 else None,
            "last_day": last_day,
            "state": _state(policy, snapshot.policy),
        }
        for policy, last_day in zip(snapshot.versions, [*ends, None], strict=False)
    ]


def _state(policy: Policy, ruling: Policy) -> str:
    if policy.effective_from == ruling.effective_from:
        return "in_force"
    return "announced" if policy.effective_from > ruling.effective_from else "past"


def _values(policy: Policy, words: Words) -> dict[str, Any]:
    terms = policy.availability
    kinds = ("scheduled", "regular", "emergency")
    columns = {who: None for band in (policy.credits.bands if policy.credits else ()) for who in band.percents}
    return {
        "shown": policy,
        "exempt": {kind: _weight(terms, kind, words) for kind in kinds},
        "kept_outside": words.listed([_exemption(kind, words) for kind in policy.maintenance.keep_outside_hours]),
        "left_out": words.listed([_exemption(what, words) for what in terms.remove_from_total], most=9),
        "not_down": words.listed([_exemption(what, words) for what in terms.not_downtime], most=9),
        "credit_columns": list(columns),
    }


def _weight(terms: AvailabilityTerms, kind: str, words: Words) -> str:
    if kind in terms.remove_from_total:
        return words.gettext("Left out of the availability figure.")
    if kind in terms.not_downtime:
        return words.gettext("Does not count as downtime.")
    return words.gettext("Counts as downtime.")


def _exemption(what: str, words: Words) -> str:
    """A cause or a class of maintenance inside a sentence."""
    names = {
        "own": words.gettext("failures of our own"),
        "third_party": words.gettext("failures of third parties"),
        "customer": words.gettext("what the customer caused"),
        "force_majeure": words.gettext("force majeure"),
        "suspension": words.gettext("suspension of the service"),
        "scheduled": words.gettext("scheduled maintenance"),
        "regular": words.gettext("regular maintenance"),
        "emergency": words.gettext("emergency maintenance"),
        "high_risk": words.gettext("high-risk maintenance"),
    }
    return names[what]
