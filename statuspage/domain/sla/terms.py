"""The sections of a policy file as frozen values, each refusing what it does not know.

Defaults are the strict reading: what a file does not mention is not excluded, not exempt and not offered.
"""

from datetime import date, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import holidays as holiday_calendars
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StrictBool,
    ValidationInfo,
    field_validator,
)

from statuspage.domain.sla.duration import Duration, parse_duration
from statuspage.domain.vocabulary import Cause, MaintenanceKind

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Terms(BaseModel):
    """Base of every section: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)


def _duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is not a duration: write it as text, such as "14d"')
    return parse_duration(value)


def _percent(value: Any) -> Decimal:
    try:
        percent = Decimal(str(value)) if not isinstance(value, bool) else None
    except InvalidOperation:
        percent = None
    if percent is None or not percent.is_finite():
        raise ValueError(f"{value!r} is not a percentage")
    if not 0 < percent <= 100:
        raise ValueError(f"{value} is not a percentage above 0 and up to 100")
    return percent


def _zone(name: Any) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, TypeError, OSError):
        raise ValueError(f"{name!r} is not a time zone of the IANA list, such as Europe/Amsterdam") from None


def _wall_time(value: Any) -> time:
    if isinstance(value, time):
        return value
    try:
        return time(0) if value == "24:00" else time.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f'{value!r} is not a time of day, such as "09:00"') from None


def _closing_time(value: time) -> str:
    """A closing at midnight is the end of the day."""
    return f"{value:%H:%M}" if value != time(0) else "24:00"


def _total(value: Any) -> Duration | None:
    if value is None or value == "calendar":
        return None
    total = _duration(value)
    if total.is_business or total.counts_days or not total.amount:
        raise ValueError(f'{value!r} is neither "calendar" nor an elapsed length, such as "43200m"')
    return total


def _exemption(value: Any) -> Cause | MaintenanceKind:
    for words in (Cause, MaintenanceKind):
        if value in [word.value for word in words]:
            return words(value)
    known = ", ".join([*Cause, *MaintenanceKind])
    raise ValueError(f"{value!r} is neither a cause nor a class of maintenance: expected one of {known}")


def _unset(value: Any) -> Any:
    return None if value in ("", "none", "exact") else value


@lru_cache(maxsize=64)
def _holiday_code(code: str) -> str:
    country, _, region = code.partition("-")
    try:
        holiday_calendars.country_holidays(country, subdiv=region or None)
    except (NotImplementedError, KeyError):
        raise ValueError(f"{code!r} is not a holiday calendar: expected a country or region, such as NL") from None
    return code


def _holidays(code: Any) -> str:
    if not isinstance(code, str):
        raise ValueError(f"{code!r} is not a holiday calendar")
    return _holiday_code(code) if code else ""


def _distinct(values: Any) -> Any:
    if isinstance(values, list | tuple):
        twice = [value for n, value in enumerate(values) if value in values[:n]]
        if twice:
            raise ValueError(f"{twice[0]!r} stands there twice")
    return values


Length = Annotated[Duration, PlainValidator(_duration), PlainSerializer(str, return_type=str)]
Percent = Annotated[Decimal, PlainValidator(_percent), PlainSerializer(str, return_type=str)]
ZoneName = Annotated[str, BeforeValidator(_zone)]
WallTime = Annotated[time, PlainValidator(_wall_time), PlainSerializer("{:%H:%M}".format, return_type=str)]
ClosingTime = Annotated[time, PlainValidator(_wall_time), PlainSerializer(_closing_time, return_type=str)]
Total = Annotated[Duration | None, PlainValidator(_total), PlainSerializer(lambda total: total and str(total))]
Exemption = Annotated[Cause | MaintenanceKind, PlainValidator(_exemption), PlainSerializer(str, return_type=str)]


class Hours(Terms):
    """Business hours: days, opening and closing wall time, holidays. Closing at or before opening is a night
    window that ends the next day; it belongs to the day on which it opens."""

    days: Annotated[tuple[Weekday, ...], BeforeValidator(_distinct), Field(min_length=1)] = (
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
    )
    open: WallTime = time(9)
    close: ClosingTime = Field(time(17), validate_default=True)
    timezone: ZoneName | None = None
    holidays: Annotated[str, BeforeValidator(_holidays)] = ""
    holidays_add: tuple[date, ...] = ()
    holidays_drop: tuple[date, ...] = ()

    @field_validator("close", mode="before")
    @classmethod
    def _is_another_time(cls, value: Any, known: ValidationInfo) -> Any:
        """Hours that close as they open are none, or the whole day: a guess either way."""
        if value != "24:00" and _wall_time(value) == known.data.get("open"):
            raise ValueError('the same time as hours.open; the whole day is open = "00:00" and close = "24:00"')
        return value


class AvailabilityTerms(Terms):
    """How a period's figure is made. A `total` of None is calendar time, else a fixed length (EC7)."""

    period: Literal["month", "quarter"] = "month"
    total: Total = None
    measured_from: Literal["incident", "ticket"] = "incident"
    first_period: Literal["any", "full"] = "any"
    remove_from_total: Annotated[tuple[Exemption, ...], BeforeValidator(_distinct)] = ()
    not_downtime: Annotated[tuple[Exemption, ...], BeforeValidator(_distinct)] = ()
    start_rounding: Annotated[Literal["minute_floor"] | None, BeforeValidator(_unset)] = None
    sum_rounding: Annotated[Literal["nearest_minute"] | None, BeforeValidator(_unset)] = None
    only_reported: StrictBool = False
    measured_by: Literal["internal", "external"] = "internal"
    default_target: Percent | None = None

    def excludes(self, what: Cause | MaintenanceKind) -> bool:
        """Whether time of this cause or class stays out of downtime, in or out of the total."""
        return what in self.remove_from_total or what in self.not_downtime


