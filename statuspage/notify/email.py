"""E-mail on the wire: Flask-Mail behind a thin layer that cures what 0.10 gets wrong.

Cured here: no timeout and no check of the TLS certificate (MailConnection), newlines in any header inject headers,
long List-Unsubscribe addresses are RFC 2047-encoded so that one-click breaks, lines over 998 bytes (OutgoingMail).
Nothing here needs a Flask application.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import Compat32
from email.quoprimime import body_encode
from email.utils import formataddr, parseaddr
from hashlib import sha256
from ipaddress import ip_address
from types import TracebackType
from typing import Any

import flask_mail

from statuspage.settings import Settings

TIMEOUT_SECONDS = 90.0
"""For each answer of the server. A slow server gets its minute; a dead one does not hold a worker for ever."""
GOODBYE_SECONDS = 0.5
LINE_LIMIT = 998  # RFC 5322 section 2.1.1, without CRLF
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP


_DOTTED = re.compile(rb"(?<=\n)\.")


class HeaderRefused(ValueError):
    """A header's text would make another header or an endless line; nothing is sent."""


class FoldedBefore(Compat32):
    """Headers are written as they are given: folds or encoded words in List-Unsubscribe and References are not
    understood by everybody."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """The header's lines; `value` is ASCII and brings its own folds."""
        return f"{name}: {value}\r\n".encode("ascii")


_WIRE = FoldedBefore(linesep="\r\n", mangle_from_=False)


class OutgoingMail(flask_mail.Message):
    """A mail in text and HTML, quoted-printable, with headers that stay what they are."""

    def __init__(self, *, date: str, message_id: str, **fields: Any) -> None:
        super().__init__(**fields)
        self.msgId = message_id
        self.date_header = date

    def headers(self) -> dict[str, str]:
        """All headers but the MIME ones, in the order they are written."""
        return {
            "Subject": self.subject,
            "From": str(self.sender),
            "To": ", ".join(str(address) for address in self.recipients),
            "Date": self.date_header,
            "Message-ID": self.msgId,
            **(self.extra_headers or {}),
        }

    def has_bad_headers(self) -> bool:
        """Whether any header, extra ones too, holds a control character."""
        return any(_CONTROL.search(name + value) for name, value in self.headers().items())

    def _message(self) -> MIMEMultipart:
        if self.has_bad_headers():
            raise HeaderRefused("a header holds a control character")
        parts = MIMEMultipart("alternative", boundary=self._boundary())
        for name, value in self.headers().items():
            parts[name] = value if value.isascii() else _encoded_words(name, value)
        parts.attach(MIMEText(self.body or "", "plain", _UTF8))  # type: ignore[arg-type]  # typeshed wants the name
        parts.attach(MIMEText(self.html or "", "html", _UTF8))  # type: ignore[arg-type]
        return parts

    def as_bytes(self) -> bytes:
        """The mail as it travels: CRLF, 7 bit, no line over 998 bytes. Raises HeaderRefused."""
        data: bytes = self._message().as_bytes(policy=_WIRE)
        if max(map(len, data.split(b"\r\n"))) > LINE_LIMIT:
            raise HeaderRefused("a line is longer than 998 bytes")
        return data

    def _boundary(self) -> str:
        # "=_" cannot occur in quoted-printable text (RFC 2045 section 6.7)
        return "=_" + sha256(f"{self.msgId}\n{self.body}\n{self.html}".encode()).hexdigest()[:24]


class MailConnection(flask_mail.Connection):
    """One SMTP session with a timeout for every answer and, where there is TLS, a checked certificate."""

    mail: Mailer

    def configure_host(self) -> smtplib.SMTP:
        """Connect, start TLS, log in. Raises SMTPException, OSError or ssl.SSLError."""
        mail = self.mail
        options: dict[str, Any] = {"timeout": mail.timeout, "local_hostname": mail.helo}
        host: smtplib.SMTP
        if mail.use_ssl:
            host = smtplib.SMTP_SSL(mail.server, mail.port, context=mail.tls, **options)
        else:
            host = smtplib.SMTP(mail.server, mail.port, **options)
        try:
            if mail.use_tls:
                host.starttls(context=mail.tls)
            if mail.username and mail.password:
                host.login(mail.username, mail.password)
            host.ehlo_or_helo_if_needed()
        except BaseException:
            host.close()
            raise
        return host

    def session(self) -> smtplib.SMTP:
        """smtplib's session, greeted. Raises SMTPException or OSError."""
        if self.host is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return self.host

    def socket(self) -> socket.socket:
        """The session's socket, for who speaks the dialogue himself. Raises SMTPServerDisconnected."""
        sock = self.session().sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return sock

    def abort(self) -> None:
        """Cut the line from another thread; a send under way fails at once."""
        sock = self.host.sock if self.host is not None else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def hang_up(self, *, politely: bool) -> None:
        """End the session; `politely` says goodbye and waits a moment for the answer."""
        if self.host is None:
            return
        if politely and self.host.sock is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.host.sock.settimeout(GOODBYE_SECONDS)
                self.host.quit()
        self.host.close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.hang_up(politely=True)


