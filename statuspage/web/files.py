"""The published files as HTTP answers: look-up, content negotiation, conditional requests. No Flask, no database.

Both servers use it: the embedded one in front of Flask, and Flask's own public door under gunicorn. Files are kept
in memory and looked at again after RECHECK_SECONDS, so that what any process publishes is served within a second.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import brotli

from statuspage.publishing.serving import content_type_of
from statuspage.translations.catalogues import known_languages
from statuspage.web.headers import published_headers

RECHECK_SECONDS = 0.2
MEMORY_LIMIT = 64 * 1024 * 1024
ANSWERS_LIMIT = 4096
ENCODINGS = {"br": (".br", brotli.decompress), "gzip": (".gz", gzip.decompress)}
"""In our order of preference where the client has none."""
TONGUES = frozenset(known_languages())
"""First words of paths that may be a language: only those are looked at, so that unknown paths stay cheap."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `headers` have lower-case names; `body` is what a GET gets (HEAD: the same headers)."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    etag: str = ""


@dataclass(slots=True)
class _Entry:
    variants: dict[str, Answer]
    stamp: tuple[int, int, int]
    settled: bool
    size: int
    checked_at: float


class PublishedFiles:
    """The files of one public folder, by URL path."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self._entries: dict[str, _Entry] = {}
        self._answers: dict[tuple[str, str], tuple[float, Answer]] = {}
        self._size = 0

    def answer(self, path: str, accept_encoding: str, if_none_match: str | None) -> Answer | None:
        """The answer to a GET or HEAD of `path` (decoded, leading slash kept); None when nothing is there.

        200, 304, or 308 to the form without a slash at the end.
        """
        key = (path, accept_encoding)
        known = self._answers.get(key)
        if known is None or known[0] < time.monotonic():
            found = self._look_up(path, accept_encoding)
            if found is None:
                self._answers.pop(key, None)
                return self._without_slash(path)
            known = found
            if len(self._answers) >= ANSWERS_LIMIT:
                self._answers.clear()
            self._answers[key] = known
        if if_none_match is not None and _matches(if_none_match, known[1].etag):
            return _unchanged(known[1])
        return known[1]

    def not_found(self, path: str, accept_encoding: str) -> Answer:
        """The published 404 page, in the language that `path` begins with."""
        found = None
        if path[1:].partition("/")[0] in TONGUES:
            found = self._look_up(f"/{path[1:].partition('/')[0]}/404", accept_encoding)
        found = found or self._look_up("/404", accept_encoding)
        if found is None:
            headers = {**published_headers("/404", content_type_of("404.txt")), "content-length": "10"}
            headers["cache-control"] = "no-store"  # nothing is published yet
            return Answer(404, list(headers.items()), b"Not found\n")
        headers = dict(found[1].headers)
        headers["cache-control"] = "public, max-age=15"
        headers.pop("etag")
        return Answer(404, list(headers.items()), found[1].body)

    def _without_slash(self, path: str) -> Answer | None:
        if path == "/" or not path.endswith("/") or self._entry(path.rstrip("/")) is None:
            return None
        headers = {
            "location": quote(path.rstrip("/")),
            "cache-control": "public, max-age=3600",
            "content-length": "0",
            "x-content-type-options": "nosniff",
        }
        return Answer(308, list(headers.items()), b"")

    def _look_up(self, path: str, accept_encoding: str) -> tuple[float, Answer] | None:
        entry = self._entry(path)
        if entry is None:
            return None
        encoding = choose_encoding(accept_encoding, tuple(entry.variants))
        return entry.checked_at + RECHECK_SECONDS, entry.variants[encoding]

    def _entry(self, path: str) -> _Entry | None:
        entry = self._entries.get(path)
        if entry is not None and entry.checked_at + RECHECK_SECONDS >= time.monotonic():
            return entry
        for name in candidates(path):
            fresh = self._load(path, name, entry)
            if fresh is not None:
                return fresh
        if entry is not None:
            self._size -= self._entries.pop(path).size
        return None

    def _load(self, path: str, name: str, known: _Entry | None) -> _Entry | None:
        file = f"{self.folder}/{name}"
        now = time.monotonic()
        try:
            stamp = _stamp(file)
            if known is not None and known.settled and known.stamp == stamp:
                known.checked_at = now
                return known
            content = Path(file).read_bytes()
        except (OSError, ValueError):
            return None
        entry = _make_entry(path, name, file, content, stamp, now)
        self._keep(path, entry)
        return entry

    def _keep(self, path: str, entry: _Entry) -> None:
        if self._size + entry.size > MEMORY_LIMIT:
            self._entries.clear()
            self._answers.clear()
            self._size = 0
        previous = self._entries.get(path)
        self._size += entry.size - (previous.size if previous else 0)
        self._entries[path] = entry


def candidates(path: str) -> tuple[str, ...]:
    """The file names that may answer for a URL path, in order: PATH, PATH.html, PATH/index.html; () for a path that
    would leave the folder or names what is not public (dot files, precompressed siblings)."""
    if path == "/":
        return ("index.html",)
    name = path[1:]
    if not path.startswith("/") or "\0" in path or "\\" in path or len(path) > 512:
        return ()
    for part in name.split("/"):
        if not part or (part.startswith(".") and part != ".well-known"):
            return ()
    if name.endswith((".gz", ".br")):
        return ()
    return (name, f"{name}.html", f"{name}/index.html")


def choose_encoding(accept: str, offered: tuple[str, ...]) -> str:
    """The best of `offered` ("identity", "br", "gzip") for an Accept-Encoding header (RFC 9110 section 12.5.3).

    Falls back to identity, or to any other form, where the client refuses all there are.
    """
    if not accept:
        return "identity"
    weights: dict[str, float] = {}
    for part in accept.split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip().lower().replace("x-gzip", "gzip")] = _weight(parameters)
    anything = weights.get("*", 0.0)
    packed = [encoding for encoding in ENCODINGS if encoding in offered]
    rated = [(weights.get(encoding, anything), -rank, encoding) for rank, encoding in enumerate(packed)]
    best = max(rated, default=(0.0, 0, "identity"))
    plain = weights.get("identity", weights.get("*", 0.001))
    return best[2] if best[0] > 0 and best[0] >= plain else "identity"


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _stamp(file: str) -> tuple[int, int, int]:
    facts = os.stat(file)
    if not stat.S_ISREG(facts.st_mode):
        raise IsADirectoryError(file)
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _make_entry(path: str, name: str, file: str, content: bytes, stamp: tuple[int, int, int], now: float) -> _Entry:
    content_type = content_type_of(name)
    digest = hashlib.sha256(content).hexdigest()[:24]
    bodies = {"identity": content}
    settled = True
    for encoding, (suffix, unpack) in ENCODINGS.items():
        packed = _read_sibling(file + suffix)
        if packed is None:
            continue
        if _unpacks_to(content, packed, unpack):
            bodies[encoding] = packed
        else:
            settled = False  # caught between two replacements: serve plain, look again soon
    variants = {encoding: _variant(path, content_type, digest, encoding, body) for encoding, body in bodies.items()}
    return _Entry(variants, stamp, settled, sum(map(len, bodies.values())) + 2000, now)


def _variant(path: str, content_type: str, digest: str, encoding: str, body: bytes) -> Answer:
    headers = published_headers(path, content_type)
    headers["content-length"] = str(len(body))
    if encoding != "identity":
        digest = f"{digest}-{encoding}"
        headers["content-encoding"] = encoding
    etag = headers["etag"] = f'"{digest}"'
    return Answer(200, list(headers.items()), body, etag)


def _read_sibling(file: str) -> bytes | None:
    try:
        return Path(file).read_bytes()
    except OSError:
        return None


def _unpacks_to(content: bytes, packed: bytes, unpack: Callable[[bytes], bytes]) -> bool:
    try:
        return unpack(packed) == content
    except (OSError, EOFError, brotli.error):
        return False


def _matches(if_none_match: str, etag: str) -> bool:
    """RFC 9110 section 13.1.2: weak comparison with any tag of the list, or `*`."""
    if if_none_match.strip() == "*":
        return True
    return any(tag.strip().removeprefix("W/") == etag for tag in if_none_match.split(","))


def _unchanged(answer: Answer) -> Answer:
    """304 with what RFC 9110 section 15.4.5 wants repeated, and no length or type of a body that is not sent."""
    headers = [(n, v) for n, v in answer.headers if n not in ("content-length", "content-type", "content-encoding")]
    return Answer(304, headers, b"")
