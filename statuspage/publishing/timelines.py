"""Loads the timelines of components from what was said of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.domain.timeline import Timeline, timeline
from statuspage.history import load_claims


def load_timelines(
    session: Session, component_ids: Iterable[str], *, since: datetime, until: datetime, internal: bool = False
) -> dict[str, Timeline]:
    """The timeline of each component, right from `since` to `until`; before `since` it holds only the words that
    still held. What internal incidents said stays out unless `internal`. Two queries."""
    claims = load_claims(session, component_ids, since=since, until=until, internal=internal)
    return {component_id: timeline(said, until) for component_id, said in claims.items()}
