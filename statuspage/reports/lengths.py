"""Lengths of time as reports give them."""

from __future__ import annotations

from datetime import timedelta

Seconds = int | float
"""An int when whole, else a float with at most six decimals."""

_MICROSECOND = timedelta(microseconds=1)


def shown_seconds(length: timedelta) -> str:
    """Seconds for people: whole where they are, else cut to hundredths; the tables for programs keep all."""
    whole, rest = divmod(length, timedelta(seconds=1))
    hundredths = rest // timedelta(milliseconds=10)
    return f"{whole:,}.{hundredths:02}" if rest else f"{whole:,}"


def seconds(length: timedelta) -> Seconds:
    """A length in exact seconds."""
    microseconds = length // _MICROSECOND
    whole, rest = divmod(microseconds, 1_000_000)
    return microseconds / 1_000_000 if rest else whole
