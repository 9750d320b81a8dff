"""Laws of span arithmetic, held against plain sets of minutes."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuspage.domain.intervals import Span, clip, intersect, merge, subtract, total

EPOCH = datetime(2024, 3, 31, tzinfo=UTC)


def span(start: int, end: int) -> Span:
    return Span(EPOCH + timedelta(minutes=start), EPOCH + timedelta(minutes=end))


def minutes(spans: tuple[Span, ...] | list[Span]) -> set[int]:
    edges = [((s.start - EPOCH) // timedelta(minutes=1), (s.end - EPOCH) // timedelta(minutes=1)) for s in spans]
    return {minute for start, end in edges for minute in range(start, end)}


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda pair: span(pair[0], pair[0] + pair[1])),
    max_size=8,
)


@given(spans)
def test_merging_keeps_instants_and_leaves_gaps(some: list[Span]) -> None:
    merged = merge(some)
    assert minutes(merged) == minutes(some)
    assert all(left.end < right.start for left, right in pairwise(merged))
    assert merge(merged) == merged


@given(spans, spans)
def test_set_laws_hold_for_two_lists(a: list[Span], b: list[Span]) -> None:
    assert minutes(intersect(a, b)) == minutes(a) & minutes(b)
    assert minutes(subtract(a, b)) == minutes(a) - minutes(b)
    assert merge(subtract(a, b)) == subtract(a, b)
    assert merge([*intersect(a, b), *subtract(a, b)]) == merge(a)
    assert total(a) == total(intersect(a, b)) + total(subtract(a, b))


@given(spans, st.integers(0, 40), st.integers(0, 40))
def test_clipping_keeps_what_lies_within(some: list[Span], start: int, length: int) -> None:
    window = span(start, start + length)
    assert minutes(clip(some, window)) == minutes(some) & minutes([window])
    assert len(clip(some, window)) <= len(some)


@given(spans)
def test_total_counts_overlap_once(some: list[Span]) -> None:
    assert total(some) == timedelta(minutes=len(minutes(some)))


def test_span_keeps_utc_and_half_open_ends() -> None:
    plus_two = timezone(timedelta(hours=2))
    a = Span(datetime(2024, 5, 1, 2, tzinfo=plus_two), datetime(2024, 5, 1, 3, tzinfo=plus_two))
    assert (a.start, a.start.tzinfo) == (datetime(2024, 5, 1, tzinfo=UTC), UTC)
    assert a.length == timedelta(hours=1)
    assert a.start in a
    assert a.end not in a


def test_span_refuses_naive_and_reversed_ends() -> None:
    with pytest.raises(ValueError, match="offset"):
        Span(datetime(2024, 5, 1), EPOCH)
    with pytest.raises(ValueError, match="before it starts"):
        span(2, 1)
