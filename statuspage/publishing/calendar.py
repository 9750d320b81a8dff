"""The maintenance calendar: RFC 5545 with the additions of RFC 7986.

The calendar library escapes text and folds lines; a moved window raises SEQUENCE, a cancelled one stays with
STATUS:CANCELLED, because a reader's copy vanishes only when it is told so. No DTSTAMP is "now": it is the time
of the last change, so that the same state gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vDuration, vText, vUri

from statuspage.domain.sla.notice import label
from statuspage.domain.vocabulary import MaintenanceStatus
from statuspage.publishing.markup import without_controls
from statuspage.publishing.selecting import NEWEST
from statuspage.publishing.snapshot import MaintenanceView, Snapshot
from statuspage.publishing.wording import Words, words_of

REFRESH = timedelta(hours=1)


def render_calendar(snapshot: Snapshot) -> Iterator[tuple[str, bytes]]:
    """maintenance.ics: what is ahead and under way, and the 50 newest windows; valid with none."""
    page = snapshot.page
    words = words_of(page.language, page.zone)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Statuspage//Maintenance//EN")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("uid", f"{page.code}@statuspage")
    title = _line(f"{page.name}: {words.gettext('maintenance')}")
    calendar["name"] = vText(title)
    calendar["x-wr-calname"] = vText(title)
    calendar["x-wr-timezone"] = vText(page.zone.key)
    calendar["url"] = vUri(f"{page.home}/")
    calendar["source"] = vUri(f"{page.home}/maintenance.ics", params={"VALUE": "URI"})
    calendar["refresh-interval"] = vDuration(REFRESH, params={"VALUE": "DURATION"})
    calendar["x-published-ttl"] = vDuration(REFRESH)
    calendar.add("last-modified", page.created_at.replace(microsecond=0))
    newest = {maintenance.id for maintenance in snapshot.maintenances[:NEWEST]}
    shown = [m for m in snapshot.maintenances if m.id in newest or not m.status.is_over]
    for maintenance in shown:
        calendar.add_component(_event(maintenance, snapshot, words))
    if not shown:
        calendar.add_component(_no_event(snapshot, words))
    yield "maintenance.ics", calendar.to_ical(sorted=False)


def _event(maintenance: MaintenanceView, snapshot: Snapshot, words: Words) -> Event:
    url = f"{snapshot.page.home}/maintenance/{maintenance.id}"
    cancelled = maintenance.status is MaintenanceStatus.CANCELLED
    event = Event()
    event.add("uid", f"{maintenance.id}@{snapshot.page.code}.statuspage")
    event.add("dtstamp", _second(maintenance.updated_at))
    event.add("last-modified", _second(maintenance.updated_at))
    event.add("created", _second(maintenance.created_at))
    event.add("dtstart", _second(maintenance.starts_at))
    event.add("dtend", _second(max(maintenance.ends_at, maintenance.starts_at)))
    event.add("sequence", maintenance.sequence)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("summary", _line(maintenance.title))
    event.add("description", _description(maintenance, snapshot, words, url))
    event["url"] = vUri(url)
    names = [affected.name for affected in maintenance.components]
    if names:
        event.add("categories", [_line(name) for name in names])
    return event


def _description(maintenance: MaintenanceView, snapshot: Snapshot, words: Words, url: str) -> str:
    kind = words.gettext(label(snapshot.policy, maintenance.kind, urgent=maintenance.urgent))
    parts = [
        f"{kind}, {words.gettext('announced')} {words.moment(maintenance.announced_at)}.",
        f"{words.gettext('State')}: {words.label(maintenance.status)}.",
    ]
    names = [affected.name for affected in maintenance.components]
    if names:
        parts.append(f"{words.gettext('Affected')}: {', '.join(names)}.")
    if why := words.why(maintenance.reason_text, maintenance.reason):
        parts.append(f"{words.gettext('Reason')}: {why}")
    if maintenance.updates:
        parts.append(maintenance.updates[0].text)
    return without_controls("\n\n".join([*parts, url]).replace("\r\n", "\n").replace("\r", "\n"))


def _no_event(snapshot: Snapshot, words: Words) -> Event:
    """A calendar needs a component (RFC 5545, 3.6): with no maintenance, a cancelled one of no length that readers
    hide."""
    event = Event()
    event.add("uid", f"none@{snapshot.page.code}.statuspage")
    for name in ("dtstamp", "dtstart"):
        event.add(name, _second(snapshot.page.created_at))
    event.add("summary", _line(words.gettext("No maintenance is planned")))
    event.add("status", "CANCELLED")
    event.add("transp", "TRANSPARENT")
    return event


def _second(instant: datetime) -> datetime:
    """RFC 5545 knows no fractions of a second."""
    return instant.astimezone(UTC).replace(microsecond=0)


def _line(text: str) -> str:
    return " ".join(without_controls(text).split())
