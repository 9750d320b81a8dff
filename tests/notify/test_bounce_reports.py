from __future__ import annotations

from datetime import UTC, datetime

import pytest

from statuspage.domain.bouncing import BounceKind
from statuspage.notify.bounce_reports import read_mail_report
from tests.bounced import AUTO_REPLY, complaint_report, delivery_report


def test_failed_delivery_is_read_whole() -> None:
    report = read_mail_report(delivery_report("bounces+7-abc@example.com"))
    assert report is not None
    assert report.kind is BounceKind.HARD
    assert report.words.startswith("5.1.1 smtp; 550 5.1.1 <gone@example.com>")
    assert report.at == datetime(2026, 11, 16, 10, 0, 3, tzinfo=UTC)
    assert "bounces+7-abc@example.com" in " ".join(report.marks)
    assert report.message_id == "<up1.sub1@status.example.com>"
    assert report.address is None


def test_crlf_and_folded_fields_are_read() -> None:
    report = read_mail_report(delivery_report(diagnostic="smtp; 452\n 4.2.2 full").replace(b"\n", b"\r\n"))
    assert report is not None
    assert report.words == "5.1.1 smtp; 452 4.2.2 full"


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_delayed_mail_has_not_bounced(action: str) -> None:
    assert read_mail_report(delivery_report(action=action, status="4.4.1")) is None


def test_automatic_reply_has_not_bounced() -> None:
    assert read_mail_report(AUTO_REPLY % b"bounces@example.com") is None


def test_complaint_names_the_mail() -> None:
    report = read_mail_report(complaint_report("bounces+7-abc@example.com"))
    assert report is not None
    assert report.kind is BounceKind.COMPLAINT
    assert "bounces+7-abc@example.com" in " ".join(report.marks)
    assert read_mail_report(complaint_report(kind="not-spam")) is None


@pytest.mark.parametrize("cut", range(0, 1800, 90))
def test_broken_reports_never_raise(cut: int) -> None:
    whole = delivery_report()
    read_mail_report(whole[:cut])
    read_mail_report(whole[cut:])
    read_mail_report(whole[:cut] + b"\xff\x00\r\n\r\n--B" + whole[cut:])


def test_words_hold_no_control_characters() -> None:
    report = read_mail_report(
        delivery_report(diagnostic="smtp; 550 \x00\x1b[31m \udc80".encode("utf-8", "replace").decode())
    )
    assert report is not None
    assert report.words.isprintable()
