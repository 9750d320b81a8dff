"""The public state of the page as frozen values (publishing.loading fills them).

Nothing here holds what the public may not see: internal incidents and updates, hidden components and
unannounced maintenance never enter a Snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from statuspage.domain.periods import Period
from statuspage.domain.rollup import Overall, carried, overall, weight
from statuspage.domain.sla.policy import Policy
from statuspage.domain.uptime import Timeline
from statuspage.domain.vocabulary import (
    Cause,
    ComponentStatus,
    Impact,
    IncidentStatus,
    MaintenanceKind,
    MaintenanceStatus,
    Priority,
    Risk,
)
from statuspage.publishing.looks import PLAIN, LookView
from statuspage.translations.catalogues import native_name


@dataclass(frozen=True)
class PageView:
    """The page's own settings. `url` is the public base URL without a slash at the end; `language` is the one that is
    spoken now, one of `languages`."""

    code: str
    name: str
    url: str
    zone: ZoneInfo
    languages: tuple[str, ...]
    support_url: str | None
    created_at: datetime
    updated_at: datetime
    language: str
    look: LookView = PLAIN

    @property
    def root(self) -> str:
        """What the addresses of its language begin with: nothing for the default one, else "/nl"."""
        return root_of(self.language, self.languages)

    @property
    def home(self) -> str:
        """The base URL of its language."""
        return self.url + self.root

    @property
    def tongues(self) -> tuple[tuple[str, str, str], ...]:
        """Each language: its code, what it calls itself, and what its addresses begin with."""
        return tuple((code, native_name(code), root_of(code, self.languages)) for code in self.languages)


def root_of(language: str, languages: Sequence[str]) -> str:
    """Nothing for the page's first language, else "/nl"."""
    return "" if language == languages[0] else f"/{language}"


@dataclass(frozen=True)
class GroupView:
    id: str
    name: str
    position: int
    created_at: datetime
    updated_at: datetime
    component_ids: tuple[str, ...]


@dataclass(frozen=True)
class ResponseDay:
    """Response times of a monitor on one date of the page's zone, exact."""

    day: date
    checks: int
    p50_ms: int
    p95_ms: int
    p99_ms: int


@dataclass(frozen=True)
class Responses:
    """The days of one monitor, oldest first."""

    name: str
    days: tuple[ResponseDay, ...]


@dataclass(frozen=True)
class CorrectionView:
    """What an operator set right, and why; once withdrawn it counts no more."""

    id: int
    starts_at: datetime
    ends_at: datetime
    status: ComponentStatus
    reason: str
    recorded_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class ComponentView:
    """A component that is not hidden. `timeline` is its history of effective statuses until the snapshot's now.
    `responses` are there where its page is rendered."""

    id: str
    slug: str
    name: str
    description: str | None
    group_id: str | None
    service: str | None
    beta: bool
    showcase: bool
    only_show_if_degraded: bool
    start_on: date | None
    position: int
    created_at: datetime
    updated_at: datetime
    status: ComponentStatus
    timeline: Timeline
    is_monitored: bool = False
    responses: tuple[Responses, ...] = ()
    corrections: tuple[CorrectionView, ...] = ()
    measured_by: tuple[str, ...] = ()
    """Who outside measures it, by name, where the policy leaves that to others (OP28)."""


@dataclass(frozen=True)
class AffectedView:
    """What an update said of a component that is not hidden."""

    component_id: str
    slug: str
    name: str
    old_status: ComponentStatus
    new_status: ComponentStatus


@dataclass(frozen=True)
class UpdateView:
    """One public update. `html` is allow-listed, `text` is plain; both come from what its author wrote."""

    id: str
    event: str
    status: str
    html: str
    text: str
    priority: Priority | None
    details: dict[str, Any]
    posted_at: datetime
    updated_at: datetime
    affected: tuple[AffectedView, ...]
    notified: bool
    texts: Mapping[str, Any] = field(default_factory=dict)
    """What was posted in further languages, as stored."""
    lang: str | None = None
    """The original's language, where it stands in a page of another."""
    edited_at: datetime | None = None


@dataclass(frozen=True)
class IncidentView:
    """A public incident. `updates` are newest first; `components` are those its updates ever affected."""

    id: str
    title: str
    priority: Priority | None
    impact: Impact
    status: IncidentStatus
    cause: Cause
    provider: str | None
    started_at: datetime
    created_at: datetime
    updated_at: datetime
    monitoring_at: datetime | None
    resolved_at: datetime | None
    public_at: datetime
    shortlink: str | None
    updates: tuple[UpdateView, ...]
    components: tuple[AffectedView, ...]
    next_update_due_at: datetime | None
    texts: Mapping[str, Any] = field(default_factory=dict)
    """What was posted in further languages, as stored."""
    lang: str | None = None
    """Of the title: the original's language, where it stands in a page of another."""
    edited_at: datetime | None = None
    """When its title or components were last set right."""


