"""The way back of a mail: an address of its own for each delivery (VERP), so that a bounce names who it is about.

A tag is signed: who does not hold the mail cannot forge a bounce for somebody else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

TAG_LENGTH = 13
"""Characters of the signature: 65 bits, so that guessing by mail is hopeless; the whole stays far under the 64
characters of a local part (RFC 5321 section 4.5.3.1.1)."""
_TAGGED = re.compile(rf"\+([0-9]{{1,18}})-([a-z2-7]{{{TAG_LENGTH}}})@", re.IGNORECASE)


@dataclass(frozen=True)
class ReturnPath:
    """Where bounces come in: LOCAL+TAG@DOMAIN. `key` signs the tags."""

    local: str
    domain: str
    key: bytes

    def address(self, delivery_id: int) -> str:
        """The return address of one delivery: the same whenever it is made."""
        return f"{self.local}+{delivery_id}-{self._signature(delivery_id)}@{self.domain}"

    def delivery_of(self, text: str) -> int | None:
        """The delivery whose return address stands in a header's text; None when none of ours does."""
        for number, signature in _TAGGED.findall(text):
            if hmac.compare_digest(self._signature(int(number)), signature.lower()):
                return int(number)
        return None

    def _signature(self, delivery_id: int) -> str:
        # lower case: mail servers may change the case of a local part
        digest = hmac.new(self.key, f"bounce of {delivery_id}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest).decode("ascii").lower()[:TAG_LENGTH]
