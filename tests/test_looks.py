"""The page's own look: what is refused, and what reaches the public folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from statuspage import looks
from statuspage.changes import Installation, site_change
from statuspage.components import load_page
from statuspage.domain.contrast import contrast, is_readable, readable
from statuspage.errors import Refused
from statuspage.look_drafts import LookChange
from statuspage.stylesheets import OWN

STYLE = Path(__file__).parents[1] / "static" / "style.css"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8H0z" fill="#b00"/></svg>'
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)


@pytest.fixture
def change(installation: Installation, add_components: Callable[..., None], now: object) -> Callable[..., None]:
    """A function that changes the look and publishes: change(colour="#…")."""
    add_components("Voice")

    def act(**given: object) -> None:
        with site_change(installation, now, author="test") as done:  # type: ignore[arg-type]
            page = load_page(done.session)
            looks.change_look(done.session, page, LookChange(**given), now=now)  # type: ignore[arg-type]

    return act


@pytest.fixture
def front(installation: Installation) -> Callable[[], str]:
    return lambda: (installation.settings.public_folder / "index.html").read_text()


def refusal(change: Callable[..., None], **given: object) -> str:
    with pytest.raises(Refused) as caught:
        change(**given)
    return str(caught.value)


def test_known_contrasts_come_out() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_own_colours_are_those_of_the_stylesheet() -> None:
    style = STYLE.read_text()
    light, dark = style.split("@media (prefers-color-scheme: dark)", 1)
    dark = dark.split('[data-theme="dark"]', 1)[0]
    for scheme, text in (("light", light), ("dark", dark)):
        for name, colour in OWN[scheme].items():
            found = re.search(rf"--{name}: (#\w+);", text)
            assert found, name
            long = found[1] if len(found[1]) == 7 else "#" + "".join(2 * digit for digit in found[1][1:])
            assert long == colour, name


def test_colour_reaches_every_page(
    change: Callable[..., None], front: Callable[[], str], installation: Installation
) -> None:
    change(colour="#0b6b2d")
    address = re.search(r'href="/(static/look\.\w+\.css)"', front())
    assert address
    style = (installation.settings.public_folder / address[1]).read_text()
    assert "--link: #0b6b2d;" in style
    dark = readable("#0b6b2d", (OWN["dark"]["bg"], OWN["dark"]["surface"]))
    assert f"--link: {dark};" in style
    assert is_readable(dark, ("#0f1115", "#16191f"))
    change(colour=None)
    assert "static/look." not in front()
    assert not (installation.settings.public_folder / address[1]).exists()


def test_unreadable_colour_names_one_that_would_do(change: Callable[..., None]) -> None:
    said = refusal(change, colour="#ffcc00")
    assert said.startswith("colour: has a contrast of 1.5")
    better = re.search(r"(#\w{6}) would do", said)
    assert better
    change(colour=better[1])
    assert "colour_dark" in refusal(change, colour_dark="#222222")
    assert "is not a colour" in refusal(change, colour="red")


def test_logo_stands_beside_the_name(
    change: Callable[..., None], front: Callable[[], str], installation: Installation
) -> None:
    change(logo=SVG)
    address = re.search(r'<img class="logo" src="/(static/logo\.\w+\.svg)"', front())
    assert address
    assert (installation.settings.public_folder / address[1]).read_bytes() == SVG
    change(logo=PNG)
    assert re.search(r'src="/static/logo\.\w+\.png"', front())


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (b"<script>alert(1)</script>", "<script>"),
        (b'<g onload="x()"/>', "attribute onload"),
        (b'<image href="https://example.com/a.png"/>', "a link to https://example.com"),
        (b'<a href="javascript:alert(1)"><path/></a>', "a link to javascript"),
        (b"<foreignObject/>", "<foreignObject>"),
        (b'<rect fill="url(https://example.com/x)"/>', "a link in fill"),
        (b"<style>@import 'https://example.com/a.css';</style>", "a stylesheet that loads"),
    ],
)
def test_lively_picture_is_refused(change: Callable[..., None], inside: bytes, said: str) -> None:
    assert said in refusal(change, logo=SVG.replace(b"<path", inside + b"<path", 1))


def test_other_files_are_no_logo(change: Callable[..., None]) -> None:
    assert "is not an SVG" in refusal(change, logo=b"<html></html>")
    assert "at most 50 KB" in refusal(change, logo=PNG + bytes(60_000))
    bomb = b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG
    assert "document type" in refusal(change, logo=bomb)


@pytest.mark.parametrize(
    ("style", "said"),
    [
        (":root { --ink: #bbbbbb; }", "--ink on --bg has a contrast of 1.9 in the light scheme"),
        ("@media (prefers-color-scheme: dark) { :root { --link: #333 } }", "in the dark scheme"),
        ("@import 'https://example.com/a.css';", "load nothing from elsewhere"),
        (".wrap { background: url(https://example.com/a.png) }", "load nothing from elsewhere"),
        (".wrap { color: red", "does not close every brace"),
    ],
)
def test_harmful_stylesheet_is_refused(change: Callable[..., None], style: str, said: str) -> None:
    assert said in refusal(change, stylesheet=style)


def test_harmless_stylesheet_comes_last(
    change: Callable[..., None], front: Callable[[], str], installation: Installation
) -> None:
    change(colour="#0b6b2d", stylesheet=".wrap { max-width: 70rem }")
    address = re.search(r'href="/(static/look\.\w+\.css)"', front())
    assert address
    assert (installation.settings.public_folder / address[1]).read_text().endswith(".wrap { max-width: 70rem }\n")
    assert front().index("static/style.") < front().index("static/look.")
