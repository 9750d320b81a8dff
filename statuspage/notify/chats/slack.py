"""Slack: incoming webhooks, Block Kit.

Texts stand in plain_text objects, where no mrkdwn and no mention (<!channel>, <@U…>) means anything; & < > are
escaped all the same, as Slack wants everywhere.
"""

from __future__ import annotations

from statuspage.notify.chats.bulletin import Bulletin, Chat, Json

HEADLINE, TEXT, VALUE = 150, 3000, 1900
"""Block Kit's limits: header 150, section 3,000, ten fields of 2,000 (label and value together)."""
_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


def _render(bulletin: Bulletin) -> Json:
    told = bulletin.fitted(_escape, headline=HEADLINE, text=TEXT, value=VALUE)
    links = " · ".join(f"<{_escape(url)}|{words}>" for words, url in told.links)
    fields = [_plain(f"{label}\n{value}") for label, value in told.facts]
    blocks = [
        {"type": "header", "text": _plain(told.headline)},
        *([{"type": "section", "text": _plain(told.text)}] if told.text else []),
        *([{"type": "section", "fields": fields}] if fields else []),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": links, "verbatim": True}]},
    ]
    return {"text": told.headline, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False, "blocks": blocks}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def _escape(text: str) -> str:
    return text.translate(_ENTITIES)


SLACK = Chat("slack", "Slack", ("hooks.slack.com", "hooks.slack-gov.com"), _render, gone=(404, 410))
