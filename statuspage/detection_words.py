"""What is written when nobody writes: plain words on measured outages, in the page's language, without causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from statuspage.domain.vocabulary import ComponentStatus
from statuspage.models import Alert, Page
from statuspage.publishing.wording import Words
from statuspage.translations.catalogues import load_catalogue

TITLE, NAME = 255, 120
SHOWN = 10
"""So many alerts are quoted in one note."""


@dataclass(frozen=True)
class Told:
    """Words on one outage: the title and first update, and what is said when it grows, comes again, or is named in an
    incident that is open already."""

    title: str
    body: str
    also: str
    again: str
    noted: str


def tell(page: Page, names: Sequence[str], titles: Sequence[str], status: ComponentStatus, since: datetime) -> Told:
    """The words on components with these names, which an outside monitor may have given a title. Without a name it
    is our monitoring that reports something."""
    words = _words(page)
    _ = words.gettext
    said = {"names": words.listed([_quoted(name) for name in names]), "time": words.moment(since)}
    plain = words.listed([name[:NAME] for name in names])
    told = _("Our engineers have been told.")
    if not names:
        body = _("Our monitoring reports a problem since %(time)s.") % said
        return Told((titles or [_("Problem reported by monitoring")])[0][:TITLE], f"{body} {told}", body, body, body)
    title = titles[0] if titles else f"{plain}: {words.label(status).lower()}"
    body = _("Our measurements show a problem with %(names)s since %(time)s.") % said
    return Told(
        title=title[:TITLE],
        body=f"{body} {told}",
        also=_("Our measurements show a problem with %(names)s as well, since %(time)s.") % said,
        again=_("Our measurements show a problem with %(names)s again, since %(time)s.") % said,
        noted=body,
    )


def recovered(page: Page, names: Sequence[str], at: datetime) -> str:
    """That all is well again by measurement."""
    words = _words(page)
    said = {"names": words.listed([_quoted(name) for name in names]), "time": words.moment(at)}
    if not names:
        return words.gettext("Our monitoring reports no problem any more since %(time)s.") % said
    return words.gettext("By our measurements %(names)s works again since %(time)s.") % said


def note_of_alerts(alerts: Sequence[Alert]) -> str:
    """What outside monitors said, as text that no Markdown can bend."""
    lines = []
    for alert in alerts[:SHOWN]:
        severity = f" ({alert.severity})" if alert.severity else ""
        lines.append(f"{alert.hook.name}: {alert.title}{severity}")
        lines += [alert.words] if alert.words else []
    more = len(alerts) - SHOWN
    if more > 0:
        lines.append(f"+ {more:,}")
    return "\n".join(f"    {line}" for text in lines for line in text.splitlines())


def _words(page: Page) -> Words:
    language = page.languages[0]
    return Words(language, ZoneInfo(page.timezone), load_catalogue(language))


def _quoted(name: str) -> str:
    """A name inside Markdown that stays itself."""
    return "".join(f"\\{each}" if each in "\\`*_{}[]<>()#+-.!|~&" else each for each in name[:NAME])
