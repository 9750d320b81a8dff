"""Headers as policy: what may be cached and for how long, what a browser may run, who may frame what.

One table for the published files, whichever server hands them out, and one for the doors.
"""

from __future__ import annotations

import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from statuspage import tracing
from statuspage.publishing.serving import cache_control_of

log = structlog.get_logger("statuspage.request")

OPEN_TYPES = (
    "application/json",
    "application/atom+xml",
    "application/rss+xml",
    "application/feed+json",
    "text/calendar",
)
"""Read by scripts of other sites: Access-Control-Allow-Origin is `*`."""
FRAMED = ("/embed", "/embed.html")

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)
TOKEN_PATHS = ("/confirm/", "/manage/", "/unsubscribe/", "/admin/setup/", "/admin/invitation/")


def security_headers(path: str) -> dict[str, str]:
    """What every answer at `path` carries: CSP, no sniffing, framing only for /embed, a careful referrer."""
    framed = path in FRAMED or path.endswith("/embed")
    headers = {
        "content-security-policy": f"{CONTENT_POLICY}; frame-ancestors " + ("*" if framed else "'none'"),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer" if path.startswith(TOKEN_PATHS) else "same-origin",
    }
    if not framed:
        headers["x-frame-options"] = "DENY"
    return headers


def published_headers(path: str, content_type: str) -> dict[str, str]:
    """What a published file at `path` is served with, besides ETag, length and encoding."""
    headers = {
        "content-type": content_type,
        "cache-control": cache_control_of(path),
        "vary": "accept-encoding",
        **security_headers(path),
    }
    if content_type.startswith(OPEN_TYPES) or path.endswith("badge.svg"):
        headers["access-control-allow-origin"] = "*"
    if path.endswith("badge.svg") or path.startswith("/static/"):
        headers["cross-origin-resource-policy"] = "cross-origin"
    return headers


def register(app: Flask) -> None:
    """Give each request an id, each answer of a door its headers, and each door one line in the log."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = uuid4().hex[:16]
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(_error: BaseException | None) -> None:
    """Whoever acted, the next request of this thread is somebody else's."""
    tracing.begin(None)


def _finish(response: Response) -> Response:
    for name, value in security_headers(request.path).items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Request-ID", g.get("request_id", ""))
    if not g.get("published"):
        rule = str(request.url_rule) if request.url_rule else "unknown"
        spent = round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1)
        log.info("request", method=request.method, rule=rule, status=response.status_code, ms=spent)
    return response
