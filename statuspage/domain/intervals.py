"""Half-open spans of time and their arithmetic.

A Span is [start, end) between two aware instants, held in UTC. Every figure the product prints is a sum of such
spans, so the arithmetic is exact (datetime and timedelta count whole microseconds) and time never counts twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, order=True)
class Span:
    """The instants from `start` up to but not including `end`; sorted by start, then end.

    Aware datetimes of any zone are taken and kept as UTC. Raises ValueError for a naive instant or for an end
    before its start; an empty span (start == end) is allowed and holds nothing.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", _utc(self.start))
        object.__setattr__(self, "end", _utc(self.end))
        if self.end < self.start:
            raise ValueError(f"span ends before it starts: {self.start.isoformat()} .. {self.end.isoformat()}")

    @property
    def length(self) -> timedelta:
        """Elapsed time; exact, and blind to clock changes because both ends are UTC."""
        return self.end - self.start

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same instants as sorted spans that neither overlap nor touch; empty spans vanish."""
    merged: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if merged and span.start <= merged[-1].end:
            if span.end > merged[-1].end:
                merged[-1] = Span(merged[-1].start, span.end)
        else:
            merged.append(span)
    return tuple(merged)


def clip(spans: Iterable[Span], within: Span) -> tuple[Span, ...]:
    """The part of each span that lies inside `within`, order and overlaps kept; what lies outside vanishes."""
    clipped = ((max(span.start, within.start), min(span.end, within.end)) for span in spans)
    return tuple(Span(start, end) for start, end in clipped if start < end)


def intersect(a: Iterable[Span], b: Iterable[Span]) -> tuple[Span, ...]:
    """The instants in both, merged."""
    left, right = merge(a), merge(b)
    common: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i].start, right[j].start), min(left[i].end, right[j].end)
        if start < end:
            common.append(Span(start, end))
        if left[i].end <= right[j].end:
            i += 1
        else:
            j += 1
    return tuple(common)


def subtract(spans: Iterable[Span], minus: Iterable[Span]) -> tuple[Span, ...]:
    """The instants of `spans` that are not in `minus`, merged."""
    holes = merge(minus)
    left: list[Span] = []
    j = 0
    for span in merge(spans):
        while j < len(holes) and holes[j].end <= span.start:
            j += 1
        left.extend(_around(span, holes, j))
    return tuple(left)


def total(spans: Iterable[Span]) -> timedelta:
    """Time covered by at least one of the spans: a union, so overlaps count once."""
    return sum((span.length for span in merge(spans)), timedelta())


def _around(span: Span, holes: tuple[Span, ...], first: int) -> list[Span]:
    left: list[Span] = []
    start = span.start
    for k in range(first, len(holes)):
        if holes[k].start >= span.end:
            break
        if holes[k].start > start:
            left.append(Span(start, holes[k].start))
        start = max(start, holes[k].end)
    if start < span.end:
        left.append(Span(start, span.end))
    return left


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError(f"an instant needs an offset: {instant.isoformat()}")
    return instant.astimezone(UTC)
