"""flask look."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Flask_
from tests.test_looks import SVG


def test_look_is_set_and_shown(flask: Flask_, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_bytes(SVG)
    flask(
        "look", "set", "--colour", "#0b6b2d", "--logo", str(tmp_path / "logo.svg"), "--stylesheet", "p { margin: 0 }"
    )
    shown = flask("look", "show").output
    assert "Colour: #0b6b2d; in the dark scheme: derived." in shown
    assert f"Logo: svg, {len(SVG)} bytes. Stylesheet: 15 characters." in shown
    flask("look", "set", "--logo", "", "--colour", "")
    assert "Colour: none" in flask("look", "show").output
    assert "Logo: none" in flask("look", "show").output


def test_unreadable_colour_is_refused(flask: Flask_) -> None:
    assert "would do" in flask("look", "set", "--colour", "#ffcc00", code=2).output
