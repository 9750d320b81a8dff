"""A mail before it is owed to anybody: exactly what a subscriber would get, to look at and to send to oneself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from statuspage.domain.vocabulary import NoticeKind
from statuspage.notify.email import Mailer
from statuspage.notify.kinds import notices, updates
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Letter, Person, Writing
from statuspage.notify.news import IncidentNews, MaintenanceNews, NoticeNews
from statuspage.notify.wished import Wishes
from statuspage.settings import Settings

MARK = b"[Test] "
TEST_TIMEOUT = 10.0
"""Somebody waits for the answer."""
News = IncidentNews | MaintenanceNews | NoticeNews


@dataclass(frozen=True)
class Rehearsal:
    """A finished mail to one reader; `data` is what would travel."""

    recipient: str
    subject: str
    text: str
    html: str
    data: bytes


def rehearse(news: News, letterhead: Letterhead, reader: str, language: str, now: datetime) -> Rehearsal:
    """The mail of this news to `reader` as somebody who hears everything; its links to manage lead nowhere."""
    person = Person("test", reader, "a-link-of-your-own", language, Wishes(tuple(NoticeKind)))
    letter = _write(news, Writing(letterhead, language, now))
    data = letter.fill(person, person.recipient, letterhead.message_id("test", f"{now.timestamp():.6f}"))
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    plain, rich = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert rich is not None
    return Rehearsal(person.recipient, message["Subject"], plain.get_content(), rich.get_content(), data)


def send_test(mail: Rehearsal, letterhead: Letterhead, settings: Settings) -> None:
    """Send it to its reader alone, marked [Test]; nothing is queued or kept. Raises SMTPException or OSError."""
    data = letterhead.sealed(mail.data.replace(b"\nSubject: ", b"\nSubject: " + MARK, 1))
    helo = letterhead.host if "." in letterhead.host else "[127.0.0.1]"
    with Mailer(settings, helo=helo, timeout=TEST_TIMEOUT).connect() as connection:
        connection.session().sendmail(letterhead.sender[1], [mail.recipient], data)


def _write(news: News, writing: Writing) -> Letter:
    if isinstance(news, NoticeNews):
        return notices.write(news, writing)
    return updates.write(news, writing)
