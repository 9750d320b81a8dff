"""A customer as its SLA report needs it, made from what operators recorded of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.domain.intervals import Span
from statuspage.domain.sla.tickets import Ticket
from statuspage.errors import NotFound


@dataclass(frozen=True)
class Customer:
    """A customer as its report needs it. `tier` is the one on the period's first day (A13); `tickets` are its reports
    by service id, those under "" of every service; `reported` are the ids of the incidents it reported."""

    id: str
    name: str
    tier: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    tickets: Mapping[str, Sequence[Ticket]] = field(default_factory=dict)
    reported: frozenset[str] = frozenset()

    def tickets_on(self, service: str | None) -> list[Ticket]:
        """Its reports on one service."""
        return [*self.tickets.get("", ()), *(self.tickets.get(service, ()) if service else ())]


def load_customer(session: Session, customer_id: str, span: Span) -> Customer:
    """A customer with the tier it had at the span's start and its reports that reach into it. Raises NotFound.

    Nothing records customers yet, so there is none to be found.
    """
    raise NotFound("customer", customer_id)
