"""What operators hand in about customers, their reports and their claims, as small checked values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from statuspage.domain.vocabulary import Cause
from statuspage.drafts import Body, Draft, Instant, Line, OptionalText


def check_day(day: date) -> date:
    """A date that calendars can count from."""
    if not 1900 <= day.year <= 2199:
        raise ValueError("must be between the years 1900 and 2199")
    return day


Day = Annotated[date, Field(strict=False), AfterValidator(check_day)]
Word = Annotated[str, Field(min_length=1, max_length=80)]
Money = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Pct = Annotated[Decimal, Field(ge=0, le=100, max_digits=7, decimal_places=4)]
ContactRole = Literal["main", "backup", "reporter", "administrator"]
Channel = Literal["ticket", "email", "phone", "chat", "other"]


class CustomerDraft(Draft):
    """A new customer; `tier` is the one it begins with."""

    name: Line
    plan: Annotated[str, Field(max_length=80)] = ""
    has_sla: bool | None = None
    """Whether the SLA covers it; null leaves that to the plan."""
    tier: Word | None = None
    service_start: Day | None = None
    service_end: Day | None = None
    first_order_on: Day | None = None
    renews_on: Day | None = None
    monthly_fee: Money | None = None


class CustomerChange(Draft):
    """What to change of a customer; fields that are not given stay (see model_fields_set)."""

    name: Line | None = None
    plan: Annotated[str, Field(max_length=80)] | None = None
    has_sla: bool | None = None
    service_start: Day | None = None
    service_end: Day | None = None
    first_order_on: Day | None = None
    renews_on: Day | None = None
    monthly_fee: Money | None = None
    contacts_confirmed_on: Day | None = None


class TierDraft(Draft):
    """A customer's level from a date on."""

    tier: Word
    from_date: Day


class ContactDraft(Draft):
    """A person at a customer."""

    role: ContactRole
    email: Annotated[str, Field(max_length=320)]
    name: Annotated[str, Field(max_length=255)] = ""


class ReportDraft(Draft):
    """What a customer reported, as an operator writes it down. Received now when no time is given."""

    customer: Word
    report_class: Word
    text: Body
    reporter: Annotated[str, Field(max_length=320)] = ""
    """The address of the person who reported it."""
    channel: Channel = "email"
    service: Word | None = None
    received_at: Instant | None = None
    not_available: bool = False
    checklist: Annotated[list[Line], Field(max_length=20)] = []
    facts: dict[Line, OptionalText] = {}
    """Answers to the policy's questions, by question; empty ones are left out."""
    incident: Word | None = None
    maintenance: Word | None = None


class DiagnosisDraft(Draft):
    """Where a report's trouble comes from; with `qualified`, also whether it is a fault."""

    text: Body
    cause: Cause = Cause.OWN
    qualified: bool | None = None


class QualificationDraft(Draft):
    """Whether a report is a fault, how grave, and whether the service was unavailable to the customer."""

    qualified: bool
    report_class: Word | None = None
    not_available: bool | None = None
    cause: Cause | None = None


class UrgencyDraft(Draft):
    """The class that customer and provider agreed on (EC14)."""

    report_class: Word


class ReclassificationDraft(Draft):
    """Another class than the customer set, and why (CM20)."""

    report_class: Word
    reason: Body


class WordsDraft(Draft):
    """A text that goes to the customer."""

    text: Body


class RemarkDraft(Draft):
    """A remark for the log, which may be empty."""

    text: OptionalText = ""


class DelayDraft(Draft):
    """Time that the customer itself caused."""

    starts_at: Instant
    ends_at: Instant
    reason: Line

    @model_validator(mode="after")
    def check_span(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at: must be after starts_at")
        return self


class LinkDraft(Draft):
    """The incident a report belongs to; null takes the link away."""

    incident: Word | None


class WorkLinkDraft(Draft):
    """The maintenance that a report is of; null takes the link away."""

    maintenance: Word | None


class ExclusionDraft(Draft):
    """Why a report stays out of the share answered in time; null counts it again."""

    reason: Word | None


class ClosingDraft(Draft):
    """Why a report is closed, in one of the policy's words."""

    reason: Word
    text: OptionalText = ""


class ClaimDraft(Draft):
    """A claim for the credit of a period, in writing, with its reason and the rate asked (TP23)."""

    customer: Word
    period: Annotated[str, Field(max_length=10)]
    reason: Body
    asked_pct: Pct | None = None
    received_at: Instant | None = None


class SettlementDraft(Draft):
    """What was agreed in writing, or that nothing was (`agreed_pct` null)."""

    agreed_pct: Pct | None
    settled_as: Literal["credit", "refund"] = "credit"
