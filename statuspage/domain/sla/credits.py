"""Service credits: the band a figure falls in, the amount, its cap, and the windows for claims and meetings."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from statuspage.domain.percent import percent_fraction
from statuspage.domain.periods import Period, end_of_day_after, midnight
from statuspage.domain.sla.contract import Policy

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Credit:
    """What a customer may have for a period: percent of the fee and, where the fee is known, the amount."""

    percent: int | Decimal
    amount: Decimal | None
    capped: bool
    eligible: bool


def credit_percent(policy: Policy, share: Fraction | None, tier: str | None = None) -> int | Decimal:
    """Percent of the fee for an exact figure (0 to 1): the band with the lowest edge still above it.

    A figure exactly on an edge is not below it (A14). 0 without credits in the policy or without a figure.
    """
    if policy.credits is None or share is None:
        return 0
    reached = [band for band in policy.credits.bands if share < percent_fraction(band.below)]
    if not reached:
        return 0
    percents = min(reached, key=lambda band: band.below).percents
    return percents.get(tier or "all", percents.get("all", 0))


def credit(
    policy: Policy,
    share: Fraction | None,
    *,
    tier: str | None = None,
    fee: Decimal | None = None,
    eligible: bool = True,
) -> Credit:
    """The credit for a figure. `eligible` is whether the customer did what `credits.who` asks: report, or claim.

    The amount is rounded half up to the cent, then cut to the cap, which holds per customer and period (A48).
    """
    percent = credit_percent(policy, share, tier) if eligible else 0
    if fee is None:
        return Credit(percent, None, False, eligible)
    amount, capped = credit_amount(policy, Decimal(percent), fee)
    return Credit(percent, amount, capped, eligible)


def credit_amount(policy: Policy, percent: Decimal, fee: Decimal) -> tuple[Decimal, bool]:
    """A percentage of the fee, rounded half up to the cent, and whether the policy's cap cut it (A48)."""
    amount = (fee * percent / 100).quantize(_CENT, ROUND_HALF_UP)
    cap = policy.credits.cap if policy.credits else None
    return (cap.quantize(_CENT), True) if cap is not None and amount > cap else (amount, False)


def claims_close_at(policy: Policy, period: Period) -> datetime | None:
    """The first instant too late to claim for a period (TP23): whole days after its last. None without a limit."""
    if policy.credits is None or policy.credits.claim_days is None:
        return None
    return end_of_day_after(midnight(period.last_day, policy.zone), policy.credits.claim_days, policy.zone)


def meeting_closes_at(policy: Policy, disputed_at: datetime) -> datetime | None:
    """The first instant too late for the meeting after a dispute was received (TP25). None without a limit."""
    if policy.credits is None or policy.credits.meeting_days is None:
        return None
    return end_of_day_after(disputed_at, policy.credits.meeting_days, policy.zone)
