"""Notice of maintenance: its class from the lead time given, and what a policy refuses, warns of or asks for.

The class is computed, never chosen (OP7, CM29, EC18): what a person asks for is a wish.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from statuspage.domain.intervals import Span
from statuspage.domain.periods import local_date, midnight
from statuspage.domain.sla.contract import Policy
from statuspage.domain.sla.deadline import earliest_after, latest_before
from statuspage.domain.sla.duration import Duration, describe_duration
from statuspage.domain.sla.worktime import work_calendar
from statuspage.domain.vocabulary import MaintenanceKind, Risk


@dataclass(frozen=True)
class MaintenanceDraft:
    """A window as somebody plans it. `wish` is the kind asked for, None for "whatever it is"."""

    announced_at: datetime
    starts_at: datetime
    ends_at: datetime
    wish: MaintenanceKind | None = MaintenanceKind.SCHEDULED
    risk: Risk = Risk.NORMAL
    reason: str | None = None
    other_regular_starts: tuple[datetime, ...] = ()

    @property
    def span(self) -> Span:
        """The window; empty where the end is not after the start."""
        return Span(self.starts_at, max(self.starts_at, self.ends_at))


@dataclass(frozen=True)
class Issue:
    """Something to say beside a field: a stable code, the field of the form or API, an English sentence."""

    code: str
    field: str
    message: str


@dataclass(frozen=True)
class NoticeAssessment:
    """All that a form, the API and a notice need to know about a planned window.

    `required`, `latest_notice_at` and `met` speak of the class it has: an emergency is held to the emergency
    lead where there is one. `refusals` stop it; `warnings` want a confirmation; `notes` are only said.
    """

    kind: MaintenanceKind
    wish: MaintenanceKind | None
    urgent: bool
    label: str
    announced_at: datetime
    required: Duration
    latest_notice_at: datetime
    latest_notice_for_scheduled: datetime
    latest_notice_for_emergency: datetime | None
    earliest_start: datetime
    reason_required: bool
    reasons: tuple[str, ...]
    excluded_from_availability: bool
    minutes_inside_business_hours: int
    refusals: tuple[Issue, ...] = field(default=())
    warnings: tuple[Issue, ...] = field(default=())
    notes: tuple[Issue, ...] = field(default=())

    @property
    def met(self) -> bool:
        """Whether the notice its class requires was given in time."""
        return self.announced_at <= self.latest_notice_at

    @property
    def required_text(self) -> str:
        """The required notice for people, such as "14 days"."""
        return describe_duration(self.required)

    @property
    def confirm_required(self) -> bool:
        return bool(self.warnings)

    @property
    def violations(self) -> tuple[str, ...]:
        """Codes of the rules of the policy that the window breaks, whatever follows from each."""
        codes = {issue.code for issue in (*self.notes, *self.refusals, *self.warnings)}
        return tuple(code for code in _RULES if code in codes)


_RULES = (
    "notice_after_start",
    "inside_business_hours",
    "high_risk_inside_business_hours",
    "second_regular_in_week",
)


def latest_notice(policy: Policy, starts_at: datetime) -> datetime:
    """The last instant at which a notice still makes work `scheduled`, inclusive.

    With `lead_counts = "date"` that is 23:59:59 local of the day (A49), but never after the start.
    """
    latest = latest_before(policy, starts_at, policy.maintenance.scheduled_lead)
    if policy.maintenance.lead_counts == "instant":
        return latest
    day_after = local_date(latest, policy.zone) + timedelta(days=1)
    return min(midnight(day_after, policy.zone) - timedelta(seconds=1), starts_at.astimezone(UTC))


def latest_emergency_notice(policy: Policy, starts_at: datetime) -> datetime | None:
    """The last instant for an emergency notice; later is urgent (CM30). None where the policy has no such lead."""
    lead = policy.maintenance.emergency_lead
    return latest_before(policy, starts_at, lead) if lead else None


def earliest_start(policy: Policy, announced_at: datetime) -> datetime:
    """The first start that a notice given at this instant makes `scheduled`."""
    if policy.maintenance.lead_counts == "date":
        announced_at = midnight(local_date(announced_at, policy.zone), policy.zone)
    return earliest_after(policy, announced_at, policy.maintenance.scheduled_lead)


def classify(
    policy: Policy, announced_at: datetime, starts_at: datetime, wish: MaintenanceKind | None = None
) -> MaintenanceKind:
    """The class of a window: `regular` where asked for and offered, else `scheduled`; `emergency` when late."""
    if announced_at > latest_notice(policy, starts_at):
        return MaintenanceKind.EMERGENCY
    if wish is MaintenanceKind.REGULAR and policy.maintenance.regular_per_week:
        return MaintenanceKind.REGULAR
    return MaintenanceKind.SCHEDULED


def is_urgent(policy: Policy, announced_at: datetime, starts_at: datetime) -> bool:
    """Whether a notice is too late even for an emergency (CM31); never where the policy has no such lead."""
    latest = latest_emergency_notice(policy, starts_at)
    late = announced_at > latest_notice(policy, starts_at)
    return late and latest is not None and announced_at > latest


def label(policy: Policy, kind: MaintenanceKind, *, urgent: bool = False) -> str:
    """What pages call a class: "Urgent maintenance", or the policy's own name for an emergency (EC21)."""
    if urgent:
        return "Urgent maintenance"
    if kind is MaintenanceKind.EMERGENCY and policy.maintenance.emergency_name:
        return policy.maintenance.emergency_name
    return f"{kind.label} maintenance"


