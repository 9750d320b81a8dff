"""To whom the outbox owes mail of an event, told with a few addresses: the path that real mail takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import components, customers, incidents, maintenance, notices, standing, subscribers
from statuspage.customer_drafts import ContactDraft, CustomerDraft
from statuspage.db import Base, Database
from statuspage.domain.sla.policy import Policy
from statuspage.drafts import (
    ComponentDraft,
    IncidentDraft,
    MaintenanceDraft,
    SubscriberDraft,
    UpdateDraft,
    read_draft,
)
from statuspage.models import Customer, Delivery, Subscriber, Update
from statuspage.notice_drafts import NoticeDraft
from statuspage.notify.contacts import owe_notice, owe_posts

BEFORE = datetime.fromisoformat("2024-01-08T09:00Z")
NOW = datetime.fromisoformat("2024-03-04T09:00Z")
SATURDAY = "2024-06-15T0"
"""Far enough ahead for any notice, outside any business hours."""
UNDER = ".example.com"
"""Every address stands under it, because names such as example.test are reserved and refused."""
Told = Mapping[str, Any]


class Mailing:
    """A page under a policy with its subscribers and the contacts of its customers."""

    def __init__(self, session: Session, policy: Policy) -> None:
        self.session, self.policy = session, policy
        components.ensure_page(session, BEFORE)

    def add_component(self, service: str) -> None:
        draft = read_draft(ComponentDraft, {"name": service, "slug": service, "service": service})
        components.add_component(self.session, draft, author="ada", now=BEFORE)

    def add_subscriber(self, told: Told) -> None:
        """Like {"email": …, "services": […], "kinds": […], "confirmed": true}; none chosen means all."""
        kinds = {"kinds": list(told["kinds"])} if told.get("kinds") else {}
        draft = read_draft(
            SubscriberDraft, {"email": told["email"] + UNDER, "services": list(told.get("services") or ()), **kinds}
        )
        row = subscribers.add_confirmed(self.session, draft, source="test", now=BEFORE)
        if not told.get("confirmed", False):
            row.confirmed_at = None

    def add_customer(self, told: Told) -> None:
        """Like {"customer": "A", "main": …, "backup": …}."""
        typed = {"name": told["customer"], "tier": self.policy.tiers[0].id if self.policy.tiers else None}
        draft = read_draft(CustomerDraft, {key: value for key, value in typed.items() if value})
        customer = customers.add_customer(self.session, draft, policy=self.policy, author="ada", now=BEFORE)
        for role in ("main", "backup"):
            if told.get(role):
                contact = read_draft(ContactDraft, {"role": role, "email": told[role] + UNDER})
                customers.add_contact(self.session, customer, contact, policy=self.policy, author="ada", now=BEFORE)

    def tell(self, event: str, slugs: Sequence[str]) -> None:
        """Post an "incident", "maintenance", "recovery" or "sla_change" on the components."""
        if event == "sla_change":
            draft = read_draft(NoticeDraft, {"title": "New terms", "body": "Read them.", "notify": True})
            notice = notices.post_notice(self.session, draft, author="ada", now=NOW, kind=notices.SLA_CHANGE)
            owe_notice(self.session, notice, policy=self.policy, now=NOW)
            return
        post = self._work(slugs) if event == "maintenance" else self._incident(slugs)
        if event == "recovery":
            self.session.query(Delivery).delete()
            typed = {"status": "resolved", "body": "Restored.", "snapshot_at": BEFORE.isoformat()}
            draft = read_draft(UpdateDraft, typed)
            assert post.incident is not None
            post = incidents.post_update(
                self.session, post.incident, draft, policy=self.policy, author="ada", now=NOW
            )
        owe_posts(self.session, [post], policy=self.policy, now=NOW)

    def to(self) -> list[str]:
        """All addresses that the outbox owes something, each as often as it does."""
        rows = self.session.scalars(select(Delivery).where(Delivery.kind.in_(("update", "notice"))))
        addresses = [row.address or self.session.get_one(Subscriber, row.subscriber_id).address for row in rows]
        return sorted(address.removesuffix(UNDER) for address in addresses)

    def without_backup(self) -> list[str]:
        found = self.session.scalars(select(Customer))
        return sorted(each.name for each in found if "backup" in standing.contacts_missing(each))

    def _work(self, slugs: Sequence[str]) -> Update:
        window = {"starts_at": f"{SATURDAY}6:00Z", "ends_at": f"{SATURDAY}7:00Z"}
        draft = read_draft(MaintenanceDraft, {"title": "Work", "body": "We work.", "components": slugs, **window})
        work = maintenance.schedule(self.session, draft, policy=self.policy, author="ada", now=NOW)
        return work.updates[0]

    def _incident(self, slugs: Sequence[str]) -> Update:
        gravest = self.policy.priorities[0].id
        typed = {"title": "Down", "body": "We look.", "priority": gravest, "components": dict.fromkeys(slugs, DOWN)}
        draft = read_draft(IncidentDraft, typed)
        incident = incidents.open_incident(self.session, draft, policy=self.policy, author="ada", now=NOW)
        return incident.updates[0]


DOWN = "major_outage"


@contextmanager
def mailing(policy: Policy) -> Iterator[Mailing]:
    """A mailing of its own database, gone afterwards."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'mailing.db'}")
        Base.metadata.create_all(database.engine)
        with Session(database.engine, expire_on_commit=False) as session:
            yield Mailing(session, policy)
        database.dispose()
