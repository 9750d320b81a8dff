"""STARTTLS: mail goes to a server whose certificate is trusted, and to no other."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from statuspage.changes import Installation
from tests.mail import deliver_mail
from tests.notify.conftest import OpenIncident, Subscribe
from tests.servers import find_program, free_port

READERS = 20


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "certificate.pem", folder / "key.pem"
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    named = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run([find_program("openssl"), "req", *made, *named], check=True, capture_output=True)
    return paths


@pytest.fixture
def posted(
    certificate: tuple[Path, Path], installation: Installation, subscribe: Subscribe, open_incident: OpenIncident
) -> Iterator[Installation]:
    """Mail is owed, and its server takes it under TLS only."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    server = Controller(Sink(), hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True)
    server.start()
    changed = {"mail_server": "127.0.0.1", "mail_port": server.port, "mail_use_tls": True}
    installation.settings = installation.settings.model_copy(update=changed)
    subscribe(*(f"reader{n}@example.com" for n in range(READERS)))
    open_incident()
    yield installation
    server.stop()


def test_trusted_server_takes_all(
    posted: Installation, certificate: tuple[Path, Path], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    assert deliver_mail(posted, lambda: now).sent == READERS


def test_untrusted_server_gets_nothing(posted: Installation, now: datetime) -> None:
    report = deliver_mail(posted, lambda: now)
    assert report.sent == 0
    assert "certificate" in (report.paused or "").lower()
