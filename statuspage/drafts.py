"""What people hand in, as small checked values: form, JSON and command line all become these.

`read_draft` turns any mapping into a draft or raises Refused with one Problem per field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self, TypeVar
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from statuspage.addresses import check_base_address, check_web_address, read_address
from statuspage.domain.reminding import in_order
from statuspage.domain.vocabulary import (
    Cause,
    ComponentStatus,
    Frequency,
    IncidentStatus,
    MaintenanceKind,
    MaintenanceStatus,
    NoticeKind,
    Priority,
    Risk,
    WorkEffect,
    WorkObject,
)
from statuspage.errors import Problem, Refused

TITLE_LENGTH = 255
BODY_LENGTH = 25_000
FIRST_YEAR, LAST_YEAR = 1970, 2100
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}", re.ASCII)


def check_line(text: str) -> str:
    """One line without control characters (it becomes a mail subject and a feed title)."""
    text = text.strip()
    if _CONTROL.search(text) or any(c in text for c in "\r\n\t\u2028\u2029"):
        raise ValueError("must be one line without control characters")
    if not text:
        raise ValueError("must not be empty")
    return text


def check_text(text: str) -> str:
    """Lines of text; CRLF becomes LF, other control characters are refused."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text


def check_filled_text(text: str) -> str:
    """Like check_text, and something must be written."""
    text = check_text(text)
    if not text:
        raise ValueError("must not be empty")
    return text


_SETTABLE = [status.value for status in ComponentStatus if status is not ComponentStatus.UNKNOWN]


def check_settable(status: object) -> object:
    """Any status but unknown, which only measurements can say."""
    if status not in _SETTABLE:
        raise ValueError(f"must be {', '.join(_SETTABLE[:-1])} or {_SETTABLE[-1]}")
    return status


def check_language(code: str) -> str:
    """A language whose words for dates are known."""
    try:
        Locale.parse(code, sep="-")
    except (ValueError, UnknownLocaleError):
        raise ValueError(f"{code!r} is no language that is known") from None
    return code


def check_addresses(text: str) -> str:
    """One or several e-mail addresses with a comma between."""
    try:
        return ", ".join(read_address(each).address for each in text.split(","))
    except Refused as refused:
        raise ValueError(refused.problems[0].message) from None


def check_written_time(value: Any) -> Any:
    """A datetime or ISO 8601 text; a bare number is no time (it would be read as seconds since 1970)."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATED.match(value)):
        return value
    raise ValueError("must be a date and time with an offset, such as 2026-03-29T14:30:00Z")


def check_era(moment: datetime) -> datetime:
    """An instant that is no slip of the pen, and that zones, calendars and months in addresses can hold."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"must be between the years {FIRST_YEAR} and {LAST_YEAR}")
    return moment


Instant = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(check_written_time), AfterValidator(check_era)
]


def check_zone(text: str) -> str:
    """The name of a time zone of the IANA list."""
    if text not in available_timezones():
        raise ValueError("must be a time zone such as Europe/Amsterdam")
    return text


Line = Annotated[str, Field(max_length=TITLE_LENGTH), AfterValidator(check_line)]
Body = Annotated[str, Field(max_length=BODY_LENGTH), AfterValidator(check_filled_text)]
OptionalText = Annotated[str, Field(max_length=BODY_LENGTH), AfterValidator(check_text)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
SettableStatus = Annotated[
    ComponentStatus, BeforeValidator(check_settable), WithJsonSchema({"type": "string", "enum": _SETTABLE})
]
WebAddress = Annotated[str, Field(max_length=500), AfterValidator(check_web_address)]
HookUrl = Annotated[str, Field(max_length=500), AfterValidator(check_web_address)]
HookAddress = Annotated[str, Field(max_length=320), AfterValidator(check_web_address)]
Addresses = Annotated[str, Field(max_length=1000), AfterValidator(check_addresses)]
ZoneName = Annotated[str, Field(max_length=60), AfterValidator(check_zone)]
UpdateId = Annotated[str, Field(max_length=40)]
BaseAddress = Annotated[WebAddress, AfterValidator(check_base_address)]
LanguageCode = Annotated[
    str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=10), AfterValidator(check_language)
]


