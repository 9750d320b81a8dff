"""flask look: the page's colour, logo and stylesheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from statuspage import looks
from statuspage.changes import site_change
from statuspage.cli.console import author, opened, plainly, read_text, say
from statuspage.components import load_page
from statuspage.drafts import read_draft
from statuspage.look_drafts import LookChange

look = AppGroup("look", help="The page's own colour, logo and stylesheet.")


@look.command("show")
@plainly
def show() -> None:
    """What is set."""
    installation, _now = opened()
    with installation.database.read() as session:
        found = looks.load_look(session)
        logo = f"{found.logo_type}, {len(found.logo)} bytes" if found and found.logo else "none"
        style = f"{len(found.stylesheet)} characters" if found and found.stylesheet else "none"
        colours = (found.colour, found.colour_dark) if found else (None, None)
    say(f"Colour: {colours[0] or 'none'}; in the dark scheme: {colours[1] or 'derived'}.")
    say(f"Logo: {logo}. Stylesheet: {style}.")


@look.command("set")
@click.option("--colour", help='Of links and buttons: #2b3fb8; "" takes it away.')
@click.option("--colour-dark", help='The same in the dark scheme; "" derives it.')
@click.option("--logo", type=click.Path(path_type=Path), help='SVG, PNG, WebP or JPEG; "" takes it away.')
@click.option("--stylesheet", help='CSS, @FILE or - for standard input; "" takes it away.')
@plainly
def change(colour: str | None, colour_dark: str | None, logo: Path | None, stylesheet: str | None) -> None:
    """Change what is given; what cannot be read (WCAG 2.2 contrast) or loads something is refused."""
    values: dict[str, Any] = {
        name: value or None for name, value in (("colour", colour), ("colour_dark", colour_dark)) if value is not None
    }
    if stylesheet is not None:
        values["stylesheet"] = read_text(stylesheet) or None
    if logo is not None:
        values["logo"] = None if str(logo) in ("", ".") else logo.read_bytes()
    wanted = read_draft(LookChange, values)
    installation, now = opened()
    with site_change(installation, now, author=author()) as done:
        looks.change_look(done.session, load_page(done.session), wanted, now=now)
    say("The look is saved." if done.published else f"Saved, not published: {done.publish_error}")
