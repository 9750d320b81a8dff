"""Events of mail providers: what SES (by SNS), Postmark, Mailgun and SendGrid post when mail did not arrive or was
not welcome. A delay, an opened mail or an automatic reply is none of our business.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import httpx2
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from statuspage.domain.bouncing import BounceKind, kind_of_status
from statuspage.drafts import problems_of
from statuspage.errors import Problem, Refused
from statuspage.notify.bounce_reports import BounceReport, said

MOST_EVENTS = 10_000
SIGNATURE_LIFE = timedelta(hours=24)
"""Mailgun posts an event again for eight hours."""
VISIT_SECONDS = 10.0
_AMAZON = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
_POSTMARK_HARD = ("HardBounce", "BadEmailAddress", "ManuallyDeactivated")
_POSTMARK_SOFT = ("SoftBounce", "Transient", "DnsError", "Blocked", "SpamNotification")
_DROPPED = {"bounced address": BounceKind.HARD, "spam reporting address": BounceKind.COMPLAINT}
_Address = Annotated[str, Field(max_length=400)]


class _Shape(BaseModel):
    """Providers add fields as they like; what we do not read is passed over."""

    model_config = ConfigDict(frozen=True)


class _SesRecipient(_Shape):
    emailAddress: _Address
    status: str = ""
    diagnosticCode: str = ""


class _SesBounce(_Shape):
    bounceType: str
    bounceSubType: str = ""
    bouncedRecipients: list[_SesRecipient]
    timestamp: datetime


class _SesComplaint(_Shape):
    complaintFeedbackType: str | None = None
    complainedRecipients: list[_SesRecipient]
    timestamp: datetime


class _Ses(_Shape):
    type: str = Field(validation_alias=AliasChoices("notificationType", "eventType"))
    bounce: _SesBounce | None = None
    complaint: _SesComplaint | None = None


class _Sns(_Shape):
    Type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    Message: str = ""
    SubscribeURL: str = ""


class _Postmark(_Shape):
    RecordType: str
    Type: str = ""
    Email: _Address = ""
    BouncedAt: datetime | None = None
    Description: str = ""
    Details: str = ""


class _MailgunSignature(_Shape):
    timestamp: str
    token: str
    signature: str


class _MailgunStatus(_Shape):
    code: int | str = ""
    message: str | None = None
    description: str | None = None
    enhanced_code: str | None = Field(None, alias="enhanced-code")


class _MailgunEvent(_Shape):
    event: str
    severity: str = ""
    reason: str = ""
    recipient: _Address = ""
    timestamp: float
    status: _MailgunStatus | None = Field(None, alias="delivery-status")


class _Mailgun(_Shape):
    signature: _MailgunSignature
    event: _MailgunEvent = Field(alias="event-data")


class _SendGrid(_Shape):
    event: str
    email: _Address = ""
    type: str = ""
    reason: str = ""
    status: str = ""
    timestamp: int


def read_events(content: Any, now: datetime, mailgun_key: str | None = None) -> list[BounceReport]:
    """Failures and complaints in what a provider posted (parsed JSON), told apart by its shape. Raises Refused."""
    try:
        if isinstance(content, list):
            if len(content) > MOST_EVENTS:
                raise Refused(Problem("", f"more than {MOST_EVENTS} events"))
            return [report for entry in content for report in _sendgrid(_SendGrid.model_validate(entry))]
        if not isinstance(content, dict):
            raise Refused(Problem("", "must be an object, or a list of SendGrid's events"))
        if "event-data" in content:
            mailgun = _Mailgun.model_validate(content)
            _check_signature(mailgun.signature, mailgun_key, now)
            return list(_mailgun(mailgun.event))
        if "RecordType" in content:
            return list(_postmark(_Postmark.model_validate(content)))
        if "Type" in content:
            sns = _Sns.model_validate(content)
            return read_events(_json_of(sns.Message), now) if sns.Type == "Notification" else []
        if "notificationType" in content or "eventType" in content:
            return list(_ses(_Ses.model_validate(content)))
    except ValidationError as error:
        raise Refused(problems_of(error)[:20]) from None
    raise Refused(Problem("", "is of none of the shapes of SES, Postmark, Mailgun or SendGrid"))


def subscription_address(content: Any) -> str | None:
    """Where SNS asks to be confirmed; None when it does not ask. Raises Refused for an address not of Amazon."""
    if not isinstance(content, dict) or content.get("Type") != "SubscriptionConfirmation":
        return None
    url = str(content.get("SubscribeURL", ""))
    try:
        parts = urlsplit(url)
        trusted = parts.scheme == "https" and parts.port in (None, 443) and parts.username is None
    except ValueError:
        trusted = False
    if not trusted or not _AMAZON.fullmatch(parts.hostname or "") or not url.isprintable():
        raise Refused(Problem("SubscribeURL", "must be an https address of Amazon's SNS"))
    return url


def visit(url: str) -> None:
    """Confirm the subscription at an address that was checked. Raises OSError or httpx2.HTTPError."""
    with (
        httpx2.Client(timeout=VISIT_SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream("GET", url) as answer,  # the body is never read
    ):
        if not answer.is_success:
            raise OSError(f"SNS answered {answer.status_code}")


def _ses(event: _Ses) -> Iterable[BounceReport]:
    if event.type == "Bounce" and event.bounce is not None:
        bounce = event.bounce
        kind = BounceKind.HARD if bounce.bounceType == "Permanent" else BounceKind.SOFT
        for each in bounce.bouncedRecipients:
            words = f"{bounce.bounceType}/{bounce.bounceSubType} {each.status} {each.diagnosticCode}"
            yield _report("ses", kind, words, each.emailAddress, bounce.timestamp)
    if event.type == "Complaint" and event.complaint is not None:
        words = event.complaint.complaintFeedbackType or "complaint"
        if words != "not-spam":
            for each in event.complaint.complainedRecipients:
                yield _report("ses", BounceKind.COMPLAINT, words, each.emailAddress, event.complaint.timestamp)


def _postmark(event: _Postmark) -> Iterable[BounceReport]:
    words = f"{event.Type}: {event.Details or event.Description}"
    kind = None
    if event.RecordType == "SpamComplaint" or event.Type == "SpamComplaint":
        kind = BounceKind.COMPLAINT
    elif event.RecordType == "Bounce" and event.Type in _POSTMARK_HARD:
        kind = BounceKind.HARD
    elif event.RecordType == "Bounce" and event.Type in _POSTMARK_SOFT:
        kind = BounceKind.SOFT
    if kind is not None:
        yield _report("postmark", kind, words, event.Email, event.BouncedAt)


def _mailgun(event: _MailgunEvent) -> Iterable[BounceReport]:
    status = event.status or _MailgunStatus()
    words = f"{status.enhanced_code or status.code} {status.message or status.description or event.reason}"
    at = _instant(event.timestamp)
    if event.event == "complained":
        yield _report("mailgun", BounceKind.COMPLAINT, "complaint", event.recipient, at)
    elif event.event == "failed" and event.severity == "permanent":  # temporary: Mailgun goes on trying
        known_dead = event.reason in ("suppress-bounce", "suppress-complaint")
        kind = BounceKind.HARD if known_dead else kind_of_status(status.enhanced_code or "", words)
        yield _report("mailgun", kind, words, event.recipient, at)


def _sendgrid(event: _SendGrid) -> Iterable[BounceReport]:
    kind = None
    if event.event == "spamreport":
        kind = BounceKind.COMPLAINT
    elif event.event == "bounce":
        blocked = event.type == "blocked"
        kind = BounceKind.SOFT if blocked else kind_of_status(event.status, event.reason or "550")
    elif event.event == "dropped":
        kind = _DROPPED.get(event.reason.lower())
    if kind is not None:
        words = f"{event.status} {event.reason or event.event}"
        yield _report("sendgrid", kind, words, event.email, _instant(event.timestamp))


def _report(source: str, kind: BounceKind, words: str, address: str, at: datetime | None) -> BounceReport:
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return BounceReport(kind, said(words.strip(" :")), source, at, address=address)


def _check_signature(signature: _MailgunSignature, key: str | None, now: datetime) -> None:
    if key is None:
        return
    made = hmac.new(key.encode(), f"{signature.timestamp}{signature.token}".encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made.encode(), signature.signature.encode("utf-8", "replace")):
        raise Refused(Problem("signature", "is not Mailgun's"))
    signed_at = _instant(float(signature.timestamp) if signature.timestamp.isdigit() else 0.0)
    if signed_at is None or abs(now - signed_at) > SIGNATURE_LIFE:
        raise Refused(Problem("signature", "is too old"))


def _instant(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _json_of(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(Problem("Message", "is not JSON")) from None
    # one envelope in another would be read for ever
    if isinstance(found, dict) and "Type" in found:
        raise Refused(Problem("Message", "is of none of SES's shapes"))
    return found
