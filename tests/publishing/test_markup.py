"""What people wrote, as safe HTML and as readable text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from statuspage.publishing.markup import html_of, text_of, without_controls


def test_markdown_becomes_html() -> None:
    assert html_of("# Calls fail\nWe **look** at\nthe route.\n\n- A\n- B") == (
        "<h3>Calls fail</h3>\n<p>We <strong>look</strong> at<br>\nthe route.</p>\n<ul>\n<li>A</li>\n<li>B</li>\n</ul>"
    )


def test_links_open_without_a_referrer() -> None:
    assert html_of("[log](https://example.com/?a=1&b=2)") == (
        '<p><a href="https://example.com/?a=1&amp;b=2" rel="nofollow noopener">log</a></p>'
    )


def test_images_become_links() -> None:
    assert html_of("![graph](https://example.com/g.png)") == (
        '<p><a href="https://example.com/g.png" rel="nofollow noopener">graph</a></p>'
    )


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>)",
        '<a href="javascript:alert(1)" onclick="x()">x</a>',
        "<img src=x onerror=alert(1)>",
        '<p style="position:fixed">x</p><iframe src="//example.com"></iframe>',
        "[x](//example.com/relative)",
        '<svg><a xlink:href="javascript:alert(1)">x</a></svg>',
    ],
)
@pytest.mark.parametrize("markup", ["markdown", "html"])
def test_script_never_comes_through(body: str, markup: str) -> None:
    tree = etree.HTML(f"<div>{html_of(body, markup)}</div>")
    assert tree.xpath("//script | //img | //iframe | //svg | //@style | //@onclick | //@onerror") == []
    assert [href for href in tree.xpath("//@href") if not href.startswith(("http", "mailto:"))] == []


def test_imported_lines_become_paragraphs() -> None:
    assert html_of("One & two\nlines.\n\nNext.", "html") == "<p>One &amp; two<br>lines.</p><p>Next.</p>"


def test_imported_html_is_kept_where_allowed() -> None:
    assert html_of("Works.<br /><br />See <b>log</b>.", "html") == "Works.<br><br>See log."


def test_text_reads_like_a_letter() -> None:
    words = "## Now\nSee [log](https://example.com/log), <https://example.com>\n\n"
    assert text_of(words + "1. one\n2. two\n\n> said\n\n```\na  b\n```") == (
        "Now\n\nSee log (https://example.com/log), https://example.com\n\n1. one\n2. two\n\n> said\n\na  b"
    )


def test_plain_imported_text_stays_as_it_is() -> None:
    assert text_of("Two  spaces.\nA line.", "html") == "Two  spaces.\nA line."


def test_imported_breaks_become_lines() -> None:
    assert text_of("Works.<br /><br />Next &amp; last.", "html") == "Works.\n\nNext & last."


@given(st.text(), st.sampled_from(["markdown", "html"]))
def test_everything_can_stand_in_xml(body: str, markup: str) -> None:
    for made in (html_of(body, markup), text_of(body, markup)):
        element = etree.Element("x")
        element.text = made
        assert without_controls(made) == made


def test_numeric_references_bring_no_controls() -> None:
    assert "\x01" not in html_of("&#1;&#xFFFE;", "html")
