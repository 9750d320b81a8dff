"""Entries as Atom (RFC 4287) and RSS 2.0 by feedgen, each format from a generator of its own.

feedgen stamps the present time unless told otherwise; here it is told everything. It makes each entry once, in a feed
of its own: what was made is kept and stands in every feed as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree  # type: ignore[import-untyped]

from statuspage.publishing.entries import Entry, announced_window
from statuspage.publishing.markup import without_controls
from statuspage.publishing.memory import Fragments
from statuspage.publishing.wording import Words

GENERATOR = "Statuspage"


@dataclass(frozen=True)
class Channel:
    """A feed without its entries. `path` is without its suffix: "feed" becomes /feed.atom and /feed.rss."""

    id: str
    path: str
    title: str
    description: str
    url: str
    author: str
    updated: datetime
    words: Words


class _LinksOfEntry(BaseEntryExtension):  # type: ignore[misc]
    """Says what the entry's link is; feedgen 1.0 drops the attributes."""

    def extend_atom(self, entry: Any) -> Any:
        for link in entry.findall("link"):
            link.attrib.update({"rel": "alternate", "type": "text/html"})
        return entry


class _WindowOfFeed(BaseExtension):  # type: ignore[misc]
    """Declares the namespace that Statuspage's RSS declares."""

    def extend_ns(self) -> dict[str, str]:
        return {"dc": "http://purl.org/dc/elements/1.1/"}


class _WindowOfEntry(BaseEntryExtension):  # type: ignore[misc]
    """The bare element by which clients tell a maintenance from an incident in RSS."""

    def __init__(self) -> None:
        self.ends_at: datetime | None = None

    def extend_rss(self, entry: Any) -> Any:
        if self.ends_at is not None:
            etree.SubElement(entry, "maintenanceEndDate").text = format_datetime(self.ends_at.astimezone(UTC))
        return entry


def atom_of(channel: Channel, entries: Iterable[Entry], site: str, fragments: Fragments) -> bytes:
    """The feed as Atom; `site` is the public base URL. Entries that are in `fragments` are taken from there."""
    feed = _atom_feed(channel, site)
    pieces = (
        fragments.of(("atom", channel.words.lang, entry.id), entry, partial(_atom_entry, channel, entry, site))
        for entry in entries
    )
    return _joined(feed.atom_str(pretty=False), pieces, b"</feed>")


def rss_of(
    channel: Channel, entries: Iterable[Entry], site: str, fragments: Fragments, *, statuspage: bool = False
) -> bytes:
    """The feed as RSS 2.0. With `statuspage` items have the shape of that product's history.rss: the guid is the
    page, a maintenance says so, ends with maintenanceEndDate and is dated by its window until it is over."""
    feed = _rss_feed(channel, site)
    item_of = partial(_event_item if statuspage else _item, channel, site)
    pieces = (
        fragments.of(("rss", channel.words.lang, entry.id), (entry, statuspage), partial(item_of, entry))
        for entry in entries
    )
    return _joined(feed.rss_str(pretty=False), pieces, b"</channel></rss>")


def _atom_feed(channel: Channel, site: str) -> Any:
    feed = _generator(channel, site, "atom")
    feed.register_extension("links", BaseExtension, _LinksOfEntry, atom=True, rss=False)
    feed.updated(channel.updated)
    feed.author(name=channel.author)
    return feed


def _atom_entry(channel: Channel, entry: Entry, site: str) -> bytes:
    """One entry as it stands in the feed: what feedgen makes of a feed that has no other."""
    feed = _atom_feed(channel, site)
    item = feed.add_entry()
    item.id(entry.id)
    item.title(entry.title)
    item.link(href=entry.url, rel="alternate", type="text/html")
    item.published(entry.published)
    item.updated(entry.updated)
    item.content(entry.html, type="html")
    for category in entry.categories:
        item.category(term=category)
    return _between(feed.atom_str(pretty=False), b"<entry>", b"</entry>")


def _rss_feed(channel: Channel, site: str) -> Any:
    feed = _generator(channel, site, "rss")
    feed.register_extension("window", _WindowOfFeed, _WindowOfEntry, atom=False, rss=True)
    feed.lastBuildDate(channel.updated)
    feed.pubDate(channel.updated)
    return feed


def _item(channel: Channel, site: str, entry: Entry) -> bytes:
    feed = _rss_feed(channel, site)
    item = feed.add_entry()
    item.guid(entry.id, permalink=False)
    item.pubDate(entry.published)
    item.description(entry.html)
    return _item_of(feed, item, entry)


def _event_item(channel: Channel, site: str, entry: Entry) -> bytes:
    feed = _rss_feed(channel, site)
    item = feed.add_entry()
    item.guid(entry.url, permalink=True)
    item.pubDate(_dated(entry))
    item.description(announced_window(entry, channel.words) + entry.html)
    item.window.ends_at = entry.scheduled_until
    return _item_of(feed, item, entry)


def _item_of(feed: Any, item: Any, entry: Entry) -> bytes:
    item.title(entry.title)
    item.link(href=entry.url)
    for category in entry.categories:
        item.category(term=category)
    return _between(feed.rss_str(pretty=False), b"<item>", b"</item>")


def _between(document: bytes, opening: bytes, closing: bytes) -> bytes:
    """The one element of its name."""
    return document[document.index(opening) : document.rindex(closing) + len(closing)]


def _joined(document: bytes, pieces: Iterable[bytes], closing: bytes) -> bytes:
    """A feed without entries becomes one with them."""
    return document.removesuffix(closing) + b"".join(pieces) + closing + b"\n"


def _generator(channel: Channel, site: str, suffix: str) -> Any:
    feed = FeedGenerator()
    feed.id(channel.id)
    feed.title(without_controls(channel.title))
    feed.description(without_controls(channel.description))
    feed.language(channel.words.lang)
    feed.generator(GENERATOR)
    feed.docs("https://www.rssboard.org/rss-specification")
    feed.link(href=f"{site}/{channel.path}.{suffix}", rel="self", type=f"application/{suffix}+xml")
    feed.link(href=channel.url, rel="alternate", type="text/html")
    return feed


def _dated(entry: Entry) -> datetime:
    return entry.scheduled_for if entry.scheduled_for is not None and not entry.over else entry.updated