class Draft(BaseModel):
    """Base of all drafts: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Translation(Draft):
    """A title and a text in a further language of the page; readers see the original of what is not given."""

    title: Line | None = None
    body: Body | None = None


class WorkTranslation(Translation):
    """Likewise of work that is announced, whose reason is shown too."""

    reason_text: OptionalText | None = None


Translations = dict[LanguageCode, Translation]
"""By language: every one of the page's but its first, which is that of the original."""
WorkTranslations = dict[LanguageCode, WorkTranslation]


class IncidentDraft(Draft):
    """A new incident and its first update."""

    title: Line
    priority: Priority
    status: IncidentStatus = IncidentStatus.INVESTIGATING
    body: Body
    components: dict[str, SettableStatus] = {}
    cause: Cause = Cause.OWN
    provider: Line | None = None
    """Who the third party is, where it is the cause."""
    started_at: Instant | None = None
    """Now when empty; never later than now."""
    resolved_at: Instant | None = None
    """When it was over, of one that is posted as resolved; now when empty."""
    notify: bool = True
    translations: Translations = {}


class IncidentChange(Draft):
    """What to change of a draft incident; fields that are not given stay (see model_fields_set)."""

    title: Line | None = None
    priority: Priority | None = None
    status: IncidentStatus | None = None
    body: Body | None = None
    components: dict[str, SettableStatus] | None = None
    cause: Cause | None = None
    provider: Line | None = None
    started_at: Instant | None = None
    resolved_at: Instant | None = None
    notify: bool | None = None
    translations: Translations | None = None
    publish_at: Instant | None = None
    """When it publishes itself; an explicit null leaves that to an operator."""


class UpdateDraft(Draft):
    """A further update of an incident; what is None stays as it is."""

    status: IncidentStatus | None = None
    body: Body
    components: dict[str, SettableStatus] | None = None
    priority: Priority | None = None
    cause: Cause | None = None
    provider: Line | None = None
    """Who the third party is, where it is the cause (IS26)."""
    workaround_at: Instant | None = None
    """When a work-around is planned, or since when there is one (TP40)."""
    snapshot_at: Instant | None = None
    """The backup that was put back (OP15)."""
    lost_until: Instant | None = None
    """Until when changes are lost with it; the start of the incident where nothing is said (OP16)."""
    resolved_at: Instant | None = None
    """When it was over, with the status resolved; now when empty."""
    notify: bool = True
    after: UpdateId | None = None
    """The newest update its author has read: refused when somebody posted another since."""
    publish_updates: list[str] = []
    """Ids of updates written while the incident was internal that become public when this one raises it."""
    translations: Translations = {}
    """Of the text; a title is that of the incident from now on."""


