"""Google Chat: incoming webhooks with one card. Card texts are HTML of a few tags, so they are escaped like HTML; a
mention (<users/all>) exists only in `text`, which is not sent."""

from __future__ import annotations

from html import escape

from statuspage.notify.chats.bulletin import Bulletin, Chat, Json, as_it_is

HEADLINE, TEXT, VALUE = 200, 4000, 500
"""A message may have 32,000 bytes; these stay below that in any script."""


def _render(bulletin: Bulletin) -> Json:
    plain = bulletin.fitted(as_it_is, headline=HEADLINE, text=TEXT, value=VALUE)
    told = bulletin.fitted(_escape, headline=HEADLINE, text=TEXT, value=VALUE)
    widgets: list[Json] = [{"textParagraph": {"text": told.text}}] if told.text else []
    widgets += [
        {"decoratedText": {"topLabel": label, "text": value, "wrapText": True}} for label, value in told.facts
    ]
    buttons = [{"text": words, "onClick": {"openLink": {"url": url}}} for words, url in plain.links]
    widgets.append({"buttonList": {"buttons": buttons}})
    card = {"header": {"title": plain.headline}, "sections": [{"widgets": widgets}]}
    return {"fallbackText": plain.headline, "cardsV2": [{"cardId": "status", "card": card}]}


def _escape(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>")


def _fact(label: str, value: str) -> Json:
    return {"decoratedText": {"topLabel": label, "text": value, "wrapText": True}}


GOOGLE_CHAT = Chat("google_chat", "Google Chat", ("chat.googleapis.com",), _render)
