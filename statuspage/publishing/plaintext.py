"""Sanitised HTML as the plain text that a mail reader or an API client shows."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(["p", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol"])


def plain_text(html: str) -> str:
    """The text of allow-listed HTML: blank lines between blocks, "- " or "1. " before items, links as "text (url)".

    Quotes carry "> "; code keeps its lines.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = re.sub(r"[ \t]+\n", "\n", "".join(reader.parts))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.lists: list[int | None] = []
        self.quotes = 0
        self.verbatim = False
        self.link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ul", "ol"):
            self._new_block(nested=bool(self.lists))
            self.lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._begin_item()
        elif tag in _BLOCKS:
            self._new_block(nested=bool(self.lists))
            self.quotes += tag == "blockquote"
            self.verbatim = self.verbatim or tag == "pre"
        elif tag == "br":
            self._write("\n")
        elif tag == "hr":
            self._new_block()
            self._write("----")
            self._new_block()
        elif tag == "a":
            self.link = (dict(attrs).get("href") or "", len(self.parts))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self.lists = self.lists[:-1]
            self._new_block(nested=bool(self.lists))
        elif tag in _BLOCKS:
            self.quotes -= tag == "blockquote"
            self.verbatim = self.verbatim and tag != "pre"
            self._new_block(nested=bool(self.lists))
        elif tag == "a" and self.link is not None:
            self._end_link(*self.link)
            self.link = None

    def handle_data(self, data: str) -> None:
        text = data if self.verbatim else re.sub(r"\s+", " ", data)
        at_line_start = not self.parts or self.parts[-1].endswith("\n")
        self._write(text.lstrip() if at_line_start and not self.verbatim else text)

    def _begin_item(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self._write("\n")
        count = self.lists[-1] if self.lists else None
        if count is not None:
            self.lists[-1] = count + 1
        indent = "  " * (len(self.lists) - 1)
        self._write(f"{indent}- " if count is None else f"{indent}{count + 1}. ")

    def _end_link(self, target: str, start: int) -> None:
        words = "".join(self.parts[start:]).strip()
        address = target.removeprefix("mailto:")
        if target and words not in (target, address):
            self._write(f" ({address})")

    def _new_block(self, *, nested: bool = False) -> None:
        if not self.parts or (nested and self.parts[-1].endswith(". ")) or self.parts[-1].endswith("- "):
            return
        self.parts.append("\n" if nested else "\n\n")

    def _write(self, text: str) -> None:
        if not text:
            return
        if self.quotes and (not self.parts or self.parts[-1].endswith("\n")):
            self.parts.append("> " * self.quotes)
        self.parts.append(text)
