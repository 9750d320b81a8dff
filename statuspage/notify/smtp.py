"""What a mail server's answer, or its silence, means for the mail at hand and for those behind it."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from enum import Enum, auto


class Meaning(Enum):
    """What to do after a mail was not accepted."""

    RETRY = auto()
    """This mail was put off (4xx, greylisting): later; go on with the others."""
    LOST = auto()
    """No server, or it went away: this mail later, and the others when somebody tries again."""
    ADDRESS_REFUSED = auto()
    """No mail will ever arrive there (5xx to RCPT): give up and suppress the address."""
    MAIL_REFUSED = auto()
    """This mail is not taken (5xx to its content): give up, but the address may be good."""
    SENDER_REFUSED = auto()
    """The server will not have mail of ours at all (sender, log-in, relaying): stop everything, tell the operator."""


@dataclass(frozen=True)
class Trouble:
    """A mail that was not accepted: what it means and the server's words."""

    meaning: Meaning
    words: str


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
            return Trouble(_meaning_for(error.smtp_code, Meaning.MAIL_REFUSED), _answer("DATA", error))
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
    if code == 421:  # RFC 5321 section 3.8: the server closes the connection
        return Meaning.LOST
    return Meaning.RETRY if code < 500 else for_good


def _meaning_for_sender(code: int) -> Meaning:
    if code == TOO_LARGE:
        return Meaning.MAIL_REFUSED
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
