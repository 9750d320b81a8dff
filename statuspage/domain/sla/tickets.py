"""Availability of one customer, measured from its own reports (TP18-TP21)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from statuspage.domain.intervals import Span, subtract
from statuspage.domain.sla.availability import Availability, availability
from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.events import Outage
from statuspage.domain.vocabulary import Cause


@dataclass(frozen=True)
class Ticket:
    """A customer's report; `restored_at` is the notice of restoration, None while it lasts.

    It weighs only when `qualified` as a fault and the service was `not_available`; `client_delays` are spans the
    customer caused.
    """

    opened_at: datetime
    restored_at: datetime | None
    cause: Cause = Cause.OWN
    qualified: bool = True
    not_available: bool = True
    client_delays: tuple[Span, ...] = ()
    ref: str = ""


def ticket_availability(policy: Policy, window: Span, tickets: Iterable[Ticket]) -> Availability:
    """A customer's figure: from each report to its notice of restoration, less that report's own client delays.

    Reports that overlap count once (A2). One without restoration lasts to the window's end.
    """
    outages = [
        Outage(f"{n} {ticket.ref}".rstrip(), span, ticket.cause, ref=ticket.ref)
        for n, ticket in enumerate(tickets, 1)
        if ticket.qualified and ticket.not_available
        for span in _breakdown(ticket, window)
    ]
    return availability(policy, window, outages)


def is_measured(policy: Policy, period: Span, since: datetime | None, until: datetime | None = None) -> bool:
    """Whether a customer's period has a figure: with `first_period = "full"` only one served throughout (TP16)."""
    if policy.availability.first_period == "any":
        return True
    return not ((since is not None and since > period.start) or (until is not None and until < period.end))


def _breakdown(ticket: Ticket, window: Span) -> tuple[Span, ...]:
    end = ticket.restored_at or max(window.end, ticket.opened_at)
    return subtract([Span(ticket.opened_at, end)], ticket.client_delays) if end > ticket.opened_at else ()
