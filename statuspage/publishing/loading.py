"""Loads a Snapshot: the one path by which the database reaches the public, in a constant number of queries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.domain.sla.policy import PolicyBook
from statuspage.publishing.snapshot import Snapshot, Touched


def load_snapshot(
    session: Session, *, policies: PolicyBook, now: datetime, touched: Touched, base_url: str | None = None
) -> Snapshot:
    """The page as the public may see it at `now`; `base_url` beats the page's own URL.

    Holds what Snapshot promises and no more: the cost is that of the window and of what was touched.
    """
    raise NotImplementedError
