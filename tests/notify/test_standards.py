"""What travels, read by a parser of its own: the library that wrote it does not judge itself."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from statuspage.changes import Installation
from statuspage.components import load_page
from statuspage.settings import Settings
from tests.mail import MailServer, deliver_mail
from tests.notify.conftest import OpenIncident, PostUpdate, Subscribe


class Wire:
    """A mail as bytes: header fields unfolded (RFC 5322 section 2.2.3), bodies decoded (RFC 2045 section 6.7)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.lines = data.split(b"\r\n")
        assert b"\n" not in data.replace(b"\r\n", b"")
        assert b"\r" not in data.replace(b"\r\n", b"")
        end = self.lines.index(b"")
        self.fields: list[tuple[str, str]] = []
        for line in self.lines[:end]:
            text = line.decode("ascii")
            if text[0] in " \t":
                name, value = self.fields[-1]
                self.fields[-1] = name, value + text
            else:
                name, colon, value = text.partition(":")
                assert colon
                assert re.fullmatch(r"[!-9;-~]+", name)
                self.fields.append((name, value.strip()))
        self.body = b"\r\n".join(self.lines[end + 1 :])

    def all(self, name: str) -> list[str]:
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    def parts(self) -> dict[str, str]:
        """The alternatives' texts by type."""
        boundary = re.fullmatch(r'multipart/alternative;\s*boundary="([^"]+)"', self.one("Content-Type"))
        assert boundary
        mark = b"--" + boundary[1].encode()
        pieces = self.body.split(mark)
        assert pieces[-1].strip() == b"--"
        found = {}
        for piece in pieces[1:-1]:
            head, _, content = piece.partition(b"\r\n\r\n")
            fields = head.decode("ascii").lower()
            assert 'charset="utf-8"' in fields
            assert "content-transfer-encoding: quoted-printable" in fields
            assert all(len(line) <= 76 for line in content.split(b"\r\n"))
            kind = re.search(r"content-type: ([a-z/]+)", fields)
            assert kind
            found[kind[1]] = binascii.a2b_qp(content).decode("utf-8")
        return found


@pytest.fixture
def sent(
    installation: Installation,
    add_components: Callable[..., None],
    subscribe: Subscribe,
    mail_server: MailServer,
    now: datetime,
) -> Callable[[], list[Wire]]:
    """A function that sends what is due to one reader and gives all mails so far, read from the wire."""
    add_components("API")
    subscribe("reader@example.com")

    def send() -> list[Wire]:
        deliver_mail(installation, lambda: now + timedelta(hours=1))
        return [Wire(mail.data) for mail in mail_server.mails()]

    return send


def test_one_click_as_rfc_8058_wants_it(sent: Callable[[], list[Wire]], open_incident: OpenIncident) -> None:
    open_incident()
    (mail,) = sent()
    assert re.fullmatch(r"<https://[^<>,\s]+>", mail.one("List-Unsubscribe"))
    assert mail.one("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    uri = urlsplit(mail.one("List-Unsubscribe")[1:-1])
    assert (uri.scheme, uri.hostname, uri.query, uri.fragment) == ("https", "status.example.com", "", "")
    assert b"List-Unsubscribe: <https://status.example.com/unsubscribe/" in mail.data
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in mail.data


def test_list_and_automatic_headers(
    sent: Callable[[], list[Wire]], open_incident: OpenIncident, installation: Installation, now: datetime
) -> None:
    open_incident()
    first = sent()[0]
    with installation.database.write() as session:
        load_page(session).name = "Renamed"
    open_incident("Again", at=now + timedelta(minutes=1))
    second = sent()[1]
    for mail in (first, second):
        assert mail.one("List-Id") == "<updates.status.example.com>"
        assert mail.one("Auto-Submitted") == "auto-generated"
        assert mail.all("Precedence") == []
        assert mail.one("MIME-Version") == "1.0"
    # RFC 5322 section 3.6: each at most once
    names = [name.lower() for name, _ in first.fields]
    assert len(names) == len(set(names))
    assert {"date", "from", "to", "subject", "message-id"} <= set(names)


def test_updates_refer_to_one_thread(
    sent: Callable[[], list[Wire]], open_incident: OpenIncident, post_update: PostUpdate
) -> None:
    incident = open_incident()
    post_update(incident, at=5)
    post_update(incident, at=9, status="resolved")
    mails = sent()
    ids = [mail.one("Message-ID") for mail in mails]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"<[a-z0-9.-]+@status\.example\.com>", each) for each in ids)
    thread = f"<incident.{incident.id}@status.example.com>"
    assert {mail.one("In-Reply-To") for mail in mails} == {thread}
    assert {mail.one("References") for mail in mails} == {thread}


def test_both_parts_say_the_same(sent: Callable[[], list[Wire]], open_incident: OpenIncident) -> None:
    open_incident(body="Störung: **alle** Anrufe. 通話できません " + "é" * 3000)
    (mail,) = sent()
    parts = mail.parts()
    assert list(parts) == ["text/plain", "text/html"]
    for text in parts.values():
        assert "é" * 3000 in text.replace("\r\n", "")
        assert "/unsubscribe/" in text
        assert "/manage/" in text
    assert max(map(len, mail.lines)) <= 998
    html = parts["text/html"]
    assert html.index("Störung") < html.index("<h1")  # the preheader comes first
    assert "prefers-color-scheme: dark" in html
    assert '<p style="margin' in html
    assert mail.data.isascii()


@pytest.mark.parametrize(
    "title", ["Calls fail\r\nBcc: victim@example.com", "x\nList-Id: <evil>", "a\u2028Bcc: b", "\x00"]
)
def test_title_makes_no_header(sent: Callable[[], list[Wire]], open_incident: OpenIncident, title: str) -> None:
    try:
        open_incident(title=title)
    except ValueError:
        return  # refused at the door
    (mail,) = sent()
    assert mail.all("Bcc") == []
    assert mail.one("List-Id") == "<updates.status.example.com>"


def test_addresses_of_any_script_arrive(
    sent: Callable[[], list[Wire]], open_incident: OpenIncident, subscribe: Subscribe, mail_server: MailServer
) -> None:
    subscribe("anna+status@bücher.example", "o'brien@例え.jp")
    open_incident()
    tos = {mail.one("To") for mail in sent()}
    assert tos == {"reader@example.com", "anna+status@xn--bcher-kva.example", "o'brien@xn--r8jz45g.jp"}
    assert {mail.recipient for mail in mail_server.mails()} == tos


class TestPlainPage:
    """A page without TLS: both headers are sent whatever the scheme."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"statuspage_url": "http://status.example.com"})

    def test_scheme_does_not_matter(self, sent: Callable[[], list[Wire]], open_incident: OpenIncident) -> None:
        open_incident()
        (mail,) = sent()
        assert mail.one("List-Unsubscribe").startswith("<http")
        assert mail.one("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
