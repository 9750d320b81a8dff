"""Percentages are floored, never rounded up."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuspage.domain.percent import floor_percent, percent_fraction


@pytest.mark.parametrize(
    ("num", "den", "decimals", "text"),
    [
        (43199, 43200, 2, "99.99"),
        (43200, 43200, 2, "100.00"),
        (2590000, 2592000, 4, "99.9228"),
        (1, 3, 0, "33"),
        (0, 5, 2, "0.00"),
        (0, 0, 2, "100.00"),
        (1, 2000, 2, "0.05"),
    ],
)
def test_percentages_are_floored(num: int, den: int, decimals: int, text: str) -> None:
    assert floor_percent(num, den, decimals) == text


@given(st.integers(1, 10**9), st.data(), st.integers(0, 6))
def test_text_never_exceeds_the_fraction(den: int, data: st.DataObject, decimals: int) -> None:
    num = data.draw(st.integers(0, den))
    text = floor_percent(num, den, decimals)
    assert percent_fraction(text) <= Fraction(num, den) < percent_fraction(text) + Fraction(1, 100 * 10**decimals)
    assert text.startswith("100") == (num == den)


def test_negative_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="below zero"):
        floor_percent(-1, 2)
