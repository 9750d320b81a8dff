"""Pages of a snapshot as text, and what a reader sees of them."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

import html5lib

from statuspage.publishing.environment import render_static
from statuspage.publishing.pages import render_pages
from statuspage.publishing.snapshot import Snapshot

Pages = dict[str, str]


def render(snapshot: Snapshot) -> Pages:
    files = [*render_static(), *render_pages(snapshot)]
    return {path: content.decode() for path, content in files if not path.endswith(".ico")}


def parse(html: str) -> Element:
    """The document; raises at the first thing the HTML standard calls a parse error."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    assert isinstance(tree, Element)
    return tree


def words_of(html: str, start: str = "<main") -> str:
    """The text a reader sees of the main part, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index(start) :]).split()).replace(" ,", ",")
