"""tls: the handshake, the chain, the name, and the days that the certificate has left."""

from __future__ import annotations

import asyncio
import ssl
from datetime import datetime

from statuspage.monitoring import certificates
from statuspage.monitoring.aim import Aim
from statuspage.monitoring.connecting import Reach
from statuspage.monitoring.finding import Finding, down, in_time


async def check(aim: Aim, reach: Reach, now: datetime) -> Finding:
    """Shake hands; a certificate that ends soon is said, and is up all the same."""
    clock = asyncio.get_running_loop().time
    began = clock()
    host, port = aim.host_port
    try:
        certificate = await shake_hands(reach, host, port, reach.tls)
    except ssl.SSLCertVerificationError as error:
        return await refused(error, reach, host, port)
    spent = round((clock() - began) * 1000)
    ends = certificates.ends_at(certificate)
    words = "certificate is good" + certificates.warning(ends, aim.certificate_days, now)
    return in_time(words, spent, aim.slow_ms, ends)


async def refused(error: ssl.SSLCertVerificationError, reach: Reach, host: str, port: int) -> Finding:
    """What is wrong with a certificate; for an expired one a second handshake, blind to dates, learns its date."""
    if error.verify_code != certificates.EXPIRED:
        return down(certificates.fault(error))
    try:
        ends = certificates.ends_at(await shake_hands(reach, host, port, certificates.without_time()))
    except OSError:
        return down(certificates.fault(error))
    found = down(certificates.fault(error, ends))
    return Finding(found.outcome, found.words, certificate_ends_at=ends)


async def shake_hands(reach: Reach, host: str, port: int, context: ssl.SSLContext) -> dict[str, object]:
    """The certificate that was shown to a handshake with `context`. Raises ssl.SSLError and OSError."""
    _, writer = await reach.connect(host, port, context)
    try:
        return writer.get_extra_info("peercert") or {}
    finally:
        writer.transport.abort()
