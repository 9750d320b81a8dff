"""By which ways somebody may log in to this page: what the settings allow and browsers can do at its address."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort
from flask_babel import gettext as _

from statuspage import passkeys
from statuspage.models import Page
from statuspage.passkeys import Place
from statuspage.web import current


@dataclass(frozen=True)
class WaysIn:
    """A password, a passkey that counts for `place`, the single sign-on called `sign_on`."""

    password: bool
    place: Place | None
    sign_on: str | None


def load_ways(page: Page) -> WaysIn:
    """The ways into this installation."""
    settings = current.installation().settings
    place = passkeys.place_of(settings.base_url(page.url), page.name)
    return WaysIn(settings.password_login, place, settings.oidc_name or settings.oidc_host)


def place(page: Page) -> Place:
    """Where passkeys count; 404 where browsers know none."""
    found = load_ways(page).place
    if found is None:
        abort(404, _("Passkeys need a page with a host name and https: set STATUSPAGE_URL."))
    return found
