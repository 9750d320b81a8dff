"""DKIM, checked by dkimpy's verifier against a DNS of our own."""

from __future__ import annotations

import base64
from datetime import datetime
from functools import cache
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from statuspage.changes import Installation
from statuspage.notify.delivery import deliver_due
from statuspage.notify.mailing import MAIL
from statuspage.settings import Settings, SettingsError, read_settings
from tests.mail import MailServer
from tests.notify.conftest import OpenIncident, Subscribe


@cache
def made_key(bits: int = 2048) -> tuple[str, bytes]:
    """A private key as PEM and its record in the DNS."""
    key = rsa.generate_private_key(65537, bits)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Mail is signed for status.example.com."""
    names = {"dkim_domain": "status.example.com", "dkim_selector": "mail", "dkim_key": made_key()[0]}
    return settings.model_copy(update=names)


def is_genuine(data: bytes) -> bool:
    def dns(name: bytes, timeout: int = 5) -> bytes | None:
        return made_key()[1] if name == b"mail._domainkey.status.example.com." else None

    return bool(dkim.verify(data, dnsfunc=dns))


def test_signature_covers_one_click(
    installation: Installation,
    mail_server: MailServer,
    subscribe: Subscribe,
    open_incident: OpenIncident,
    now: datetime,
) -> None:
    subscribe("a@example.com", "b@bücher.example")
    open_incident(title="Störung: ligne coupée " + "é" * 100)
    deliver_due(installation, lambda: now, MAIL)
    mails = mail_server.mails()
    assert len(mails) == 2
    for mail in mails:
        assert is_genuine(mail.data)
        signed = mail.message["DKIM-Signature"].replace(" ", "").split("h=")[1].split(";")[0].split(":")
        assert {"list-unsubscribe", "list-unsubscribe-post", "from", "message-id"} <= set(signed)
        one_click = mail.message["List-Unsubscribe"].encode()
        assert not is_genuine(mail.data.replace(one_click, b"<https://evil.example/u>"))
        assert not is_genuine(b"List-Unsubscribe: <https://evil.example/u>\r\n" + mail.data)
        assert max(map(len, mail.data.split(b"\r\n"))) <= 998


def test_mail_is_unsigned_without_settings() -> None:
    assert read_settings({}).dkim_key is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"DKIM_DOMAIN": "example.com"}, "DKIM_KEY: DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY must be set together"),
        ({"DKIM_KEY": "nonsense", "DKIM_DOMAIN": "example.com", "DKIM_SELECTOR": "s"}, "DKIM_KEY: must be an RSA"),
        ({"DKIM_DOMAIN": "exa mple.com"}, "DKIM_DOMAIN: "),
        ({"DKIM_KEY_FILE": "/nowhere/key.pem", "DKIM_DOMAIN": "example.com"}, "DKIM_KEY_FILE: "),
    ],
)
def test_unusable_key_stops_the_start(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(given)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)
    assert "nonsense" not in str(refused.value)


def test_key_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(made_key()[0])
    names = {"DKIM_KEY_FILE": str(path), "DKIM_DOMAIN": "example.com", "DKIM_SELECTOR": "s"}
    assert read_settings(names).dkim_key == made_key()[0].strip()
