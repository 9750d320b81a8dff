"""The services of the public page of service levels: their figures of the running period to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.intervals import merge
from statuspage.domain.periods import Period
from statuspage.domain.sla.policy import Policy, PolicyBook
from statuspage.domain.sla.services import ServiceFigure, ServiceLine, service_lines
from statuspage.measured import load_attached, load_line_figures
from statuspage.models import Hook, Monitor
from statuspage.publishing.memory import Memory
from statuspage.publishing.snapshot import ComponentView, ServiceView


def load_services(
    session: Session,
    policies: PolicyBook,
    period: Period,
    visible: Mapping[str, ComponentView],
    memory: Memory,
    *,
    now: datetime,
) -> tuple[ServiceView, ...]:
    """The policy's services, and what else has a component that is `visible`: a hidden component has part in its
    service's figure and is named nowhere. A figure runs as far as the newest of its visible components'."""
    policy = policies.in_force(period.first_day)
    monitors = load_outside_monitors(session, policy)
    newest = max((component.timeline.until for component in visible.values()), default=now)
    found: dict[str, ServiceView] = {}
    missing: dict[datetime, list[ServiceLine]] = defaultdict(list)
    grounds: dict[str, tuple[Hashable, ...]] = {}
    for line in service_lines(policy, load_attached(session)):
        shown = [visible[part.id] for part in line.components if part.id in visible]
        if not policy.service(line.service) and not shown:
            continue
        grounds[line.key] = (line, period, *(part.timeline for part in shown), *_names(line, monitors))
        known = memory.services.get(line.key)
        if known is not None and len(shown) == len(line.components) and known[0] == grounds[line.key]:
            found[line.key] = known[1]
        else:
            missing[max((part.timeline.until for part in shown), default=newest)].append(line)
    for until, lines in missing.items():
        for figure in load_line_figures(session, policy, period, lines, until=until):
            found[figure.line.key] = _view(policy, figure, monitors)
    memory.services = {key: (rests_on, found[key]) for key, rests_on in grounds.items()}
    return tuple(memory.services[key][1] for key in grounds)


def load_outside_monitors(session: Session, policy: Policy) -> dict[str, list[str]]:
    """Who measures by name, by component, where the policy leaves that to others (OP28): the hooks that outside
    monitors post to, then checks of our own. Empty where it does not."""
    if policy.availability.measured_by != "external":
        return {}
    found: dict[str, list[str]] = defaultdict(list)
    hooks = select(Hook.component_id, Hook.name).where(Hook.revoked_at.is_(None), Hook.component_id.is_not(None))
    checks = select(Monitor.component_id, Monitor.name).where(Monitor.enabled.is_(True), Monitor.name != "")
    for query in (hooks.order_by(Hook.name), checks.order_by(Monitor.position, Monitor.name)):
        for component_id, name in session.execute(query):
            found[component_id or ""].append(name)
    return found


def _view(policy: Policy, service: ServiceFigure, monitors: Mapping[str, list[str]]) -> ServiceView:
    line, figure = service.line, service.figure
    stretches = merge(part.span for part in figure.outages) if figure else ()
    promised = [policy.target(line.service, tier.id if tier else None) for tier in policy.tiers or (None,)]
    targets = [target for target in promised if target is not None]
    met = [figure.met(target) for target in targets] if figure else []
    return ServiceView(
        key=line.key,
        name=line.name,
        targets=tuple(f"{target:f}" for target in targets),
        pct=figure.percent() if figure else None,
        met=tuple(each for each in met if each is not None),
        down=figure.counted if figure else timedelta(),
        removed=figure.removed if figure else timedelta(),
        unknown=figure.unknown if figure else timedelta(),
        outages=len(stretches),
        longest=max((span.length for span in stretches), default=timedelta()),
        total=figure.total if figure else timedelta(),
        monitors=_names(line, monitors),
    )


def _names(line: ServiceLine, monitors: Mapping[str, list[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in line.components for name in monitors.get(part.id, ())))
