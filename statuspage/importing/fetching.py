"""The history of a Statuspage page, read straight from its public v2 API.

The address is an operator's word: it is judged like a webhook's (`reaching`), redirects are not followed, and an
answer that does not end is cut off.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

import httpcore2

from statuspage.errors import Problem, Refused
from statuspage.notify.posting import AGENT, CONNECT_SECONDS, JudgedBackend, ascii_url, tls_context
from statuspage.reaching import Networks, Unreachable

PARTS = ("components", "incidents", "scheduled-maintenances")
TOTAL_SECONDS = 60.0
ENOUGH = 32 * 1024 * 1024
_ADDRESS = re.compile(r"https?://[^/?#@\s]+")


def fetch_history(address: str, *, allowed: Networks = (), total: float = TOTAL_SECONDS) -> dict[str, Any]:
    """What the page's v2 API says of its components, incidents and maintenances, as one object for import_history.

    `address` is the page's own, such as https://status.example.com. Raises Refused with what was wrong where.
    """
    found = _ADDRESS.match(address)
    if found is None:
        raise Refused(Problem("url", "must be the address of a page, such as https://status.example.com"))
    backend = JudgedBackend(allowed, time.monotonic() + total)
    with httpcore2.ConnectionPool(ssl_context=tls_context(), network_backend=backend, max_connections=1) as pool:
        merged: dict[str, Any] = {}
        for part in PARTS:
            merged |= _fetch(pool, f"{found[0]}/api/v2/{part}.json", total)
    return merged


def _fetch(pool: httpcore2.ConnectionPool, url: str, total: float) -> dict[str, Any]:
    timeouts = {"connect": CONNECT_SECONDS, "read": total, "write": total, "pool": total}
    headers: dict[bytes | str, bytes | str] = {"User-Agent": AGENT, "Accept": "application/json"}
    try:
        with pool.stream(
            "GET", httpcore2.URL(ascii_url(url)), headers=headers, extensions={"timeout": timeouts}
        ) as answer:
            if answer.status != 200:
                raise _refused(url, _said(answer))
            return _read(url, answer)
    except Unreachable as error:
        raise _refused(url, str(error)) from None
    except (httpcore2.TimeoutException, TimeoutError):
        raise _refused(url, f"no answer within {total:g} s") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, OSError) as error:
        raise _refused(url, f"{type(error).__name__}: {error}"[:300]) from None


def _read(url: str, answer: Any) -> dict[str, Any]:
    read = bytearray()
    for piece in answer.iter_stream():
        read += piece
        if len(read) > ENOUGH:
            raise _refused(url, f"the answer is longer than {ENOUGH // 2**20} MiB")
    try:
        said = json.loads(read)
    except (ValueError, RecursionError):
        raise _refused(url, "the answer is not JSON: is this a page with the Statuspage v2 API?") from None
    if not isinstance(said, dict):
        raise _refused(url, "the answer holds no JSON object")
    return said


def _said(answer: Any) -> str:
    for name, value in answer.headers:
        if name.lower() == b"location" and 300 <= answer.status < 400:
            return f"leads to {value.decode('latin-1')[:200]}: give that page's address"
    return f"answered {answer.status}"


def _refused(url: str, said: str) -> Refused:
    return Refused(Problem("url", f"{url}: {said}"))
