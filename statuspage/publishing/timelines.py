"""Loads the timelines of components: from what is settled, and from what was said since."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.domain.settled import followed, lasting
from statuspage.domain.timeline import Timeline, timeline
from statuspage.history import load_claims
from statuspage.settled import Known, load_settled


def load_timelines(
    session: Session, component_ids: Iterable[str], *, since: datetime, until: datetime, internal: bool = False
) -> dict[str, Timeline]:
    """The timeline of each component, right from `since` to `until`; before `since` it holds only the words that
    still held. What internal incidents said stays out unless `internal`: then nothing settled is of use."""
    wanted = list(component_ids)
    if internal:
        claims = load_claims(session, wanted, since=since, until=until, internal=True)
        return {key: timeline(said, until) for key, said in claims.items()}
    known = load_settled(session, wanted, since=since, until=until)
    found = _said(session, [key for key in wanted if key not in known.settled], since, until)
    found |= {key: lasting(past, until) for key, past in known.settled.items() if key not in known.stirred}
    for stirred in _alike(known):
        mark = min(known.settled[key].until for key in stirred)
        live = _said(session, stirred, mark, until)
        found |= {key: followed(known.settled[key], live[key]) for key in stirred}
    return {key: found[key] for key in wanted}


def _alike(known: Known) -> tuple[Collection[str], ...]:
    """Those of which something was said: settled as far as any, mostly all of them, and the others."""
    newest = max((past.until for past in known.settled.values()), default=None)
    fresh = {key for key in known.stirred if known.settled[key].until == newest}
    return tuple(part for part in (fresh, known.stirred - fresh) if part)


def _said(session: Session, component_ids: Collection[str], since: datetime, until: datetime) -> dict[str, Timeline]:
    """From what was said alone."""
    claims = load_claims(session, component_ids, since=since, until=until)
    return {component_id: timeline(said, until) for component_id, said in claims.items()}
