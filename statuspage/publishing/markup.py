"""What people wrote becomes HTML of an allow-list, or plain text; both safe to stand in XML.

Markdown is CommonMark without raw HTML; a line break in it stays one, as people expect of a text field. Images
become links, because a public page fetches nothing from strangers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from statuspage.publishing.plaintext import plain_text

ALLOWED_TAGS = frozenset(
    ["p", "br", "strong", "em", "a", "ul", "ol", "li", "code", "pre", "blockquote", "h3", "h4", "h5", "h6", "hr"]
)
_LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
_NOT_XML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEADING = re.compile(r"<(/?)h([1-6])\b", re.IGNORECASE)
_BLOCK = re.compile(r"<(p|br|ul|ol|pre|div|blockquote|h[1-6]|table)\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def html_of(body: str, markup: str = "markdown") -> str:
    """Allow-listed HTML of a body in "markdown" or (imported) "html"; the latter may be plain text with lines."""
    clean = without_controls(body)
    rendered = _prepared(clean) if markup == "html" else _MARKDOWN.render(clean)
    sanitised = nh3.clean(
        _HEADING.sub(_demoted, rendered),
        tags=set(ALLOWED_TAGS),
        attributes={"a": {"href"}},
        attribute_filter=_kept_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
        strip_comments=True,
    )
    return without_controls(sanitised).strip()


@lru_cache(maxsize=4096)
def text_of(body: str, markup: str = "markdown") -> str:
    """The same as plain text for mail and JSON: links as "text (url)", lists with dashes or numbers."""
    clean = without_controls(body)
    if markup == "html" and "<" not in clean and "&" not in clean:
        return clean.replace("\r\n", "\n").strip()
    return plain_text(html_of(body, markup))


def without_controls(text: str) -> str:
    """The text without what XML 1.0 forbids (section 2.2): control characters, lone surrogates, non-characters."""
    return _NOT_XML.sub("", text)


def _kept_attribute(_tag: str, name: str, value: str) -> str | None:
    """Only absolute links: a relative one would point elsewhere in a mail or a feed."""
    return value if name != "href" or _LINK.match(value) else None


def _demoted(match: re.Match[str]) -> str:
    """Headings begin at h3: the page's own title and sections stand above them."""
    return f"<{match[1]}h{min(6, int(match[2]) + 2)}"


def _prepared(body: str) -> str:
    """HTML as other pages kept it; text without blocks gets its lines as paragraphs and breaks."""
    if _BLOCK.search(body):
        return re.sub(r"<(/?)div\b", r"<\1p", body, flags=re.IGNORECASE)
    paragraphs = re.split(r"\n\s*\n", body.replace("\r\n", "\n").replace("\r", "\n").strip())
    return "".join("<p>" + paragraph.strip().replace("\n", "<br>") + "</p>" for paragraph in paragraphs)


def _render_image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    source = str(token.attrGet("src") or "")
    words = renderer.renderInlineAsText(token.children or [], options, env) or source
    return f'<a href="{_escaped(source)}">{_escaped(words)}</a>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _make_markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
    markdown.add_render_rule("image", _render_image)
    return markdown


_MARKDOWN = _make_markdown()
