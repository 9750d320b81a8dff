"""flask maintenance: schedule, move, extend, cancel, list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from flask.cli import AppGroup

from statuspage import amendments, extensions
from statuspage import maintenance as verbs
from statuspage.amendment_drafts import Withdrawal
from statuspage.changes import Change, Installation, site_change
from statuspage.cli.console import (
    author,
    given,
    local,
    opened,
    page_zone,
    plainly,
    read_text,
    read_time,
    say,
    say_json,
    say_outcome,
    say_rows,
    translations_of,
)
from statuspage.cli.fields import TRANSLATION
from statuspage.domain.vocabulary import MaintenanceKind, MaintenanceStatus, Risk, WorkEffect, WorkObject
from statuspage.drafts import CancelDraft, MaintenanceDraft, MoveDraft, read_draft
from statuspage.models import Maintenance
from statuspage.web.api_v1.maintenances import MaintenanceAnswer, maintenance_answer
from statuspage.work_drafts import ExtensionDraft

maintenance = AppGroup("maintenance", help="Announce, move, cancel and list maintenance windows.")

Command = TypeVar("Command", bound=Callable[..., Any])
BODY_HELP = "What people read, in Markdown; - reads standard input, @FILE a file."
TIME_HELP = "With an offset, or wall-clock time in the page's zone."
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
_body = click.option("--body", required=True, metavar="TEXT|-|@FILE", help=BODY_HELP)
_quiet = click.option("--no-notify", is_flag=True, help="Tell no subscriber; the page shows it all the same.")


def _window(command: Command) -> Command:
    """The options that say when, and what the policy may ask for."""
    for option in (
        click.option("--confirm", is_flag=True, help="Announce it although the policy warns."),
        click.option("--reason-text", help="The reason in words; shown."),
        click.option("--reason", help="One of the policy's reasons, where it asks for one."),
        click.option(
            "--kind", metavar="|".join(MaintenanceKind), help="What it should count as; refused on too little notice."
        ),
        click.option("--ends-at", "--end", "ends_at", required=True, metavar="TIME", help=TIME_HELP),
        click.option("--starts-at", "--start", "starts_at", required=True, metavar="TIME", help=TIME_HELP),
    ):
        command = option(command)
    return command


@maintenance.command("schedule")
@click.option("--title", required=True, help="One line, up to 255 characters.")
@_body
@_window
@click.option("--component", "components", multiple=True, metavar="SLUG", help="Affected; repeatable.")
@click.option("--risk", metavar="|".join(Risk), help="normal by default.")
@click.option("--works-on", metavar="|".join(WorkObject), help="What is worked on; shown.")
@click.option("--effect", metavar="|".join(WorkEffect), help="What people notice meanwhile; shown.")
@TRANSLATION
@_quiet
@_json
@plainly
def schedule(
    title: str,
    body: str,
    starts_at: str,
    ends_at: str,
    kind: str | None,
    reason: str | None,
    reason_text: str | None,
    confirm: bool,
    components: tuple[str, ...],
    risk: str | None,
    works_on: str | None,
    effect: str | None,
    translations: tuple[str, ...],
    no_notify: bool,
    as_json: bool,
) -> None:
    """Announce a maintenance. The policy classes it by the notice given; with too little notice for the kind wished
    it is refused, and the earliest start that would do is printed."""
    installation, now = opened()
    values = given(title=title, kind=kind, risk=risk, reason=reason, reason_text=reason_text)
    values |= given(works_on=works_on, effect=effect)
    values |= {"body": read_text(body), "components": list(components), "confirm": confirm, "notify": not no_notify}
    values |= given(translations=translations_of(translations))
    values |= _times(installation, starts_at, ends_at)
    draft = read_draft(MaintenanceDraft, values)
    with site_change(installation, now, author=author()) as change:
        row = verbs.schedule(change.session, draft, policy=change.policy, author=author(), now=now)
        answer = _answer_of(installation, change, row)
    _say(installation, answer, change, as_json)


@maintenance.command("move")
@click.argument("maintenance_id", metavar="ID")
@_body
@_window
@TRANSLATION
@_quiet
@_json
@plainly
def move(
    maintenance_id: str,
    body: str,
    starts_at: str,
    ends_at: str,
    kind: str | None,
    reason: str | None,
    reason_text: str | None,
    confirm: bool,
    translations: tuple[str, ...],
    no_notify: bool,
    as_json: bool,
) -> None:
    """Give the maintenance ID another window, before it begins; its notice starts anew."""
    installation, now = opened()
    values = given(kind=kind, reason=reason, reason_text=reason_text)
    values |= {"body": read_text(body), "confirm": confirm, "notify": not no_notify}
    values |= given(translations=translations_of(translations))
    values |= _times(installation, starts_at, ends_at)
    draft = read_draft(MoveDraft, values)
    with site_change(installation, now, author=author()) as change:
        row = verbs.load_maintenance(change.session, maintenance_id)
        verbs.move(change.session, row, draft, policy=change.policy, author=author(), now=now)
        answer = _answer_of(installation, change, row)
    _say(installation, answer, change, as_json)


@maintenance.command("extend")
@click.argument("maintenance_id", metavar="ID")
@_body
@click.option("--ends-at", "--end", "ends_at", required=True, metavar="TIME", help=TIME_HELP)
@click.option("--reason", help="One of the policy's reasons, where it asks for one.")
@click.option("--reason-text", help="The reason in words; shown.")
@click.option("--confirm", is_flag=True, help="Announce it although the policy warns.")
@TRANSLATION
@_quiet
@_json
@plainly
def extend(
    maintenance_id: str,
    body: str,
    ends_at: str,
    reason: str | None,
    reason_text: str | None,
    confirm: bool,
    translations: tuple[str, ...],
    no_notify: bool,
    as_json: bool,
) -> None:
    """Announce that the maintenance ID, now under way, goes on: a further window with its own notice and class."""
    installation, now = opened()
    values = given(reason=reason, reason_text=reason_text)
    values |= {"body": read_text(body), "confirm": confirm, "notify": not no_notify}
    values |= given(translations=translations_of(translations))
    values["ends_at"] = read_time(ends_at, page_zone(installation), "ends_at")
    draft = read_draft(ExtensionDraft, values)
    with site_change(installation, now, author=author()) as change:
        row = verbs.load_maintenance(change.session, maintenance_id)
        further = extensions.extend(change.session, row, draft, policy=change.policy, author=author(), now=now)
        answer = _answer_of(installation, change, further)
    _say(installation, answer, change, as_json)


@maintenance.command("cancel")
@click.argument("maintenance_id", metavar="ID")
@_body
@TRANSLATION
@_quiet
@_json
@plainly
def cancel(maintenance_id: str, body: str, translations: tuple[str, ...], no_notify: bool, as_json: bool) -> None:
    """Cancel the maintenance ID, before it begins."""
    installation, now = opened()
    values = {"body": read_text(body), "notify": not no_notify, "translations": translations_of(translations) or {}}
    draft = read_draft(CancelDraft, values)
    with site_change(installation, now, author=author()) as change:
        row = verbs.load_maintenance(change.session, maintenance_id)
        verbs.cancel(change.session, row, draft, author=author(), now=now)
        answer = _answer_of(installation, change, row)
    _say(installation, answer, change, as_json)


@maintenance.command("withdraw")
@click.argument("maintenance_id", metavar="ID")
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


def _times(installation: Installation, starts_at: str, ends_at: str) -> dict[str, Any]:
    zone = page_zone(installation)
    return {
        "starts_at": read_time(starts_at, zone, "starts_at"),
        "ends_at": read_time(ends_at, zone, "ends_at"),
    }


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
