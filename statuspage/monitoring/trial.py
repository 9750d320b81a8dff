"""One check at an operator's word, by the code that the prober runs; nothing is stored and nothing is judged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

from statuspage.errors import Problem, Refused
from statuspage.monitor_drafts import MonitorTable, with_kept_headers
from statuspage.monitoring.aim import aim_of
from statuspage.monitoring.checking import KINDS, check
from statuspage.monitoring.connecting import Reach
from statuspage.monitoring.finding import Finding
from statuspage.monitoring.witness import Witness
from statuspage.reaching import Networks

LONGEST_SECONDS = 10.0
"""Somebody waits for it."""


def try_check(table: MonitorTable, before: Mapping[str, Any] | None, allowed: Networks, now: datetime) -> Finding:
    """What a monitor with these settings finds now, within its timeout and at most LONGEST_SECONDS; `before` are
    the stored settings that kept header values come from. Raises Refused for a heartbeat."""
    if table.kind not in KINDS:
        raise Refused(Problem("kind", "a heartbeat cannot be tested: the job calls us"))
    settings = table.model_dump(mode="json", exclude_none=True, exclude={"enabled"})
    try:
        settings = with_kept_headers(settings, before)
    except ValueError as error:
        raise Refused(Problem("headers", str(error).removeprefix("headers: "))) from None
    with ThreadPoolExecutor(1, "trial") as thread:  # whoever asks may have a loop of its own
        return thread.submit(lambda: asyncio.run(_try(settings, allowed, now))).result()


async def _try(settings: Mapping[str, Any], allowed: Networks, now: datetime) -> Finding:
    aim = aim_of("trial", settings)
    aim = replace(aim, timeout=min(aim.timeout, LONGEST_SECONDS))
    reach, began = Reach(allowed), asyncio.get_running_loop().time()
    found = await check(aim, reach, now)
    return found if found.doubt is None else await Witness(reach).settle(aim, found, began)
