"""Entries as Atom (RFC 4287) and RSS 2.0 by feedgen, each format from a generator of its own.

feedgen stamps the present time unless told otherwise; here it is told everything. It makes each entry once:
what was made is kept and stands in every feed as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any

from feedgen.entry import FeedEntry
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
    feed = _generator(channel, site, "atom")
    feed.updated(channel.updated)
    feed.author(name=channel.author)
    lang = channel.words.lang
    pieces = (fragments.of(("atom", lang, each.id), each, partial(_atom_entry, each)) for each in entries)
    return _joined(feed.atom_str(pretty=False), pieces, b"</feed>")


def rss_of(
    channel: Channel, entries: Iterable[Entry], site: str, fragments: Fragments, *, statuspage: bool = False
) -> bytes:
    """The feed as RSS 2.0. With `statuspage` items have the shape of that product's history.rss: the guid is the
    page, a maintenance says so, ends with maintenanceEndDate and is dated by its window until it is over."""
    feed = _generator(channel, site, "rss")
    feed.register_extension("window", _WindowOfFeed, BaseEntryExtension, atom=False, rss=True)
    feed.lastBuildDate(channel.updated)
    feed.pubDate(channel.updated)
    lang = channel.words.lang
    item_of = partial(_event_item, channel.words) if statuspage else _item
    pieces = (fragments.of(("rss", lang, each.id), (each, statuspage), partial(item_of, each)) for each in entries)
    return _joined(feed.rss_str(pretty=False), pieces, b"</channel></rss>")


def _atom_entry(entry: Entry) -> bytes:
    item = FeedEntry()
    item.register_extension("links", _LinksOfEntry, atom=True, rss=False)
    item.id(entry.id)
    item.title(entry.title)
    item.link(href=entry.url, rel="alternate", type="text/html")
    item.published(entry.published)
    item.updated(entry.updated)
    item.content(entry.html, type="html")
    for category in entry.categories:
        item.category(term=category)
    return _bytes(item.atom_entry())


def _item(entry: Entry) -> bytes:
    item = FeedEntry()
    item.guid(entry.id, permalink=False)
    item.pubDate(entry.published)
    item.description(entry.html)
    return _item_bytes(item, entry)


def _event_item(words: Words, entry: Entry) -> bytes:
    item = FeedEntry()
    item.register_extension("window", _WindowOfEntry, atom=False, rss=True)
    item.guid(entry.url, permalink=True)
    item.pubDate(_dated(entry))
    item.description(announced_window(entry, words) + entry.html)
    item.window.ends_at = entry.scheduled_until
    return _item_bytes(item, entry)


def _item_bytes(item: Any, entry: Entry) -> bytes:
    item.title(entry.title)
    item.link(href=entry.url)
    for category in entry.categories:
        item.category(term=category)
    return _bytes(item.rss_entry())


def _bytes(element: Any) -> bytes:
    return bytes(etree.tostring(element, encoding="UTF-8", xml_declaration=False))


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
