"""flask maintenance: schedule, update, move, extend, cancel, list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from statuspage import amendments, extensions, timed_posts
from statuspage import maintenance as verbs
from statuspage.amendment_drafts import Withdrawal
from statuspage.changes import Change, Installation, site_change
from statuspage.cli.console import (
    author,
    local,
    opened,
    page_zone,
    plainly,
    read_time,
    say,
    say_json,
    say_outcome,
    say_rows,
)
from statuspage.cli.fields import TIME_HELP, read_typed, takes
from statuspage.cli.timed import say_timed
from statuspage.domain.vocabulary import MaintenanceStatus
from statuspage.drafts import CancelDraft, MaintenanceDraft, MaintenanceUpdateDraft, MoveDraft, read_draft
from statuspage.models import Maintenance, TimedPost
from statuspage.timed_posts import Planner
from statuspage.web.api_v1.maintenances import MaintenanceAnswer, maintenance_answer
from statuspage.web.api_v1.timed import timed_answer
from statuspage.work_drafts import ExtensionDraft

maintenance = AppGroup("maintenance", help="Announce, move, cancel and list maintenance windows.")

_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
_id = click.argument("maintenance_id", metavar="ID")
WINDOW = {
    "kind": "What it should count as; refused on too little notice.",
    "reason": "One of the policy's reasons, where it asks for one.",
}
_publish_at = click.option("--publish-at", metavar="TIME", help=f"Then, by itself. {TIME_HELP}")


@maintenance.command("schedule")
@takes(MaintenanceDraft, said=WINDOW)
@_publish_at
@_json
@plainly
def schedule(typed: dict[str, Any], publish_at: str | None, as_json: bool) -> None:
    """Announce a maintenance. The policy classes it by the notice given (by --publish-at where it is given); with
    too little notice for the kind wished it is refused, and the earliest start that would do is printed."""
    installation, now = opened()
    draft = read_typed(MaintenanceDraft, typed, page_zone(installation))
    if publish_at is not None:

        def plan(change: Change, planner: Planner) -> TimedPost:
            return timed_posts.plan_maintenance(change.session, draft, planner)

        _plan(installation, now, publish_at, plan, as_json)
        return
    with site_change(installation, now, author=author()) as change:
        row = verbs.schedule(change.session, draft, policy=change.policy, author=author(), now=now)
        answer = _answer_of(installation, change, row)
    _say(installation, answer, change, as_json)


@maintenance.command("update")
@_id
@takes(MaintenanceUpdateDraft)
@_publish_at
@_json
@plainly
def update(maintenance_id: str, typed: dict[str, Any], publish_at: str | None, as_json: bool) -> None:
    """Post a word on the maintenance ID; with --status begin it early, verify or finish it now."""
    installation, now = opened()
    draft = read_typed(MaintenanceUpdateDraft, typed, page_zone(installation))
    if publish_at is None:
        _step(
            maintenance_id,
            lambda change, row: verbs.post_update(change.session, row, draft, author=author(), now=now),
            as_json,
        )
        return

    def plan(change: Change, planner: Planner) -> TimedPost:
        row = verbs.load_maintenance(change.session, maintenance_id)
        return timed_posts.plan_maintenance_update(change.session, row, draft, planner)

    _plan(installation, now, publish_at, plan, as_json)


@maintenance.command("move")
@_id
@takes(MoveDraft, said=WINDOW)
@_json
@plainly
def move(maintenance_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """Give the maintenance ID another window, before it begins; its notice starts anew."""
    installation, now = opened()
    draft = read_typed(MoveDraft, typed, page_zone(installation))

    def act(change: Change, row: Maintenance) -> None:
        verbs.move(change.session, row, draft, policy=change.policy, author=author(), now=now)

    _step(maintenance_id, act, as_json)


@maintenance.command("extend")
@_id
@takes(ExtensionDraft, said=WINDOW)
@_json
@plainly
def extend(maintenance_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """Announce that the maintenance ID, now under way, goes on: a further window with its own notice and class."""
    installation, now = opened()
    draft = read_typed(ExtensionDraft, typed, page_zone(installation))

    def act(change: Change, row: Maintenance) -> Maintenance:
        return extensions.extend(change.session, row, draft, policy=change.policy, author=author(), now=now)

    _step(maintenance_id, act, as_json)


@maintenance.command("cancel")
@_id
@takes(CancelDraft)
@_json
@plainly
def cancel(maintenance_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """Cancel the maintenance ID, before it begins."""
    installation, now = opened()
    draft = read_typed(CancelDraft, typed, page_zone(installation))

    def act(change: Change, row: Maintenance) -> None:
        verbs.cancel(change.session, row, draft, author=author(), now=now)

    _step(maintenance_id, act, as_json)


@maintenance.command("withdraw")
@_id
@click.option("--reason", required=True, help="The activity log keeps it.")
@plainly
def withdraw(maintenance_id: str, reason: str) -> None:
    """Take the maintenance ID back as if it had never been announced; one that is called off is cancelled instead."""
    installation, now = opened()
    why = read_draft(Withdrawal, {"reason": reason})
    with site_change(installation, now, author=author()) as change:
        row = verbs.load_maintenance(change.session, maintenance_id)
        amendments.withdraw_maintenance(change.session, row, why, author=author(), now=now)
    say("Withdrawn.")


@maintenance.command("list")
@click.option("--open", "open_only", is_flag=True, help="Only those announced or under way.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@_json
@plainly
def list_(open_only: bool, limit: int, as_json: bool) -> None:
    """List maintenances, latest start first."""
    installation, _ = opened()
    zone = page_zone(installation)
    statuses = [status for status in MaintenanceStatus if not status.is_over] if open_only else []
    with installation.database.read() as session:
        base = installation.base_url(session)
        rows = verbs.load_maintenances(session, statuses=statuses, limit=limit)
        answers = [maintenance_answer(session, row, base) for row in rows]
    if as_json:
        say_json(answers)
        return
    say_rows(
        [
            (
                answer.id,
                _class_of(answer),
                answer.status,
                local(answer.starts_at, zone),
                local(answer.ends_at, zone),
                answer.title,
            )
            for answer in answers
        ],
        empty="No maintenance announced or under way." if open_only else "No maintenance.",
    )


def _step(maintenance_id: str, act: Callable[[Change, Maintenance], object], as_json: bool) -> None:
    """One change of a maintenance; `act` may return another one that is answered instead."""
    installation, now = opened()
    with site_change(installation, now, author=author()) as change:
        row = verbs.load_maintenance(change.session, maintenance_id)
        further = act(change, row)
        answer = _answer_of(installation, change, further if isinstance(further, Maintenance) else row)
    _say(installation, answer, change, as_json)


def _plan(
    installation: Installation,
    now: datetime,
    publish_at: str,
    plan: Callable[[Change, Planner], TimedPost],
    as_json: bool,
) -> None:
    """Have something published later, judged by the policy that is in force then."""
    later = read_time(publish_at, page_zone(installation), "publish_at")
    with site_change(installation, now, author=author()) as change:
        planner = Planner(author(), later, installation.policy(later, change.session), now)
        answer = timed_answer(plan(change, planner))
    say_timed(answer, as_json)


def _answer_of(installation: Installation, change: Change, row: Maintenance) -> MaintenanceAnswer:
    base = installation.base_url(change.session)
    return maintenance_answer(change.session, row, base)


def _class_of(answer: MaintenanceAnswer) -> str:
    return f"{answer.kind} (urgent)" if answer.urgent else answer.kind.value


def _say(installation: Installation, answer: MaintenanceAnswer, change: Change, as_json: bool) -> None:
    if as_json:
        say_json(answer)
        return
    zone = page_zone(installation)
    say(f"{answer.id}  {_class_of(answer)}  {answer.status}  {answer.title}")
    say(f"{local(answer.starts_at, zone)} to {local(answer.ends_at, zone)}")
    say(answer.url)
    counts = "left out of" if answer.excluded_from_availability else "counted in"
    say(f"It is {counts} availability as the policy has it.")
    say_outcome(change)
