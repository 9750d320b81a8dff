"""Maintenance that somebody is writing and has not announced: what misses its lead time by tomorrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from statuspage import unsent
from statuspage.domain.sla.notice import latest_notice
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import MaintenanceKind
from statuspage.models import UnsentForm, User
from statuspage.web.admin.door import user, zone
from statuspage.web.forms import Form

SOON = timedelta(days=1)


@dataclass(frozen=True)
class Unannounced:
    """A maintenance that lies unsent in somebody's form: `latest_notice_at` is until when it can be announced as
    scheduled; `unsent_id` brings the form back, None where it is a colleague's."""

    title: str
    author: str
    starts_at: datetime
    latest_notice_at: datetime
    unsent_id: int | None


def load_unannounced(session: Session, policy: Policy, now: datetime) -> Sequence[Unannounced]:
    """What is meant as scheduled work, lies ahead, and has missed its lead time or will within a day; the most
    pressing first."""
    found = [_unannounced(session, row, policy) for row in unsent.load_all(session, "maintenance-new")]
    due = [each for each in found if each and each.starts_at > now and each.latest_notice_at <= now + SOON]
    return sorted(due, key=lambda each: each.latest_notice_at)


def _unannounced(session: Session, row: UnsentForm, policy: Policy) -> Unannounced | None:
    form = Form(MultiDict((name, value) for name, value in row.fields))
    starts_at = form.instant("starts_at", zone()) if form.filled("starts_at") else None
    if starts_at is None or form.value("kind") == MaintenanceKind.EMERGENCY:
        return None
    return Unannounced(
        title=form.filled("title") or "",
        author=session.get_one(User, row.user_id).email,
        starts_at=starts_at,
        latest_notice_at=latest_notice(policy, starts_at),
        unsent_id=row.id if row.user_id == user().id else None,
    )
