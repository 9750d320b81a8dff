"""What somebody chose, in words: for the foot of every mail, for chats and for the pages that show it."""

from __future__ import annotations

from dataclasses import dataclass

from statuspage.domain.vocabulary import Frequency, NoticeKind, Priority
from statuspage.publishing.wording import Words


@dataclass(frozen=True)
class Wishes:
    """What somebody chose: `components` are names of services and components, empty for all; `follows` the titles of
    the incidents they follow."""

    kinds: tuple[NoticeKind, ...] = ()
    min_priority: Priority | None = None
    components: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EACH


def wishes_of(wishes: Wishes, words: Words) -> str:
    """What somebody chose, in one phrase: "incidents (P2 and above) and maintenance, for SIP trunk A"."""
    said = [_subscription_of(wishes, words)] if wishes.kinds else []
    said += [words.gettext("“%(incident)s” until it is resolved") % {"incident": title} for title in wishes.follows]
    return words.listed(said, most=6)


def _subscription_of(wishes: Wishes, words: Words) -> str:
    kinds = [_kind_words(kind, wishes, words) for kind in wishes.kinds]
    scope = words.listed(list(wishes.components), most=12) or words.gettext("all components")
    said = words.gettext("%(kinds)s, for %(components)s") % {
        "kinds": words.listed(kinds, most=4),
        "components": scope,
    }
    if wishes.frequency is Frequency.DAILY:
        return words.gettext("%(wishes)s, once a day") % {"wishes": said}
    return said


def _kind_words(kind: NoticeKind, wishes: Wishes, words: Words) -> str:
    match kind:
        case NoticeKind.INCIDENT:
            return _incidents_of(wishes.min_priority, words)
        case NoticeKind.MAINTENANCE:
            return words.gettext("maintenance")
        case NoticeKind.SLA:
            return words.gettext("changed service levels")
        case NoticeKind.POSTMORTEM:
            return words.gettext("postmortems")


def _incidents_of(least: Priority | None, words: Words) -> str:
    if least is None:
        return words.gettext("incidents")
    if least is Priority.P1:
        return words.gettext("incidents (P1 only)")
    return words.gettext("incidents (%(priority)s and above)") % {"priority": least.value}
