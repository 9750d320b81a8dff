"""Exact fractions as the text people read: always floored, so that a missed figure never prints as met (A1)."""

from decimal import Decimal
from fractions import Fraction


def floor_percent(num: int | Fraction, den: int | Fraction, decimals: int = 2) -> str:
    """num / den as a percentage with so many decimals, rounded down: 43199 of 43200 is "99.99", not "100.00".

    Only a spotless figure prints 100. Nothing measured (den of 0) prints 100 as well: callers that must tell the
    two apart ask before. Raises ValueError below zero.
    """
    share = Fraction(num) / Fraction(den) if den else Fraction(1)
    if share < 0:
        raise ValueError(f"a percentage below zero: {num} of {den}")
    scaled = share * 100 * 10**decimals
    whole, rest = divmod(scaled.numerator // scaled.denominator, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


def percent_fraction(text: str | Decimal) -> Fraction:
    """A percentage as printed ("99.90") as an exact share of one: 999/1000. Raises ValueError if it is no number."""
    return Fraction(str(text)) / 100
