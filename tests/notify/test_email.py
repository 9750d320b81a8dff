from __future__ import annotations

import email.policy
from email.message import EmailMessage

import pytest

from statuspage.notify.email import HeaderRefused, MailTemplate, OutgoingMail, one_line, sender_of, soft_line
from statuspage.settings import Settings


def make_mail(**changes: object) -> OutgoingMail:
    fields: dict[str, object] = {
        "date": "Mon, 16 Nov 2026 10:00:00 +0000",
        "message_id": "<one.two@status.example.com>",
        "subject": "[P1 Investigating] Calls fail",
        "sender": "Example <status@example.com>",
        "recipients": ["reader@example.com"],
        "body": "Calls fail.\n",
        "html": "<p>Calls fail.</p>",
    }
    return OutgoingMail(**{**fields, **changes})  # type: ignore[arg-type]


def parse(data: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(data, policy=email.policy.SMTP)
    assert isinstance(parsed, EmailMessage)
    return parsed


@pytest.mark.parametrize("bad", ["Bcc: x\r\nBcc: victim@example.com", "a\nb", "a\x00b", "a\x85b"])
def test_no_header_makes_another(bad: str) -> None:
    for change in ({"subject": bad}, {"extra_headers": {"List-Id": bad}}, {"sender": bad}, {"recipients": [bad]}):
        with pytest.raises(HeaderRefused):
            make_mail(**change).as_bytes()


def test_one_line_leaves_no_line_end() -> None:
    assert one_line("a\r\nBcc: b\u2028c\x85d\ud800") == "a Bcc: b c d?"


def test_long_single_line_stays_under_limit() -> None:
    body = "å" * 25_000
    data = make_mail(body=body, html=f"<p>{body}</p>").as_bytes()
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    part = parse(data).get_body(("plain",))
    assert part is not None
    assert part.get_content().strip() == body


def test_one_click_address_is_not_encoded() -> None:
    url = f"<https://status.example.com/{'x' * 200}>"
    data = make_mail(extra_headers={"List-Unsubscribe": url}).as_bytes()
    assert f"\r\nList-Unsubscribe: {url}\r\n".encode() in data


def test_subject_in_any_script_arrives() -> None:
    subject = "[P1] Störung: звонки не проходят — 通話できません " + "é" * 150
    data = make_mail(subject=subject).as_bytes()
    assert parse(data)["Subject"] == subject
    assert data.isascii()
    assert max(len(line) for line in data.split(b"\r\n")) <= 78


def test_line_that_begins_with_from_is_kept() -> None:
    part = parse(make_mail(body="From now on\n.\n..\n").as_bytes()).get_body(("plain",))
    assert part is not None
    assert part.get_content().replace("\r\n", "\n") == "From now on\n.\n..\n"


@pytest.mark.parametrize("offset", range(40, 80))
def test_placeholder_is_never_split(offset: int) -> None:
    place = "xPLACEHOLDERxPLACEHOLDERx01"
    mail = make_mail(body="y" * offset + place + " and on\n", html=f"<p>{'z' * offset}{place}</p>")
    data = MailTemplate.of(mail, {place: 2}).filled({place: b"TOKEN"})
    part = parse(data).get_body(("plain",))
    assert part is not None
    assert part.get_content().strip() == "y" * offset + "TOKEN and on"


def test_missing_placeholder_is_noticed() -> None:
    with pytest.raises(HeaderRefused):
        MailTemplate.of(make_mail(), {"xPLACE": 1})


def test_soft_line_stands_anywhere() -> None:
    place = "xPLACEHOLDERxPLACEHOLDERx01"
    template = MailTemplate.of(make_mail(body=f"You chose: {place}. Thanks.\n"), {place: 1})
    wishes = "störningar (P2 & above), for " + "SIP trunk, " * 30 + "Portal"
    part = parse(template.filled({place: soft_line(wishes)})).get_body(("plain",))
    assert part is not None
    assert part.get_content().strip() == f"You chose: {wishes}. Thanks."


@pytest.mark.parametrize(
    ("setting", "header", "envelope"),
    [
        (None, "Example <status@status.example.com>", "status@status.example.com"),
        ("noreply@example.com", "Example <noreply@example.com>", "noreply@example.com"),
        ("Ops <ops@bücher.example>", "Ops <ops@xn--bcher-kva.example>", "ops@xn--bcher-kva.example"),
    ],
)
def test_sender_is_the_setting_or_the_page(setting: str | None, header: str, envelope: str) -> None:
    assert sender_of(Settings(mail_default_sender=setting), "Example", "status.example.com") == (header, envelope)


def test_page_without_a_name_in_dns_still_sends() -> None:
    assert sender_of(Settings(), "Status", "127.0.0.1")[1] == "status@localhost"