class Mailer(flask_mail.Mail):
    """The mail server of the settings. `connect()` gives a MailConnection, to be used as a context manager."""

    def __init__(self, settings: Settings, *, helo: str = "localhost", timeout: float = TIMEOUT_SECONDS) -> None:
        super().__init__()
        self.timeout = timeout
        self.helo = helo
        self.suppress = False
        needs_tls = settings.mail_use_tls or settings.mail_use_ssl
        self.tls = ssl.create_default_context() if needs_tls else None  # reads every root certificate there is
        self.state = self.init_mail(
            {
                "MAIL_SERVER": settings.mail_server,
                "MAIL_PORT": settings.mail_port,
                "MAIL_USERNAME": settings.mail_username,
                "MAIL_PASSWORD": settings.mail_password,
                "MAIL_USE_TLS": settings.mail_use_tls,
                "MAIL_USE_SSL": settings.mail_use_ssl,
            }
        )

    def connect(self) -> MailConnection:
        """A session that is opened on entering it."""
        return MailConnection(self)


@dataclass(frozen=True)
class MailTemplate:
    """A rendered mail with the places that differ from person to person, to be filled in as bytes."""

    data: bytes
    _between: tuple[bytes, ...]
    _doubled: tuple[bytes, ...]
    """The same with every dot doubled that begins a line; what is filled in has none (soft_line)."""
    _dots: tuple[int, ...]
    """Those of all parts that begin with a dot: at a line's beginning, where what is filled in ends with one."""
    _places: tuple[str, ...]
    """Each stands before the bytes between that have its number plus one."""

    @classmethod
    def of(cls, mail: OutgoingMail, places: Mapping[str, int]) -> MailTemplate:
        """Render once. `places` says how often each placeholder must be found; quoted-printable may split one over
        two lines, which is mended. Raises HeaderRefused when one is missing."""
        data = mail.as_bytes()
        for place, expected in places.items():
            data = _mend(data, place.encode("ascii"))
            if data.count(place.encode("ascii")) != expected:
                raise HeaderRefused(f"the mail should hold {place} {expected} times")
        any_place = b"|".join(re.escape(place.encode("ascii")) for place in places)
        parts = re.split(b"(" + any_place + b")", data)
        between = tuple(parts[::2])
        doubled = tuple(_DOTTED.sub(b"..", part) for part in between)
        dots = tuple(2 * number for number, part in enumerate(between) if number and part.startswith(b"."))
        return cls(data, between, doubled, dots, tuple(place.decode("ascii") for place in parts[1::2]))

    def filled(self, values: Mapping[str, bytes], *, doubled: bool = False) -> bytes:
        """The mail of one person; a place without a value stays. `doubled` as SMTP sends it: a dot that begins a line
        twice (RFC 5321 section 4.5.2)."""
        parts = [b""] * (len(self._between) + len(self._places))
        parts[::2] = self._doubled if doubled else self._between
        parts[1::2] = [values[place] if place in values else place.encode("ascii") for place in self._places]
        if doubled:
            for number in self._dots:
                if parts[number - 1].endswith(b"\n"):
                    parts[number] = b"." + parts[number]
        return b"".join(parts)


def one_line(text: str) -> str:
    """Text that is fit for a header: control characters and line ends become spaces, lone surrogates "?"."""
    return _CONTROL.sub(" ", text).encode("utf-8", "replace").decode().strip()


def soft_line(text: str) -> bytes:
    """Text in quoted-printable between two soft line breaks, to stand anywhere in a body; no line of it begins with
    a dot."""
    encoded = body_encode(one_line(text).encode().decode("latin-1"), maxlinelen=72)
    whole = f"=\n{encoded}=\n".replace("\n.", "\n=2E")
    return whole.replace("\n", "\r\n").encode("ascii")


def sender_of(settings: Settings, name: str, host: str) -> tuple[str, str]:
    """(From header's value, envelope address): MAIL_DEFAULT_SENDER or status@HOST, with the page's name."""
    own_name, address = parseaddr(one_line(settings.mail_default_sender or f"status@{mail_domain(host)}"))
    local, _, domain = address.rpartition("@")
    envelope = f"{local}@{ascii_domain(domain)}"
    return formataddr((own_name or one_line(name), envelope)), envelope


def mail_domain(host: str) -> str:
    """The host as the right side of an address; a bare IP address stands for this machine."""
    try:
        ip_address(host)
    except ValueError:
        return ascii_domain(host)
    return "localhost"


def ascii_domain(domain: str) -> str:
    """The domain as DNS and SMTP spell it."""
    return domain.encode("idna").decode("ascii") if not domain.isascii() else domain


def _encoded_words(name: str, value: str) -> str:
    return Header(value, "utf-8", header_name=name).encode(maxlinelen=76, linesep="\r\n")


def _mend(data: bytes, place: bytes) -> bytes:
    letters = [re.escape(bytes([byte])) for byte in place]
    split = re.compile(rb"(?:=\r\n)?".join(letters))
    return split.sub(lambda found: place if found[0] == place else b"=\r\n" + place + b"=\r\n", data)
