"""What a mail server's answer, or its silence, means for the mail at hand and for those behind it."""

from __future__ import annotations

import re
import smtplib
import ssl

from statuspage.notify.channel import Meaning, Trouble

CLOSING = 421
"""RFC 5321 section 3.8: the server closes the connection."""
TOO_LARGE = 552
LOG_IN_CODES = (503, 530, 534, 535, 538)
_RELAYING = re.compile(r"relay|authenticat|not permitted to send|sender", re.IGNORECASE)


def read_trouble(error: Exception) -> Trouble:
    """The meaning of what smtplib, ssl or a socket raised while connecting or sending one mail to one address."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()))
            return Trouble(_meaning_for_recipient(code, _text(words)), f"RCPT TO: {code} {_text(words)}")
        case smtplib.SMTPSenderRefused():
            return Trouble(_meaning_for_sender(error.smtp_code), _answer("MAIL FROM", error))
        case smtplib.SMTPDataError():
            return Trouble(_meaning_for(error.smtp_code, Meaning.MESSAGE_REFUSED), _answer("DATA", error))
        case smtplib.SMTPAuthenticationError():
            return Trouble(_meaning_for(error.smtp_code, Meaning.SENDER_REFUSED), _answer("log-in", error))
        case smtplib.SMTPServerDisconnected():
            return Trouble(Meaning.LOST, f"the mail server hung up: {error}")
        case smtplib.SMTPNotSupportedError() | ssl.SSLCertVerificationError():
            return Trouble(Meaning.SENDER_REFUSED, f"{type(error).__name__}: {error}")
        case smtplib.SMTPResponseException():
            return Trouble(Meaning.LOST, _answer("greeting", error))
        case _:
            return Trouble(Meaning.LOST, f"no mail server: {type(error).__name__}: {error}")


def _meaning_for(code: int, for_good: Meaning) -> Meaning:
    if code == CLOSING:
        return Meaning.LOST
    return Meaning.RETRY if code < 500 else for_good


def _meaning_for_sender(code: int) -> Meaning:
    if code == TOO_LARGE:
        return Meaning.MESSAGE_REFUSED
    return _meaning_for(code, Meaning.SENDER_REFUSED)


def _meaning_for_recipient(code: int, words: str) -> Meaning:
    """A relay that does not know us refuses every address: that says nothing of the address."""
    if code in LOG_IN_CODES or (code >= 500 and _RELAYING.search(words)):
        return Meaning.SENDER_REFUSED
    return _meaning_for(code, Meaning.ADDRESS_REFUSED)


def _answer(to: str, error: smtplib.SMTPResponseException) -> str:
    return f"{to}: {error.smtp_code} {_text(error.smtp_error)}"


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
