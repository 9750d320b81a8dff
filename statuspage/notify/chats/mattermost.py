"""Mattermost: incoming webhooks with a message attachment, on whatever host a team runs its own.

It reads Markdown, @mentions in any text, and Slack's <!channel>: what could begin one is parted from what follows.
"""

from __future__ import annotations

import re

from statuspage.notify.chats.bulletin import JOINER, Bulletin, Chat, Json, outside_links

HEADLINE, TEXT, VALUE = 300, 5000, 500
"""A post may have 16,383 characters."""
_MARKUP = re.compile(r"([\\*_~`|#\[\]()!>-])")

_EMOJI = re.compile(r":(?=[A-Za-z0-9+-][A-Za-z0-9_+-]*:)")
"""What could begin an emoji's name; a colon has no escape in every client."""


def _render(bulletin: Bulletin) -> Json:
    told = bulletin.fitted(_escape, headline=HEADLINE, text=TEXT, value=VALUE)
    links = " · ".join(f"[{words}]({url})" for words, url in told.links)
    attachment = {
        "fallback": _parted(bulletin.headline)[:HEADLINE],
        "color": f"#{told.tone.value}",
        "text": "\n\n".join(filter(None, [f"**{told.headline}**", told.text, links])),
        "fields": [{"short": True, "title": label, "value": value} for label, value in told.facts],
    }
    return {"attachments": [attachment]}


def _escape(text: str) -> str:
    return outside_links(text, lambda part: _MARKUP.sub(r"\\\1", _parted(part)))


def _parted(text: str) -> str:
    return _EMOJI.sub(f":{JOINER}", text.replace("@", f"@{JOINER}").replace("<", f"<{JOINER}"))


MATTERMOST = Chat("mattermost", "Mattermost", (), _render, gone=(404, 410))
