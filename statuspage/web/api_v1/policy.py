"""The policy in force: what each priority means and how much notice maintenance needs."""

from __future__ import annotations

from datetime import date

from statuspage.domain.sla.duration import describe_duration
from statuspage.domain.vocabulary import Scope
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Shape


class PriorityAnswer(Shape):
    """A priority: whether its incidents are public, and how often an update is due."""

    id: str
    name: str
    means: str
    public: bool
    update_every: str | None


class PolicyAnswer(Shape):
    """The policy in force today; lengths of time in words."""

    id: str
    name: str
    version: str
    effective_from: date
    timezone: str
    default_target: str | None
    priorities: list[PriorityAnswer]
    scheduled_lead: str
    emergency_lead: str | None
    reasons: list[str]


@endpoint("GET", "/policy", scope=Scope.READ, gives=PolicyAnswer)
def show_policy(call: Call) -> Answer:
    """The policy in force."""
    with call.read() as session:
        policy = call.installation.policy(call.now, session)
    lead, emergency = policy.maintenance.scheduled_lead, policy.maintenance.emergency_lead
    target = policy.availability.default_target
    return call.answered(
        PolicyAnswer(
            id=policy.id,
            name=policy.name,
            version=policy.version,
            effective_from=policy.effective_from,
            timezone=policy.zone.key,
            default_target=str(target) if target is not None else None,
            priorities=[
                PriorityAnswer(
                    id=terms.id,
                    name=terms.name,
                    means=terms.means,
                    public=terms.public,
                    update_every=describe_duration(terms.update_every) if terms.update_every else None,
                )
                for terms in policy.priorities
            ],
            scheduled_lead=describe_duration(lead),
            emergency_lead=describe_duration(emergency) if emergency else None,
            reasons=list(policy.maintenance.late_needs_reason),
        )
    )
