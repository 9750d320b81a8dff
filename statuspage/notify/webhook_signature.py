"""Signatures of webhooks after Standard Webhooks 1.0: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from datetime import datetime

PREFIX = "whsec_"
KEY_BYTES = 32
"""The specification wants 24 to 64."""


def new_secret() -> str:
    """A key of a new subscription, as receivers are given it: `whsec_` and base64."""
    return PREFIX + b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


def signed_headers(secret: str, message_id: str, payload: bytes, now: datetime) -> dict[str, str]:
    """The three headers of one try. The id is the same at every try, the time is that of the try."""
    stamp = str(int(now.timestamp()))
    key = b64decode(secret.removeprefix(PREFIX))
    signature = hmac.digest(key, f"{message_id}.{stamp}.".encode() + payload, "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{b64encode(signature).decode('ascii')}",
    }
