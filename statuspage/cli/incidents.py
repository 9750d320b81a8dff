"""flask incident: open, update, resolve, list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from statuspage import amendments, incidents, proposals, timed_posts
from statuspage.amendment_drafts import IncidentAmendment, Withdrawal
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
from statuspage.domain.vocabulary import IncidentStatus
from statuspage.drafts import IncidentChange, IncidentDraft, UpdateDraft, read_draft
from statuspage.incident_amendments import amend_incident
from statuspage.models import Incident
from statuspage.web.api_v1.incidents import IncidentAnswer, incident_answer
from statuspage.web.api_v1.timed import timed_answer

incident = AppGroup("incident", help="Open, update, resolve and list incidents.")

_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
_id = click.argument("incident_id", metavar="ID")
_publish_at = click.option("--publish-at", metavar="TIME", help=f"Then, by itself. {TIME_HELP}")
ENDS = ("status", "components", "priority", "cause", "provider", "publish_updates")
"""Of an update, what one that ends its incident does not say."""
FACTS = ("workaround_at", "snapshot_at", "lost_until")


@incident.command("open")
@takes(IncidentDraft)
@click.option("--draft", "as_draft", is_flag=True, help="Keep it: nobody outside sees it before it is published.")
@_publish_at
@_json
@plainly
def open_(typed: dict[str, Any], as_draft: bool, publish_at: str | None, as_json: bool) -> None:
    """Open an incident with its first update; with --publish-at it is a draft until then."""
    installation, now = opened()
    draft = read_typed(IncidentDraft, typed, page_zone(installation))
    later = _time(installation, publish_at)

    def act(change: Change) -> Incident:
        begin = proposals.keep if as_draft or later else incidents.open_incident
        row = begin(change.session, draft, policy=change.policy, author=author(), now=now)
        if later is not None:
            proposals.publish_later(change.session, row, later, author=author(), now=now)
        return row

    _do(installation, now, act, as_json)


@incident.command("update")
@_id
@takes(UpdateDraft)
@_publish_at
@_json
@plainly
def update(incident_id: str, typed: dict[str, Any], publish_at: str | None, as_json: bool) -> None:
    """Post a further update on the incident ID; what is not given stays as it is."""
    if publish_at is None:
        _post(incident_id, typed, as_json)
        return
    installation, now = opened()
    draft, later = read_typed(UpdateDraft, typed, page_zone(installation)), _time(installation, publish_at)
    assert later is not None
    with site_change(installation, now, author=author()) as change:
        row = incidents.load_incident(change.session, incident_id)
        planner = timed_posts.Planner(author(), later, installation.policy(later, change.session), now)
        answer = timed_answer(timed_posts.plan_update(change.session, row, draft, planner))
    say_timed(answer, as_json)


@incident.command("resolve")
@_id
@takes(UpdateDraft, without=(*ENDS, *FACTS, "resolved_at"))
@click.option("--at", metavar="TIME", help="When it was over; now by default.")
@_json
@plainly
def resolve(incident_id: str, typed: dict[str, Any], at: str | None, as_json: bool) -> None:
    """Resolve the incident ID; its components are operational again unless something else holds them."""
    _post(incident_id, {**typed, "resolved_at": at}, as_json, status=IncidentStatus.RESOLVED.value)


@incident.command("postmortem")
@_id
@takes(UpdateDraft, without=(*ENDS, *FACTS, "resolved_at"))
@_json
@plainly
def postmortem(incident_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """Post the postmortem of the incident ID, which is resolved; told to who chose postmortems."""
    _post(incident_id, typed, as_json, status=IncidentStatus.POSTMORTEM.value)


@incident.command("edit")
@_id
@takes(IncidentChange, without=("publish_at",))
@_json
@plainly
def edit(incident_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """Change what is given of the draft ID."""
    installation, now = opened()
    wanted = read_typed(IncidentChange, typed, page_zone(installation))

    def act(change: Change) -> Incident:
        row = incidents.load_incident(change.session, incident_id)
        return proposals.change(change.session, row, wanted, policy=change.policy, author=author(), now=now)

    _do(installation, now, act, as_json)


@incident.command("amend")
@_id
@takes(IncidentAmendment)
@click.option("--never", multiple=True, metavar="SLUG", help="A component that it never affected; repeatable.")
@_json
@plainly
def amend(incident_id: str, typed: dict[str, Any], never: tuple[str, ...], as_json: bool) -> None:
    """Set right what the incident ID is called, or did to components from its start. What it was is kept."""
    installation, now = opened()
    draft = read_typed(IncidentAmendment, typed, page_zone(installation))
    if never:
        draft = draft.model_copy(update={"components": {**(draft.components or {}), **dict.fromkeys(never)}})

    def act(change: Change) -> Incident:
        row = incidents.load_incident(change.session, incident_id)
        amend_incident(change.session, row, draft, policy=change.policy, author=author(), now=now)
        return row

    _do(installation, now, act, as_json)


@incident.command("publish")
@_id
@click.option("--at", metavar="TIME", help="Then, by itself; an empty one takes the time away.")
@_json
@plainly
def publish(incident_id: str, at: str | None, as_json: bool) -> None:
    """Publish the draft ID as it stands, now or at a time."""
    installation, now = opened()
    later = _time(installation, at)

    def act(change: Change) -> Incident:
        row = incidents.load_incident(change.session, incident_id)
        if at is None:
            proposals.publish(change.session, row, policy=change.policy, author=author(), now=now)
        else:
            proposals.publish_later(change.session, row, later, author=author(), now=now)
        return row

    _do(installation, now, act, as_json)


@incident.command("discard")
@_id
@click.option("--reason", required=True, help="The activity log keeps it.")
@plainly
def discard(incident_id: str, reason: str) -> None:
    """Throw the draft ID away for good."""
    installation, now = opened()
    with site_change(installation, now, author=author()) as change:
        found = incidents.load_incident(change.session, incident_id)
        proposals.discard(change.session, found, reason, author=author(), now=now)


@incident.command("withdraw")
@_id
@click.option("--reason", required=True, help="The activity log keeps it.")
@plainly
def withdraw(incident_id: str, reason: str) -> None:
    """Take the incident ID back: gone from page, feeds and lists; what was not sent yet is not sent."""
    installation, now = opened()
    why = read_draft(Withdrawal, {"reason": reason})
    with site_change(installation, now, author=author()) as change:
        found = incidents.load_incident(change.session, incident_id)
        amendments.withdraw_incident(change.session, found, why, author=author(), now=now)
    say("Withdrawn.")


@incident.command("list")
@click.option("--open", "open_only", is_flag=True, help="Only those that still go on.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@_json
@plainly
def list_(open_only: bool, limit: int, as_json: bool) -> None:
    """List incidents, latest start first."""
    installation, now = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        policy = installation.policy(now, session)
        base = installation.base_url(session)
        rows = incidents.load_incidents(session, open_only=open_only, limit=limit)
        answers = [incident_answer(session, row, policy, base) for row in rows]
    if as_json:
        say_json(answers)
        return
    say_rows(
        [
            (
                answer.id,
                answer.priority or "-",
                "draft" if answer.draft else "public" if answer.public else "internal",
                answer.status,
                local(answer.started_at, zone),
                answer.title,
            )
            for answer in answers
        ],
        empty="No open incident." if open_only else "No incident.",
    )


def _post(incident_id: str, typed: dict[str, Any], as_json: bool, **more: Any) -> None:
    installation, now = opened()
    draft = read_typed(UpdateDraft, typed, page_zone(installation), **more)

    def act(change: Change) -> Incident:
        row = incidents.load_incident(change.session, incident_id)
        incidents.post_update(change.session, row, draft, policy=change.policy, author=author(), now=now)
        return row

    _do(installation, now, act, as_json)


def _do(installation: Installation, now: datetime, act: Callable[[Change], Incident], as_json: bool) -> None:
    """One change of an incident, and what came of it."""
    with site_change(installation, now, author=author()) as change:
        row = act(change)
        answer = incident_answer(change.session, row, change.policy, installation.base_url(change.session))
    _say(installation, answer, change, as_json)


def _time(installation: Installation, typed: str | None) -> datetime | None:
    return read_time(typed, page_zone(installation), "publish_at") if typed else None


def _say(installation: Installation, answer: IncidentAnswer, change: Change, as_json: bool) -> None:
    if as_json:
        say_json(answer)
        return
    say(f"{answer.id}  {answer.priority or '-'}  {answer.status}  {answer.title}")
    kept = "A draft: nobody outside sees it." if answer.draft else None
    say(answer.url or kept or "Internal: the policy makes this priority no public incident.")
    say_outcome(change)
    if answer.next_update_due is not None:
        say(f"Next update due {local(answer.next_update_due, page_zone(installation))}.")
