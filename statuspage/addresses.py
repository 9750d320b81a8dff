"""E-mail and web addresses as people type them, in the forms we write to, link to and compare."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from statuspage.errors import Problem, Refused

_NOT_IN_URL = re.compile(r"""[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\ufffe\uffff"<>\\^`{|}]""")


@dataclass(frozen=True)
class Address:
    """Where somebody is told: `channel` is email or a kind of URL, `address` as it is written to, `key` as it is
    compared (of an e-mail address lower case, the domain in its ASCII form)."""

    channel: str
    address: str
    key: str


def read_address(text: str | None) -> Address:
    """An e-mail address as typed, normalised; international domains work. Raises Refused naming `email`.

    Letters beyond ASCII before the @ need a mail server that carries them (RFC 6531); where ours does not, the mail
    is given up and says so.
    """
    try:
        # deliverability would ask the DNS; globally_deliverable would refuse a company's own .internal names
        found = validate_email(
            (text or "").strip(), check_deliverability=False, allow_smtputf8=True, globally_deliverable=False
        )
    except EmailNotValidError as error:
        raise Refused(Problem("email", f"this is not an e-mail address we can write to: {error}")) from None
    if "." not in found.domain and found.domain != "localhost":
        raise Refused(Problem("email", "the part after the @ is not complete, such as example.com"))
    return Address("email", found.normalized, f"{found.local_part}@{found.ascii_domain}".lower())


def check_web_address(text: str) -> str:
    """An absolute http(s) URL without what RFC 3986 keeps out of URLs: it stands in mails, feeds and pages."""
    if _NOT_IN_URL.search(text):
        raise ValueError("must not contain spaces, quotes or control characters")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("must be an http(s) URL")
    return text


def check_base_address(text: str) -> str:
    """An http(s) URL of a host, which paths can be appended to: the page's links begin at the root."""
    parts = urlsplit(text)
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be an address such as https://status.example.com, without a path")
    return text
