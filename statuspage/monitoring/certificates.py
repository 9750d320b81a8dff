"""Certificates of the targets: when they end, and what is wrong with them in plain words."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which the ssl module has no name for."""
EXPIRED, NOT_YET = 10, 9
_WRONG = {
    18: "certificate is self-signed",
    19: "certificate is signed by an authority we do not know",
    20: "certificate is signed by an authority we do not know",
    21: "certificate is signed by an authority we do not know",
    23: "certificate was revoked",
    62: "certificate is for another name",
    64: "certificate is for another address",
}
"""OpenSSL's verification codes."""


def ends_at(certificate: Mapping[str, Any] | None) -> datetime | None:
    """When a certificate (as `getpeercert` gives it) ends."""
    text = (certificate or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC) if text else None


def warning(ends: datetime | None, days: int, now: datetime) -> str:
    """A clause to add while a certificate has less than `days` days left; "" otherwise."""
    left = (ends - now).days if ends is not None else days
    if left >= days:
        return ""
    return f"; certificate ends in {left} {'day' if left == 1 else 'days'}"


def fault(error: ssl.SSLError, ends: datetime | None = None) -> str:
    """What is wrong, in words; `ends` is the certificate's end where that is known."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS failed: {(error.reason or str(error)).lower().replace('_', ' ')}"
    if error.verify_code == EXPIRED:
        return f"certificate expired on {ends.day} {ends:%B %Y}" if ends else "certificate expired"
    if error.verify_code == NOT_YET:
        return "certificate is not valid yet"
    return _WRONG.get(error.verify_code) or f"certificate is not trusted: {error.verify_message}"


def without_time() -> ssl.SSLContext:
    """A context that checks all but the dates: how an expired certificate's date is learnt."""
    context = ssl.create_default_context()
    context.verify_flags |= NO_CHECK_TIME
    return context
