"""The versions of the policy that this installation has seen, and the announcement of a new one (TP7, CM).

The first one ever seen is how things are and is not announced. Later each version that rules now or will rule is
announced once, in one transaction with its record. A version is new by its name or its date: terms that change under
the same name and date (a corrected file, a newer product with its own presets) are kept and shown, not announced.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.periods import local_date, midnight
from statuspage.domain.sla.policy import Policy, PolicyBook
from statuspage.drafts import Translation
from statuspage.models import Notice, Page, PolicyVersion
from statuspage.notice_drafts import NoticeDraft
from statuspage.notices import SLA_CHANGE, post_notice
from statuspage.notify.contacts import owe_notice
from statuspage.publishing.wording import Words, words_of

SHOWN_FOR = timedelta(days=30)
"""How long a new version stands on the front page: from when it is announced or, if later, in force."""
_TEXTS = {"page", "source", "name"}
BY_ITSELF = "statuspage"


def is_anything_new(session: Session, book: PolicyBook) -> bool:
    """Whether record_versions would do something: a cheap question."""
    known = _load_known(session)
    return not all(_is_known(policy, known) for policy in book.versions)


def record_versions(session: Session, book: PolicyBook, *, zone_name: str, now: datetime) -> list[Notice]:
    """Remember the versions of the book as their files have them, and announce those that are news.

    `zone_name` is the page's, which a version without a zone of its own follows; a new one there is no new version.
    """
    known = _load_known(session)
    unknown = [policy for policy in book.versions if not _is_known(policy, known)]
    for policy in unknown:
        session.add(
            PolicyVersion(
                policy_id=policy.id,
                version=policy.version,
                effective_from=policy.effective_from,
                digest=digest_of(policy),
                terms=policy.model_dump(mode="json", by_alias=True, exclude_unset=True),
                first_seen_at=now,
            )
        )
    session.flush()
    if not known:
        return []
    ruling = book.placed_in(zone_name).at(now).effective_from
    named = {name for name, _ in known}
    news = [policy for policy in unknown if policy.effective_from >= ruling and _name_of(policy) not in named]
    return [_announce(session, policy.placed_in(zone_name), now) for policy in news]


Name = tuple[str, str, date]
"""What people call a version: policy, version, first day."""


def digest_of(policy: Policy) -> str:
    """A digest of the terms as their file sets them: the same words in another order are the same."""
    terms = policy.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=_TEXTS)
    return sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()


def _announce(session: Session, policy: Policy, now: datetime) -> Notice:
    """A notice in each language of the page; what a policy says itself stands as it is."""
    page = session.get_one(Page, 1)
    begins = midnight(policy.effective_from, policy.zone)
    first, *further = page.languages
    zone = ZoneInfo(page.timezone)
    roots = {each: "" if each == first else f"/{each}" for each in page.languages}
    told = {each: _told(policy, begins, roots[each], words_of(each, zone), now) for each in page.languages}
    draft = NoticeDraft(
        title=told[first][0],
        body=told[first][1],
        ends_at=max(begins, now) + SHOWN_FOR,
        pinned=True,
        notify=True,
        translations={each: Translation(title=told[each][0], body=told[each][1]) for each in further},
    )
    notice = post_notice(session, draft, author=BY_ITSELF, now=now, kind=SLA_CHANGE)
    owe_notice(session, notice, policy=policy, now=now)
    return notice


def _told(policy: Policy, begins: datetime, root: str, words: Words, now: datetime) -> tuple[str, str]:
    """Title and text: from when the version rules, its name, and where it and those before it are read."""
    _ = words.gettext
    day = {"date": words.full_date(max(policy.effective_from, local_date(now, policy.zone)))}
    if begins > now:
        title = _("Our service levels change on %(date)s") % day
        text = _("From %(date)s on our service levels follow a new version.") % day
    else:
        title = _("Our service levels have changed")
        text = _("Since %(date)s our service levels follow a new version.") % day
    if policy.version:
        text += " " + _("It is called “%(name)s”.") % {"name": policy.version}
    here, before = f"{root}/sla/{policy.effective_from.isoformat()}", f"{root}/sla#versions"
    links = _("[Read it](%(here)s), beside the [versions before it](%(before)s).") % {"here": here, "before": before}
    return title, "\n\n".join(filter(None, [f"{text} {links}", policy.page.amendments]))


def _load_known(session: Session) -> set[tuple[Name, str]]:
    rows = session.scalars(select(PolicyVersion))
    return {((row.policy_id, row.version, row.effective_from), row.digest) for row in rows}


def _name_of(policy: Policy) -> Name:
    return policy.id, policy.version, policy.effective_from


def _is_known(policy: Policy, known: set[tuple[Name, str]]) -> bool:
    return (_name_of(policy), digest_of(policy)) in known
