"""What a subscriber wants to hear: checked against the page, kept, and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from statuspage.components import load_components, load_page
from statuspage.domain.vocabulary import Frequency, NoticeKind
from statuspage.drafts import SubscriberDraft
from statuspage.errors import Problem, Refused
from statuspage.models import Component, Subscriber, SubscriberService
from statuspage.notify.kinds import digests

SERVICE_PREFIX = "service:"
"""How a list of components spells a whole service, in a CSV cell and in a form."""


@dataclass(frozen=True)
class Scope:
    """The checked components and services of a draft; neither means all of the page."""

    components: list[Component]
    services: list[str]


@dataclass(frozen=True)
class Offer:
    """What the page lets people choose: its languages, and its components by slug."""

    languages: tuple[str, ...]
    components: Mapping[str, Component]

    def check(self, draft: SubscriberDraft, kept: Subscriber | None = None) -> Scope:
        """The scope a draft names. Raises Refused with all that is wrong: a hidden component is as unknown to
        strangers, unless they have it already; who follows an incident may choose no kind."""
        problems = []
        if not draft.kinds and not (kept and any(follow.ended_at is None for follow in kept.follows)):
            problems.append(Problem("kinds", "choose at least one kind"))
        if draft.language is not None and draft.language not in self.languages:
            problems.append(Problem("language", f"must be one of {', '.join(self.languages)}"))
        if draft.frequency is Frequency.DAILY and (draft.hooks or (kept and kept.channel != "email")):
            problems.append(Problem("frequency", "a daily digest goes by e-mail only"))
        had = kept.components if kept else []
        known = {slug: c for slug, c in self.components.items() if not c.hidden or c in had}
        unknown = [slug for slug in draft.components if slug not in known]
        problems += [Problem(f"components.{slug}", f"there is no component {slug!r}") for slug in unknown]
        services = {c.service for c in known.values()} | set(services_of(kept) if kept else ())
        strange = [name for name in draft.services if name not in services]
        problems += [Problem(f"services.{name}", f"there is no service {name!r}") for name in strange]
        if problems:
            raise Refused(problems)
        return Scope([known[slug] for slug in dict.fromkeys(draft.components)], list(dict.fromkeys(draft.services)))


def load_offer(session: Session) -> Offer:
    """What the page lets people choose now."""
    return Offer(tuple(load_page(session).languages), {c.slug: c for c in load_components(session)})


def check_wishes(session: Session, draft: SubscriberDraft, kept: Subscriber | None = None) -> Scope:
    """The scope a draft names; see Offer.check. Raises Refused."""
    return load_offer(session).check(draft, kept)


def set_wishes(
    session: Session, subscriber: Subscriber, draft: SubscriberDraft, scope: Scope, *, now: datetime
) -> None:
    """Keep the wishes of a checked draft. Who changes to a daily digest hears in it what is posted from now on; who
    changes to each update is owed a last digest of what none has told."""
    if subscriber.frequency is Frequency.DAILY and draft.frequency is not Frequency.DAILY:
        digests.owe_rest(session, subscriber, now=now)
    subscriber.components = scope.components
    _set_services(subscriber, scope.services)
    subscriber.all_components = not scope.components and not scope.services
    set_kinds(subscriber, draft.kinds)
    subscriber.min_priority = draft.min_priority
    if draft.frequency is Frequency.DAILY and subscriber.frequency is not Frequency.DAILY:
        subscriber.digested_at = now
    subscriber.frequency = draft.frequency
    subscriber.language = draft.language or subscriber.language or load_page(session).languages[0]
    session.flush()


def set_kinds(subscriber: Subscriber, kinds: Sequence[NoticeKind]) -> None:
    """The kinds to hear of; none for who follows single incidents alone."""
    subscriber.wants_incidents = NoticeKind.INCIDENT in kinds
    subscriber.wants_maintenance = NoticeKind.MAINTENANCE in kinds
    subscriber.wants_sla_changes = NoticeKind.SLA in kinds
    subscriber.wants_postmortems = NoticeKind.POSTMORTEM in kinds


def kinds_of(subscriber: Subscriber) -> list[NoticeKind]:
    """The kinds this subscriber wants to hear of."""
    chosen = {
        NoticeKind.INCIDENT: subscriber.wants_incidents,
        NoticeKind.MAINTENANCE: subscriber.wants_maintenance,
        NoticeKind.SLA: subscriber.wants_sla_changes,
        NoticeKind.POSTMORTEM: subscriber.wants_postmortems,
    }
    return [kind for kind, wanted in chosen.items() if wanted]


def scope_of(subscriber: Subscriber) -> tuple[str, ...]:
    """The names of what was chosen, services first; none for all of the page."""
    components = sorted(subscriber.components, key=lambda component: (component.position, component.name))
    return (*services_of(subscriber), *(component.name for component in components))


def services_of(subscriber: Subscriber) -> list[str]:
    """The services chosen, in the order of their names."""
    return sorted(row.service for row in subscriber.services)


def _set_services(subscriber: Subscriber, names: Sequence[str]) -> None:
    had = {row.service: row for row in subscriber.services}
    subscriber.services = [had.get(name) or SubscriberService(service=name) for name in names]
