from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from statuspage.domain.bouncing import BounceKind, kind_of_status, must_stop

NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)


def days_ago(*days: float) -> list[datetime]:
    return [NOW - timedelta(days=each) for each in days]


@pytest.mark.parametrize(
    ("status", "diagnostic", "kind"),
    [
        ("5.1.1", "smtp; 550 5.1.1 <x@example.com>: no such user", "hard"),
        ("5.1.10", "smtp; 556 5.1.10 null MX", "hard"),
        ("5.2.1", "smtp; 550 5.2.1 mailbox disabled", "hard"),
        ("5.4.4", "X-Postfix; Host or domain name not found", "hard"),
        ("5.0.0", "smtp; 550 no such user here", "hard"),
        ("5.0.0", "smtp; 550 5.1.1 unknown", "hard"),
        ("", "smtp; 551 user not local", "hard"),
        ("5.2.2", "smtp; 552 5.2.2 mailbox full", "soft"),
        ("5.3.4", "smtp; 552 5.3.4 too big", "soft"),
        ("5.7.1", "smtp; 550 5.7.1 looks like spam", "soft"),
        ("5.0.0", "smtp; 554 no", "soft"),
        ("4.4.1", "X-Postfix; connect to example.com: timed out", "soft"),
        ("4.1.1", "", "soft"),
        ("", "", "soft"),
    ],
)
def test_kind_follows_the_code(status: str, diagnostic: str, kind: str) -> None:
    assert kind_of_status(status, diagnostic) == kind


def test_hard_bounce_and_complaint_stop_at_once() -> None:
    assert must_stop(BounceKind.HARD, [], None, NOW)
    assert must_stop(BounceKind.COMPLAINT, [], None, NOW)


def test_fifth_soft_bounce_in_a_fortnight_stops() -> None:
    assert not must_stop(BounceKind.SOFT, days_ago(0, 1, 2, 3), None, NOW)
    assert must_stop(BounceKind.SOFT, days_ago(0, 1, 2, 3, 13.9), None, NOW)
    assert not must_stop(BounceKind.SOFT, days_ago(0, 1, 2, 3, 14.1), None, NOW)


def test_arrived_mail_begins_the_count_anew() -> None:
    softs = days_ago(0, 1, 2, 8, 9)
    assert must_stop(BounceKind.SOFT, softs, NOW - timedelta(days=20), NOW)
    assert not must_stop(BounceKind.SOFT, softs, NOW - timedelta(days=6), NOW)
