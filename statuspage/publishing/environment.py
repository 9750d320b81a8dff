"""The public pages' own Jinja environment and the hashed addresses of their static files.

It is not Flask's: no request, session, flash or context processor can leak into a published file. Live pages
that share the public frame (subscribe, errors) hand `asset_path` to their templates as `asset`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from statuspage.publishing.wording import words_of

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"


@cache
def make_environment(lang: str, root: str, zone: ZoneInfo) -> Environment:
    """Templates that fail on any name they are not given, escape everything, and speak one language and zone.

    `root` is what the addresses of this language begin with ("" or "/nl"). One environment per language and zone is
    kept, so that templates are compiled once.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = words_of(lang, zone)
    environment.install_gettext_translations(words.catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(lang=lang, root=root, asset=asset_path, words=words, in_lang=in_lang)
    return environment


def in_lang(language: str | None) -> Markup:
    """The attribute of an element whose words are in another language than the page; nothing for None."""
    return Markup(' lang="{}"').format(language) if language else Markup()


@cache
def asset_path(name: str) -> str:
    """The address of static/NAME with a digest of its content in it, so that it can be cached for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    stem, dot, suffix = name.rpartition(".")
    return f"/static/{stem}.{digest}{dot}{suffix}"


def render_static() -> Iterator[tuple[str, bytes]]:
    """Every static file under its hashed address, and the icon browsers ask for by name."""
    for path in sorted(STATIC.glob("**/*")):
        if path.is_file():
            yield asset_path(path.relative_to(STATIC).as_posix()).removeprefix("/"), path.read_bytes()
    yield "favicon.ico", (STATIC / "favicon.ico").read_bytes()
