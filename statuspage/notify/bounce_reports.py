"""Reports that come back by mail: delivery status (RFC 3464) and complaints (RFC 5965). Anything else is no report:
automatic replies, "delayed", "delivered", and letters of people.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from statuspage.domain.bouncing import BounceKind, kind_of_status
from statuspage.notify.email import one_line

RETURN_HEADERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "Resent-To")
WORDS_LENGTH = 500


@dataclass(frozen=True)
class BounceReport:
    """One report on one mail. `marks` are texts that may hold our return address; `message_id` is the mail's own;
    `address` is given only by a provider who proved who it is."""

    kind: BounceKind
    words: str
    source: str
    at: datetime | None
    marks: tuple[str, ...] = ()
    message_id: str | None = None
    address: str | None = None


def read_mail_report(data: bytes, returned_to: str = "") -> BounceReport | None:
    """What a mail reports; None when it is no report of a failure or a complaint. `returned_to` is the envelope's
    recipient where the mail server gave it. Never raises: what is broken is no report."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    if message.get_content_type() != "multipart/report":
        return None
    for part in message.walk():
        match part.get_content_type():
            case "message/delivery-status":
                failed = _failed_recipient(part)
                return _report(message, *failed, returned_to) if failed else None
            case "message/feedback-report":
                fields = next(_blocks(part), None)
                if fields is None or _field(fields, "Feedback-Type").lower() not in ("abuse", "fraud"):
                    return None
                words = f"complaint by {_field(fields, 'User-Agent') or 'a mail provider'}"
                mark = _field(fields, "Original-Mail-From")
                return _report(message, BounceKind.COMPLAINT, words, f"{returned_to} {mark}")
    return None


def said(text: str) -> str:
    """Another machine's words, fit to be kept: one line, without what no database or page can hold."""
    return " ".join(one_line(text).split())[:WORDS_LENGTH]


def _failed_recipient(part: Message) -> tuple[BounceKind, str] | None:
    """The first recipient whose mail was given up, and what was said of it."""
    for fields in _blocks(part):
        if _field(fields, "Action").lower() != "failed":
            continue
        status = _field(fields, "Status")
        diagnostic = _field(fields, "Diagnostic-Code")
        return kind_of_status(status, diagnostic), f"{status} {diagnostic}".strip() or "failed"
    return None


def _report(message: Message, kind: BounceKind, words: str, returned_to: str) -> BounceReport:
    original = _original(message)
    marks = [returned_to, *(value for name in RETURN_HEADERS for value in _all(message, name))]
    if original is not None:
        marks += _all(original, "Return-Path")
    return BounceReport(
        kind=kind,
        words=said(words),
        source="rfc5965" if kind is BounceKind.COMPLAINT else "rfc3464",
        at=_date(_field(message, "Date")),
        marks=tuple(marks),
        message_id=_field(original, "Message-ID") or None if original is not None else None,
    )


def _original(report: Message) -> Message | None:
    """The mail the report is about, or its headers."""
    for part in report.walk():
        if part.get_content_type() == "message/rfc822":
            return next(_blocks(part), None)
        if part.get_content_type() == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            return email.message_from_bytes(content) if isinstance(content, bytes) else None
    return None


def _blocks(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Message))


def _field(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())


def _all(message: Message, name: str) -> list[str]:
    return [str(value) for value in message.get_all(name, [])]


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
