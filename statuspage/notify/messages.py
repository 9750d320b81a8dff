"""What a mail says: news and confirmations become templates that each person's own bytes are put into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from html import escape
from typing import Any, NamedTuple

import css_inline

from statuspage.domain.vocabulary import Frequency, MaintenanceKind, NoticeKind, Priority
from statuspage.notify.digests import DigestNews, spoken_digest
from statuspage.notify.email import MailTemplate, OutgoingMail, ascii_domain, one_line, soft_line
from statuspage.notify.letterhead import Letterhead, load_templates
from statuspage.notify.news import IncidentNews, MaintenanceNews, NoticeNews, spoken_news
from statuspage.publishing.wording import Words

ONE_CLICK = "List-Unsubscribe=One-Click"
PREHEADER_LENGTH = 150
_inliner = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
_SUBJECTS = {
    "announced": "Maintenance scheduled",
    "reminder": "Maintenance reminder",
    "started": "Maintenance started",
    "updated": "Maintenance update",
    "finished": "Maintenance finished",
    "moved": "Maintenance moved",
    "extended": "Maintenance extended",
    "cancelled": "Maintenance cancelled",
}


@dataclass(frozen=True)
class Wishes:
    """What somebody chose: `components` are names of services and components, empty for all; `follows` the titles of
    the incidents they follow."""

    kinds: tuple[NoticeKind, ...] = ()
    min_priority: Priority | None = None
    components: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EACH


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
        local, _, domain = self.address.rpartition("@")
        return f"{local}@{ascii_domain(domain)}"


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

    def counts(self, *, tokens: int) -> dict[str, int]:
        """How often each place stands in a mail: the token in every link, the others once."""
        once = (self.recipient, self.message_id, self.wishes_text, self.wishes_html)
        return {self.token: tokens, **dict.fromkeys(once, 1)}


@dataclass(frozen=True)
class Letter:
    """A mail written for everybody of one language; `fill` makes it one person's."""

    template: MailTemplate
    places: Places
    words: Words

    def fill(self, person: Person, recipient: str, message_id: str) -> bytes:
        """The bytes that go to one person; `recipient` is their address as SMTP spells it."""
        said_in_text, said_in_html = _said_wishes(person.wishes, self.words)
        return self.template.filled(
            {
                self.places.token: person.token.encode("ascii"),
                self.places.recipient: recipient.encode("ascii"),
                self.places.message_id: message_id.encode("ascii"),
                self.places.wishes_text: said_in_text,
                self.places.wishes_html: said_in_html,
            }
        )


@lru_cache(maxsize=256)
def _said_wishes(wishes: Wishes, words: Words) -> tuple[bytes, bytes]:
    """What somebody chose, for the text and for the HTML; most people chose the same as others."""
    said = wishes_of(wishes, words)
    return soft_line(said), soft_line(escape(said))


def write_news(
    news: IncidentNews | MaintenanceNews,
    letterhead: Letterhead,
    language: str,
    now: datetime,
    *,
    to_contact: bool = False,
) -> Letter:
    """The mail of one update in one language. All updates of one incident refer to the same thread.

    A customer's contact is told by contract: without a way to unsubscribe (design: not for contacts)."""
    words = letterhead.words(language)
    news = spoken_news(news, language, letterhead.url)
    places = Places.of(news.update_id)
    if isinstance(news, IncidentNews):
        name, thread = "incident", letterhead.message_id("incident", news.incident_id)
        url = f"{letterhead.url}/incidents/{news.incident_id}#{news.update_id}"
        state = f"{news.priority.value} {words.label(news.status)}"
    else:
        name, thread = "maintenance", letterhead.message_id("maintenance", news.maintenance_id)
        url = f"{letterhead.url}/maintenance/{news.maintenance_id}#{news.update_id}"
        state = words.gettext(maintenance_state(news))
    facts = {"news": news, "state": state, "url": url, "preheader": _preheader(news.text), "to_contact": to_contact}
    headers = {"In-Reply-To": thread, "References": thread}
    if to_contact:
        return _to_contact(name, facts, headers, letterhead, places, words, now)
    return _to_subscribers(name, facts, headers, letterhead, places, words, now)


def write_notice(
    news: NoticeNews, letterhead: Letterhead, language: str, now: datetime, *, to_contact: bool = False
) -> Letter:
    """The mail of a notice in one language."""
    words = letterhead.words(language)
    news = spoken_news(news, language, letterhead.url)
    places = Places.of(news.notice_id)
    state = words.gettext("SLA change") if news.kind == "sla_change" else words.gettext("Notice")
    url = f"{letterhead.url}/notices#{news.notice_id}"
    facts = {"news": news, "state": state, "url": url, "preheader": _preheader(news.text), "to_contact": to_contact}
    if to_contact:
        return _to_contact("notice", facts, {}, letterhead, places, words, now)
    return _to_subscribers("notice", facts, {}, letterhead, places, words, now)


def write_digest(news: DigestNews, letterhead: Letterhead, language: str, now: datetime) -> Letter:
    """The mail of one day in one language; it belongs to no thread."""
    words = letterhead.words(language)
    news = spoken_digest(news, language)
    titles = list(dict.fromkeys(story.title for story in news.stories))
    places = Places.of(f"{letterhead.url} digest {news.until.isoformat()}")
    preheader = _preheader(" · ".join(story.updates[-1].text for story in news.stories))
    facts = {"news": news, "titles": titles, "preheader": preheader}
    return _to_subscribers("digest", facts, {}, letterhead, places, words, now)


