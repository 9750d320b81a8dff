"""Discord: execute-webhook with one embed; no mention is ever parsed."""

from __future__ import annotations

import re

from statuspage.notify.chats.bulletin import Bulletin, Chat, Json, outside_links

HEADLINE, TEXT, VALUE = 256, 3000, 200
"""An embed's limits are 256, 4,096, 1,024 and 25, in all 6,000 characters."""
UNSEEN = "\u200b"
"""A field needs a name; this one is not seen."""
_MARKUP = re.compile(r"([\\*_~`|>#\[\]()<:@-])")


def _render(bulletin: Bulletin) -> Json:
    told = bulletin.fitted(_escape, headline=HEADLINE, text=TEXT, value=VALUE)
    links = " · ".join(f"[{words}]({url})" for words, url in told.links)
    embed = {
        "title": told.headline,
        "url": told.links[0][1],
        "description": told.text,
        "color": told.tone.number,
        "fields": [
            *({"name": label, "value": value, "inline": True} for label, value in told.facts),
            {"name": UNSEEN, "value": links, "inline": False},
        ],
    }
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _escape(text: str) -> str:
    return outside_links(text, lambda part: _MARKUP.sub(r"\\\1", part))


DISCORD = Chat("discord", "Discord", ("discord.com", "discordapp.com", ".discord.com"), _render, gone=(404, 410))
