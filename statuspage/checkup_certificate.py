"""What is wrong with the page's own certificate: whether readers' browsers take it, and for how long yet."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from statuspage.findings import Finding, Verdict, one_line
from statuspage.monitoring.certificates import ends_at, fault

CONNECT_SECONDS = 8.0
RENEWED_BY = 21
"""Days before its end by which automatic renewal has long replaced a certificate."""
PRESSING = 7


def examine_certificate(base: str, now: datetime) -> Iterator[Finding]:
    """The certificate at the page's address, and how many days it has left."""
    parts = urlsplit(base)
    if parts.scheme != "https" or parts.hostname is None:
        return
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), CONNECT_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) as secured,
        ):
            ends = ends_at(secured.getpeercert())
    except ssl.SSLError as error:
        said = f"Browsers refuse {base}: {fault(error)}."
        yield Finding("certificate", "wrong", said, "Renew it, or set the proxy's certificate right.")
        return
    except OSError as error:
        said = f"The certificate of {base} could not be looked at: {one_line(error)}"
        yield Finding("certificate", "hint", said, "Check DNS and the proxy.")
        return
    if ends is None:
        return
    left = (ends - now).days
    said = f"The certificate of {parts.hostname} has {left} {'day' if left == 1 else 'days'} left."
    if left >= RENEWED_BY:
        yield Finding("certificate", "ok", said)
    else:
        verdict: Verdict = "wrong" if left < PRESSING else "hint"
        yield Finding("certificate", verdict, said, "Renew it, and see why that did not happen by itself.")
