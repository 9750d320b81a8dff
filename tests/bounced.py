"""Reports as mail servers and providers write them, about invented addresses."""

from __future__ import annotations

ORIGINAL = """\
Return-Path: <{returned_to}>
Received: from status.example.com (localhost [127.0.0.1]) by mx.example.com; Mon, 16 Nov 2026 10:00:01 +0000
Message-ID: {message_id}
From: Example Telecom <status@status.example.com>
To: gone@example.com
Subject: [P1 Investigating] Calls fail

Calls fail.
"""


def delivery_report(
    returned_to: str = "bounces@example.com",
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <gone@example.com>: Recipient address rejected: User unknown",
    message_id: str = "<up1.sub1@status.example.com>",
) -> bytes:
    """As postfix writes it: multipart/report with words, status and the mail itself."""
    text = f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
To: {returned_to}
Subject: Undelivered Mail Returned to Sender
Date: Mon, 16 Nov 2026 10:00:03 +0000
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B/mx.example.com"
Message-Id: <20261116100003.1@mx.example.com>

This is a MIME-encapsulated message.

--B/mx.example.com
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B/mx.example.com
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
X-Postfix-Queue-ID: 4F1A2B3C4D
Arrival-Date: Mon, 16 Nov 2026 10:00:01 +0000

Final-Recipient: rfc822; gone@example.com
Original-Recipient: rfc822;gone@example.com
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.com
Diagnostic-Code: {diagnostic}

--B/mx.example.com
Content-Description: Undelivered Message
Content-Type: message/rfc822

{ORIGINAL.format(returned_to=returned_to, message_id=message_id)}
--B/mx.example.com--
"""
    return text.encode()


def complaint_report(returned_to: str = "bounces@example.com", kind: str = "abuse") -> bytes:
    """As a feedback loop writes it (RFC 5965)."""
    text = f"""\
From: <fbl@provider.example>
To: abuse@status.example.com
Subject: FW: [P1 Investigating] Calls fail
Date: Mon, 16 Nov 2026 11:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain

This is an email abuse report.

--part
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: ProviderFBL/1.0
Version: 1
Original-Mail-From: <{returned_to}>

--part
Content-Type: text/rfc822-headers

{ORIGINAL.format(returned_to=returned_to, message_id="<up1.sub1@status.example.com>")}
--part--
"""
    return text.encode()


AUTO_REPLY = b"""\
From: Gone <gone@example.com>
To: %s
Subject: Out of office: [P1 Investigating] Calls fail
Auto-Submitted: auto-replied
Content-Type: text/plain

I am away until the 5.1.1 of never. 550 5.1.1 User unknown.
"""
