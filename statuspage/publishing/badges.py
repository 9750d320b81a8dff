"""Badges: the state of the page or of one component as a small SVG with system fonts, readable without colour."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from statuspage.domain.vocabulary import ComponentStatus
from statuspage.publishing.markup import without_controls
from statuspage.publishing.snapshot import Snapshot
from statuspage.publishing.wording import words_of

_COLOURS = {
    ComponentStatus.OPERATIONAL: "#1a7f37",
    ComponentStatus.UNKNOWN: "#57606a",
    ComponentStatus.UNDER_MAINTENANCE: "#0a5fb4",
    ComponentStatus.DEGRADED_PERFORMANCE: "#8a5a00",
    ComponentStatus.PARTIAL_OUTAGE: "#b3480c",
    ComponentStatus.MAJOR_OUTAGE: "#b42318",
}
"""White text on each has a contrast of at least 4.5 (WCAG 2.2, 1.4.3)."""
_MARKS = {
    ComponentStatus.OPERATIONAL: "✓",
    ComponentStatus.UNKNOWN: "?",
    ComponentStatus.UNDER_MAINTENANCE: "⚒",
    ComponentStatus.DEGRADED_PERFORMANCE: "▽",
    ComponentStatus.PARTIAL_OUTAGE: "△",
    ComponentStatus.MAJOR_OUTAGE: "✕",
}
_LONGEST_NAME = 40
_HEIGHT = 22


def render_badges(snapshot: Snapshot) -> Iterator[tuple[str, bytes]]:
    """badge.svg, and components/SLUG/badge.svg for each touched component."""
    words = words_of(snapshot.page.language, snapshot.page.zone)
    overall = snapshot.overall
    yield "badge.svg", _badge(snapshot.page.name, words.gettext(overall.description), overall.status)
    touched = snapshot.touched
    for component in snapshot.components:
        if not (touched.everything or component.slug in touched.components):
            continue
        yield (
            f"components/{component.slug}/badge.svg",
            _badge(component.name, words.label(component.status), component.status),
        )


def _badge(name: str, state: str, status: ComponentStatus) -> bytes:
    clean = without_controls(name)
    shown = clean if len(clean) <= _LONGEST_NAME else f"{clean[: _LONGEST_NAME - 1]}…"
    said = f"{_MARKS[status]} {state}"
    left, right = _width(shown), _width(said)
    title = escape(f"{clean}: {state}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" '
        f'viewBox="0 0 {left + right} {_HEIGHT}" role="img" aria-label="{title}">\n'
        f"<title>{title}</title>\n"
        f'<rect width="{left + right}" height="{_HEIGHT}" rx="4" fill="#24292f"/>\n'
        f'<path d="M{left} 0h{right - 4}a4 4 0 0 1 4 4v{_HEIGHT - 8}a4 4 0 0 1-4 4h-{right - 4}z" '
        f'fill="{_COLOURS[status]}"/>\n'
        '<g fill="#fff" font-family="system-ui,-apple-system,Segoe UI,Roboto,sans-serif" font-size="12" '
        'text-anchor="middle" aria-hidden="true">\n'
        f'<text x="{left / 2:g}" y="15" textLength="{left - 16}" lengthAdjust="spacingAndGlyphs">'
        f"{escape(shown)}</text>\n"
        f'<text x="{left + right / 2:g}" y="15" textLength="{right - 16}" lengthAdjust="spacingAndGlyphs">'
        f"{escape(said)}</text>\n</g>\n</svg>\n"
    ).encode()


def _width(text: str) -> int:
    """About how wide the text is at 12 pixels, with 8 pixels on both sides; `textLength` makes it exact."""
    wide = sum(12 if ord(letter) > 0x2E7F else 4 if letter in "iljtfr .,:;'|!" else 7 for letter in text)
    return max(wide, 7) + 16
