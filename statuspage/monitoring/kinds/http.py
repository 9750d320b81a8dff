"""http: the answer's status, text and JSON. Redirects are not followed unless asked, and each hop is judged."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from datetime import datetime
from typing import Any

from yarl import URL

from statuspage.domain.health import Outcome
from statuspage.monitoring import certificates
from statuspage.monitoring.aim import Aim
from statuspage.monitoring.connecting import Reach
from statuspage.monitoring.exchange import Exchange, request_of
from statuspage.monitoring.finding import Finding, down, in_time, unknown
from statuspage.monitoring.kinds.tls import refused
from statuspage.reaching import Unreachable

MOST_HOPS = 10
REDIRECTS = (301, 302, 303, 307, 308)
SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")
_CHARSET = re.compile(r"charset=\s*\"?([^\s\";]+)", re.IGNORECASE)
_STEP = re.compile(r"[A-Za-z0-9_-]+")


async def check(aim: Aim, reach: Reach, now: datetime) -> Finding:
    """One request, or as many as there are hops, each on a fresh connection."""
    try:
        url = URL(aim.target)
    except ValueError:
        return unknown(f"not checked: {aim.target} is no address")
    method, headers = aim.settings.get("method") or "GET", aim.settings.get("headers") or {}
    body: str | None = aim.settings.get("body")
    clock = asyncio.get_running_loop().time
    began = clock()
    for hop in range(MOST_HOPS + 1):
        try:
            answer = await _ask(reach, method, url, headers, body)
        except ssl.SSLCertVerificationError as error:
            return await refused(error, reach, url.host or "", url.port or 443)
        except Unreachable as error:
            if hop:
                return down(f"redirects to a place that is refused: {error}")
            raise
        if not (aim.settings.get("follow_redirects") and answer.status in REDIRECTS):
            return _judged(aim, answer, round((clock() - began) * 1000), now)
        target = _next_hop(url, answer)
        if target is None:
            return down(f"answered {answer.status} without a place to go on to")
        if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
            method, body = "GET", None
        if target.origin() != url.origin():
            headers = {name: value for name, value in headers.items() if name.lower() not in SECRET_HEADERS}
        url = target
    return down(f"redirected more than {MOST_HOPS} times")


async def _ask(reach: Reach, method: str, url: URL, headers: dict[str, str], body: str | None) -> Exchange:
    """One request and what came of it."""
    request, has_body = request_of(method, url, headers, body), method != "HEAD"
    tls = reach.tls if url.scheme == "https" else None
    answer = await reach.converse(url.host or "", url.port or 80, lambda: Exchange(request, has_body), tls)
    try:
        await answer.answered()
    finally:
        answer.abort()
    return answer


def _next_hop(url: URL, answer: Exchange) -> URL | None:
    try:
        target = url.join(URL(answer.headers.get("location", "")))
    except ValueError:
        return None
    known = "location" in answer.headers and target.scheme in ("http", "https") and target.host
    return target if known else None


def _judged(aim: Aim, answer: Exchange, latency_ms: int, now: datetime) -> Finding:
    ends = certificates.ends_at(answer.certificate)
    wrong = _wrong(aim, answer)
    if wrong:
        return Finding(Outcome.DOWN, wrong[:255], latency_ms, ends)
    words = f"answered {answer.status}" + certificates.warning(ends, aim.certificate_days, now)
    return in_time(words, latency_ms, aim.slow_ms, ends)


def _wrong(aim: Aim, answer: Exchange) -> str:
    """What is not as expected, in words; "" where all is."""
    expected = aim.settings.get("expect_status")
    if answer.status not in expected if expected else not 200 <= answer.status < 300:
        to = answer.headers.get("location") if answer.status in REDIRECTS else None
        return f"answered {answer.status}" + (f", a redirect to {to}" if to else "")
    text = aim.settings.get("expect_body")
    if text and text not in _decoded(answer):
        return f"answered {answer.status} without the text {text!r}"
    place = aim.settings.get("expect_json")
    return _wrong_json(place, bytes(answer.content)) if place else ""


def _decoded(answer: Exchange) -> str:
    charset = _CHARSET.search(answer.headers.get("content-type", ""))
    try:
        return answer.content.decode(charset[1] if charset else "utf-8", errors="replace")
    except LookupError:
        return answer.content.decode("utf-8", errors="replace")


def _wrong_json(expected: dict[str, Any], content: bytes) -> str:
    path = expected["path"]
    try:
        found = _at(json.loads(content), path)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        return "answered something that is not JSON"
    except (LookupError, TypeError, ValueError):
        return f"the answer has no {path}"
    value = expected.get("value")
    if value is not None and (found != value or isinstance(found, bool) != isinstance(value, bool)):
        return f"{path} is {json.dumps(found)}, not {json.dumps(value)}"
    return ""


def _at(document: Any, path: str) -> Any:
    """What stands at a path such as $.checks[0].state. Raises LookupError or TypeError where there is nothing."""
    for step in _STEP.findall(path.removeprefix("$")):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document
