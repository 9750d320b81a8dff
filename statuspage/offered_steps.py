"""The steps of a customer's report as forms, API and command line offer them: what each takes, and its verb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from statuspage import report_steps
from statuspage.customer_drafts import (
    ClosingDraft,
    DelayDraft,
    DiagnosisDraft,
    ExclusionDraft,
    LinkDraft,
    QualificationDraft,
    ReclassificationDraft,
    RemarkDraft,
    UrgencyDraft,
    WordsDraft,
    WorkLinkDraft,
)
from statuspage.customer_reports import link_incident, link_maintenance, restore
from statuspage.domain.sla.policy import Policy
from statuspage.drafts import Draft
from statuspage.models import CustomerReport


@dataclass(frozen=True)
class Step:
    """One verb as doors offer it: what it takes, and whether the policy has a say in it."""

    draft: type[Draft]
    verb: Callable[..., CustomerReport]
    by_policy: bool = False

    def take(
        self, session: Session, report: CustomerReport, draft: Draft, *, policy: Policy, author: str, now: datetime
    ) -> CustomerReport:
        """Do it. Raises Refused or TransitionRefused."""
        extra: dict[str, Any] = {"policy": policy} if self.by_policy else {}
        return self.verb(session, report, draft, author=author, now=now, **extra)


STEPS = {
    "acknowledge": Step(RemarkDraft, report_steps.acknowledge),
    "action": Step(RemarkDraft, report_steps.begin_action),
    "diagnosis": Step(DiagnosisDraft, report_steps.diagnose),
    "qualification": Step(QualificationDraft, report_steps.qualify, by_policy=True),
    "urgency": Step(UrgencyDraft, report_steps.agree_urgency, by_policy=True),
    "reclassification": Step(ReclassificationDraft, report_steps.reclassify, by_policy=True),
    "workaround": Step(WordsDraft, report_steps.work_around, by_policy=True),
    "delays": Step(DelayDraft, report_steps.add_delay),
    "exclusion": Step(ExclusionDraft, report_steps.leave_out, by_policy=True),
    "incident": Step(LinkDraft, link_incident),
    "maintenance": Step(WorkLinkDraft, link_maintenance),
    "restoration": Step(RemarkDraft, restore),
    "resolution": Step(WordsDraft, report_steps.resolve),
    "closing": Step(ClosingDraft, report_steps.close, by_policy=True),
    "objection": Step(WordsDraft, report_steps.object_to, by_policy=True),
}
"""The steps by the noun that stands in addresses."""
