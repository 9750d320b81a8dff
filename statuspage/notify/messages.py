"""How a mail is written: a kind of delivery brings facts and templates, each person their own bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from html import escape
from typing import Any, NamedTuple

import css_inline

from statuspage.notify.email import MailTemplate, OutgoingMail, ascii_domain, one_line, soft_line
from statuspage.notify.letterhead import Letterhead, load_templates
from statuspage.notify.wished import Wishes, wishes_of
from statuspage.publishing.wording import Words

ONE_CLICK = "List-Unsubscribe=One-Click"
PREHEADER_LENGTH = 150
_inliner = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


class Person(NamedTuple):
    """One recipient and what they chose."""

    id: str
    address: str
    token: str
    language: str
    wishes: Wishes

    @property
    def recipient(self) -> str:
        """The address as SMTP spells it."""
        if self.address.isascii():
            return self.address
        local, _, domain = self.address.rpartition("@")
        return f"{local}@{ascii_domain(domain)}"


class Foot(Enum):
    """How a mail ends: whether it can be ended by its reader, and how often their link stands in it."""

    LIST = 5
    """To subscribers: what they chose, and how to end it with one click."""
    REQUEST = 2
    """To somebody who asked: what they chose, and one link."""
    NONE = 0
    """By contract or by duty: there is nothing to unsubscribe from."""


@dataclass(frozen=True)
class Places:
    """Words that stand for what differs from person to person. Nobody can have typed them: they come of a digest."""

    token: str
    recipient: str
    message_id: str
    wishes_text: str
    wishes_html: str

    @classmethod
    def of(cls, seed: str) -> Places:
        """Places for one mail; as long as a token, so that lines stay as long as they were laid out."""
        return cls(*(f"x{sha256(f'{seed}/{name}'.encode()).hexdigest()[:26]}" for name in cls.__dataclass_fields__))

    def counts(self, foot: Foot) -> dict[str, int]:
        """How often each place stands in a mail with this foot."""
        counts = {self.recipient: 1, self.message_id: 1}
        if foot is not Foot.NONE:
            counts |= {self.token: foot.value, self.wishes_text: 1, self.wishes_html: 1}
        return counts


@dataclass(frozen=True)
class Letter:
    """A mail written for everybody of one language; `fill` makes it one person's."""

    template: MailTemplate
    places: Places
    words: Words

    def fill(self, person: Person, recipient: str, message_id: str, *, doubled: bool = False) -> bytes:
        """The bytes that go to one person; `recipient` is their address as SMTP spells it, `doubled` as in
        MailTemplate.filled."""
        said_in_text, said_in_html = _said_wishes(person.wishes, self.words)
        return self.template.filled(
            {
                self.places.token: person.token.encode("ascii"),
                self.places.recipient: recipient.encode(),
                self.places.message_id: message_id.encode("ascii"),
                self.places.wishes_text: said_in_text,
                self.places.wishes_html: said_in_html,
            },
            doubled=doubled,
        )


@lru_cache(maxsize=256)
def _said_wishes(wishes: Wishes, words: Words) -> tuple[bytes, bytes]:
    """What somebody chose, for the text and for the HTML; most people chose the same as others."""
    said = wishes_of(wishes, words)
    return soft_line(said), soft_line(escape(said))


@dataclass(frozen=True)
class Writing:
    """On whose paper a mail is written, in which language and when; `to_contact` is by contract."""

    letterhead: Letterhead
    language: str
    now: datetime
    to_contact: bool = False

    @property
    def words(self) -> Words:
        """The writer of its times and labels."""
        return self.letterhead.words(self.language)


def write_letter(
    name: str,
    facts: dict[str, Any],
    writing: Writing,
    *,
    seed: str,
    thread: tuple[str, str] | None = None,
    foot: Foot = Foot.LIST,
) -> Letter:
    """A mail from the templates of this name, to be filled in for each reader.

    `seed` is the same for the same text, and `thread` for mails that belong together. To a contact the foot of a
    list becomes none."""
    letterhead, places = writing.letterhead, Places.of(seed)
    if writing.to_contact:
        foot = Foot.NONE
    headers = {}
    if thread is not None:
        headers = dict.fromkeys(("In-Reply-To", "References"), letterhead.message_id(*thread))
    if foot is Foot.LIST:
        headers["List-Id"] = letterhead.list_id
        headers["List-Unsubscribe"] = f"<{letterhead.url}/unsubscribe/{places.token}>"
        headers["List-Unsubscribe-Post"] = ONE_CLICK
    facts = {**facts, "to_contact": writing.to_contact}
    mail = _render(name, facts, headers, writing, places)
    return Letter(MailTemplate.of(mail, places.counts(foot)), places, writing.words)


def preheader_of(text: str) -> str:
    """The line that mail programs show beside the subject."""
    line = " ".join(text.split())
    return line if len(line) <= PREHEADER_LENGTH else line[: PREHEADER_LENGTH - 1].rsplit(" ", 1)[0] + "…"


def _render(
    name: str, facts: dict[str, Any], headers: dict[str, str], writing: Writing, places: Places
) -> OutgoingMail:
    letterhead, words = writing.letterhead, writing.words
    templates = load_templates(words.lang)
    context = {"page": letterhead, "words": words, "places": places, "lang": words.lang, **facts}
    subject, text, html = (
        templates.get_template(f"{name}/{part}").render(context) for part in ("subject.txt", "body.txt", "body.html")
    )
    return OutgoingMail(
        subject=one_line(subject),
        sender=letterhead.sender[0],
        recipients=[places.recipient],
        date=format_datetime(writing.now),
        message_id=places.message_id,
        body=text.strip() + "\n",
        html=_inliner.inline(html),
        extra_headers={"Auto-Submitted": "auto-generated", **headers},
    )
