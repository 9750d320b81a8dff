"""Bulletins for chats: the same facts as a mail has, in few words and one language."""

from __future__ import annotations

from statuspage.domain.rollup import worst_of
from statuspage.domain.vocabulary import ComponentStatus, Priority
from statuspage.notify.chats.bulletin import Bulletin, Tone
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Person
from statuspage.notify.news import IncidentNews, MaintenanceNews, maintenance_state, spoken_news
from statuspage.publishing.wording import Words
from statuspage.translations.catalogues import N_

Fact = tuple[str, str]
MOST_COMPONENTS = 20


def tell_incident(news: IncidentNews, person: Person, letterhead: Letterhead) -> Bulletin:
    """One update of an incident."""
    words = letterhead.words(person.language)
    news = spoken_news(news, person.language, letterhead.url)
    facts = [
        (label_of(words, N_("Priority:")), news.priority.value),
        (label_of(words, N_("Status:")), words.label(news.status)),
        *_affected(words, [f"{name}: {words.label(status)}" for name, status in news.components]),
        (label_of(words, N_("Began:")), words.moment(news.started_at)),
    ]
    if news.next_due_at is not None:
        facts.append((label_of(words, N_("Next update due:")), words.moment(news.next_due_at)))
    return Bulletin(
        headline=f"[{news.priority.value} {words.label(news.status)}] {news.title}",
        text=news.text,
        facts=tuple(facts),
        links=links_of(words, letterhead, f"/incidents/{news.incident_id}#{news.update_id}", person),
        more=more_of(words),
        tone=_tone_of(news),
    )


def tell_maintenance(news: MaintenanceNews, person: Person, letterhead: Letterhead) -> Bulletin:
    """One update of a maintenance, its reminder among them."""
    words = letterhead.words(person.language)
    news = spoken_news(news, person.language, letterhead.url)
    facts = [(label_of(words, N_("Window:")), words.window(*news.window))]
    if news.old_window is not None:
        facts.append((label_of(words, N_("Before:")), words.window(*news.old_window)))
    urgent = f", {words.gettext('urgent')}" if news.urgent else ""
    facts += [
        (label_of(words, N_("Status:")), words.state_of(news.status)),
        (label_of(words, N_("Class:")), news.own_class or f"{words.label(news.kind)}{urgent}"),
        *_affected(words, list(news.components)),
    ]
    if why := words.why(news.reason_text, news.reason):
        facts.append((label_of(words, N_("Reason:")), why))
    return Bulletin(
        headline=f"[{words.gettext(maintenance_state(news))}] {news.title}",
        text=news.text,
        facts=tuple(facts),
        links=links_of(words, letterhead, f"/maintenance/{news.maintenance_id}#{news.update_id}", person),
        more=more_of(words),
        tone=Tone.GOOD if news.status.is_over else Tone.PLANNED,
    )


def links_of(words: Words, letterhead: Letterhead, path: str, person: Person) -> tuple[tuple[str, str], ...]:
    """The page, and the reader's own link."""
    page = (words.gettext("Open the status page"), f"{letterhead.url}{path}")
    if not person.token:
        return (page,)
    return page, (words.gettext("Change or unsubscribe"), f"{letterhead.url}/manage/{person.token}")


def _affected(words: Words, names: list[str]) -> list[Fact]:
    if not names:
        return []
    return [(label_of(words, N_("Affected:")), words.listed(names, most=MOST_COMPONENTS))]


def label_of(words: Words, text: str) -> str:
    """The label of a mail without its colon."""
    return words.gettext(text).rstrip(":\u00a0 ")


def more_of(words: Words) -> str:
    """What a text ends with that was too long."""
    return words.gettext("[Shortened: the whole text is on the status page.]")


def _tone_of(news: IncidentNews) -> Tone:
    if not news.status.is_open:
        return Tone.GOOD
    worst = worst_of(status for _, status in news.components)
    grave = worst.severity >= ComponentStatus.PARTIAL_OUTAGE.severity or news.priority is Priority.P1
    return Tone.BAD if grave else Tone.UNSURE
