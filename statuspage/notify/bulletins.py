"""Bulletins for chats: the same facts as a mail has, in few words and one language."""

from __future__ import annotations

from statuspage.domain.rollup import worst_of
from statuspage.domain.vocabulary import ComponentStatus, Priority
from statuspage.notify.chats.bulletin import Bulletin, Tone
from statuspage.notify.letterhead import Letterhead
from statuspage.notify.messages import Person, maintenance_state, wishes_of
from statuspage.notify.news import IncidentNews, MaintenanceNews, NoticeNews, spoken_news
from statuspage.publishing.wording import Words

Fact = tuple[str, str]
MOST_COMPONENTS = 20


def tell_incident(news: IncidentNews, person: Person, letterhead: Letterhead) -> Bulletin:
    """One update of an incident."""
    words = letterhead.words(person.language)
    news = spoken_news(news, person.language, letterhead.url)
    facts = [
        (_label(words, "Priority:"), news.priority.value),
        (_label(words, "Status:"), words.label(news.status)),
        *_affected(words, [f"{name}: {words.label(status)}" for name, status in news.components]),
        (_label(words, "Began:"), words.moment(news.started_at)),
    ]
    if news.next_due_at is not None:
        facts.append((_label(words, "Next update due:"), words.moment(news.next_due_at)))
    return Bulletin(
        headline=f"[{news.priority.value} {words.label(news.status)}] {news.title}",
        text=news.text,
        facts=tuple(facts),
        links=_links(words, letterhead, f"/incidents/{news.incident_id}#{news.update_id}", person),
        more=_more(words),
        tone=_tone_of(news),
    )


def tell_maintenance(news: MaintenanceNews, person: Person, letterhead: Letterhead) -> Bulletin:
    """One update of a maintenance, its reminder among them."""
    words = letterhead.words(person.language)
    news = spoken_news(news, person.language, letterhead.url)
    facts = [(_label(words, "Window:"), words.window(*news.window))]
    if news.old_window is not None:
        facts.append((_label(words, "Before:"), words.window(*news.old_window)))
    urgent = f", {words.gettext('urgent')}" if news.urgent else ""
    facts += [
        (_label(words, "Status:"), words.state_of(news.status)),
        (_label(words, "Class:"), news.own_class or f"{words.label(news.kind)}{urgent}"),
        *_affected(words, list(news.components)),
    ]
    if why := words.why(news.reason_text, news.reason):
        facts.append((_label(words, "Reason:"), why))
    return Bulletin(
        headline=f"[{words.gettext(maintenance_state(news))}] {news.title}",
        text=news.text,
        facts=tuple(facts),
        links=_links(words, letterhead, f"/maintenance/{news.maintenance_id}#{news.update_id}", person),
        more=_more(words),
        tone=Tone.GOOD if news.status.is_over else Tone.PLANNED,
    )


def tell_notice(news: NoticeNews, person: Person, letterhead: Letterhead) -> Bulletin:
    """A notice to everybody, such as a change of the service levels."""
    words = letterhead.words(person.language)
    news = spoken_news(news, person.language, letterhead.url)
    state = words.gettext("SLA change") if news.kind == "sla_change" else words.gettext("Notice")
    return Bulletin(
        headline=f"[{state}] {news.title}",
        text=news.text,
        facts=(),
        links=_links(words, letterhead, f"/notices#{news.notice_id}", person),
        more=_more(words),
        tone=Tone.PLANNED,
    )


def tell_request(kind: str, person: Person, letterhead: Letterhead) -> Bulletin:
    """To whom a subscription was asked for: "confirmation" with the link, "already" where there is one."""
    words = letterhead.words(person.language)
    page = {"page": letterhead.name}
    if kind == "already":
        headline = words.gettext("This channel is subscribed to %(page)s already") % page
        text = words.gettext("Somebody typed its address into the subscription form. Nothing needs doing.")
        link = (words.gettext("Change or unsubscribe"), f"{letterhead.url}/manage/{person.token}")
    else:
        headline = words.gettext("Confirm the subscription to %(page)s") % page
        text = words.gettext(
            "Somebody asked %(page)s to post here. If that is wanted, open the page below within seven days and "
            "press the button there. If not, do nothing: nothing further is posted."
        )
        text %= page
        link = (words.gettext("Confirm"), f"{letterhead.url}/confirm/{person.token}")
    chosen = (_label(words, "You chose:"), wishes_of(person.wishes, words))
    return Bulletin(headline, text, (chosen,), (link,), _more(words), Tone.PLANNED)


def _links(words: Words, letterhead: Letterhead, path: str, person: Person) -> tuple[tuple[str, str], ...]:
    page = (words.gettext("Open the status page"), f"{letterhead.url}{path}")
    if not person.token:
        return (page,)
    return page, (words.gettext("Change or unsubscribe"), f"{letterhead.url}/manage/{person.token}")


def _affected(words: Words, names: list[str]) -> list[Fact]:
    if not names:
        return []
    return [(_label(words, "Affected:"), words.listed(names, most=MOST_COMPONENTS))]


def _label(words: Words, text: str) -> str:
    """The label of a mail without its colon."""
    return words.gettext(text).rstrip(":\u00a0 ")


def _more(words: Words) -> str:
    return words.gettext("[Shortened: the whole text is on the status page.]")


def _tone_of(news: IncidentNews) -> Tone:
    if not news.status.is_open:
        return Tone.GOOD
    worst = worst_of(status for _, status in news.components)
    grave = worst.severity >= ComponentStatus.PARTIAL_OUTAGE.severity or news.priority is Priority.P1
    return Tone.BAD if grave else Tone.UNSURE
