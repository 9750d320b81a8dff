"""tcp: the port takes a connection; where asked, it takes words and answers with the words expected."""

from __future__ import annotations

import asyncio
from datetime import datetime

from statuspage.monitoring.aim import Aim
from statuspage.monitoring.connecting import Reach
from statuspage.monitoring.finding import Finding, down, in_time

LONGEST_READ = 64 * 1024


async def check(aim: Aim, reach: Reach, now: datetime) -> Finding:
    """Connect, and talk where the settings say so."""
    clock = asyncio.get_running_loop().time
    began = clock()
    host, port = aim.host_port
    reader, writer = await reach.connect(host, port)
    try:
        send, expect = aim.settings.get("send"), aim.settings.get("expect")
        if send:
            writer.write(_bytes(send))
            await writer.drain()
        if expect and not await _hears(reader, _bytes(expect)):
            return down(f"did not answer {expect!r}")
    finally:
        writer.transport.abort()
    return in_time(f"answered {expect!r}" if expect else "connected", round((clock() - began) * 1000), aim.slow_ms)


async def _hears(reader: asyncio.StreamReader, expected: bytes) -> bool:
    heard = b""
    while expected not in heard:
        part = await reader.read(4096) if len(heard) < LONGEST_READ else b""
        if not part:
            return False
        heard += part
    return True


def _bytes(text: str) -> bytes:
    """Text as typed, with \\r and \\n for the ends of lines."""
    return text.replace("\\r", "\r").replace("\\n", "\n").encode()
