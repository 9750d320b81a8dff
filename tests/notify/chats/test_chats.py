"""Messages for each chat service: all facts, no markup or mention of a title, within the service's limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from statuspage.notify.chats.bulletin import Bulletin, Tone, fitted_text
from statuspage.notify.chats.listing import CHATS

PLAIN = Bulletin(
    headline="[P1 Investigating] Calls fail",
    text="Calls to mobile numbers fail.\n\nWe are looking: https://example.com/a_b_c.",
    facts=(("Priority", "P1"), ("Affected", "SIP trunk A: Major outage"), ("Next update due", "14:45 CET")),
    links=(("Open the status page", "https://status.example.com/incidents/a#b"), ("Change", "https://x.example/m/t")),
    more="[Shortened]",
    tone=Tone.BAD,
)
NASTY = replace(
    PLAIN,
    headline="<!channel> @everyone *bold* [x](https://evil.example) <users/all> & `code` <@U123> @here",
    text="<!here> @channel **bold** <https://evil.example|click> <at>Ann</at>\n# Big\n<@&123> ||spoiler||",
    facts=(("<!channel>", "@all _x_ <b>bold</b>"),),
)
LONG = replace(
    NASTY,
    headline="&<*" * 400,
    text="Words & <more> *words*. " * 4000,
    facts=tuple((f"f{n}", "&" * 5000) for n in range(30)),
)


def said(value: Any) -> Iterator[str]:
    """All strings in a payload."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from said(each)
    elif isinstance(value, list):
        for each in value:
            yield from said(each)


@pytest.mark.parametrize("name", CHATS)
def test_chat_is_told_all_facts(name: str) -> None:
    words = re.sub(r"[\\\u2060]", "", "\n".join(said(CHATS[name].render(PLAIN))))
    for part in ("Calls fail", "Calls to mobile numbers fail.", "SIP trunk A: Major outage", "14:45 CET"):
        assert part in words
    assert "https://status.example.com/incidents/a#b" in words
    assert "https://example.com/a_b_c" in words


@pytest.mark.parametrize("name", CHATS)
def test_long_text_says_it_was_shortened(name: str) -> None:
    payload = CHATS[name].render(LONG)
    assert any("Shortened" in text for text in said(payload))
    assert len(json.dumps(payload, ensure_ascii=False).encode()) < 28_000


def test_slack_reads_no_markup() -> None:
    payload = CHATS["slack"].render(NASTY)
    header, text, facts, links = payload["blocks"]
    assert header["text"]["type"] == text["text"]["type"] == "plain_text"
    assert {field["type"] for field in facts["fields"]} == {"plain_text"}
    assert not any(re.search(r"<(!|@|http)", each) for each in said([header, text, facts, payload["text"]]))
    assert links["elements"][0]["text"].startswith("<https://status.example.com/incidents/a#b|Open")


def test_slack_keeps_block_limits() -> None:
    header, text, facts, _ = CHATS["slack"].render(LONG)["blocks"]
    assert len(header["text"]["text"]) <= 150
    assert len(text["text"]["text"]) <= 3000
    assert len(facts["fields"]) <= 10
    assert max(len(field["text"]) for field in facts["fields"]) <= 2000


def test_discord_parses_no_mention() -> None:
    payload = CHATS["discord"].render(NASTY)
    assert payload["allowed_mentions"] == {"parse": []}
    embed = payload["embeds"][0]
    assert r"\*\*bold\*\*" in embed["description"]
    assert r"\[x\]\(" in embed["title"]
    assert not re.search(r"(?<!\\)[<*|`]", embed["title"] + embed["description"])


def test_discord_keeps_embed_limits() -> None:
    embed = CHATS["discord"].render(LONG)["embeds"][0]
    fields = embed["fields"]
    assert len(embed["title"]) <= 256
    assert len(embed["description"]) <= 4096
    assert len(fields) <= 25
    assert max(len(field["value"]) for field in fields) <= 1024
    assert len(embed["title"] + embed["description"]) + sum(len(f["name"] + f["value"]) for f in fields) <= 6000


def test_mattermost_mentions_nobody() -> None:
    for text in said(CHATS["mattermost"].render(NASTY)):
        assert not re.search(r"@\w|<!|<@", text)


def test_mattermost_keeps_post_limit() -> None:
    assert sum(map(len, said(CHATS["mattermost"].render(LONG)))) <= 16_383
    assert len(CHATS["mattermost"].render(LONG)["attachments"][0]["text"]) < 7000


def test_teams_card_is_plain_runs() -> None:
    payload = CHATS["teams"].render(NASTY)
    card = payload["attachments"][0]["content"]
    assert payload["type"] == "message"
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert all("\n" not in run["text"] for block in card["body"] for run in block["inlines"])
    assert "entities" not in card["msteams"]


def test_google_card_escapes_html() -> None:
    payload = CHATS["google_chat"].render(NASTY)
    widgets = payload["cardsV2"][0]["card"]["sections"][0]["widgets"]
    assert "text" not in payload
    assert "<at>" not in widgets[0]["textParagraph"]["text"]
    assert "&lt;b&gt;" in widgets[1]["decoratedText"]["text"]


@pytest.mark.parametrize("limit", [10, 11, 40, 100])
def test_fitted_text_counts_escapes(limit: int) -> None:
    text = fitted_text("a & b < c " * 50, limit, lambda part: part.replace("&", "&amp;").replace("<", "&lt;"))
    assert len(text) <= limit
    assert text.endswith("…")
    assert not re.search(r"&(?!amp;|lt;)", text)
