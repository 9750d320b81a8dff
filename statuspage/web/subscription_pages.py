"""How subscribers' pages are shown, and what their forms hold: shared by asking (subscriptions) and managing."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from babel import Locale
from flask import Response, make_response, render_template, request
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import subscribers
from statuspage.components import load_components, load_page
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import Frequency, NoticeKind, Priority
from statuspage.errors import NotFound, Refused
from statuspage.models import Component, Page, Subscriber
from statuspage.notify.hook_addresses import HOOK_CHANNELS
from statuspage.notify.quarantine import label_of, shown_address
from statuspage.publishing.environment import asset_path
from statuspage.publishing.loading import page_view
from statuspage.web import current
from statuspage.wishes import kinds_of, services_of

GROUP_PREFIX = "group:"
"""A ticked group stands for the components it has now."""
Typed = dict[str, Any]


def find(session: Session, token: str) -> Subscriber | None:
    """Whose link this is, None for nobody's."""
    try:
        return subscribers.load_by_token(session, token)
    except NotFound:
        return None


def typed() -> Typed:
    """What the form holds, as typed. The short form of the front page sends the address alone."""
    form = request.form
    channel = form.get("channel", "")
    kinds = form.getlist("kinds") if "shown" in form or "kinds" in form else [kind.value for kind in NoticeKind]
    return {
        "email": form.get("email", "").strip(),
        "channel": channel if channel in HOOK_CHANNELS else HOOK_CHANNELS[0],
        "url": form.get("url", "").strip(),
        "incident": form.get("incident", "").strip(),
        "components": form.getlist("components"),
        "groups": form.getlist("groups"),
        "services": form.getlist("services"),
        "kinds": kinds,
        "min_priority": form.get("min_priority", ""),
        "frequency": form.get("frequency", ""),
        "language": form.get("language", ""),
    }


def typed_nothing() -> Typed:
    """What the form holds at first."""
    kinds = [kind.value for kind in NoticeKind]
    lists = {"components": request.args.getlist("component"), "groups": [], "services": [], "kinds": kinds}
    return {
        "email": "",
        "channel": "",
        "url": "",
        "incident": "",
        "min_priority": "",
        "frequency": "each",
        "language": "",
        **lists,
    }


def chosen(subscriber: Subscriber) -> Typed:
    """What a subscriber has, as the form holds it."""
    return {
        "email": subscriber.address,
        "channel": subscriber.channel,
        "url": "",
        "incident": "",
        "components": [component.slug for component in subscriber.components],
        "groups": [],
        "services": services_of(subscriber),
        "kinds": [kind.value for kind in kinds_of(subscriber)],
        "min_priority": subscriber.min_priority.value if subscriber.min_priority else "",
        "frequency": subscriber.frequency.value,
        "language": subscriber.language,
    }


def given_address(held: Typed) -> dict[str, str]:
    """The address as a draft takes it: that of a webhook or chat by its channel, where one is given, else mail."""
    if not held["url"]:
        return {"email": held["email"]}
    return {held["channel"]: held["url"], **({"email": held["email"]} if held["email"] else {})}


def wishes(session: Session, held: Typed) -> dict[str, Any]:
    """The typed values as a draft takes them; a ticked group becomes its components."""
    grouped = [c.slug for c in load_components(session) if c.group_id in held["groups"] and not c.hidden]
    return {
        "components": [*held["components"], *grouped],
        "services": held["services"],
        "kinds": held["kinds"],
        "min_priority": held["min_priority"] or None,
        "frequency": held["frequency"] or Frequency.EACH,
        "language": held["language"] or None,
    }


def by_field(refused: Refused) -> dict[str, str]:
    """The first message of each field of the form."""
    messages: dict[str, str] = {}
    for problem in refused.problems:
        messages.setdefault(problem.field.split(".")[0], problem.message[:1].upper() + problem.message[1:])
    return messages


def gone(session: Session) -> Response:
    """The link is over."""
    return show(load_page(session), "gone", status=404)


def show_form(
    session: Session,
    template: str,
    held: Typed,
    errors: dict[str, str],
    subscriber: Subscriber | None = None,
    *,
    lang: str | None = None,
    status: int = 200,
    **facts: Any,
) -> Response:
    """A page with the choices of a subscriber."""
    page, policy = load_page(session), current.installation().policy(current.now())
    language = _language(page, subscriber, lang)
    components = _offered(session, subscriber)
    with force_locale(language.replace("-", "_")):
        kinds = [
            (NoticeKind.INCIDENT.value, _("Incidents")),
            (NoticeKind.MAINTENANCE.value, _("Maintenance")),
            (NoticeKind.SLA.value, _("Changed service levels")),
            (NoticeKind.POSTMORTEM.value, _("Postmortems")),
        ]
    return show(
        page,
        template,
        subscriber,
        lang=lang,
        status=status,
        hooks=[(name, label_of(name, _("Webhook"))) for name in HOOK_CHANNELS],
        typed={**held, "language": held["language"] or language},
        errors=errors,
        groups=[(group, list(members)) for group, members in groupby(components, key=lambda each: each.group)],
        services=_services(policy, components, subscriber),
        kinds=kinds,
        priorities=_public_priorities(policy),
        languages=[(code, Locale.parse(code, sep="-").get_language_name(code)) for code in page.languages],
        zone=page.timezone.replace("_", " "),
        **facts,
    )


def show(
    page: Page,
    template: str,
    subscriber: Subscriber | None = None,
    *,
    lang: str | None = None,
    status: int = 200,
    **facts: Any,
) -> Response:
    """A page in the subscriber's language, else in that of the address, else the page's first."""
    installation = current.installation()
    language = _language(page, subscriber, lang)
    view = page_view(page, installation.settings.base_url(page.url), language)
    if template in ("subscribe", "requested") and subscriber is None:
        facts["here"] = "/subscribe"  # the form has an address in each language; no other of these pages has
    with force_locale(language.replace("-", "_")):
        html = render_template(
            f"public/{template}.html",
            page=view,
            policy=installation.policy(current.now()),
            lang=language,
            root=view.root,
            asset=asset_path,
            subscriber=subscriber,
            shown_address=shown_address(subscriber) if subscriber else "",
            channel_label=label_of(subscriber.channel, _("Webhook")) if subscriber else "",
            **facts,
        )
    return make_response(html, status)


def _language(page: Page, subscriber: Subscriber | None, lang: str | None) -> str:
    wanted = subscriber.language if subscriber else lang
    return wanted if wanted in page.languages else page.languages[0]


def _offered(session: Session, subscriber: Subscriber | None) -> list[Component]:
    """Components to choose from: not the hidden ones, but for those somebody already has."""
    kept = subscriber.components if subscriber else []
    return [component for component in load_components(session) if not component.hidden or component in kept]


def _services(policy: Policy, components: list[Component], subscriber: Subscriber | None) -> list[tuple[str, str]]:
    """(id, name) of the services to choose, where the policy lets them be chosen, and those somebody has."""
    kept = set(services_of(subscriber)) if subscriber else set()
    offered = {each.service for each in components if each.service} if policy.subscriptions.per_service else set()
    named = {service.id: service.name for service in policy.services}
    return sorted(((key, named.get(key, key)) for key in offered | kept), key=lambda each: each[1])


def _public_priorities(policy: Policy) -> list[Priority]:
    terms = {priority: policy.priority(priority) for priority in Priority}
    return [priority for priority, term in terms.items() if term is not None and term.public]
