"""Microsoft Teams: an Adaptive Card in the message envelope that the Workflows app's webhooks take.

Texts are TextRuns, which know no Markdown (TextBlock does); a mention would need an entity, and there is none. A
TextRun has no line ends, so each line is a block of its own.
"""

from __future__ import annotations

from typing import Any

from statuspage.notify.chats.bulletin import Bulletin, Chat, Json, Tone, as_it_is

HEADLINE, TEXT, VALUE = 250, 6000, 500
"""A message may have 28 KB; these stay below that in any script."""
LINES = 60
_COLOURS = {Tone.BAD: "attention", Tone.UNSURE: "warning", Tone.GOOD: "good", Tone.PLANNED: "accent"}


def _render(bulletin: Bulletin) -> Json:
    told = bulletin.fitted(as_it_is, headline=HEADLINE, text=TEXT, value=VALUE)
    lines = [line for line in told.text.split("\n") if line.strip()]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], told.more]
    body = [
        _line(_run(told.headline, weight="bolder", size="medium", color=_COLOURS[told.tone])),
        *(_line(_run(line)) for line in lines),
        *(_line(_run(f"{label}: ", weight="bolder"), _run(value), spacing="small") for label, value in told.facts),
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": told.headline,
        "msteams": {"width": "Full"},
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": words, "url": url} for words, url in told.links],
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": content_type, "contentUrl": None, "content": card}
    return {"type": "message", "summary": told.headline, "attachments": [attachment]}


def _line(*runs: Json, spacing: str = "default") -> Json:
    return {"type": "RichTextBlock", "spacing": spacing, "inlines": list(runs)}


def _run(text: str, **look: Any) -> Json:
    return {"type": "TextRun", "text": text, **look}


TEAMS = Chat(
    "teams",
    "Microsoft Teams",
    (".logic.azure.com", ".api.powerplatform.com", ".webhook.office.com", ".logic.azure.us", ".api.powerplatform.us"),
    _render,
)
