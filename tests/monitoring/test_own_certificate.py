"""`flask check` on the page's own certificate: days left, and what is wrong with it in plain words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import trustme

from statuspage.checkup_certificate import examine_certificate
from statuspage.findings import Finding


def found(port: int) -> Finding:
    (finding,) = examine_certificate(f"https://localhost:{port}", datetime.now(UTC))
    return finding


@pytest.mark.parametrize(
    ("days", "verdict", "said"),
    [(90, "ok", "has 90 days left"), (14, "hint", "has 14 days left"), (1, "wrong", "has 1 day left")],
)
def test_days_left_are_said(
    trusted: None, tls_target: Callable[..., int], days: int, verdict: str, said: str
) -> None:
    finding = found(tls_target(days=days))
    assert (finding.verdict, said in finding.said) == (verdict, True), finding


def test_what_browsers_refuse_is_wrong(trusted: None, tls_target: Callable[..., int]) -> None:
    expired, stranger = found(tls_target(days=-2)), found(tls_target(signed=trustme.CA()))
    assert (expired.verdict, "certificate expired" in expired.said) == ("wrong", True)
    assert (stranger.verdict, "we do not know" in stranger.said) == ("wrong", True)
    assert list(examine_certificate("http://localhost", datetime.now(UTC))) == []
