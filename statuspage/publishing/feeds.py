"""The feeds as published files: per update, per incident (Statuspage's shape), per component, and as JSON Feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from statuspage.publishing.entries import Entry, Telling, newest
from statuspage.publishing.markup import without_controls
from statuspage.publishing.memory import Fragments
from statuspage.publishing.snapshot import Snapshot
from statuspage.publishing.statuspage_v2 import json_bytes, wire_time
from statuspage.publishing.syndication import Channel, atom_of, rss_of


def render_feeds(snapshot: Snapshot, fragments: Fragments | None = None) -> Iterator[tuple[str, bytes]]:
    """feed.atom, feed.rss, feed.json, history.atom, history.rss, and both kinds for each touched component. Entries
    are taken from `fragments`, and kept there."""
    fragments = fragments or Fragments()
    telling = Telling(snapshot, fragments)
    site, name, words = snapshot.page.home, snapshot.page.name, telling.words
    updates = telling.of_updates()
    feed = _channel(
        telling,
        "feed",
        words.gettext("%(name)s status") % {"name": name},
        words.gettext("Every update on incidents and maintenance of %(name)s") % {"name": name},
        updates,
    )
    yield "feed.atom", atom_of(feed, updates, site, fragments)
    yield "feed.rss", rss_of(feed, updates, site, fragments)
    yield "feed.json", _json_feed(feed, updates, site, fragments)
    events = telling.of_events()
    history = _channel(
        telling, "history", words.gettext("%(name)s Status - Incident History") % {"name": name}, "Statuspage", events
    )
    yield "history.atom", atom_of(history, events, site, fragments)
    yield "history.rss", rss_of(history, events, site, fragments, statuspage=True)
    yield from _of_components(telling, fragments)


def _of_components(telling: Telling, fragments: Fragments) -> Iterator[tuple[str, bytes]]:
    snapshot = telling.snapshot
    for component in snapshot.components:
        if snapshot.touched.everything or component.slug in snapshot.touched.named:
            path = f"components/{component.slug}/feed"
            entries = telling.of_updates(component.slug)
            title = telling.words.gettext("%(name)s status") % {"name": snapshot.page.name}
            about = telling.words.gettext("Every update on %(name)s") % {"name": component.name}
            channel = _channel(telling, path, f"{title}: {component.name}", about, entries)
            yield f"{path}.atom", atom_of(channel, entries, snapshot.page.home, fragments)
            yield f"{path}.rss", rss_of(channel, entries, snapshot.page.home, fragments)


def _channel(telling: Telling, path: str, title: str, description: str, entries: Sequence[Entry]) -> Channel:
    page = telling.page
    about = f"/{path.removesuffix('/feed')}" if path.startswith("components/") else "/"
    return Channel(
        id=telling.tag(f"/{path}"),
        path=path,
        title=title,
        description=description,
        url=f"{page.home}{about}",
        author=without_controls(page.name),
        updated=newest(entries, page.created_at),
        words=telling.words,
    )


def _json_feed(channel: Channel, entries: Sequence[Entry], site: str, fragments: Fragments) -> bytes:
    """JSON Feed 1.1."""
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "description": channel.description,
        "home_page_url": channel.url,
        "feed_url": f"{site}/{channel.path}.json",
        "language": channel.words.lang,
        "authors": [{"name": channel.author, "url": site}],
    }
    items = b",".join(
        fragments.of(("feed.json", channel.words.lang, entry.id), entry, partial(_json_item, entry))
        for entry in entries
    )
    return json_bytes(head)[:-1] + b',"items":[' + items + b"]}"


def _json_item(entry: Entry) -> bytes:
    said = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "content_text": entry.text,
        "date_published": wire_time(entry.published),
        "date_modified": wire_time(entry.updated),
        "tags": list(entry.categories),
    }
    return json_bytes(said)
