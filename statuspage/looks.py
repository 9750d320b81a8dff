"""The page's own look: a colour, a logo and a stylesheet, refused where people could not read the result."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.domain.contrast import ENOUGH_FOR_TEXT, contrast, is_readable, parse_colour, readable
from statuspage.errors import Problem, Refused
from statuspage.logos import check_logo, logo_type_of
from statuspage.look_drafts import LookChange
from statuspage.models import Look, Page
from statuspage.stylesheets import OWN, check_stylesheet

LIGHT_GROUNDS = (OWN["light"]["bg"], OWN["light"]["surface"])
DARK_GROUNDS = (OWN["dark"]["bg"], OWN["dark"]["surface"])
"""What links and words stand on."""


def load_look(session: Session) -> Look | None:
    """The page's look; None while it has none of its own."""
    return session.get(Look, 1)


def change_look(session: Session, page: Page, change: LookChange, *, now: datetime) -> Look:
    """Change what is given; an explicit None takes it away. Raises Refused naming each field that will not do."""
    given = change.model_fields_set
    problems = [*_check_colour(change, "colour", LIGHT_GROUNDS), *_check_colour(change, "colour_dark", DARK_GROUNDS)]
    problems += [Problem("logo", said) for said in (check_logo(change.logo) if change.logo else [])]
    problems += [Problem("stylesheet", said) for said in check_stylesheet(change.stylesheet or "")]
    if problems:
        raise Refused(problems)
    look = load_look(session) or Look(id=1)
    for name in given - {"logo"}:
        setattr(look, name, getattr(change, name) or None)
    if "logo" in given:
        look.logo, look.logo_type = change.logo, logo_type_of(change.logo) if change.logo else None
    look.updated_at = page.updated_at = now
    session.add(look)
    session.flush()
    return look


def _check_colour(change: LookChange, name: str, grounds: tuple[str, ...]) -> list[Problem]:
    colour = getattr(change, name)
    if not colour:
        return []
    try:
        found = parse_colour(colour)
    except ValueError as error:
        return [Problem(name, str(error))]
    if is_readable(found, grounds):
        return []
    least = min(contrast(found, ground) for ground in grounds)
    need = f"words need {ENOUGH_FOR_TEXT} (WCAG 2.2, 1.4.3); {readable(found, grounds)} would do"
    return [Problem(name, f"has a contrast of {least:.1f} on the page's {grounds[0]}, and {need}")]
