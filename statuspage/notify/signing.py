"""DKIM (RFC 6376): the domain vouches for a mail, the one-click headers among what it vouches for (RFC 8058)."""

from __future__ import annotations

from dataclasses import dataclass

from dkim import DKIM

SIGNED = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "mime-version",
    "content-type",
)
SEALED = ("from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post")
"""Signed once more than they stand there: a second one, added on the way, breaks the signature (section 8.15)."""


@dataclass(frozen=True)
class Signer:
    """Signs for a domain with the key whose public half stands at SELECTOR._domainkey.DOMAIN."""

    domain: str
    selector: str
    key: bytes

    def signed(self, data: bytes) -> bytes:
        """The mail (CRLF lines) with a DKIM-Signature in front; rsa-sha256, relaxed/relaxed."""
        work = DKIM(data)
        present = [name.decode("ascii").lower() for name, _ in work.headers]
        names = [name for name in SIGNED if name in present]
        names += [name for name in SEALED if name in present]
        signature: bytes = work.sign(
            self.selector.encode("ascii"),
            self.domain.encode("ascii"),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode("ascii") for name in names],
        )
        return signature + data