def _to_contact(
    name: str,
    facts: dict[str, Any],
    headers: dict[str, str],
    letterhead: Letterhead,
    places: Places,
    words: Words,
    now: datetime,
) -> Letter:
    """A mail by contract: there is nothing to unsubscribe from."""
    mail = write_mail(name, facts, headers, letterhead, words, places, now)
    return Letter(MailTemplate.of(mail, {places.recipient: 1, places.message_id: 1}), places, words)


def _to_subscribers(
    name: str,
    facts: dict[str, Any],
    headers: dict[str, str],
    letterhead: Letterhead,
    places: Places,
    words: Words,
    now: datetime,
) -> Letter:
    """A mail with all that one to subscribers carries: what they chose, and how to end it with one click."""
    headers = {
        **headers,
        "List-Id": letterhead.list_id,
        "List-Unsubscribe": f"<{letterhead.url}/unsubscribe/{places.token}>",
        "List-Unsubscribe-Post": ONE_CLICK,
    }
    counts = {
        places.token: 5,
        places.recipient: 1,
        places.message_id: 1,
        places.wishes_text: 1,
        places.wishes_html: 1,
    }
    mail = write_mail(name, facts, headers, letterhead, words, places, now)
    return Letter(MailTemplate.of(mail, counts), places, words)


def write_request(kind: str, letterhead: Letterhead, language: str, now: datetime) -> Letter:
    """The mail to somebody who asked to subscribe: "confirmation" with the link, or "already" for who is."""
    words = letterhead.words(language)
    places = Places.of(f"{letterhead.url} {kind}")
    mail = write_mail(kind, {}, {}, letterhead, words, places, now)
    counts = {
        places.token: 2,
        places.recipient: 1,
        places.message_id: 1,
        places.wishes_text: 1,
        places.wishes_html: 1,
    }
    return Letter(MailTemplate.of(mail, counts), places, words)


def wishes_of(wishes: Wishes, words: Words) -> str:
    """What somebody chose, in one phrase: "incidents (P2 and above) and maintenance, for SIP trunk A"."""
    said = [_subscription_of(wishes, words)] if wishes.kinds else []
    said += [words.gettext("“%(incident)s” until it is resolved") % {"incident": title} for title in wishes.follows]
    return words.listed(said, most=6)


def _subscription_of(wishes: Wishes, words: Words) -> str:
    kinds = [_kind_words(kind, wishes, words) for kind in wishes.kinds]
    scope = words.listed(list(wishes.components), most=12) or words.gettext("all components")
    said = words.gettext("%(kinds)s, for %(components)s") % {
        "kinds": words.listed(kinds, most=4),
        "components": scope,
    }
    if wishes.frequency is Frequency.DAILY:
        return words.gettext("%(wishes)s, once a day") % {"wishes": said}
    return said


def _kind_words(kind: NoticeKind, wishes: Wishes, words: Words) -> str:
    match kind:
        case NoticeKind.INCIDENT:
            return _incidents_of(wishes.min_priority, words)
        case NoticeKind.MAINTENANCE:
            return words.gettext("maintenance")
        case NoticeKind.SLA:
            return words.gettext("changed service levels")
        case NoticeKind.POSTMORTEM:
            return words.gettext("postmortems")


def _incidents_of(least: Priority | None, words: Words) -> str:
    if least is None:
        return words.gettext("incidents")
    if least is Priority.P1:
        return words.gettext("incidents (P1 only)")
    return words.gettext("incidents (%(priority)s and above)") % {"priority": least.value}


def write_mail(
    name: str,
    facts: dict[str, Any],
    headers: dict[str, str],
    letterhead: Letterhead,
    words: Words,
    places: Places,
    now: datetime,
) -> OutgoingMail:
    """A mail from the templates of one kind, with places for what differs from person to person."""
    templates = load_templates(words.lang)
    context = {"page": letterhead, "words": words, "places": places, "lang": words.lang, **facts}
    subject, text, html = (
        templates.get_template(f"{name}/{part}").render(context) for part in ("subject.txt", "body.txt", "body.html")
    )
    return OutgoingMail(
        subject=one_line(subject),
        sender=letterhead.sender[0],
        recipients=[places.recipient],
        date=format_datetime(now),
        message_id=places.message_id,
        body=text.strip() + "\n",
        html=_inliner.inline(html),
        extra_headers={"Auto-Submitted": "auto-generated", **headers},
    )


def maintenance_state(news: MaintenanceNews) -> str:
    """What happened, in words to be translated: "Maintenance moved", "Urgent maintenance"; a policy's own
    name for a class stands as it is."""
    if news.event == "announced" and news.urgent:
        return "Urgent maintenance"
    if news.event == "announced" and news.kind is MaintenanceKind.EMERGENCY:
        return news.own_class or "Emergency maintenance"
    return _SUBJECTS.get(news.event, "Maintenance update")


def _preheader(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= PREHEADER_LENGTH else line[: PREHEADER_LENGTH - 1].rsplit(" ", 1)[0] + "…"
