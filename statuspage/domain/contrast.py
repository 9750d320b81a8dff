"""Contrast of colours by WCAG 2.2 (success criterion 1.4.3): whether words can be read on a ground."""

from __future__ import annotations

import re

ENOUGH_FOR_TEXT = 4.5
"""The ratio that text of ordinary size needs at level AA."""
_SHAPE = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 50


def parse_colour(text: str) -> str:
    """A colour as "#rrggbb" in lower case. Raises ValueError for any other spelling."""
    if not _SHAPE.fullmatch(text):
        raise ValueError(f"{text!r} is not a colour such as #2b3fb8")
    return text.lower()


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, from 1 (the same) to 21 (black on white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(colour: str, grounds: tuple[str, ...]) -> str:
    """The nearest shade of the colour, darker or lighter as the first ground asks, that reads on all grounds."""
    towards = "#000000" if _luminance(grounds[0]) > 0.18 else "#ffffff"
    shades = (_mixed(colour, towards, step / _STEPS) for step in range(_STEPS + 1))
    return next((shade for shade in shades if is_readable(shade, grounds)), towards)


def is_readable(colour: str, grounds: tuple[str, ...]) -> bool:
    """Whether text of this colour can be read on every ground."""
    return all(contrast(colour, ground) >= ENOUGH_FOR_TEXT for ground in grounds)


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on the colour; one of them always reads well enough."""
    return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, colour))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(value) for value in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _parts(colour: str) -> tuple[int, int, int]:
    number = int(parse_colour(colour)[1:], 16)
    return number >> 16, number >> 8 & 255, number & 255


def _mixed(colour: str, towards: str, share: float) -> str:
    pairs = zip(_parts(colour), _parts(towards), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * share):02x}" for one, other in pairs)
