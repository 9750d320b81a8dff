"""The page's own look: a colour, a logo, a stylesheet."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from markupsafe import Markup

from statuspage import components, looks
from statuspage.changes import site_change
from statuspage.drafts import read_draft
from statuspage.errors import Refused
from statuspage.look_drafts import LookChange
from statuspage.publishing.looks import look_view
from statuspage.web import current
from statuspage.web.admin.door import admin, go, note, page, show, tell, user
from statuspage.web.forms import Form


@admin.get("/settings/look")
def edit_look() -> Response:
    """The look as it is."""
    look = page().look
    typed = {
        "colour": look.colour if look else None,
        "colour_dark": look.colour_dark if look else None,
        "stylesheet": look.stylesheet if look else None,
    }
    return _show(Form({name: value or "" for name, value in typed.items()}))


@admin.post("/settings/look")
def change_look() -> Response:
    """Save it; every page is rendered again."""
    form, now = Form(request.form), current.now()
    values: dict[str, Any] = {
        "colour": form.filled("colour"),
        "colour_dark": form.filled("colour_dark"),
        "stylesheet": form.filled("stylesheet"),
    }
    file = request.files.get("logo")
    if file is not None and file.filename:
        values["logo"] = file.stream.read()
    elif form.is_ticked("no_logo"):
        values["logo"] = None
    try:
        wanted = read_draft(LookChange, values)
        with site_change(current.installation(), now, author=user().email) as change:
            found = components.load_page(change.session)
            looks.change_look(change.session, found, wanted, now=now)
            told = {**values, "logo": f"{len(values['logo'] or b'')} bytes"} if "logo" in values else values
            note(change.session, "look.change", found.name, now=now, **told)
    except Refused as refused:
        form.refuse_all(refused)
        return _show(form, 422)
    tell(_("The look is saved."), change)
    return go("edit_look")


def _show(form: Form, status: int = 200) -> Response:
    installation = current.installation()
    with installation.database.read() as session:
        base = installation.base_url(session)
        slug = next((component.slug for component in components.load_components(session)), "api")
    return show("look.html", status, form=form, look=look_view(page().look), snippets=_snippets(base, slug))


def _snippets(base: str, slug: str) -> list[tuple[str, str]]:
    """(what it is, HTML to paste) for other sites; `slug` is that of some component."""
    badge = Markup('<a href="{0}/"><img src="{0}/{1}" alt="{2}"></a>')
    status = _("Status of %(name)s", name=page().name)
    frame = Markup('<iframe src="{0}/embed" title="{1}" width="360" height="120" loading="lazy"></iframe>')
    return [
        (_("The state, with open incidents"), str(frame.format(base, status))),
        (_("A badge"), str(badge.format(base, "badge.svg", status))),
        (_("A badge of one component"), str(badge.format(base, f"components/{slug}/badge.svg", status))),
    ]
