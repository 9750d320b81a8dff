"""What feeds tell: one entry per update, or one per incident with all its updates, in words and HTML.

Ids are tag URIs (RFC 4151) of the page's code, so that they outlive a change of host (RFC 4287, section 4.2.6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from hashlib import sha256
from html import escape

from statuspage.domain.sla.cadence import next_update_due
from statuspage.domain.sla.notice import label
from statuspage.publishing.markup import without_controls
from statuspage.publishing.memory import Fragments
from statuspage.publishing.selecting import NEWEST, NEWEST_OF_COMPONENT, NEWEST_UPDATES
from statuspage.publishing.snapshot import IncidentView, MaintenanceView, NoticeView, Snapshot, UpdateView
from statuspage.publishing.wording import Words, words_of

Event = IncidentView | MaintenanceView


@dataclass(frozen=True)
class Entry:
    """One entry of a feed. `scheduled_for` and `scheduled_until` only where it tells of a maintenance."""

    id: str
    url: str
    title: str
    html: str
    text: str
    published: datetime
    updated: datetime
    categories: tuple[str, ...]
    scheduled_for: datetime | None = None
    scheduled_until: datetime | None = None
    over: bool = False


class Telling:
    """Turns the events of one snapshot into entries, in the language it speaks and the page's zone; what
    `fragments` hold of an event that is the same is taken from there."""

    def __init__(self, snapshot: Snapshot, fragments: Fragments | None = None) -> None:
        self.snapshot = snapshot
        self.fragments = fragments or Fragments()
        self.page = snapshot.page
        self.words = words_of(self.page.language, self.page.zone)
        self.services = {component.slug: component.service for component in snapshot.components}

    def of_updates(self, component: str | None = None) -> list[Entry]:
        """One entry per update, newest first: of all, or of the newest events that concern a component (slug)."""
        events: list[Event] = [*self.snapshot.incidents, *self.snapshot.maintenances]
        if component is not None:
            incidents, works = self._concerning.get(component, ([], []))
            events = [*incidents[:NEWEST_OF_COMPONENT], *works[:NEWEST_OF_COMPONENT]]
        said = [(event, update) for event in events for update in event.updates]
        said.sort(key=lambda pair: (pair[1].posted_at, pair[1].id), reverse=True)
        entries = [self._entry_of(event, update) for event, update in said[:NEWEST_UPDATES]]
        if component is not None or not self.snapshot.notices:
            return entries
        notices = [self._of_notice(notice) for notice in self.snapshot.notices]
        return sorted([*entries, *notices], key=lambda entry: entry.published, reverse=True)[:NEWEST_UPDATES]

    @cached_property
    def _concerning(self) -> dict[str, tuple[list[Event], list[Event]]]:
        """Incidents and maintenances by the slug of a component that they concern, newest first."""
        found: dict[str, tuple[list[Event], list[Event]]] = defaultdict(lambda: ([], []))
        kinds: tuple[tuple[Event, ...], ...] = (self.snapshot.incidents, self.snapshot.maintenances)
        for kind, events in enumerate(kinds):
            for event in events:
                for slug in dict.fromkeys(affected.slug for affected in event.components):
                    found[slug][kind].append(event)
        return found

    def of_events(self) -> list[Entry]:
        """One entry per incident or maintenance with all its updates, newest start first."""
        events: list[Event] = [*self.snapshot.incidents[:NEWEST], *self.snapshot.maintenances[:NEWEST]]
        events.sort(key=lambda event: (_start_of(event), event.id), reverse=True)
        return [self._kept(event.id, event, partial(self._of_event, event)) for event in events[:NEWEST]]

    def url_of(self, event: Event) -> str:
        kind = "incidents" if isinstance(event, IncidentView) else "maintenance"
        return f"{self.page.home}/{kind}/{event.id}"

    def tag(self, path: str) -> str:
        """A tag URI of this page."""
        return f"tag:{self.page.code},2005:{path}"

    def _entry_of(self, event: Event, update: UpdateView) -> Entry:
        return self._kept(f"{event.id}#{update.id}", (event, update), partial(self._of_update, event, update))

    def _kept(self, name: str, rests_on: Hashable, make: Callable[[], Entry]) -> Entry:
        ruling = self.snapshot.policy.effective_from
        return self.fragments.of(("entry", self.words.lang, name), (rests_on, ruling), make)

    def _of_update(self, event: Event, update: UpdateView) -> Entry:
        facts = self._facts(event, update)
        return Entry(
            id=self.tag(f"Update/{_number(update.id)}"),
            url=f"{self.url_of(event)}#{update.id}",
            title=without_controls(f"[{self._prefix(event, update)}] {event.title}"),
            html=update.html + "".join(f"\n<p>{escape(fact)}</p>" for fact in facts),
            text="\n\n".join([update.text, *facts]),
            published=update.posted_at,
            updated=max(update.posted_at, update.updated_at),
            categories=self._categories(event),
        )

    def _of_notice(self, notice: NoticeView) -> Entry:
        word = self.words.gettext("SLA change") if notice.kind == "sla_change" else self.words.gettext("Notice")
        return Entry(
            id=self.tag(f"Notice/{notice.id}"),
            url=f"{self.page.home}/notices#{notice.id}",
            title=without_controls(f"[{word}] {notice.title}"),
            html=notice.html,
            text=notice.text,
            published=notice.posted_at,
            updated=notice.updated_at,
            categories=(),
        )

    def _of_event(self, event: Event) -> Entry:
        first, last = (event.updates[-1], event.updates[0]) if event.updates else (None, None)
        work = event if isinstance(event, MaintenanceView) else None
        return Entry(
            id=self.tag(f"Incident/{_number(event.id)}"),
            url=self.url_of(event),
            title=without_controls(event.title),
            html="\n".join(self._paragraphs(event.updates)),
            text="\n\n".join(update.text for update in event.updates),
            published=first.posted_at if first else event.created_at,
            updated=max(last.posted_at, last.updated_at) if last else event.updated_at,
            categories=self._categories(event),
            scheduled_for=work.starts_at if work else None,
            scheduled_until=work.ends_at if work else None,
            over=work is not None and work.status.is_over,
        )

    def _prefix(self, event: Event, update: UpdateView) -> str:
        state = self.words.label(update.status)
        if isinstance(event, IncidentView):
            return " ".join(part for part in (update.priority or event.priority, state) if part)
        name = self.words.gettext(label(self.snapshot.policy, event.kind, urgent=event.urgent))
        if update.event in ("moved", "extended"):
            state = self.words.label(update.event)
        return name if update.event == "announced" else f"{name}: {state}"

    def _facts(self, event: Event, update: UpdateView) -> list[str]:
        """What the words of an update rest on: window, components, when the next update is due."""
        facts = []
        if isinstance(event, MaintenanceView):
            facts.append(f"{self.words.window(event.starts_at, event.ends_at)}.")
        names = [affected.name for affected in update.affected or event.components]
        if names:
            facts.append(f"{self.words.gettext('Affected')}: {', '.join(names)}.")
        due = self._due(event, update)
        if due is not None:
            facts.append(f"{self.words.gettext('Next update by')} {self.words.moment(due)}.")
        return facts

    def _due(self, event: Event, update: UpdateView) -> datetime | None:
        """When the update after this one was promised; what an entry says of it never changes again."""
        if not isinstance(event, IncidentView):
            return None
        priority = update.priority or event.priority
        return next_update_due(self.snapshot.policy, priority, update.status, update.posted_at)

    def _categories(self, event: Event) -> tuple[str, ...]:
        names = [affected.name for affected in event.components]
        services = [self.services.get(affected.slug) for affected in event.components]
        return tuple(dict.fromkeys(without_controls(name) for name in [*names, *services] if name))

    def _paragraphs(self, updates: Sequence[UpdateView]) -> Iterable[str]:
        """One paragraph per update in Statuspage's shape, newest first."""
        for place, update in enumerate(updates):
            before = updates[place + 1].status if place + 1 < len(updates) else None
            state = self.words.gettext("Update") if update.status == before else self.words.label(update.status)
            at = self.words.local(update.posted_at)
            head = (
                f"<small>{at:%b} <var data-var='date'>{at.day}</var>, "
                f"<var data-var='time'>{at:%H:%M}</var> {self.words.zone_word(update.posted_at)}</small><br />"
                f"<strong>{escape(state)}</strong> - "
            )
            body = update.html
            yield f"<p>{head}{body.removeprefix('<p>')}" if body.startswith("<p>") else f"<p>{head}</p>{body}"


def newest(entries: Iterable[Entry], otherwise: datetime) -> datetime:
    """When the youngest of the entries was updated."""
    return max((entry.updated for entry in entries), default=otherwise)


def announced_window(entry: Entry, words: Words) -> str:
    """The bold line by which Statuspage's clients know a maintenance in RSS."""
    if entry.scheduled_for is None or entry.scheduled_until is None:
        return ""
    start, end = words.local(entry.scheduled_for), words.local(entry.scheduled_until)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%b %-d, %H:%M}"
    window = f"{start:%b %-d, %H:%M} - {until} {words.zone_word(entry.scheduled_until)}"
    return f"<p><strong>THIS IS A SCHEDULED EVENT {escape(window)}</strong></p>\n"


def _start_of(event: Event) -> datetime:
    return event.started_at if isinstance(event, IncidentView) else event.starts_at


def _number(public_id: str) -> int:
    """An id as the decimal number that Statuspage's feed ids carry."""
    try:
        return int(public_id, 36)
    except ValueError:
        return int.from_bytes(sha256(public_id.encode()).digest()[:8])
