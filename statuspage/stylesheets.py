"""A stylesheet of somebody's own, checked: it loads nothing, and what it colours can still be read."""

from __future__ import annotations

import re

from statuspage.domain.contrast import ENOUGH_FOR_TEXT, contrast

LONGEST = 50 * 1024
PAIRS = (
    ("ink", "bg"),
    ("ink", "surface"),
    ("soft", "bg"),
    ("soft", "surface"),
    ("link", "bg"),
    ("link", "surface"),
    ("on-accent", "accent"),
    *((f"{state}-text", f"{state}-tint") for state in ("operational", "maintenance", "degraded", "partial", "major")),
)
"""Custom properties of static/style.css of which the first is written upon the second."""
FORBIDDEN = re.compile(r"@import|expression\s*\(|url\s*\(\s*[\"']?(?!data:image/)", re.IGNORECASE)
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark|data-theme\s*=\s*[\"']?dark")
_PROPERTY = re.compile(r"--([a-z-]+)\s*:\s*(#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3})\s*[;}]")


def check_stylesheet(style: str) -> list[str]:
    """What is wrong with it, in words for its author; an empty list when it will do."""
    if len(style.encode()) > LONGEST:
        return [f"is longer than {LONGEST // 1024} KB"]
    bare = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    if found := FORBIDDEN.search(bare):
        return [f"may load nothing from elsewhere: {found[0].strip()!r}"]
    if bare.count("{") != bare.count("}"):
        return ["does not close every brace that it opens"]
    return [
        f"--{words} on --{ground} has a contrast of {ratio:.1f} in the {scheme} scheme; words need "
        f"{ENOUGH_FOR_TEXT} (WCAG 2.2, 1.4.3)"
        for scheme, colours in colours_of(bare).items()
        for words, ground in PAIRS
        if (ratio := contrast(colours[words], colours[ground])) < ENOUGH_FOR_TEXT
    ]


def colours_of(style: str) -> dict[str, dict[str, str]]:
    """The custom properties a stylesheet sets to plain colours, by scheme; what it leaves alone is the page's own."""
    found = {"light": dict(OWN["light"]), "dark": dict(OWN["dark"])}
    depth, dark_from = 0, None
    place = 0
    for match in re.finditer(r"[{}]", style):
        head = style[place : match.start()]
        scheme = "dark" if dark_from is not None else "light"
        for name, colour in _PROPERTY.findall(head + match[0]):
            found[scheme][name] = _long(colour)
        if match[0] == "{":
            depth += 1
            if dark_from is None and _DARK.search(head):
                dark_from = depth
        else:
            if dark_from == depth:
                dark_from = None
            depth -= 1
        place = match.end()
    return found


def _long(colour: str) -> str:
    return colour.lower() if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:].lower())


OWN = {
    "light": {
        "bg": "#fafbfc",
        "surface": "#ffffff",
        "ink": "#16191f",
        "soft": "#565e6c",
        "link": "#2d47c9",
        "accent": "#2b3fb8",
        "on-accent": "#ffffff",
        "operational-text": "#0d6b3e",
        "operational-tint": "#eaf7f0",
        "maintenance-text": "#2450b5",
        "maintenance-tint": "#edf3fe",
        "degraded-text": "#7a5000",
        "degraded-tint": "#fdf5df",
        "partial-text": "#9c3d03",
        "partial-tint": "#fff1e7",
        "major-text": "#a8152a",
        "major-tint": "#fdeef0",
    },
    "dark": {
        "bg": "#0f1115",
        "surface": "#16191f",
        "ink": "#e8eaee",
        "soft": "#a0a7b4",
        "link": "#9fb0ff",
        "accent": "#9fb0ff",
        "on-accent": "#10131c",
        "operational-text": "#5fd6a0",
        "operational-tint": "#12241c",
        "maintenance-text": "#9dbbff",
        "maintenance-tint": "#161f33",
        "degraded-text": "#f0c65f",
        "degraded-tint": "#28210f",
        "partial-text": "#f9a56d",
        "partial-tint": "#2c1d12",
        "major-text": "#ff8d96",
        "major-tint": "#2e171a",
    },
}
"""Of static/style.css; a test holds both equal."""
