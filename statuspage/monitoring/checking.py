"""One check with its own timeout, whatever its kind; nothing that a target does gets out of here as an exception."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from statuspage.monitoring.aim import Aim
from statuspage.monitoring.connecting import Reach
from statuspage.monitoring.finding import Finding
from statuspage.monitoring.kinds import dns, http, tcp, tls
from statuspage.monitoring.trouble import finding_of

Check = Callable[[Aim, Reach, datetime], Awaitable[Finding]]
KINDS: dict[str, Check] = {"http": http.check, "tcp": tcp.check, "dns": dns.check, "tls": tls.check}
"""The checks that we make; a heartbeat is the job's own call (monitoring.heartbeats)."""


async def check(aim: Aim, reach: Reach, now: datetime) -> Finding:
    """What the check finds within the monitor's timeout; a failure that may be ours carries its doubt."""
    try:
        async with asyncio.timeout(aim.timeout):
            return await KINDS[aim.kind](aim, reach, now)
    except Exception as error:  # whatever a target makes a library raise, it is a finding
        return finding_of(error, aim)
