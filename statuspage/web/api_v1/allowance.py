"""How many calls a token may make: so many a minute, counted by each web process in memory, told in every answer.

The fields are `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) and, for the many clients
that know only the drafts before, `RateLimit-Limit`, `-Remaining` and `-Reset`. A count that is lost with its process
is no harm: this is a brake for a caller that runs wild, so that doors stay free for people.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from statuspage.changes import Installation

EXTENSION = "api_allowance"
WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Standing:
    """Where a caller stands: what a window allows, what is left of it, and the seconds until it begins anew."""

    limit: int
    left: int
    seconds: int
    exceeded: bool = False

    @property
    def is_first(self) -> bool:
        """Whether this call opened the window."""
        return self.left == self.limit - 1

    @property
    def headers(self) -> dict[str, str]:
        """What an answer says of it."""
        told = {
            "RateLimit-Policy": f'"token";q={self.limit};w={int(WINDOW.total_seconds())}',
            "RateLimit": f'"token";r={self.left};t={self.seconds}',
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.seconds),
        }
        return told | ({"Retry-After": str(self.seconds)} if self.exceeded else {})


class Allowance:
    """The calls of each token in the window under way."""

    def __init__(self, installation: Installation) -> None:
        self._limit = installation.settings.api_rate_limit
        self._lock = threading.Lock()
        self._made: dict[int, tuple[datetime, int]] = {}

    def take(self, token_id: int, now: datetime) -> Standing:
        """Count one call; where it is one too many, `exceeded` says so and it is not counted."""
        with self._lock:
            began, made = self._made.get(token_id, (now, 0))
            if not timedelta() <= now - began < WINDOW:  # over, or the clock was set back
                began, made = now, 0
            seconds = max(1, math.ceil((began + WINDOW - now).total_seconds()))
            if made >= self._limit:
                return Standing(self._limit, 0, seconds, exceeded=True)
            self._made[token_id] = (began, made + 1)
            return Standing(self._limit, self._limit - made - 1, seconds)
