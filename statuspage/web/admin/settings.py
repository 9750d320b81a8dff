"""The page's own settings: name, address, zone, languages, support."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Response, request
from flask_babel import gettext as _

from statuspage import components
from statuspage.changes import site_change
from statuspage.drafts import PageChange, read_draft
from statuspage.errors import Refused
from statuspage.translations.catalogues import english_name, known_languages
from statuspage.web import current
from statuspage.web.admin.door import admin, go, note, page, show, tell, user
from statuspage.web.forms import Form

ZONES = sorted(
    zone
    for zone in available_timezones()
    if zone == "UTC" or ("/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/")))
)


@admin.get("/settings")
def edit_settings() -> Response:
    """The settings as they are."""
    return _show(
        Form(
            {
                "name": page().name,
                "url": page().url or "",
                "timezone": page().timezone,
                "languages": list(page().languages),
                "support_url": page().support_url or "",
                "responsible_email": page().responsible_email or "",
                "escalation_email": page().escalation_email or "",
                "alarm_webhook": page().alarm_webhook or "",
                "reminders": " ".join(page().reminders),
            }
        )
    )


@admin.post("/settings")
def change_settings() -> Response:
    """Save them; every page is rendered again."""
    form, now = Form(request.form), current.now()
    values = {
        "name": form.value("name"),
        "url": form.filled("url"),
        "timezone": form.value("timezone"),
        "languages": _languages(form),
        "support_url": form.filled("support_url"),
        "responsible_email": form.filled("responsible_email"),
        "escalation_email": form.filled("escalation_email"),
        "alarm_webhook": form.filled("alarm_webhook"),
        "reminders": form.value("reminders").replace(",", " ").split(),
    }
    try:
        wanted = read_draft(PageChange, values)
        with site_change(current.installation(), now, author=user().email) as change:
            found = components.load_page(change.session)
            components.change_page(change.session, found, wanted, now=now)
            note(change.session, "page.change", found.name, now=now, **values)
    except Refused as refused:
        for problem in refused.problems:
            form.refuse(problem.field.split(".")[0], problem.message)
        return _show(form, 422)
    tell(_("The settings are saved."), change)
    return go("edit_settings")


def _languages(form: Form) -> list[str]:
    """The default first, then those ticked; each once."""
    chosen = [code for value in form.values("languages") for code in value.replace(",", " ").split()]
    return list(dict.fromkeys(chosen))


def _show(form: Form, status: int = 200) -> Response:
    settings = current.installation().settings
    return show(
        "settings.html",
        status,
        form=form,
        zones=ZONES if form.value("timezone") in ZONES else [form.value("timezone"), *ZONES],
        fixed_url=settings.statuspage_url,
        policy=current.installation().policy(current.now()),
        spoken=_languages(form),
        languages=[(code, english_name(code)) for code in known_languages()],
    )
