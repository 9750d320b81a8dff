"""Nobody posts past a colleague's update unread: what was posted since somebody last looked."""

from __future__ import annotations

from collections.abc import Sequence

from statuspage.errors import Overtaken, Problem, Refused
from statuspage.models import Update

NOTE = "noted"
"""The event of an update that only operators read, whatever becomes of its incident. It stops nobody's post."""


def newest_id(updates: Sequence[Update]) -> str:
    """What whoever reads these updates (oldest first) has read: the newest one's id, "" where there is none."""
    return next((update.id for update in reversed(updates) if update.event != NOTE), "")


def posted_since(updates: Sequence[Update], after: str) -> Sequence[Update]:
    """The updates behind the one with this id; none where there is no such one."""
    ids = [update.id for update in updates]
    later = updates[ids.index(after) + 1 :] if after in ids else ()
    return [update for update in later if update.event != NOTE]


def check_read(updates: Sequence[Update], after: str | None) -> None:
    """Whether `after` is the newest of the updates; None asks nothing. Raises Overtaken, or Refused for no update of
    theirs (one that was withdrawn meanwhile among them)."""
    if after is None or after == newest_id(updates):
        return
    later = posted_since(updates, after)
    if not later:
        raise Refused(Problem("after", f"there is no update {after!r} here, or it was withdrawn"))
    message = f"posted meanwhile by {later[-1].author or 'somebody'}: read that update, then post yours"
    raise Overtaken(Problem("after", message), {"newest_update": later[-1].id})
