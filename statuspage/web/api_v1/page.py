"""The page itself: its settings and its look."""

from __future__ import annotations

from typing import Any

from pydantic import Base64Bytes, Field

from statuspage import audit, components, looks
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import PageChange, read_draft
from statuspage.look_drafts import LookChange
from statuspage.models import Look, Page
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Shape, UtcInstant

LARGEST_LOGO = 400_000


class PageAnswer(Shape):
    """The page's settings. `url` is what STATUSPAGE_URL says where that is set."""

    name: str
    url: str
    timezone: str
    languages: list[str]
    support_url: str | None
    responsible_email: str | None
    escalation_email: str | None
    has_alarm_webhook: bool = Field(description="Its address is a secret, and is not answered")
    reminders: list[str]
    revision: int
    updated_at: UtcInstant


class LookAnswer(Shape):
    """The page's own colours, logo and stylesheet; null where it has none."""

    colour: str | None
    colour_dark: str | None
    logo_type: str | None
    stylesheet: str | None


class LookBody(LookChange):
    """What to change of the look; null takes away. The logo is SVG, PNG, WebP or JPEG in base64."""

    logo: Base64Bytes | None = Field(None, max_length=LARGEST_LOGO)


@endpoint("GET", "/page", scope=Scope.READ, gives=PageAnswer)
def show_page(call: Call) -> Answer:
    """The page's settings."""
    with call.read() as session:
        return call.answered(_answer(components.load_page(session), call.base_url(session)))


@endpoint("PATCH", "/page", scope=Scope.ADMIN, body=PageChange, gives=PageAnswer)
def change_page(call: Call, draft: PageChange) -> Answer:
    """Change what is given; null clears what may be empty. Every page is rendered again."""
    with call.change() as change:
        page = components.load_page(change.session)
        components.change_page(change.session, page, draft, now=call.now)
        given = draft.model_dump(mode="json", include=draft.model_fields_set - {"alarm_webhook"})
        _note(call, change.session, "page.change", page, given)
        return call.answered(_answer(page, call.base_url(change.session)))


@endpoint("GET", "/page/look", scope=Scope.READ, gives=LookAnswer)
def show_look(call: Call) -> Answer:
    """The page's look."""
    with call.read() as session:
        return call.answered(_look(looks.load_look(session)))


@endpoint("PATCH", "/page/look", scope=Scope.ADMIN, body=LookBody, gives=LookAnswer)
def change_look(call: Call, draft: LookBody) -> Answer:
    """Change what is given; what people could not read (WCAG 2.2 contrast) or what loads something is refused."""
    wanted = read_draft(LookChange, {name: getattr(draft, name) for name in draft.model_fields_set})
    with call.change() as change:
        page = components.load_page(change.session)
        found = looks.change_look(change.session, page, wanted, now=call.now)
        _note(call, change.session, "look.change", page, {"changed": sorted(draft.model_fields_set)})
        return call.answered(_look(found))


def _note(call: Call, session: Any, action: str, page: Page, details: dict[str, Any]) -> None:
    audit.record(
        session, action, actor=call.author, target=page.name, details=details, client=call.client, now=call.now
    )


def _answer(page: Page, base_url: str) -> PageAnswer:
    return PageAnswer(
        name=page.name,
        url=base_url,
        timezone=page.timezone,
        languages=list(page.languages),
        support_url=page.support_url,
        responsible_email=page.responsible_email,
        escalation_email=page.escalation_email,
        has_alarm_webhook=bool(page.alarm_webhook),
        reminders=list(page.reminders),
        revision=page.revision,
        updated_at=page.updated_at,
    )


def _look(found: Look | None) -> LookAnswer:
    return LookAnswer(
        colour=found.colour if found else None,
        colour_dark=found.colour_dark if found else None,
        logo_type=found.logo_type if found and found.logo else None,
        stylesheet=found.stylesheet if found else None,
    )
