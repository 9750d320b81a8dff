"""How published files are handed out, whoever does it: content types, lifetimes, and which of them come last."""

from __future__ import annotations

import os
import re

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".ics": "text/calendar; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
JSON_FEED_TYPE = "application/feed+json; charset=utf-8"

PAGE_CACHE = "public, max-age=15, stale-while-revalidate=86400, stale-if-error=604800"
"""RFC 5861. Both stale terms are long, because a cache in front must go on for days when we are down: nginx honours
both, varnish only the first."""
ASSET_CACHE = "public, max-age=31536000, immutable"
_HASHED_ASSET = re.compile(r"^/static/.+\.[0-9a-f]{8,}\.\w+$")


def content_type_of(name: str) -> str:
    """The media type of a published file by its name."""
    if name == "feed.json" or name.endswith("/feed.json"):
        return JSON_FEED_TYPE
    return TYPES.get(os.path.splitext(name)[1], "application/octet-stream")


def cache_control_of(path: str) -> str:
    """How long what stands at this URL path may be kept: for ever where a digest is in its name."""
    return ASSET_CACHE if _HASHED_ASSET.match(path) else PAGE_CACHE


def place_of(path: str) -> tuple[int, int, str]:
    """Where a file stands in the order of writing: what others link to first, the front page last."""
    if path == "index.html" or path.endswith("/index.html"):
        return (3, 0, path)
    if path.startswith("static/"):
        return (0, 0, path)
    return (1 if path.endswith(".html") else 2, -path.count("/"), path)
