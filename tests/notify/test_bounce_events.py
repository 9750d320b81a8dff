"""Providers' events, in the shapes their manuals show, about invented addresses."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from statuspage.errors import Refused
from statuspage.notify.bounce_events import read_events, subscription_address

NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)
AT = int(NOW.timestamp()) - 60


def ses(kind: str = "Permanent", sub: str = "General") -> dict[str, Any]:
    bounce = {
        "bounceType": kind,
        "bounceSubType": sub,
        "bouncedRecipients": [
            {"emailAddress": "gone@example.com", "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550"}
        ],
        "timestamp": "2026-11-16T09:59:00.000Z",
        "feedbackId": "010001",
    }
    return {"notificationType": "Bounce", "bounce": bounce, "mail": {"messageId": "1", "source": "x@example.com"}}


COMPLAINT = {
    "eventType": "Complaint",
    "complaint": {
        "complainedRecipients": [{"emailAddress": "gone@example.com"}],
        "timestamp": "2026-11-16T09:59:00.000Z",
        "complaintFeedbackType": "abuse",
    },
}


def sns(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": "22b80b92",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:bounces",
        "Message": json.dumps(message),
        "Timestamp": "2026-11-16T09:59:01.000Z",
        "SignatureVersion": "1",
    }


def postmark(kind: str, record: str = "Bounce") -> dict[str, Any]:
    return {
        "RecordType": record,
        "ID": 42,
        "Type": kind,
        "Email": "gone@example.com",
        "BouncedAt": "2026-11-16T09:59:00Z",
        "Details": "smtp;550 5.1.1 unknown",
        "Inactive": True,
    }


def mailgun(event: str = "failed", severity: str = "permanent", code: int = 550, **more: Any) -> dict[str, Any]:
    signature = hmac.new(b"key", f"{AT}tok".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": str(AT), "token": "tok", "signature": signature},
        "event-data": {
            "event": event,
            "severity": severity,
            "reason": "generic",
            "recipient": "gone@example.com",
            "timestamp": AT + 0.5,
            "delivery-status": {"code": code, "message": f"{code} said the server", "description": ""},
            **more,
        },
    }


def sendgrid(event: str, **more: Any) -> list[dict[str, Any]]:
    return [{"email": "gone@example.com", "event": event, "timestamp": AT, "sg_event_id": "x", **more}]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (sns(ses()), "ses hard"),
        (ses(), "ses hard"),
        (sns(ses("Transient", "MailboxFull")), "ses soft"),
        (sns(ses("Undetermined")), "ses soft"),
        (sns(COMPLAINT), "ses complaint"),
        (sns({"notificationType": "Delivery", "delivery": {}}), ""),
        (postmark("HardBounce"), "postmark hard"),
        (postmark("SoftBounce"), "postmark soft"),
        (postmark("AutoResponder"), ""),
        (postmark("SpamComplaint", "SpamComplaint"), "postmark complaint"),
        (postmark("", "Open"), ""),
        (mailgun(), "mailgun hard"),
        (mailgun(code=552), "mailgun soft"),
        (mailgun(severity="temporary", code=450), ""),
        (mailgun(reason="suppress-bounce", code=605), "mailgun hard"),
        (mailgun("complained"), "mailgun complaint"),
        (mailgun("delivered"), ""),
        (sendgrid("bounce", type="bounce", status="5.1.1", reason="550 no such user"), "sendgrid hard"),
        (sendgrid("bounce", type="blocked", status="5.7.1", reason="550 blocked"), "sendgrid soft"),
        (sendgrid("bounce", type="bounce", status="5.2.2", reason="552 full"), "sendgrid soft"),
        (sendgrid("dropped", reason="Bounced Address"), "sendgrid hard"),
        (sendgrid("dropped", reason="Invalid SMTPAPI header"), ""),
        (sendgrid("spamreport"), "sendgrid complaint"),
        (sendgrid("deferred"), ""),
    ],
)
def test_events_become_reports(content: Any, expected: str) -> None:
    reports = read_events(content, NOW)
    assert " ".join(f"{report.source} {report.kind}" for report in reports) == expected
    for report in reports:
        assert report.address == "gone@example.com"
        assert report.at is not None
        assert abs((report.at - NOW).total_seconds()) <= 60


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        {},
        {"Type": "Notification", "Message": "{"},
        sns(sns(ses())),
        {"notificationType": "Bounce", "bounce": {"bounceType": 1}},
        {"RecordType": "Bounce", "Email": ["a"]},
        {"event-data": {}},
        [1],
        [{"event": "bounce", "email": "x" * 500, "timestamp": 1}],
    ],
)
def test_other_shapes_are_refused(bad: Any) -> None:
    with pytest.raises(Refused):
        read_events(bad, NOW)


def test_mailgun_must_sign_where_a_key_is_set() -> None:
    assert read_events(mailgun(), NOW, "key")
    for changed in ({"signature": "0" * 64}, {"signature": "é"}, {"timestamp": str(AT - 10)}):
        forged = copy.deepcopy(mailgun())
        forged["signature"].update(changed)
        with pytest.raises(Refused, match="signature"):
            read_events(forged, NOW, "key")
    with pytest.raises(Refused, match="too old"):
        read_events(mailgun(), datetime(2026, 11, 18, tzinfo=UTC), "key")


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
        "https://sns.eu-west-1.amazonaws.com.evil.example/",
        "https://evil.example/?x=sns.eu-west-1.amazonaws.com",
        "https://sns.eu-west-1.amazonaws.com@127.0.0.1/",
        "https://s3.eu-west-1.amazonaws.com/bucket",
        "https://sns.eu-west-1.amazonaws.com:8443/",
        "https://[::1",
        "",
    ],
)
def test_only_amazon_is_visited(url: str) -> None:
    with pytest.raises(Refused, match="SubscribeURL"):
        subscription_address({"Type": "SubscriptionConfirmation", "SubscribeURL": url})


def test_amazon_asks_to_be_confirmed() -> None:
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=1"
    assert subscription_address({"Type": "SubscriptionConfirmation", "SubscribeURL": url}) == url
    assert subscription_address(sns(ses())) is None