class MeasuredComponent(Terms):
    """A component of a service; a beta one is left out of the figure (CM6)."""

    id: str
    beta: StrictBool = False


class Service(Terms):
    """What a target is promised for. Rule "all": down while any component is; "any": up while one is (CM12)."""

    id: Annotated[str, Field(min_length=1)]
    name: str
    target: Percent | None = None
    rule: Literal["all", "any"] = "all"
    components: tuple[MeasuredComponent, ...] = ()
    note: str = ""
    """What the page says beside it, such as what customers are to set up themselves (CM12)."""


class Tier(Terms):
    """A customer level with its own target, which overrides the service's (TP10)."""

    id: Annotated[str, Field(min_length=1)]
    name: str
    target: Percent


class PriorityTerms(Terms):
    """What a priority means, whether the public sees it, and how often an update is promised."""

    id: Literal["P1", "P2", "P3", "P4", "P5"]
    name: str
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
    late_needs_reason: Annotated[tuple[str, ...], BeforeValidator(_distinct)] = ()
    keep_outside_hours: Annotated[
        tuple[Literal["scheduled", "regular", "high_risk"], ...], BeforeValidator(_distinct)
    ] = ()
    regular_per_week: Annotated[int, Field(strict=True, ge=0)] = 0
    email_to: Literal["subscribers", "contacts"] = "subscribers"
    emergency_name: str = ""


class Band(Terms):
    """Below this availability a share of the fee is due: percent by tier id, or under "all"."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Annotated[int | Decimal, Field(ge=0, le=100)]] = Field(init=False)

    below: Percent

    @property
    def percents(self) -> dict[str, int | Decimal]:
        return dict(self.__pydantic_extra__)


class CreditTerms(Terms):
    """Who gets what below which figure. A band maps tier ids, or "all", to percent of the fee."""

    who: Literal["claimants", "reporters"]
    form: Literal["credit", "refund", "credit_or_refund"]
    cap: Annotated[Decimal, Field(gt=0)] | None = None
    currency: str = ""
    claim_days: Annotated[int, Field(strict=True, ge=0)] | None = None
    meeting_days: Annotated[int, Field(strict=True, ge=0)] | None = None
    note: str = ""
    """What the contract says beside the credit (TP29, TP30)."""
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]


class ResponseTerms(Terms):
    """A deadline for customer reports of one class: limits by tier id, or under "all"."""

    report_class: str = Field(alias="class")
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
    report_within_days: Annotated[int, Field(strict=True, ge=0)] | None = None
    final_class_by: Literal["provider"] | None = None
    reclassify_by: Literal["provider"] | None = None
    """Customers set the class; the provider may set another, with a reason that is logged (CM19, CM20)."""
    workaround_downgrades: StrictBool = False
    downgrade_clock: Literal["from_open", "from_downgrade"] = "from_open"
    tolerance: Percent | None = None
    introductory_days: Annotated[int, Field(strict=True, ge=0)] | None = None
    not_counted: Annotated[tuple[str, ...], BeforeValidator(_distinct)] = ()
    close_reasons: Annotated[tuple[str, ...], BeforeValidator(_distinct)] = ()
    record_validated_days: Annotated[int, Field(strict=True, ge=0)] | None = None
    recovery_loss_hours: Annotated[int, Field(strict=True, ge=0)] | None = None
    """How much of customers' work a restored snapshot may lose at most (OP16)."""
    asks: Annotated[tuple[str, ...], BeforeValidator(_distinct)] = ()
    """What a customer is to say with a report (OP38); what is missing is listed."""


class SubscriptionTerms(Terms):
    """What a subscriber may choose."""

    per_service: StrictBool = False
    """Whether the forms offer whole services beside components."""


class SupportLine(Terms):
    """One line of the table of support (TP47): what is offered, and to which tiers; to all where none is named."""

    offer: str
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
    links: dict[str, str] = {}
    checklist: tuple[str, ...] = ()
