"""What a mail that came back says of its address, and when we stop writing to it.

An address is suppressed by the first hard bounce, by a complaint, and by SOFT_LIMIT soft bounces within SOFT_WITHIN
if no mail arrived between them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

SOFT_LIMIT = 5
SOFT_WITHIN = timedelta(days=14)
SILENT_FOR = timedelta(days=5)
"""A mail that did not come back for so long has arrived: servers give up by then (RFC 5321 section 4.5.4.1)."""
NO_SUCH_ADDRESS = ("1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "4.4")
"""Subject and detail (RFC 3463, RFC 7505) that say the address is gone for good; a full mailbox, a size, a filter's
verdict or a server's defect do not."""
UNDEFINED = ("0.0", "1.9", "7.0")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY = re.compile(r"\b(550|551|553)\b")


class BounceKind(StrEnum):
    """How much a bounce says."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"


def kind_of_status(status: str, diagnostic: str = "") -> BounceKind:
    """Hard or soft, from a status code ("5.1.1") and the server's own words, which are often more exact."""
    codes = [match.groups() for match in map(_STATUS.search, (status, diagnostic)) if match]
    for level, subject, detail in codes:
        said = f"{subject}.{detail}"
        if said in UNDEFINED and level == "5":
            continue
        return BounceKind.HARD if level == "5" and said in NO_SUCH_ADDRESS else BounceKind.SOFT
    # no word but the reply's number, or a status that leaves it open
    return BounceKind.HARD if _REPLY.search(diagnostic) else BounceKind.SOFT


def must_stop(kind: BounceKind, softs: Sequence[datetime], arrived_at: datetime | None, now: datetime) -> bool:
    """Whether a bounce ends our mail to its address. `softs` are the soft ones so far with this one; `arrived_at` is
    when the last mail was sent that did not come back within SILENT_FOR."""
    if kind is not BounceKind.SOFT:
        return True
    since = max(now - SOFT_WITHIN, arrived_at or now - SOFT_WITHIN)
    return sum(since < at <= now for at in softs) >= SOFT_LIMIT
