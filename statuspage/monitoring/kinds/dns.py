"""dns: a name has the record that is asked for, and where one is expected, that answer among them."""

from __future__ import annotations

import asyncio
from datetime import datetime

import dns.exception
import dns.resolver

from statuspage.monitoring.aim import Aim
from statuspage.monitoring.connecting import Reach
from statuspage.monitoring.finding import Doubt, Finding, down, in_time


async def check(aim: Aim, reach: Reach, now: datetime) -> Finding:
    """Ask the system's name servers."""
    clock = asyncio.get_running_loop().time
    began = clock()
    record = aim.settings.get("record") or "A"
    try:
        answer = await reach.names.servers().resolve(aim.target, record, search=False, lifetime=aim.timeout)
    except dns.resolver.NXDOMAIN:
        reach.names.note_answer()
        return down(f"there is no {aim.target}")
    except dns.resolver.NoAnswer:
        reach.names.note_answer()
        return down(f"{aim.target} has no {record} record")
    except (dns.resolver.NoNameservers, dns.exception.Timeout):
        return down(f"no answer for the name {aim.target}", Doubt.NAMES)
    except dns.exception.DNSException as error:
        return down(f"{aim.target} cannot be asked for: {error}")
    reach.names.note_answer()
    spent = round((clock() - began) * 1000)
    found = sorted(_plain(record, each.to_text()) for each in answer)
    expected = aim.settings.get("expect_answer")
    if expected and _plain(record, expected) not in found:
        return down(f"{record} is {', '.join(found)}, not {expected}")
    return in_time(f"{record} is {', '.join(found)}", spent, aim.slow_ms)


def _plain(record: str, text: str) -> str:
    """An answer without quotation marks, the dot at its end, or capitals where they mean nothing."""
    plain = " ".join(text.strip().strip('"').replace('" "', "").split())
    return plain if record in ("TXT", "CAA") else plain.rstrip(".").lower()
