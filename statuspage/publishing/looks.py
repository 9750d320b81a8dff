"""The page's own look as published files: one stylesheet and one picture, under addresses with their digest."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from statuspage.domain.contrast import ink_on, readable
from statuspage.models import Look
from statuspage.stylesheets import OWN


@dataclass(frozen=True)
class LookView:
    """Addresses of the files, None for what the page has not; `files` are (path, bytes)."""

    logo: str | None = None
    style: str | None = None
    files: tuple[tuple[str, bytes], ...] = ()


PLAIN = LookView()
"""The product's own."""


def look_view(look: Look | None) -> LookView:
    """What of a stored look is published."""
    if look is None:
        return PLAIN
    files = []
    logo = style = None
    if look.logo and look.logo_type:
        files.append((f"static/logo.{_digest(look.logo)}.{look.logo_type}", look.logo))
        logo = f"/{files[-1][0]}"
    if content := _stylesheet(look).encode():
        files.append((f"static/look.{_digest(content)}.css", content))
        style = f"/{files[-1][0]}"
    return LookView(logo, style, tuple(files))


def _stylesheet(look: Look) -> str:
    parts = []
    if look.colour or look.colour_dark:
        light = _properties(look.colour or OWN["light"]["accent"])
        grounds = (OWN["dark"]["bg"], OWN["dark"]["surface"])
        dark = _properties(look.colour_dark or readable(look.colour or OWN["dark"]["accent"], grounds))
        parts += [
            f":root {{ {light} }}",
            f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}',
            f':root[data-theme="dark"] {{ {dark} }}',
        ]
    if look.stylesheet:
        parts.append(look.stylesheet.strip())
    return "\n".join([*parts, ""]) if parts else ""


def _properties(colour: str) -> str:
    return f"--link: {colour}; --accent: {colour}; --focus: {colour}; --on-accent: {ink_on(colour)};"


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:10]
