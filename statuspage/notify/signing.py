"""DKIM (RFC 6376): the domain vouches for a mail, the one-click headers among what it vouches for (RFC 8058).

dkimpy reads and canonicalizes, cryptography signs: dkimpy's own RSA is Python's arithmetic and takes many times as
long as all the rest of a mail.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dkim import rfc822_parse, select_headers
from dkim.canonicalization import CanonicalizationPolicy

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


FOLD = b"\r\n "
LINE = 70
_RELAXED = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")


@dataclass(frozen=True)
class Signer:
    """Signs for a domain with the key whose public half stands at SELECTOR._domainkey.DOMAIN; `key` is RSA in PEM."""

    domain: str
    selector: str
    key: bytes

    def signed(self, data: bytes) -> bytes:
        """The mail (CRLF lines) with a DKIM-Signature in front; rsa-sha256, relaxed/relaxed."""
        headers, body = rfc822_parse(data)
        canonical = _RELAXED.canonicalize_headers(headers)
        names = _names_of({name for name, _ in canonical})
        unsigned = self._unsigned(names, sha256(_RELAXED.canonicalize_body(body)).digest())
        ((name, value),) = _RELAXED.canonicalize_headers([(b"DKIM-Signature", unsigned)])
        chosen = [*select_headers(canonical, names), (name, value.rstrip())]
        said = b"".join(b"%b:%b" % header for header in chosen)
        signature = b64encode(self._private_key.sign(said, PKCS1v15(), SHA256()))
        lines = (signature[start : start + LINE] for start in range(0, len(signature), LINE))
        return b"DKIM-Signature: " + unsigned + FOLD + FOLD.join(lines) + b"\r\n" + data

    @cached_property
    def _private_key(self) -> RSAPrivateKey:
        key = load_pem_private_key(self.key, password=None)
        assert isinstance(key, RSAPrivateKey)
        return key

    def _unsigned(self, names: list[bytes], body_hash: bytes) -> bytes:
        """The header's value up to the signature, which is not part of what is signed (section 3.7)."""
        middle = len(names) // 2
        tags = (
            b"v=1; a=rsa-sha256; c=relaxed/relaxed",
            b"d=%b; s=%b" % (self.domain.encode("ascii"), self.selector.encode("ascii")),
            b"h=" + b":".join(names[:middle]) + b":" + FOLD + b":".join(names[middle:]),
            b"bh=" + b64encode(body_hash),
            b"b=",
        )
        return (b";" + FOLD).join(tags)


def _names_of(present: set[bytes]) -> list[bytes]:
    names = [name.encode("ascii") for name in (*SIGNED, *SEALED)]
    return [name for name in names if name in present]
