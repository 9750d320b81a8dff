"""A believable company: its components, its incidents and its maintenance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

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
from statuspage.publishing.snapshot import (
    AffectedView,
    IncidentView,
    MaintenanceView,
    UpdateView,
)

NOW = datetime(2026, 11, 16, 13, 34, tzinfo=UTC)
BORN = datetime(2026, 8, 30, 7, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")

OK = ComponentStatus.OPERATIONAL
MAJOR = ComponentStatus.MAJOR_OUTAGE
PARTIAL = ComponentStatus.PARTIAL_OUTAGE
DEGRADED = ComponentStatus.DEGRADED_PERFORMANCE
WORK = ComponentStatus.UNDER_MAINTENANCE

GROUPS = {
    "Voice": ["SIP trunk A", "SIP trunk B", "Number porting", "Call recording"],
    "Messaging": ["SMS Europe", "SMS worldwide", "WhatsApp", "Message reports"],
    "Platform": ["API", "Customer portal", "Webhooks", "Billing"],
}
DESCRIPTIONS = {
    "SIP trunk A": "Calls in and out by the Amsterdam exchange.",
    "API": "api.larkwing.example, all versions.",
    "Message reports": "Delivery receipts and the reports made of them.",
}


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def slug_of(name: str) -> str:
    return name.lower().replace(" ", "-")


def id_of(name: str) -> str:
    return f"c{slug_of(name).replace('-', ''):0<11.11}"


def affected(name: str, status: ComponentStatus, old: ComponentStatus = OK) -> AffectedView:
    return AffectedView(id_of(name), slug_of(name), name, old, status)


def update(
    key: str,
    status: str,
    text: str,
    at: datetime,
    *hit: AffectedView,
    event: str = "updated",
    priority: Priority | None = None,
    html: str | None = None,
) -> UpdateView:
    body = html if html is not None else "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    return UpdateView(f"u{key:0>11}", event, status, body, text, priority, {}, at, at, hit, True)


def incident(
    key: str,
    title: str,
    priority: Priority | None,
    started: datetime,
    updates: list[UpdateView],
    *hit: AffectedView,
    due: datetime | None = None,
    cause: Cause = Cause.OWN,
) -> IncidentView:
    """An incident whose state is that of its newest update."""
    last = updates[0]
    resolved = last.posted_at if last.status == "resolved" else None
    return IncidentView(
        id=f"i{key:0>11}",
        title=title,
        priority=priority,
        impact=priority.impact if priority else Impact.MINOR,
        status=IncidentStatus(last.status),
        cause=cause,
        provider=None,
        started_at=started,
        created_at=updates[-1].posted_at,
        updated_at=last.posted_at,
        monitoring_at=None,
        resolved_at=resolved,
        public_at=updates[-1].posted_at,
        shortlink=None,
        updates=tuple(updates),
        components=hit,
        next_update_due_at=due,
    )


def maintenance(
    key: str, title: str, starts: datetime, hours: float, announced: datetime, *hit: AffectedView, text: str = ""
) -> MaintenanceView:
    """A scheduled maintenance nobody has begun."""
    posted = update(f"m{key}", "scheduled", text or "Calls in progress are not cut.", announced, event="announced")
    return MaintenanceView(
        id=f"m{key:0>11}",
        title=title,
        kind=MaintenanceKind.SCHEDULED,
        urgent=False,
        risk=Risk.NORMAL,
        reason=None,
        reason_text=None,
        status=MaintenanceStatus.SCHEDULED,
        impact=Impact.MAINTENANCE,
        starts_at=starts,
        ends_at=starts + timedelta(hours=hours),
        announced_at=announced,
        notice_required="14d",
        notice_met=True,
        excluded=True,
        began_at=None,
        completed_at=None,
        cancelled_at=None,
        created_at=announced,
        updated_at=announced,
        sequence=0,
        shortlink=None,
        updates=(posted,),
        components=hit,
    )


PAST_INCIDENTS = (
    incident(
        "past1",
        "Delivery receipts arrive late",
        Priority.P3,
        ago(days=2, hours=5),
        [
            update(
                "p13",
                "resolved",
                "The backlog is worked off; receipts arrive within seconds again.",
                ago(days=2, hours=1),
            ),
            update(
                "p12",
                "monitoring",
                "A stuck consumer was restarted. 1.2 million receipts are on their way.",
                ago(days=2, hours=3),
            ),
            update(
                "p11",
                "investigating",
                "Receipts for SMS arrive up to 40 minutes late. Messages themselves are delivered on time.",
                ago(days=2, hours=5),
            ),
        ],
        affected("Message reports", DEGRADED),
    ),
    incident(
        "past2",
        "Customer portal refuses log-ins with a passkey",
        Priority.P2,
        ago(days=9, hours=3),
        [
            update(
                "p22",
                "resolved",
                "Log-in with a passkey works again. A certificate of our identity provider had run out.",
                ago(days=9, hours=2, minutes=12),
            ),
            update(
                "p21",
                "identified",
                "Log-in with a passkey fails; log-in with a password and a code works.",
                ago(days=9, hours=2, minutes=50),
            ),
        ],
        affected("Customer portal", PARTIAL),
        cause=Cause.THIRD_PARTY,
    ),
    incident(
        "past3",
        "No calls by SIP trunk B",
        Priority.P1,
        ago(days=47, hours=6),
        [
            update(
                "p33",
                "postmortem",
                "A switch in Frankfurt lost both power feeds during work on the first. We now refuse "
                "work on one feed while the other is on battery.",
                ago(days=44),
            ),
            update("p32", "resolved", "All routes carry calls again.", ago(days=47, hours=5, minutes=9)),
            update(
                "p31",
                "investigating",
                "Calls by SIP trunk B fail in both directions. Trunk A is not affected.",
                ago(days=47, hours=5, minutes=55),
            ),
        ],
        affected("SIP trunk B", MAJOR),
    ),
)
PAST_INCIDENTS = (
    *PAST_INCIDENTS[:2],
    replace(PAST_INCIDENTS[2], resolved_at=ago(days=47, hours=5, minutes=9)),
)

CALLS_FAIL = incident(
    "open1",
    "Outgoing calls to Dutch mobile numbers fail",
    Priority.P1,
    ago(minutes=32),
    [
        update(
            "o13",
            "identified",
            "A route table sent out at 13:58 drops numbers that begin with 06. We are putting the "
            "one before back; the first exchange has it.\n\nIncoming calls and calls to fixed "
            "lines are not affected. Trunk B carries calls to mobile numbers meanwhile if your "
            "equipment fails over by itself.",
            ago(minutes=4),
            event="updated",
        ),
        update(
            "o12",
            "investigating",
            "About 70% of calls to Dutch mobile numbers end after one ring. Our operations centre "
            "and the carrier are looking at it together.",
            ago(minutes=17),
        ),
        update(
            "o11",
            "investigating",
            "We see failing calls on SIP trunk A and are finding out why.",
            ago(minutes=30),
            event="opened",
        ),
    ],
    affected("SIP trunk A", MAJOR),
    affected("Call recording", DEGRADED),
    due=NOW + timedelta(minutes=11),
)
REPORTS_SLOW = incident(
    "open2",
    "Message reports are slow to load",
    Priority.P3,
    ago(hours=4),
    [
        update(
            "o21",
            "monitoring",
            "An index was rebuilt and reports load in under two seconds. We keep watching.",
            ago(hours=2, minutes=10),
        )
    ],
    affected("Message reports", DEGRADED),
    due=ago(minutes=10),
)

PLANNED = (
    maintenance(
        "plan1",
        "New firmware on the Frankfurt exchange",
        datetime(2026, 11, 24, 1, tzinfo=UTC),
        2.5,
        datetime(2026, 11, 2, 9, 12, tzinfo=UTC),
        affected("SIP trunk B", WORK),
    ),
    replace(
        maintenance(
            "plan2",
            "Certificate of the API renewed early",
            datetime(2026, 11, 16, 22, tzinfo=UTC),
            0.5,
            datetime(2026, 11, 16, 8, 30, tzinfo=UTC),
            affected("API", WORK),
            affected("Webhooks", WORK),
        ),
        kind=MaintenanceKind.EMERGENCY,
        urgent=True,
        notice_met=False,
        excluded=False,
        reason="urgent",
        reason_text="The issuer withdraws the present certificate tonight.",
    ),
)
DONE = replace(
    maintenance(
        "done1",
        "Database of the customer portal moved",
        datetime(2026, 11, 10, 23, tzinfo=UTC),
        1,
        datetime(2026, 10, 20, 9, tzinfo=UTC),
        affected("Customer portal", WORK),
    ),
    status=MaintenanceStatus.COMPLETED,
    began_at=datetime(2026, 11, 10, 23, tzinfo=UTC),
    completed_at=datetime(2026, 11, 10, 23, 41, tzinfo=UTC),
)
