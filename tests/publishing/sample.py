"""A believable company's page as snapshots: calm, in trouble, under maintenance, and with hostile words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from statuspage.domain.sla.policy import load_policy
from statuspage.domain.timeline import Claim, timeline
from statuspage.domain.vocabulary import MaintenanceStatus
from statuspage.publishing.snapshot import (
    ComponentView,
    GroupView,
    IncidentView,
    MaintenanceView,
    PageView,
    Snapshot,
    Touched,
)
from tests.publishing.stories import (
    BORN,
    CALLS_FAIL,
    DEGRADED,
    DESCRIPTIONS,
    DONE,
    GROUPS,
    NOW,
    OK,
    PARTIAL,
    PAST_INCIDENTS,
    PLANNED,
    REPORTS_SLOW,
    WORK,
    ZONE,
    affected,
    ago,
    id_of,
    slug_of,
    update,
)

__all__ = ["affected", "update"]


def component(name: str, group: str, position: int, claims: list[Claim]) -> ComponentView:
    history = timeline([Claim("base", BORN, OK), *claims], NOW)
    return ComponentView(
        id=id_of(name),
        slug=slug_of(name),
        name=name,
        description=DESCRIPTIONS.get(name),
        group_id=f"g{group:0<11.11}",
        service=None,
        beta=name == "WhatsApp",
        showcase=True,
        only_show_if_degraded=False,
        start_on=None,
        position=position,
        created_at=BORN,
        updated_at=BORN,
        status=history.status,
        timeline=history,
    )


def claims_of(incidents: tuple[IncidentView, ...], works: tuple[MaintenanceView, ...]) -> dict[str, list[Claim]]:
    """What the sample's events say of each component, from start to end."""
    claims: dict[str, list[Claim]] = {}
    for each in incidents:
        for hit in each.components:
            source = f"incident:{each.id}"
            listed = claims.setdefault(hit.component_id, [])
            listed.append(Claim(source, each.started_at, hit.new_status, each.cause))
            if each.resolved_at:
                listed.append(Claim(source, each.resolved_at, OK))
    for work in works:
        for hit in work.components:
            listed = claims.setdefault(hit.component_id, [])
            if work.began_at:
                listed.append(Claim(f"maintenance:{work.id}", work.began_at, WORK, kind=work.kind))
            if work.completed_at:
                listed.append(Claim(f"maintenance:{work.id}", work.completed_at, OK, kind=work.kind))
    return claims


def snapshot(
    open_incidents: tuple[IncidentView, ...] = (),
    works: tuple[MaintenanceView, ...] = PLANNED,
    *,
    policy: str = "standard",
    name: str = "Larkwing",
) -> Snapshot:
    """The sample company at NOW with these incidents open and this maintenance to come."""
    incidents = tuple(sorted((*open_incidents, *PAST_INCIDENTS), key=lambda each: each.started_at, reverse=True))
    maintenances = tuple(sorted((*works, DONE), key=lambda each: each.starts_at, reverse=True))
    claims = claims_of(incidents, maintenances)
    claims.setdefault(id_of("SMS worldwide"), []).extend(
        [
            Claim("base", ago(days=31, hours=4), DEGRADED),
            Claim("base", ago(days=28, hours=20), OK),
            Claim("base", ago(days=15, hours=4), PARTIAL),
            Claim("base", ago(days=15, hours=3), OK),
        ]
    )
    components = tuple(
        component(each, group, position, claims.get(id_of(each), []))
        for group, names in GROUPS.items()
        for position, each in enumerate(names)
    )
    months: dict[str, int] = {}
    for at in [*(each.started_at for each in incidents), *(each.starts_at for each in maintenances)]:
        month = f"{at.astimezone(ZONE):%Y-%m}"
        months[month] = months.get(month, 0) + 1
    return Snapshot(
        page=PageView(
            code="lark00000001",
            name=name,
            url="https://status.larkwing.example",
            zone=ZONE,
            languages=("en",),
            support_url="https://larkwing.example/support",
            created_at=BORN,
            updated_at=NOW,
            language="en",
        ),
        policy=load_policy(policy),
        now=NOW,
        revision=7,
        groups=tuple(
            GroupView(f"g{group:0<11.11}", group, position, BORN, BORN, tuple(id_of(each) for each in names))
            for position, (group, names) in enumerate(GROUPS.items())
        ),
        components=components,
        incidents=incidents,
        maintenances=maintenances,
        months=tuple(sorted(months.items(), reverse=True)),
        touched=Touched(everything=True),
    )


def calm() -> Snapshot:
    """All is well, one maintenance lies ahead."""
    return snapshot(works=PLANNED[:1])


def trouble() -> Snapshot:
    """A P1 half an hour old, a P3 whose update is overdue, urgent work tonight."""
    return snapshot((CALLS_FAIL, REPORTS_SLOW))


def working() -> Snapshot:
    """Maintenance under way and nothing else."""
    running = replace(
        PLANNED[0],
        status=MaintenanceStatus.IN_PROGRESS,
        starts_at=ago(minutes=20),
        ends_at=NOW + timedelta(minutes=40),
        began_at=ago(minutes=20),
    )
    return snapshot(works=(running,))
