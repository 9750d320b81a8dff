"""Loads what the page announces by itself: notices, and the versions of the policy."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.domain.sla.policy import Policy, PolicyBook, PolicyError, validated
from statuspage.models import Notice, PolicyVersion
from statuspage.publishing.markup import html_of, text_of
from statuspage.publishing.snapshot import NoticeView

NEWEST_NOTICES = 200


def load_notices(session: Session, base_url: str) -> tuple[NoticeView, ...]:
    """The newest notices; those of the front page are among them. Links within the page are made whole."""
    rows = session.scalars(select(Notice).order_by(Notice.posted_at.desc(), Notice.id.desc()).limit(NEWEST_NOTICES))
    return tuple(
        NoticeView(
            id=row.id,
            kind=row.kind,
            title=row.title,
            html=html_of(row.body.replace("](/", f"]({base_url}/")),
            text=text_of(row.body.replace("](/", f"]({base_url}/")),
            pinned=row.pinned,
            posted_at=row.posted_at,
            updated_at=row.updated_at,
            ends_at=row.ends_at,
            texts=row.texts or {},
        )
        for row in rows
    )


def load_versions(session: Session, policies: PolicyBook) -> tuple[Policy, ...]:
    """Every version of the policy that rules or ruled here, from its file or as it was kept when its file went."""
    by_day = {}
    ours = select(PolicyVersion).where(PolicyVersion.policy_id == policies.latest.id).order_by(PolicyVersion.id)
    for row in session.scalars(ours):
        try:
            by_day[row.effective_from] = validated(row.terms, row.policy_id)
        except PolicyError:  # kept by an older release whose format this one no longer reads
            continue
    by_day |= {policy.effective_from: policy for policy in policies.versions}
    return tuple(policy for _, policy in sorted(by_day.items()))
