"""Customers, whom to write to, what they reported and what they claim.

Due times and lateness are nowhere stored: statuspage.standing computes them from these instants and the policy.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NoReturn

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from statuspage.db import Base
from statuspage.domain.vocabulary import Cause
from statuspage.models.columns import Id, Word
from statuspage.models.posts import Incident, Maintenance


class Customer(Base):
    """Somebody the SLA is signed with. Money and percentages are exact decimals, kept as text."""

    __tablename__ = "customer"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    plan: Mapped[str] = mapped_column(String(80), default="")
    has_sla: Mapped[bool | None]
    """Whether the SLA covers this customer, where somebody said so; None leaves it to the plan (IS3)."""
    service_start: Mapped[date | None]
    service_end: Mapped[date | None]
    """The last day served."""
    first_order_on: Mapped[date | None]
    renews_on: Mapped[date | None]
    monthly_fee: Mapped[str | None] = mapped_column(String(20))
    contacts_confirmed_on: Mapped[date | None]
    created_at: Mapped[datetime]

    tiers: Mapped[list[CustomerTier]] = relationship(
        back_populates="customer", order_by="CustomerTier.from_date", cascade="all, delete-orphan"
    )
    contacts: Mapped[list[Contact]] = relationship(
        back_populates="customer", order_by="(Contact.role, Contact.email)", cascade="all, delete-orphan"
    )


class CustomerTier(Base):
    """A customer's level from a date on, until the next one."""

    __tablename__ = "customer_tier"

    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    from_date: Mapped[date] = mapped_column(primary_key=True)
    tier: Mapped[str] = mapped_column(String(80))

    customer: Mapped[Customer] = relationship(back_populates="tiers")


class Contact(Base):
    """A person at a customer: main, backup (one each), reporter or administrator."""

    __tablename__ = "contact"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(Word)
    name: Mapped[str] = mapped_column(String(255), default="")
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    """The address in the form that is compared."""
    created_at: Mapped[datetime]

    customer: Mapped[Customer] = relationship(back_populates="contacts")

    __table_args__ = (UniqueConstraint("customer_id", "role", "email_key"),)


class CustomerReport(Base):
    """What a customer reported. `received_at` starts every clock; `recorded_at` is when an operator wrote it down."""

    __tablename__ = "customer_report"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"), index=True)
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id"), index=True)
    maintenance_id: Mapped[str | None] = mapped_column(ForeignKey("maintenance.id"), index=True)
    """Work that the customer noticed; where its class is not spared, its time counts for who reported it."""
    service: Mapped[str | None] = mapped_column(String(80))
    report_class: Mapped[str] = mapped_column(String(80))
    asked_class: Mapped[str] = mapped_column(String(80), default="", server_default="")
    """The class as the customer set it (CM19)."""
    class_before: Mapped[str | None] = mapped_column(String(80))
    """The class before the work-around that lowered it."""
    tier: Mapped[str | None] = mapped_column(String(80))
    """The customer's tier when it was received."""
    channel: Mapped[str] = mapped_column(Word)
    reporter: Mapped[str] = mapped_column(String(320), default="")
    text: Mapped[str] = mapped_column(Text)
    checklist: Mapped[list[Any] | None] = mapped_column(JSON)
    """What the customer had done before, in the words of the policy's checklist."""
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The customer's answers to the policy's questions, in its words (OP38)."""
    not_available: Mapped[bool] = mapped_column(default=False)
    """Whether the service was unavailable to this customer; without it a report adds no time (TP18)."""
    cause: Mapped[Cause] = mapped_column(default=Cause.OWN)
    received_at: Mapped[datetime] = mapped_column(index=True)
    recorded_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acted_at: Mapped[datetime | None]
    diagnosed_at: Mapped[datetime | None]
    diagnosis: Mapped[str | None] = mapped_column(Text)
    qualified_at: Mapped[datetime | None]
    qualified: Mapped[bool | None]
    """Whether it is a fault in the contract's sense; None until somebody said."""
    urgency_agreed_at: Mapped[datetime | None]
    workaround_at: Mapped[datetime | None]
    restored_notice_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[str | None] = mapped_column(String(80))
    objection_at: Mapped[datetime | None]
    not_counted: Mapped[str | None] = mapped_column(String(80))
    """Why it stays out of the share answered in time, as an operator said."""

    customer: Mapped[Customer] = relationship()
    incident: Mapped[Incident | None] = relationship()
    maintenance: Mapped[Maintenance | None] = relationship()
    delays: Mapped[list[ReportDelay]] = relationship(
        back_populates="report", order_by="ReportDelay.starts_at", cascade="all, delete-orphan"
    )
    entries: Mapped[list[ReportLog]] = relationship(back_populates="report", order_by="ReportLog.id")

    __table_args__ = (Index("ix_customer_report_customer_received", "customer_id", "received_at"),)


class ReportDelay(Base):
    """Time the customer itself caused (TP21)."""

    __tablename__ = "report_delay"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("customer_report.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(255))

    report: Mapped[CustomerReport] = relationship(back_populates="delays")


class ReportLog(Base):
    """One intervention on a report (IS12); appended, never changed."""

    __tablename__ = "report_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("customer_report.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(255))
    entry: Mapped[str] = mapped_column(Text)

    report: Mapped[CustomerReport] = relationship(back_populates="entries")


class Claim(Base):
    """A customer's claim for a period's credit."""

    __tablename__ = "claim"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"), index=True)
    period: Mapped[str] = mapped_column(String(10))
    """A month "2026-10" or a quarter "2026-Q3"."""
    state: Mapped[str] = mapped_column(Word, default="received")
    """received, disputed, agreed, not_agreed."""
    received_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    asked_pct: Mapped[str | None] = mapped_column(String(20))
    computed_pct: Mapped[str | None] = mapped_column(String(20))
    """What the report of the period said when the claim was recorded."""
    disputed_at: Mapped[datetime | None]
    dispute_reason: Mapped[str | None] = mapped_column(Text)
    settled_at: Mapped[datetime | None]
    agreed_pct: Mapped[str | None] = mapped_column(String(20))
    settled_as: Mapped[str | None] = mapped_column(Word)
    """credit or refund."""
    created_at: Mapped[datetime]

    customer: Mapped[Customer] = relationship()

    __table_args__ = (UniqueConstraint("customer_id", "period"),)


class ContactLetter(Base):
    """A mail to a customer's contacts about a report or a claim, as written; the outbox owes it to each of them."""

    __tablename__ = "contact_letter"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject: Mapped[str] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


def _refuse(mapper: object, connection: object, target: ReportLog) -> NoReturn:
    raise ValueError("the log of a report is appended to, never changed")


event.listen(ReportLog, "before_update", _refuse)
event.listen(ReportLog, "before_delete", _refuse)
