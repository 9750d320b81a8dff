"""What one check found, in plain words, before anybody judges what it means for the component."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from statuspage.domain.health import Outcome

LONGEST_WORDS = 255


class Doubt(StrEnum):
    """What a failure might be owed to on our own side; a witness settles it."""

    NETWORK = "network"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `latency_ms` is from the first packet to the last byte read; `doubt` is settled before
    anybody else sees the finding."""

    outcome: Outcome
    words: str
    latency_ms: int | None = None
    certificate_ends_at: datetime | None = None
    doubt: Doubt | None = None


def in_time(words: str, latency_ms: int, slow_ms: int | None, certificate_ends_at: datetime | None = None) -> Finding:
    """A check that found all as it should be: up, or slow where that took longer than `slow_ms`."""
    slow = slow_ms is not None and latency_ms > slow_ms
    said = f"{words} after {latency_ms} ms" if slow else words
    return Finding(Outcome.SLOW if slow else Outcome.UP, said[:LONGEST_WORDS], latency_ms, certificate_ends_at)


def down(words: str, doubt: Doubt | None = None) -> Finding:
    """A check that failed."""
    return Finding(Outcome.DOWN, words[:LONGEST_WORDS], doubt=doubt)


def unknown(words: str) -> Finding:
    """A check that our own trouble kept from finding anything out."""
    return Finding(Outcome.UNKNOWN, words[:LONGEST_WORDS])