@dataclass(frozen=True)
class MaintenanceView:
    """An announced maintenance. `updates` are newest first; `components` without the hidden ones (slug, name)."""

    id: str
    title: str
    kind: MaintenanceKind
    urgent: bool
    risk: Risk
    reason: str | None
    reason_text: str | None
    status: MaintenanceStatus
    impact: Impact
    starts_at: datetime
    ends_at: datetime
    announced_at: datetime
    notice_required: str | None
    notice_met: bool | None
    excluded: bool
    began_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    created_at: datetime
    updated_at: datetime
    sequence: int
    shortlink: str | None
    updates: tuple[UpdateView, ...]
    components: tuple[AffectedView, ...]
    extends_id: str | None = None
    """The maintenance whose window this one goes on with."""
    texts: Mapping[str, Any] = field(default_factory=dict)
    """What was posted in further languages, as stored."""
    lang: str | None = None
    """As an incident's."""
    reason_lang: str | None = None
    """Likewise of the reason, which has no further languages."""


@dataclass(frozen=True)
class NoticeView:
    """A word to the public without an incident; `kind` is notice or sla_change."""

    id: str
    kind: str
    title: str
    html: str
    text: str
    pinned: bool
    posted_at: datetime
    updated_at: datetime
    ends_at: datetime | None
    texts: Mapping[str, Any] = field(default_factory=dict)
    """What was posted in further languages, as stored."""
    lang: str | None = None
    """Of the title: the original's language, where it stands in a page of another."""
    body_lang: str | None = None
    """Likewise of the text."""

    def is_current(self, now: datetime) -> bool:
        """Whether it stands on the front page."""
        return self.ends_at is None or self.ends_at > now


@dataclass(frozen=True)
class ServiceView:
    """A service's figure of the running period to date, as the SLA report has it; `pct` and `met` are None where
    nothing was measured, `targets` are texts ("99.90"), one per tier where there are tiers."""

    key: str
    name: str
    targets: tuple[str, ...]
    pct: str | None
    met: tuple[bool, ...]
    down: timedelta
    removed: timedelta
    unknown: timedelta
    outages: int = 0
    longest: timedelta = timedelta()
    total: timedelta = timedelta()
    monitors: tuple[str, ...] = ()
    """Who outside measures it, by name, where the policy leaves that to others (OP28)."""


@dataclass(frozen=True)
class Touched:
    """What a publish must render anew beside what every change renders (front page, feeds, JSON, calendar).

    `everything` stands for a full build; months are "YYYY-MM" in the page's zone, components slugs; `named` are those
    among them whose events changed or are not remembered, of the others only time moved the figures. Where the next
    publish `goes_on` with further components, it writes the page of all.
    """

    incidents: frozenset[str] = frozenset()
    maintenances: frozenset[str] = frozenset()
    months: frozenset[str] = frozenset()
    components: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    everything: bool = False
    goes_on: bool = False


@dataclass(frozen=True)
class Snapshot:
    """The page as the public may see it at `now`.

    `incidents` and `maintenances`, newest first by start, hold at least: all open, upcoming and running ones, those
    of the last 15 days, the 50 newest, those of the 100 newest updates, the touched ones, everything of the touched
    months, and the 25 newest of each named component; with `touched.everything` all there are. `months` counts what
    each month ("YYYY-MM") holds, newest first.
    """

    page: PageView
    policy: Policy
    now: datetime
    revision: int
    groups: tuple[GroupView, ...]
    components: tuple[ComponentView, ...]
    incidents: tuple[IncidentView, ...]
    maintenances: tuple[MaintenanceView, ...]
    months: tuple[tuple[str, int], ...]
    touched: Touched
    period: Period | None = None
    """The policy's running period."""
    services: tuple[ServiceView, ...] = ()
    """Each service from the beginning of `period` to now."""
    notices: tuple[NoticeView, ...] = ()
    """Newest first; those that ended too."""
    versions: tuple[Policy, ...] = ()
    """All versions of the policy that are known, by the day from which each is in force."""

    @cached_property
    def carried(self) -> frozenset[str]:
        """The services that are up because one of their components is enough, while another is down."""
        return frozenset(carried(((each.service, each.status) for each in self.components), self.policy.redundant))

    def weight_of(self, component: ComponentView) -> ComponentStatus:
        """What a component's status means for the page as a whole."""
        return weight(component.status, is_carried=component.service in self.carried)

    @cached_property
    def overall(self) -> Overall:
        """The page in one sentence: the one roll-up that page, API and badges share."""
        return overall(
            (self.weight_of(component) for component in self.components),
            (incident.impact for incident in self.incidents if incident.status.is_open),
            maintenance_running=any(maintenance.status.is_running for maintenance in self.maintenances),
        )
