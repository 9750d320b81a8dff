"""E-mail addresses as people type them, in the forms we write to and compare."""

from __future__ import annotations

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from statuspage.errors import Problem, Refused


@dataclass(frozen=True)
class EmailAddress:
    """`address` as it is written to, `key` as it is compared: lower case, the domain in its ASCII form."""

    address: str
    key: str


def read_address(text: str | None) -> EmailAddress:
    """An e-mail address as typed, normalised; international domains work. Raises Refused naming `email`.

    Non-ASCII before the @ is refused: most mail servers cannot carry it (RFC 6531).
    """
    try:
        # deliverability would ask the DNS; globally_deliverable would refuse a company's own .internal names
        found = validate_email(
            (text or "").strip(), check_deliverability=False, allow_smtputf8=False, globally_deliverable=False
        )
    except EmailNotValidError as error:
        raise Refused(Problem("email", f"this is not an e-mail address we can write to: {error}")) from None
    if "." not in found.domain and found.domain != "localhost":
        raise Refused(Problem("email", "the part after the @ is not complete, such as example.com"))
    return EmailAddress(found.normalized, f"{found.local_part}@{found.ascii_domain}".lower())
