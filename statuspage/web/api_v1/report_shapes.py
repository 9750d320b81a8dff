"""Shapes of the SLA report and the communication report."""

from __future__ import annotations

from statuspage.domain.vocabulary import MaintenanceKind, Priority
from statuspage.reports.lengths import Seconds
from statuspage.web.api_v1.shapes import Shape, UtcInstant
from statuspage.web.api_v1.uptime import FigureAnswer


class EntryAnswer(Shape):
    """A stretch of one component's time: why it counts so, and its event (`id` is null for what an operator or a
    monitor said of the component itself)."""

    component: str
    start: UtcInstant
    end: UtcInstant
    seconds: Seconds
    reason: str
    kind: str
    id: str | None
    title: str


class OutageAnswer(EntryAnswer):
    """Counted downtime; `cause` is its reason. Stretches of several components may overlap and count once."""

    cause: str


class UnknownAnswer(Shape):
    """When nothing was known of a component."""

    component: str
    start: UtcInstant
    end: UtcInstant
    seconds: Seconds


class ServiceAnswer(Shape):
    """One service under one tier (null without tiers). `note` says why there is no figure; `downtime_seconds` is
    exact, `counted_seconds` what the policy's rounding makes of it; `credit_pct` is null without a figure, without
    credits in the policy, and for a period of a length that the policy promises nothing for."""

    service: str
    name: str
    tier: str | None
    rule: str
    components: list[str]
    beta: list[str]
    note: str | None
    total_seconds: Seconds
    removed_seconds: Seconds
    unknown_seconds: Seconds
    downtime_seconds: Seconds
    counted_seconds: Seconds
    availability: FigureAnswer | None
    target: str | None
    met: bool | None
    credit_pct: int | float | None
    removed: list[EntryAnswer]
    exempt: list[EntryAnswer]
    outages: list[OutageAnswer]
    unknown: list[UnknownAnswer]


class NoticeAnswer(Shape):
    """The notice a maintenance was given and needed; `met` is null where none was judged."""

    id: str
    title: str
    kind: MaintenanceKind
    urgent: bool
    components: list[str]
    starts_at: UtcInstant
    ends_at: UtcInstant
    completed_at: UtcInstant | None
    announced_at: UtcInstant
    required: str | None
    latest_notice_at: UtcInstant | None
    met: bool | None
    excluded_from_availability: bool


class FormulaAnswer(Shape):
    """How the figures are made: in symbols, in words, what each letter stands for, and the rules of counting."""

    symbols: str
    words: str
    terms: dict[str, str]
    rules: list[str]


class PolicyNamed(Shape):
    """The policy version that rules the period."""

    id: str
    name: str
    version: str


class CreditAnswer(Shape):
    """What the figures come to for a customer; `amount` is null while its fee is unknown. Where it is
    `to_be_claimed`, `claims_close_at` is the first instant too late."""

    pct: int | float
    fee: str | None
    amount: str | None
    currency: str
    capped: bool
    form: str
    to_be_claimed: bool
    claims_close_at: UtcInstant | None


class CustomerNamed(Shape):
    """Whose report it is. `credit` is null where the policy gives none, or nothing is measured."""

    id: str
    name: str
    tier: str | None
    credit: CreditAnswer | None


class SlaAnswer(Shape):
    """A period's report. `measured_until` is the period's end once `final`, now before.
    `platform_history` marks figures of the platform under a policy that measures each customer by itself."""

    period: str
    timezone: str
    starts_at: UtcInstant
    ends_at: UtcInstant
    measured_until: UtcInstant
    final: bool
    contractual: bool
    platform_history: bool
    policy: PolicyNamed
    customer: CustomerNamed | None
    formula: FormulaAnswer
    services: list[ServiceAnswer]
    maintenances: list[NoticeAnswer]


class LateAnswer(Shape):
    """An update after its time; `posted_at` is null while it is still missing."""

    due_at: UtcInstant
    posted_at: UtcInstant | None
    late_seconds: Seconds


class IncidentKeptAnswer(Shape):
    """Updates of one incident: promised, posted and late within the period."""

    id: str
    title: str
    priority: Priority | None
    started_at: UtcInstant
    resolved_at: UtcInstant | None
    updates_due: int
    updates_posted: int
    updates_late: int
    late_seconds: Seconds
    late: list[LateAnswer]


class CommunicationAnswer(Shape):
    """What was promised and posted in a period; to date until it is `final`."""

    period: str
    timezone: str
    starts_at: UtcInstant
    ends_at: UtcInstant
    measured_until: UtcInstant
    final: bool
    policy: PolicyNamed
    updates_due: int
    updates_posted: int
    updates_late: int
    notices_due: int
    notices_met: int
    incidents: list[IncidentKeptAnswer]
    maintenances: list[NoticeAnswer]
