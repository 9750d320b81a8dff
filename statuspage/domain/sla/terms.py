"""The sections of a policy file as frozen values, each refusing what it does not know.

Defaults are the strict reading: what a file does not mention is not excluded, not exempt and not offered.
"""

from collections.abc import Iterator
from datetime import time
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    field_validator,
)

from statuspage.domain.sla.duration import Duration
from statuspage.domain.sla.values import (
    ClosingTime,
    Day,
    Days,
    Exemptions,
    Filled,
    Holidays,
    Length,
    Link,
    Money,
    Percent,
    Share,
    Total,
    WallTime,
    Weekday,
    Words,
    ZoneName,
    distinct,
    unset_word,
    wall_time,
)
from statuspage.domain.vocabulary import Cause, MaintenanceKind


class Terms(BaseModel):
    """Base of every section: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_readable(cls, value: Any) -> Any:
        """Texts go to pages, feeds and mails, where control characters cannot stand."""
        for text in _texts(value):
            if any(ord(letter) < 32 and letter not in "\n\t" for letter in text):
                raise ValueError("must not contain control characters")
        return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


class Hours(Terms):
    """Business hours: days, opening and closing wall time, holidays. Closing at or before opening is a night
    window that ends the next day; it belongs to the day on which it opens."""

    days: Annotated[tuple[Weekday, ...], BeforeValidator(distinct), Field(min_length=1)] = (
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
    )
    open: WallTime = time(9)
    close: ClosingTime = Field(time(17), validate_default=True)
    timezone: ZoneName | None = None
    holidays: Holidays = ""
    holidays_add: tuple[Day, ...] = ()
    holidays_drop: tuple[Day, ...] = ()

    @field_validator("close", mode="before")
    @classmethod
    def _is_another_time(cls, value: Any, known: ValidationInfo) -> Any:
        """Hours that close as they open are none, or the whole day: a guess either way."""
        if value != "24:00" and wall_time(value) == known.data.get("open"):
            raise ValueError('the same time as hours.open; the whole day is open = "00:00" and close = "24:00"')
        return value


class AvailabilityTerms(Terms):
    """How a period's figure is made. A `total` of None is calendar time, else a fixed length (EC7)."""

    period: Literal["month", "quarter"] = "month"
    total: Total = None
    measured_from: Literal["incident", "ticket"] = "incident"
    first_period: Literal["any", "full"] = "any"
    remove_from_total: Exemptions = ()
    not_downtime: Exemptions = ()
    start_rounding: Annotated[Literal["minute_floor"] | None, BeforeValidator(unset_word)] = None
    sum_rounding: Annotated[Literal["nearest_minute"] | None, BeforeValidator(unset_word)] = None
    only_reported: StrictBool = False
    measured_by: Literal["internal", "external"] = "internal"
    default_target: Percent | None = None

    def excludes(self, what: Cause | MaintenanceKind) -> bool:
        """Whether time of this cause or class stays out of downtime, in or out of the total."""
        return what in self.remove_from_total or what in self.not_downtime


class MeasuredComponent(Terms):
    """A component of a service; a beta one is left out of the figure (CM6)."""

    id: Filled
    beta: StrictBool = False


class Service(Terms):
    """What a target is promised for. Rule "all": down while any component is; "any": up while one is (CM12)."""

    id: Filled
    name: Filled
    target: Percent | None = None
    rule: Literal["all", "any"] = "all"
    components: tuple[MeasuredComponent, ...] = ()
    note: str = ""
    """What the page says beside it, such as what customers are to set up themselves (CM12)."""


class Tier(Terms):
    """A customer level with its own target, which overrides the service's (TP10)."""

    id: Filled
    name: Filled
    target: Percent


class PriorityTerms(Terms):
    """What a priority means, whether the public sees it, and how often an update is promised."""

    id: Literal["P1", "P2", "P3", "P4", "P5"]
    name: Filled
    means: str = ""
    public: StrictBool
    escalate: Literal["immediately", "business_hours", "planned"] | None = None
    update_every: Length | None = None


