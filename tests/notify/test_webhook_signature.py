"""Signatures that the specification's own library accepts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from statuspage.notify.webhook_signature import new_secret, signed_headers


def test_receiver_verifies_with_its_secret() -> None:
    secret, payload = new_secret(), '{"a": "ö"}'.encode()
    headers = signed_headers(secret, "msg_1", payload, datetime.now(UTC))
    assert Webhook(secret).verify(payload, headers) == {"a": "ö"}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(payload, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(payload + b" ", headers)


def test_secret_is_long_enough() -> None:
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert 24 <= len(Webhook(secret)._whsecret) <= 64
    assert secret != new_secret()
