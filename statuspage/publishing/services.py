"""The services of the public page of service levels: their figures of the running period to date."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from statuspage.domain.periods import Period
from statuspage.domain.sla.policy import Policy, PolicyBook
from statuspage.domain.sla.services import ServiceFigure
from statuspage.measured import load_service_figures
from statuspage.publishing.snapshot import ServiceView


def load_services(
    session: Session, policies: PolicyBook, period: Period, *, visible: Container[str], now: datetime
) -> tuple[ServiceView, ...]:
    """The policy's services, and what else has a component that is `visible`: a hidden component has part in its
    service's figure and is named nowhere."""
    policy = policies.in_force(period.first_day)
    return tuple(
        _view(policy, each)
        for each in load_service_figures(session, policies, period, now=now)
        if policy.service(each.line.service) or any(part.id in visible for part in each.line.components)
    )


def _view(policy: Policy, service: ServiceFigure) -> ServiceView:
    line, figure = service.line, service.figure
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
    )