class WindowDraft(Draft):
    """What a planned and a moved window have in common: when, and what the policy may ask of it."""

    starts_at: Instant
    ends_at: Instant
    body: Body
    kind: MaintenanceKind | None = None
    reason: Annotated[str, Field(max_length=80)] | None = None
    reason_text: OptionalText | None = None
    confirm: bool = False
    notify: bool = True
    translations: WorkTranslations = {}

    @model_validator(mode="after")
    def check_window(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at: must be after starts_at")
        return self


class MaintenanceDraft(WindowDraft):
    """A new maintenance notice. `kind` is a wish; the class is computed from the notice given."""

    title: Line
    components: list[str] = []
    risk: Risk = Risk.NORMAL
    works_on: WorkObject | None = None
    effect: WorkEffect | None = None


class MaintenanceUpdateDraft(Draft):
    """A word on a maintenance; with a status it also moves it along (start early, verify, finish)."""

    status: MaintenanceStatus | None = None
    body: Body
    notify: bool = True
    after: UpdateId | None = None
    """As an incident's update has it."""
    translations: Translations = {}


class MoveDraft(WindowDraft):
    """A new window for a maintenance; notice starts anew."""

    after: UpdateId | None = None
    """As an incident's update has it."""


class CancelDraft(Draft):
    """The end of a maintenance before it began, and why."""

    body: Body
    notify: bool = True
    after: UpdateId | None = None
    """As an incident's update has it."""
    translations: Translations = {}


class ComponentDraft(Draft):
    """A new component; the slug is made from the name when empty."""

    name: Line
    slug: Slug | None = None
    group: Line | None = None
    service: Line | None = None
    description: OptionalText | None = None
    beta: bool = False
    hidden: bool = False
    publishes_itself: bool = False
    """Whether a measured outage is published without an operator."""


class ComponentChange(Draft):
    """What to change of a component; fields that are not given stay (see model_fields_set)."""

    name: Line | None = None
    group: Line | None = None
    service: Line | None = None
    description: OptionalText | None = None
    beta: bool | None = None
    hidden: bool | None = None
    publishes_itself: bool | None = None
    status: SettableStatus | None = None


def check_reminders(aheads: list[str]) -> list[str]:
    """Lengths before a start, longest first. Raises ValueError."""
    return in_order(aheads)


Reminders = Annotated[list[str], Field(max_length=5), AfterValidator(check_reminders)]


class PageChange(Draft):
    """What to change of the page itself; fields that are not given stay (see model_fields_set)."""

    name: Line | None = None
    url: BaseAddress | None = None
    timezone: ZoneName | None = None
    languages: Annotated[list[LanguageCode], Field(min_length=1, max_length=50)] | None = None
    """The first one is the default."""
    support_url: WebAddress | None = None
    responsible_email: Addresses | None = None
    escalation_email: Addresses | None = None
    alarm_webhook: HookAddress | None = None
    reminders: Reminders | None = None
    """How long before a maintenance starts; an empty list for never."""


class SubscriberDraft(Draft):
    """Who wants to hear what. No components and no services means all of the page; no kinds means every kind.

    With `incident` it is that incident alone that is heard of, until it is resolved; the other wishes stay as they
    are then.
    """

    email: Annotated[str, Field(max_length=320)] | None = None
    webhook: HookUrl | None = None
    slack: HookUrl | None = None
    teams: HookUrl | None = None
    discord: HookUrl | None = None
    mattermost: HookUrl | None = None
    google_chat: HookUrl | None = None
    components: list[str] = []
    services: list[Annotated[str, Field(max_length=80)]] = []
    """Services of the policy, under one whose subscriptions are per service."""
    kinds: list[NoticeKind] = list(NoticeKind)
    min_priority: Priority | None = None
    frequency: Frequency = Frequency.EACH
    incident: Annotated[str, Field(max_length=40)] | None = None
    language: Annotated[str, Field(max_length=10)] | None = None
    confirmed: bool = False

    @property
    def hooks(self) -> dict[str, str]:
        """The URLs given, by channel: one at most is right."""
        channels = ("webhook", "slack", "teams", "discord", "mattermost", "google_chat")
        return {name: url for name in channels if (url := getattr(self, name)) is not None}


D = TypeVar("D", bound=Draft)


def read_draft(kind: type[D], values: Mapping[str, Any]) -> D:
    """A checked draft from any mapping. Raises Refused, one Problem per field, names as the API spells them."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise Refused(problems_of(error)) from None


def problems_of(error: ValidationError) -> tuple[Problem, ...]:
    """What pydantic found wrong, as Problems; fields are dotted paths."""
    return tuple(_problem_of(dict(e)) for e in error.errors(include_url=False, include_input=False))


def _problem_of(error: dict[str, Any]) -> Problem:
    message = str(error["msg"]).removeprefix("Value error, ")
    field = ".".join(str(part) for part in error["loc"] if part != "[key]")
    if not field and ": " in message:
        field, message = message.split(": ", 1)
    return Problem(field, message)
