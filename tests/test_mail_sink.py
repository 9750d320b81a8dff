"""The demo's mailbox takes mail as a server would and keeps it as files."""

from __future__ import annotations

import re
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest


@pytest.fixture
def mail_folder(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
def port(mail_folder: Path) -> Iterator[int]:
    """The port of a sink that runs as a process of its own."""
    command = [sys.executable, "-m", "statuspage.demo.mail_sink", "--port", "0", "--folder", str(mail_folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdout
        found = re.search(r"127\.0\.0\.1:(\d+)", sink.stdout.readline())
        assert found
        yield int(found[1])
        sink.terminate()
        sink.wait(5)


def test_message_is_kept_whole(port: int, mail_folder: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "[P1 Investigating] Voice: calls fail"
    message["From"], message["To"] = "status@example.com", "ada@example.org"
    message.set_content("First line.\n.\n..two dots\n")
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.send_message(message)
        client.send_message(message, to_addrs=["bob@example.org", "eve@example.org"])
    first, second = sorted(mail_folder.iterdir())
    kept = message_from_bytes(first.read_bytes(), policy=policy.default)
    assert kept["X-Envelope-To"] == "ada@example.org"
    assert kept["Subject"] == message["Subject"]
    assert kept.get_content().splitlines() == ["First line.", ".", "..two dots"]
    assert b"X-Envelope-To: bob@example.org, eve@example.org" in second.read_bytes()


def test_order_of_commands_is_asked_for(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.ehlo()
        assert client.docmd("DATA")[0] == 503
        assert client.rcpt("ada@example.org")[0] == 503
        assert client.docmd("MAIL", "FROM nobody")[0] == 501
        assert client.docmd("VRFY", "ada")[0] == 502


def test_overlong_line_is_refused(port: int, mail_folder: Path) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        with pytest.raises(smtplib.SMTPDataError):
            client.sendmail("status@example.com", ["ada@example.org"], "x" * 1200)
        client.sendmail("status@example.com", ["ada@example.org"], "short")
    assert len(list(mail_folder.iterdir())) == 1
