"""What a chat is told, whatever the service: plain words in the reader's language, before any service's markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

Json = dict[str, Any]
MOST_FACTS = 10
"""No bulletin has more; services that count them take at least so many."""
JOINER = "\u2060"
"""Stands unseen between two characters that together would mean something to a service."""
_LINK = re.compile(r"https?://[\w\-./:?=&%#~+;,]+")


class Tone(Enum):
    """How grave it is: a colour (RGB) where a service has one."""

    BAD = "c62828"
    UNSURE = "b26a00"
    GOOD = "2e7d32"
    PLANNED = "1565c0"

    @property
    def number(self) -> int:
        """The colour as a number."""
        return int(self.value, 16)


@dataclass(frozen=True)
class Bulletin:
    """One message. All texts are plain; `facts` are (label, value); `links` are (words, URL), the page first; `more`
    says that a text was shortened."""

    headline: str
    text: str
    facts: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    more: str
    tone: Tone

    def fitted(self, escape: Callable[[str], str], *, headline: int, text: int, value: int) -> Bulletin:
        """The same with a service's escapes in every text, within its lengths (escapes count); what was shortened
        says so."""
        return replace(
            self,
            headline=fitted_text(self.headline, headline, escape),
            text=fitted_text(self.text, text, escape, f"\n{self.more}"),
            facts=tuple(
                (fitted_text(label, 100, escape), fitted_text(said, value, escape))
                for label, said in self.facts[:MOST_FACTS]
            ),
            links=tuple((escape(words), url) for words, url in self.links),
        )


@dataclass(frozen=True)
class Chat:
    """A chat service that takes messages at an incoming-webhook URL. `hosts` are where such URLs lead (a leading dot
    stands for all below; empty: anywhere); `gone` are the answers that mean the URL is no more."""

    name: str
    label: str
    hosts: tuple[str, ...]
    render: Callable[[Bulletin], Json]
    gone: tuple[int, ...] = (410,)


def fitted_text(text: str, limit: int, escape: Callable[[str], str], mark: str = "…") -> str:
    """The escaped text in at most `limit` characters; what is cut ends with `mark`, between two words where that is
    near."""
    said = escape(text)
    if len(said) <= limit:
        return said
    room = limit - len(escape(mark))
    while (length := len(escape(text))) > room:
        text = text[: len(text) * room // length]
    between = max(text.rfind(" "), text.rfind("\n"))
    kept = text[:between] if 0 < len(text) - 40 < between else text
    return escape(kept.rstrip()) + escape(mark)


def as_it_is(text: str) -> str:
    """The escape of a service that reads plain text."""
    return text


def outside_links(text: str, escape: Callable[[str], str]) -> str:
    """The text escaped, but for web addresses in it, which escapes would break."""
    done, place = [], 0
    for found in _LINK.finditer(text):
        done += [escape(text[place : found.start()]), found.group()]
        place = found.end()
    return "".join([*done, escape(text[place:])])
