"""The joint of every change: one transaction, then one publish, then one nudge to the worker.

What changed is read off the session (nobody has to report it): each touched incident, maintenance and component
gets the new revision of the page, and the publisher renders what is newer than what lies on disk. So a publish
that failed, or a process that died between commit and publish, is made good by whoever publishes next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import event, func, inspect, or_, select
from sqlalchemy.orm import Session

from statuspage.db import Database
from statuspage.domain.sla.policy import Policy, PolicyBook, load_policies
from statuspage.models import (
    AffectedComponent,
    Alert,
    ApiToken,
    AuditEvent,
    ClockRing,
    Component,
    ComponentGroup,
    Correction,
    Delivery,
    Detection,
    Hook,
    IdempotentAnswer,
    Incident,
    Look,
    Maintenance,
    Monitor,
    Notice,
    Page,
    StatusChange,
    TimedPost,
    UnsentForm,
    Update,
)
from statuspage.notify import contacts
from statuspage.notify.kinds import components as component_news
from statuspage.publishing.site import Publisher
from statuspage.settings import Settings

log = structlog.get_logger()

PATIENCE = timedelta(minutes=2)
"""How long a change leaves figures that time alone made old to the worker, who writes them within a second: a post
does not wait for every component's."""


def _no_nudge() -> None:
    """The worker looks by itself every second; a nudge only makes it sooner."""


@dataclass
class Installation:
    """One running instance: everything a door needs to read and to change the page."""

    settings: Settings
    database: Database
    policies: PolicyBook
    publisher: Publisher
    nudge: Callable[[], None] = _no_nudge

    def policy(self, now: datetime, session: Session | None = None) -> Policy:
        """The policy in force today, in its own zone or else the page's; read in `session` where one is open."""
        if not self.policies.needs_zone:
            return self.policies.at(now)
        if session is not None:
            zone_name = session.scalar(select(Page.timezone))
            return (self.policies.placed_in(zone_name) if zone_name else self.policies).at(now)
        with self.database.read() as session:
            return self.policy(now, session)

    def base_url(self, session: Session) -> str:
        """What public links begin with."""
        return self.settings.base_url(session.scalar(select(Page.url)))


@dataclass
class Change:
    """A change under way; after the block it says what came of it."""

    session: Session
    policy: Policy
    now: datetime
    author: str
    published: bool = False
    publish_error: str | None = None
    queued: int = 0
    unseen: bool = False
    """Nothing changed that the public or a subscriber sees (the block says so, or only rows of operators changed):
    nothing is published then."""
    _rows: set[Any] = field(default_factory=set)
    _relaid: bool = False
    _public_gone: bool = False


def open_installation(settings: Settings, nudge: Callable[[], None] = _no_nudge) -> Installation:
    """The installation that the settings describe. Opens no connection yet; raises PolicyError for a bad policy."""
    database = Database(settings.database)
    policies = load_policies(settings.statuspage_policy)
    publisher = Publisher(settings.public_folder, database, policies, settings.statuspage_url, settings.local_url)
    return Installation(settings, database, policies, publisher, nudge)


@contextmanager
def site_change(installation: Installation, now: datetime, *, author: str, at_once: bool = True) -> Iterator[Change]:
    """A write transaction that ends in a published page; not `at_once`, the worker publishes at its next tick.

    An exception in the block: nothing written, nothing published, nothing mailed. A failing commit: likewise.
    A failing publish: the change is safe, `publish_error` says why, and the worker publishes again.
    """
    with installation.database.write() as session:
        _wait_for_turn(session)
        change = Change(session, installation.policy(now, session), now, author)
        with _watching(change):
            yield change
            session.flush()
            _owe_contacts(change)
            _owe_component_changes(change)
        private = bool(change._rows) and all(_is_private(row) for row in change._rows)
        change.unseen |= private and not change._public_gone
        if not change.unseen:
            _mark_revision(change)
            change.queued = _count_queued(change)
    if at_once and not change.unseen:
        _publish(installation, change)
    _nudge(installation)