class IncidentTerms(Terms):
    """What may not be kept from the public."""

    interruptions_public: StrictBool = False
    """Whether an incident in which a component is down is public at once, whatever its priority, and is never kept
    as a draft (IS28)."""


class MaintenanceTerms(Terms):
    """Lead times and where work must not fall. No `emergency_lead`: late work is emergency, never urgent."""

    scheduled_lead: Length = Duration(0, "m")
    lead_counts: Literal["instant", "date"] = "instant"
    emergency_lead: Length | None = None
    late_needs_reason: Words = ()
    keep_outside_hours: Annotated[
        tuple[Literal["scheduled", "regular", "high_risk"], ...], BeforeValidator(distinct)
    ] = ()
    regular_per_week: Annotated[int, Field(strict=True, ge=0, le=100)] = 0
    email_to: Literal["subscribers", "contacts"] = "subscribers"
    emergency_name: str = ""


class Band(Terms):
    """Below this availability a share of the fee is due: percent by tier id, or under "all"."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Share] = Field(init=False)

    below: Percent

    @property
    def percents(self) -> dict[str, int | Decimal]:
        return dict(self.__pydantic_extra__)


class CreditTerms(Terms):
    """Who gets what below which figure. A band maps tier ids, or "all", to percent of the fee."""

    who: Literal["claimants", "reporters"]
    form: Literal["credit", "refund", "credit_or_refund"]
    cap: Money | None = None
    currency: str = ""
    claim_days: Days | None = None
    meeting_days: Days | None = None
    note: str = ""
    """What the contract says beside the credit (TP29, TP30)."""
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]


class ResponseTerms(Terms):
    """A deadline for customer reports of one class: limits by tier id, or under "all"."""

    report_class: Filled = Field(alias="class")
    means: str = ""
    """What a report of this class is (CM18); a priority of the same name may say it instead (TP2)."""
    measure: Literal["response", "diagnosis", "action"]
    limits: Annotated[dict[str, Length], Field(min_length=1)]
    out_of_hours: Literal["next_opening", "best_effort"] = "next_opening"


class TicketTerms(Terms):
    """Rules for customer reports; absent means off."""

    fault: str = ""
    """What counts as a fault, for who records a report and for who reads the page (IS6, IS7)."""
    openers: Literal["anyone", "administrator", "named", "authorised"] = "anyone"
    named_openers: Annotated[int, Field(strict=True, ge=1)] | None = None
    report_within_days: Days | None = None
    final_class_by: Literal["provider"] | None = None
    reclassify_by: Literal["provider"] | None = None
    """Customers set the class; the provider may set another, with a reason that is logged (CM19, CM20)."""
    workaround_downgrades: StrictBool = False
    downgrade_clock: Literal["from_open", "from_downgrade"] = "from_open"
    tolerance: Percent | None = None
    introductory_days: Days | None = None
    not_counted: Words = ()
    close_reasons: Words = ()
    record_validated_days: Days | None = None
    recovery_loss_hours: Days | None = None
    """How much of customers' work a restored snapshot may lose at most (OP16)."""
    asks: Words = ()
    """What a customer is to say with a report (OP38); what is missing is listed."""


class SubscriptionTerms(Terms):
    """What a subscriber may choose."""

    per_service: StrictBool = False
    """Whether the forms offer whole services beside components."""


class SupportLine(Terms):
    """One line of the table of support (TP47): what is offered, and to which tiers; to all where none is named."""

    offer: Filled
    tiers: tuple[str, ...] = ()


class PageTerms(Terms):
    """Text the page states; an empty field is left out."""

    guarantee: str = ""
    support_hours: str = ""
    amendments: str = ""
    contact: str = ""
    coordination: str = ""
    """Who coordinates an open incident (CM24)."""
    support: tuple[SupportLine, ...] = ()
    links: dict[Filled, Link] = {}
    checklist: tuple[Filled, ...] = ()
