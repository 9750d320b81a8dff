"""Who must hear of an event: confirmed subscribers who chose it, and the contacts a policy obliges us to mail."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from statuspage.domain.sla.contract import Policy

_TO_CONTACTS = ("maintenance", "recovery")
_TO_EVERYBODY = "sla_change"


@dataclass(frozen=True)
class Subscriber:
    """An address; no `services` means all of them, no `kinds` means all kinds of event."""

    email: str
    services: frozenset[str] = frozenset()
    confirmed: bool = True
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Contacts:
    """A customer's main and backup address (OP13)."""

    customer: str
    main: str | None
    backup: str | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of the two are empty."""
        return tuple(role for role, address in (("main", self.main), ("backup", self.backup)) if not address)


def recipients(
    policy: Policy,
    event: str,
    services: Collection[str],
    subscribers: Iterable[Subscriber],
    contacts: Iterable[Contacts] = (),
) -> tuple[str, ...]:
    """Addresses to mail about an "incident", "maintenance", "recovery" or "sla_change", sorted, each once.

    Contacts hear of maintenance and recovery where `email_to = "contacts"`, whatever they chose (OP9, OP15), and
    of a changed SLA always (TP7), like every confirmed subscriber.
    """
    chosen = [who.email for who in subscribers if who.confirmed and _wants(who, event, services)]
    if event == _TO_EVERYBODY or (event in _TO_CONTACTS and policy.maintenance.email_to == "contacts"):
        chosen += [address for each in contacts for address in (each.main, each.backup) if address]
    return tuple(sorted({address.casefold(): address for address in chosen}.values()))


def _wants(who: Subscriber, event: str, services: Collection[str]) -> bool:
    if event == _TO_EVERYBODY:
        return True
    if who.kinds and event not in who.kinds:
        return False
    return not who.services or not who.services.isdisjoint(services)
