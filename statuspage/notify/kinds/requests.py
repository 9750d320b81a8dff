"""What strangers ask for by the public form: the link that confirms, and "already" for who is subscribed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from statuspage.consent import is_awaited
from statuspage.models import Subscriber
from statuspage.notify import outbox, webhook_payload
from statuspage.notify.bulletins import label_of, more_of
from statuspage.notify.chats.bulletin import Bulletin, Tone
from statuspage.notify.kinds.kind import Desk, Hearer, Kind
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Foot, Letter, Person, Writing, write_letter
from statuspage.notify.outbox import REQUEST_LANE, Claimed
from statuspage.notify.wished import wishes_of
from statuspage.translations.catalogues import N_


def owe(session: Session, subscriber: Subscriber, kind: str, *, now: datetime) -> None:
    """Owe a subscriber the confirmation link, or "you are subscribed already"."""
    outbox.owe(session, kind, REQUEST_LANE, now=now, channel=subscriber.channel, subscriber_id=subscriber.id)
    session.flush()


def _load(session: Session, row: Claimed, desk: Desk) -> str:
    return row.kind


def _write(kind: str, writing: Writing) -> Letter:
    return write_letter(kind, {}, writing, seed=f"{writing.letterhead.url} {kind}", foot=Foot.REQUEST)


def _tell_confirmation(kind: str, person: Person, letterhead: Letterhead) -> Bulletin:
    words = letterhead.words(person.language)
    headline = words.gettext("Confirm the subscription to %(page)s")
    text = words.gettext(
        "Somebody asked %(page)s to post here. If that is wanted, open the page below within seven days and "
        "press the button there. If not, do nothing: nothing further is posted."
    )
    link = (words.gettext("Confirm"), f"{letterhead.url}/confirm/{person.token}")
    return _bulletin(headline, text, link, person, letterhead)


def _tell_already(kind: str, person: Person, letterhead: Letterhead) -> Bulletin:
    words = letterhead.words(person.language)
    headline = words.gettext("This channel is subscribed to %(page)s already")
    text = words.gettext("Somebody typed its address into the subscription form. Nothing needs doing.")
    link = (words.gettext("Change or unsubscribe"), f"{letterhead.url}/manage/{person.token}")
    return _bulletin(headline, text, link, person, letterhead)


def _bulletin(headline: str, text: str, link: tuple[str, str], person: Person, letterhead: Letterhead) -> Bulletin:
    words = letterhead.words(person.language)
    page = {"page": letterhead.name}
    chosen = (label_of(words, N_("You chose:")), wishes_of(person.wishes, words))
    return Bulletin(headline % page, text % page, (chosen,), (link,), more_of(words), Tone.PLANNED)


def _members(session: Session, kind: str, hearer: Hearer) -> dict[str, Any]:
    """An incident without impact in the words of the bulletin; a secret is told with the link that confirms, and
    signs this message already."""
    tell = _tell_confirmation if kind == CONFIRMATION.name else _tell_already
    told = tell(kind, hearer.person, hearer.letterhead)
    url, asked_at = told.links[0][1], hearer.row.created_at
    body = f"{told.text}\n\n{url}"
    said = webhook_payload.tell_words(session, "subscription", told.headline, body, url, asked_at)
    if kind != CONFIRMATION.name or hearer.secret is None:
        return {"incident": said}
    return {"incident": said, "confirmation": {"url": url, "secret": hearer.secret}}


def _awaited(session: Session, rows: Sequence[Claimed], desk: Desk, now: datetime) -> Collection[int]:
    return {row.id for row in rows if is_awaited(session, session.get_one(Subscriber, row.subscriber_id), now)}


CONFIRMATION: Kind[str] = Kind(
    "confirmation",
    about=None,
    load=_load,
    mail=_write,
    bulletin=_tell_confirmation,
    members=_members,
    wanted=_awaited,
)
ALREADY: Kind[str] = Kind("already", about=None, load=_load, mail=_write, bulletin=_tell_already, members=_members)
