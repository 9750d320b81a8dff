"""Ids that stand in URLs, API and feeds, and tokens that stand in links."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
ID_LENGTH = 12


def new_id() -> str:
    """A fresh public id: 12 lower-case letters and digits, the length Statuspage clients expect."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def new_token() -> str:
    """A fresh link token: 160 bits, 27 URL-safe characters (short, so that mail headers stay short)."""
    return secrets.token_urlsafe(20)


def digest(token: str) -> str:
    """What the database keeps of a secret token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def slug_of(name: str) -> str:
    """A URL word from a name: "SIP trunk A" -> "sip-trunk-a"; empty when nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
