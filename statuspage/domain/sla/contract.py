"""A policy as one frozen value, and what must agree between its sections.

Everything that differs between two contracts is here; customers, incidents and outages are data, not policy.
"""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from statuspage.domain.sla.terms import (
    AvailabilityTerms,
    CreditTerms,
    Hours,
    IncidentTerms,
    MaintenanceTerms,
    PageTerms,
    PriorityTerms,
    ResponseTerms,
    Service,
    SubscriptionTerms,
    Terms,
    TicketTerms,
    Tier,
)
from statuspage.domain.sla.values import Day, Filled, ZoneName


class Policy(Terms):
    """One version of one company's terms; the file's arrays are `priorities`, `services`, `tiers`, `responses`."""

    format: Literal[1] = Field(alias="schema")
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    name: Filled
    source: str = ""
    version: str = ""
    effective_from: Day = date(1970, 1, 1)
    timezone: ZoneName | None = None
    """None leaves it to the page; see `placed_in`."""
    plans_without_sla: tuple[Filled, ...] = ()
    """Plans that the text leaves out (IS3), in any case of letters."""
    hours: Hours = Hours()
    availability: AvailabilityTerms = AvailabilityTerms()
    services: tuple[Service, ...] = Field((), alias="service")
    tiers: tuple[Tier, ...] = Field((), alias="tier")
    priorities: Annotated[tuple[PriorityTerms, ...], Field(alias="priority", min_length=1)]
    incidents: IncidentTerms = IncidentTerms()
    maintenance: MaintenanceTerms = MaintenanceTerms()
    credits: CreditTerms | None = None
    responses: tuple[ResponseTerms, ...] = Field((), alias="response")
    tickets: TicketTerms = TicketTerms()
    subscriptions: SubscriptionTerms = SubscriptionTerms()
    page: PageTerms = PageTerms()

    @property
    def zone(self) -> ZoneInfo:
        """Borders of days and periods, and the wall time people read; UTC where nobody named a zone."""
        return ZoneInfo(self.timezone or "UTC")

    @property
    def redundant(self) -> frozenset[str]:
        """The services of which one component is enough (CM12)."""
        return frozenset(service.id for service in self.services if service.rule == "any")

    @property
    def hours_zone(self) -> ZoneInfo:
        """The clock that business hours follow; the policy's own unless [hours] names another."""
        return ZoneInfo(self.hours.timezone) if self.hours.timezone else self.zone

    def placed_in(self, zone_name: str) -> "Policy":
        """The policy on a page of this zone: a zone it names itself stays, one it leaves out becomes the page's."""
        return self if self.timezone else self.model_copy(update={"timezone": zone_name})

    def priority(self, priority_id: str | None) -> PriorityTerms | None:
        """The terms of "P1"…"P5", or None where this policy defines no such priority."""
        return next((terms for terms in self.priorities if terms.id == priority_id), None)

    def service(self, service_id: str | None) -> Service | None:
        """A service by id, or None."""
        return next((service for service in self.services if service.id == service_id), None)

    def tier(self, tier_id: str | None) -> Tier | None:
        """A customer level by id, or None."""
        return next((tier for tier in self.tiers if tier.id == tier_id), None)

    def target(self, service_id: str | None = None, tier_id: str | None = None) -> Decimal | None:
        """The promised percentage: of the tier, else the service, else `availability.default_target`."""
        named = self.tier(tier_id) or self.service(service_id)
        return named.target if named and named.target is not None else self.availability.default_target

    def meaning(self, report_class: str) -> str:
        """What a report of this class is: as its response terms say, else the priority of that name (TP2, CM18)."""
        said = [terms.means for terms in self.responses if terms.report_class == report_class]
        said += [priority.means for priority in self.priorities if priority.name == report_class]
        return next(filter(None, said), "")

    def covers(self, plan: str) -> bool:
        """Whether the SLA holds for a customer of this plan."""
        return plan.strip().casefold() not in {each.casefold() for each in self.plans_without_sla}

    @model_validator(mode="after")
    def _consistent(self) -> "Policy":
        problems = [*_repeated(self), *_contradictions(self), *_band_problems(self), *_limit_problems(self)]
        problems += _support_problems(self)
        if problems:
            raise Inconsistent(problems)
        return self


class Inconsistent(ValueError):
    """Problems between keys, each with the key it belongs to; read back by the file reader."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__(problems[0][1])


def _repeated(policy: Policy) -> list[tuple[str, str]]:
    """Elements that share a name; an id must find one thing."""
    named: list[tuple[str, list[str]]] = [
        ("service", [service.id for service in policy.services]),
        ("tier", [tier.id for tier in policy.tiers]),
        ("priority", [priority.id for priority in policy.priorities]),
        *((f"service.{each.id}.components", [part.id for part in each.components]) for each in policy.services),
        ("response", [f"{terms.report_class} ({terms.measure})" for terms in policy.responses]),
    ]
    return [
        (f"{array}.{name}", "stands there twice")
        for array, names in named
        for name, count in Counter(names).items()
        if count > 1
    ]


def _contradictions(policy: Policy) -> list[tuple[str, str]]:
    terms = policy.availability
    problems = [
        ("availability.not_downtime", f"{what.value!r} is in remove_from_total as well")
        for what in terms.not_downtime
        if what in terms.remove_from_total
    ]
    problems += [
        (f"priority.{priority.id}.update_every", f"{str(priority.update_every)!r} is no time at all")
        for priority in policy.priorities
        if priority.update_every is not None and not priority.update_every.amount
    ]
    problems += [
        (f"service.{service.id}.target", "missing, and there is neither a tier nor a default_target")
        for service in policy.services
        if service.target is None and not policy.tiers and terms.default_target is None
    ]
    return problems


def _band_problems(policy: Policy) -> list[tuple[str, str]]:
    """Bands may not share an edge, leave a tier out, or pay less for a lower figure (TP22, EC5)."""
    if policy.credits is None:
        return []
    problems: list[tuple[str, str]] = []
    bands = sorted(policy.credits.bands, key=lambda band: band.below, reverse=True)
    for n, band in enumerate(bands):
        key, above = f"credits.bands.{band.below}", bands[n - 1] if n else None
        problems += _tier_problems(key, band.percents, policy)
        if above and above.below == band.below:
            problems.append((key, "overlaps another band with the same edge"))
        elif above and any(band.percents.get(who, 0) < share for who, share in above.percents.items()):
            problems.append((key, f"overlaps the band below {above.below}: a lower figure must not earn less"))
    return problems


def _support_problems(policy: Policy) -> list[tuple[str, str]]:
    tiers = {tier.id for tier in policy.tiers}
    return [
        (f"page.support.{number}.tiers", f"{who!r} is no tier")
        for number, line in enumerate(policy.page.support)
        for who in line.tiers
        if who not in tiers
    ]


def _limit_problems(policy: Policy) -> list[tuple[str, str]]:
    return [
        problem
        for terms in policy.responses
        for problem in _tier_problems(f"response.{terms.report_class}.limits", terms.limits, policy)
    ]


def _tier_problems(key: str, by_tier: dict[str, Any], policy: Policy) -> list[tuple[str, str]]:
    tiers = {tier.id for tier in policy.tiers}
    unknown = [who for who in by_tier if who != "all" and who not in tiers]
    missing = sorted(tiers - set(by_tier)) if "all" not in by_tier else []
    problems = [(f"{key}.{who}", "unknown key: neither all nor a tier") for who in unknown]
    if missing or not by_tier:
        problems.append((key, f"says nothing for {', '.join(missing) or 'all'}"))
    return problems
