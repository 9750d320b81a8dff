"""Whether a failure is the target's or ours: a network or name servers that are gone, a process that stood still.

A failure that could be ours is called the target's only when something else answered meanwhile: another target, or,
where there is none, one of the root name servers, which everybody can reach who has a network; they are met while all
is well, so that their silence says something later. Where they were never reached (an inner network without a way
out), it is ours only when our name servers fell silent too, or nothing at all answers any more.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import dns.exception
import dns.resolver

from statuspage.domain.health import Outcome
from statuspage.monitoring.aim import Aim
from statuspage.monitoring.connecting import Reach
from statuspage.monitoring.finding import Doubt, Finding, unknown

ROOTS = ("198.41.0.4", "199.9.14.201", "192.33.4.12", "193.0.14.129", "202.12.27.33", "2001:7fd::1")
"""Root name servers a, b, c, k and m: run by different people at hundreds of places."""
ROOT_PORT = 53
ASKED_SECONDS = 2.0
MET_SECONDS = 3600.0
"""Roots that were never reached are tried again after so long."""
KEPT_SECONDS = 3.0
RECENT_SECONDS = 5.0
MANY = 3
"""So many hosts that fail at once, and none that answers, are no coincidence."""
STILL_SECONDS = 1.0
"""The loop's pulse later than this: this process stood still, and so did its timers."""
JUMP_SECONDS = 2.0


class Pulse:
    """Notes when this process stood still or its wall clock was set; what failed then proves nothing."""

    def __init__(self) -> None:
        self._beat_at: float | None = None
        self._ahead: float | None = None
        self._disturbed_at = float("-inf")

    def beat(self, now: float, wall: float) -> None:
        """Call it several times a second: `now` is monotonic, `wall` seconds since the epoch."""
        still = self._beat_at is not None and now - self._beat_at > STILL_SECONDS
        jumped = self._ahead is not None and abs(wall - now - self._ahead) > JUMP_SECONDS
        if still or jumped:
            self._disturbed_at = now
        self._beat_at, self._ahead = now, wall - now

    def was_disturbed(self, since: float, now: float, wall: float) -> bool:
        """Whether it stood still, or its clock jumped, at any time from `since` until now."""
        self.beat(now, wall)
        return self._disturbed_at >= since


class Witness:
    """Settles doubts. What it is told of (`note`) costs nothing; it asks only when nobody else answered."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._heard_at = float("-inf")
        self._doubted: dict[str, float] = {}
        self._roots_known = False
        self._asking: asyncio.Task[bool] | None = None
        self._asked_at = float("-inf")

    def note(self, aim: Aim, finding: Finding, now: float) -> None:
        """A target outside this machine answered, with whatever, or was doubted."""
        if aim.is_local or finding.outcome is Outcome.UNKNOWN:
            return
        if finding.doubt is None:
            self._heard_at = now
            self._doubted.pop(aim.host, None)
            if not self._roots_known and now - self._asked_at > MET_SECONDS:
                self._question(now)
        elif finding.doubt is Doubt.NETWORK:
            self._doubted[aim.host] = now

    async def settle(self, aim: Aim, finding: Finding, began: float) -> Finding:
        """The finding without its doubt: down as it was, or unknown."""
        match finding.doubt:
            case Doubt.NETWORK if not aim.is_local and not await self._has_network(began):
                return unknown("no network here: nothing else answers either")
            case Doubt.NAMES if not await self._has_names(began):
                return unknown("no name server answers us")
        return replace(finding, doubt=None)

    async def _has_network(self, began: float) -> bool:
        if self._heard_at >= began:
            return True
        if await self._asked_roots():
            return True
        if self._heard_at >= began:  # somebody answered while we asked
            return True
        now = asyncio.get_running_loop().time()
        recent = [host for host, at in self._doubted.items() if now - at < 60.0]
        if self._roots_known or len(recent) >= MANY:
            return False
        knew_names = self._reach.names.heard_at > float("-inf")
        return not knew_names or await self._is_heard_by_names(began)

    async def _has_names(self, began: float) -> bool:
        if self._reach.names.heard_at >= began - RECENT_SECONDS:
            return True
        if not await self._is_heard_by_names(began):
            return False
        return not self._roots_known or await self._has_network(began)

    async def _is_heard_by_names(self, began: float) -> bool:
        """Whether a name server of ours answers, or did since the check began."""
        try:
            await self._reach.names.servers().resolve(".", "NS", lifetime=ASKED_SECONDS, search=False)
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            pass
        except (dns.exception.DNSException, OSError):
            return self._reach.names.heard_at >= began
        return True

    async def _asked_roots(self) -> bool:
        """Whether any root name server takes a connection; asked once for all who want to know."""
        return await asyncio.shield(self._question(asyncio.get_running_loop().time()))

    def _question(self, now: float) -> asyncio.Task[bool]:
        if self._asking is None or (self._asking.done() and now - self._asked_at > KEPT_SECONDS):
            self._asked_at = now
            self._asking = asyncio.create_task(self._ask_roots())
        return self._asking

    async def _ask_roots(self) -> bool:
        asked = [asyncio.create_task(_connects(address)) for address in ROOTS]
        try:
            for each in asyncio.as_completed(asked):
                if await each:
                    self._roots_known = True
                    self._heard_at = asyncio.get_running_loop().time()
                    return True
            return False
        finally:
            for task in asked:
                task.cancel()


async def _connects(address: str) -> bool:
    try:
        async with asyncio.timeout(ASKED_SECONDS):
            _, writer = await asyncio.open_connection(address, ROOT_PORT)
    except OSError:
        return False
    writer.transport.abort()
    return True