def _is_private(row: Any) -> bool:
    """Whether a row that changed belongs to operators alone; the page's revision does not betray it then."""
    match row:
        case Incident():
            return row.draft
        case Update():
            return row.incident is not None and row.incident.draft
        case AffectedComponent():
            return _is_private(row.update)
    return isinstance(row, _OPERATORS_ROWS)


def _wait_for_turn(session: Session) -> None:
    """Hold the page's row: on PostgreSQL two changes at once would take the same revision, and one of them would
    never be published. SQLite has one writer anyway."""
    session.execute(select(Page.id).with_for_update())


@contextmanager
def _watching(change: Change) -> Iterator[None]:
    def collect(session: Session, *_: Any) -> None:
        change._rows.update(session.new)
        change._public_gone |= any(not _is_private(row) for row in session.deleted)
        change._rows.update(row for row in session.deleted if isinstance(row, StatusChange))
        change._relaid |= any(isinstance(row, Look) for row in session.new)
        for row in session.dirty:
            if names := _changed_names(row):
                change._rows.add(row)
                change._relaid |= isinstance(row, Page | ComponentGroup | Component | Look) and bool(names - _STAMPS)

    event.listen(change.session, "before_flush", collect)
    try:
        yield
    finally:
        event.remove(change.session, "before_flush", collect)


_OPERATORS_ROWS = (
    Alert,
    ApiToken,
    AuditEvent,
    ClockRing,
    Delivery,
    Detection,
    Hook,
    IdempotentAnswer,
    Monitor,
    TimedPost,
    UnsentForm,
)
_STAMPS = frozenset({"updated_at", "changed_in"})


def _changed_names(row: Any) -> set[str]:
    return {attribute.key for attribute in inspect(row).attrs if attribute.history.has_changes()}


def _mark_revision(change: Change) -> None:
    page = change.session.get_one(Page, 1)
    page.revision += 1
    page.updated_at = change.now
    if change._relaid:
        page.relaid_in = page.revision
    for row in change._rows:
        match row:
            case Incident() | Maintenance():
                row.changed_in = page.revision
            case Update():
                (row.incident or row.maintenance).changed_in = page.revision  # type: ignore[union-attr]
            case StatusChange() | Correction():
                change.session.get_one(Component, row.component_id).changed_in = page.revision
            case Component():
                row.changed_in = page.revision


def _owe_contacts(change: Change) -> None:
    posts = [row for row in change._rows if isinstance(row, Update)]
    contacts.owe_posts(change.session, posts, policy=change.policy, now=change.now)


def _owe_component_changes(change: Change) -> None:
    """Tell webhooks of components that the public sees change; nobody of an import or an unannounced post."""
    moved = {row.component_id for row in change._rows if isinstance(row, StatusChange)}
    incidents = [row.id for row in change._rows if isinstance(row, Incident)]
    if incidents:
        said = select(StatusChange.component_id).where(StatusChange.incident_id.in_(incidents)).distinct()
        moved |= set(change.session.scalars(said))
    if moved:
        quietly = any(_is_quiet(row) for row in change._rows)
        component_news.owe_changes(change.session, moved, now=change.now, quietly=quietly)


def _is_quiet(row: Any) -> bool:
    match row:
        case Incident() | Maintenance():
            return row.imported_at is not None
        case Update():
            return not row.notify
    return False


def _count_queued(change: Change) -> int:
    updates = [row.id for row in change._rows if isinstance(row, Update)]
    notices = [row.id for row in change._rows if isinstance(row, Notice)]
    if not updates and not notices:
        return 0
    owed = or_(Delivery.update_id.in_(updates), Delivery.notice_id.in_(notices))
    return change.session.scalar(select(func.count()).where(owed)) or 0


def _publish(installation: Installation, change: Change) -> None:
    try:
        installation.publisher.publish(change.now, patience=PATIENCE)
    except Exception as error:  # whatever broke, the change is committed and the worker will publish it
        log.exception("publish failed", author=change.author, error=str(error))
        change.publish_error = str(error) or type(error).__name__
    else:
        change.published = True


def _nudge(installation: Installation) -> None:
    try:
        installation.nudge()
    except Exception as error:  # a lost nudge costs a second, never a message
        log.warning("nudge failed", error=str(error))