def assess(policy: Policy, draft: MaintenanceDraft) -> NoticeAssessment:
    """Judge a planned window against the policy; nothing is raised, all that is wrong is in the answer."""
    terms = policy.maintenance
    kind = classify(policy, draft.announced_at, draft.starts_at, draft.wish)
    urgent = is_urgent(policy, draft.announced_at, draft.starts_at)
    for_scheduled = latest_notice(policy, draft.starts_at)
    for_emergency = latest_emergency_notice(policy, draft.starts_at)
    as_emergency = kind is MaintenanceKind.EMERGENCY and for_emergency is not None
    found = _Findings(policy, draft, kind)
    return NoticeAssessment(
        kind=kind,
        wish=draft.wish,
        urgent=urgent,
        label=label(policy, kind, urgent=urgent),
        announced_at=draft.announced_at.astimezone(UTC),
        required=terms.emergency_lead if as_emergency and terms.emergency_lead else terms.scheduled_lead,
        latest_notice_at=for_emergency if as_emergency and for_emergency else for_scheduled,
        latest_notice_for_scheduled=for_scheduled,
        latest_notice_for_emergency=for_emergency,
        earliest_start=_whole_minute(earliest_start(policy, draft.announced_at)),
        reason_required=_needs_reason(policy, kind, urgent),
        reasons=terms.late_needs_reason,
        excluded_from_availability=policy.availability.excludes(kind),
        minutes_inside_business_hours=work_calendar(policy).minutes_inside(draft.span),
        refusals=tuple(found.refusals(urgent)),
        warnings=tuple(found.warnings()),
        notes=tuple(found.notes()),
    )


def _needs_reason(policy: Policy, kind: MaintenanceKind, urgent: bool) -> bool:
    terms = policy.maintenance
    late = urgent if terms.emergency_lead else kind is MaintenanceKind.EMERGENCY
    return late and bool(terms.late_needs_reason)


def _whole_minute(instant: datetime) -> datetime:
    """Up to the next whole minute, which is what a form can hold."""
    floored = instant.replace(second=0, microsecond=0)
    return floored if floored == instant else floored + timedelta(minutes=1)


class _Findings:
    """The issues of one draft, by what follows from them."""

    def __init__(self, policy: Policy, draft: MaintenanceDraft, kind: MaintenanceKind) -> None:
        self.policy, self.draft, self.kind = policy, draft, kind
        self.terms = policy.maintenance
        self.inside = bool(work_calendar(policy).between(draft.span.start, draft.span.end))

    def refusals(self, urgent: bool) -> Iterable[Issue]:
        if self.draft.ends_at <= self.draft.starts_at:
            yield Issue("ends_before_start", "ends_at", "The end must be after the start.")
        if self.draft.wish is MaintenanceKind.REGULAR and not self.terms.regular_per_week:
            yield Issue("regular_not_offered", "kind", "The policy knows no regular maintenance.")
        if self.draft.wish in _IN_TIME and self.kind is MaintenanceKind.EMERGENCY:
            yield self._too_short(urgent)
        if self.inside and self.kind in self.terms.keep_outside_hours:
            message = f"{self.kind.label} maintenance must lie outside business hours."
            yield Issue("inside_business_hours", "starts_at", message)
        if self._regular_in_week() > self.terms.regular_per_week:
            message = "Another regular maintenance lies in the same week, Monday to Sunday."
            yield Issue("second_regular_in_week", "starts_at", message)
        if _needs_reason(self.policy, self.kind, urgent) and self.draft.reason not in self.terms.late_needs_reason:
            message = f"Notice this short needs a reason: {', '.join(self.terms.late_needs_reason)}."
            yield Issue("reason_required", "reason", message)

    def warnings(self) -> Iterable[Issue]:
        if self.inside and self.draft.risk is Risk.HIGH and "high_risk" in self.terms.keep_outside_hours:
            message = "High-risk work should lie outside business hours where possible."
            yield Issue("high_risk_inside_business_hours", "risk", message)

    def notes(self) -> Iterable[Issue]:
        if self.draft.announced_at > self.draft.starts_at:
            yield Issue("notice_after_start", "starts_at", "No prior notice: the work began before it was announced.")
        if not self.policy.availability.excludes(self.kind):
            yield Issue("counts_as_downtime", "kind", "Time the service is down will count as downtime.")

    def _too_short(self, urgent: bool) -> Issue:
        first = _whole_minute(earliest_start(self.policy, self.draft.announced_at)).astimezone(self.policy.zone)
        wanted = f"{describe_duration(self.terms.scheduled_lead)} of notice"
        wish = self.draft.wish.label if self.draft.wish else ""
        instead = label(self.policy, MaintenanceKind.EMERGENCY, urgent=urgent).lower()
        reason = ", with a reason" if _needs_reason(self.policy, self.kind, urgent) else ""
        message = (
            f"{wish} maintenance needs {wanted}. Announced now it can start from {first:%Y-%m-%d %H:%M %Z}; "
            f"at the time asked for it would be accepted as {instead} (kind emergency{reason})."
        )
        return Issue("notice_too_short", "starts_at", message)

    def _regular_in_week(self) -> int:
        """Regular windows in the local Monday-to-Sunday week of this one, itself included (OP17, A35)."""
        if self.kind is not MaintenanceKind.REGULAR:
            return 0
        zone = self.policy.zone
        week = local_date(self.draft.starts_at, zone).isocalendar()[:2]
        return 1 + sum(local_date(at, zone).isocalendar()[:2] == week for at in self.draft.other_regular_starts)


_IN_TIME = (MaintenanceKind.SCHEDULED, MaintenanceKind.REGULAR)
