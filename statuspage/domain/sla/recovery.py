"""What is lost when a snapshot is put back: the window, and whether it is more than was agreed (OP15, OP16)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from statuspage.domain.intervals import Span
from statuspage.domain.sla.contract import Policy


@dataclass(frozen=True)
class Loss:
    """Changes made in `span` may be gone; `limit` is how long that may be at most, None where nothing is agreed."""

    span: Span
    limit: timedelta | None

    @property
    def exceeds(self) -> bool:
        """Whether more may be lost than was agreed; exactly as much is not more."""
        return self.limit is not None and self.span.length > self.limit


def recovery_loss(policy: Policy, snapshot_at: datetime, lost_until: datetime) -> Loss:
    """What a snapshot of an instant loses of the work done up to another. Raises ValueError for one from later."""
    hours = policy.tickets.recovery_loss_hours
    return Loss(Span(snapshot_at, lost_until), None if hours is None else timedelta(hours=hours))


def may_recover(policy: Policy, priority: str | None) -> bool:
    """Whether an incident of this priority may be ended from a backup: where a loss is agreed, the gravest only."""
    return policy.tickets.recovery_loss_hours is None or priority == min(terms.id for terms in policy.priorities)
