"""flask incident: open, update, resolve, list."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from statuspage import amendments, incidents, proposals
from statuspage.amendment_drafts import Withdrawal
from statuspage.changes import Change, Installation, site_change
from statuspage.cli.console import (
    author,
    given,
    local,
    opened,
    page_zone,
    pairs,
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
from statuspage.domain.vocabulary import Cause, IncidentStatus
from statuspage.drafts import IncidentDraft, UpdateDraft, read_draft
from statuspage.models import Incident
from statuspage.web.api_v1.incidents import IncidentAnswer, incident_answer

incident = AppGroup("incident", help="Open, update, resolve and list incidents.")

BODY_HELP = "What people read, in Markdown; - reads standard input, @FILE a file."
COMPONENT_HELP = "SLUG=STATUS, repeatable: operational, degraded_performance, partial_outage, major_outage …"
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
_body = click.option("--body", required=True, metavar="TEXT|-|@FILE", help=BODY_HELP)
_component = click.option("--component", "components", multiple=True, metavar="SLUG=STATUS", help=COMPONENT_HELP)
_quiet = click.option("--no-notify", is_flag=True, help="Tell no subscriber; the page shows it all the same.")
_cause = click.option("--cause", metavar="|".join(Cause), help="Who answers for it.")
_provider = click.option("--provider", metavar="NAME", help="Who the third party is, with --cause third_party.")


@incident.command("open")
@click.option("--title", required=True, help="One line, up to 255 characters.")
@click.option("--priority", required=True, metavar="P1…P5", help="By the policy's definitions: `flask policy show`.")
@click.option("--status", metavar="|".join(IncidentStatus), help="investigating by default.")
@_body
@_component
@_cause
@_provider
@click.option("--started-at", metavar="TIME", help="Now by default; without an offset in the page's zone.")
@click.option("--resolved-at", metavar="TIME", help="When it was over, with --status resolved; now by default.")
@TRANSLATION
@_quiet
@click.option("--draft", "as_draft", is_flag=True, help="Keep it: nobody outside sees it before it is published.")
@click.option("--publish-at", metavar="TIME", help="Keep it as a draft that publishes itself then.")
@_json
@plainly
def open_(
    title: str,
    priority: str,
    status: str | None,
    body: str,
    components: tuple[str, ...],
    cause: str | None,
    provider: str | None,
    started_at: str | None,
    resolved_at: str | None,
    translations: tuple[str, ...],
    no_notify: bool,
    as_draft: bool,
    publish_at: str | None,
    as_json: bool,
) -> None:
    """Open an incident with its first update."""
    installation, now = opened()
    values = given(
        title=title, priority=priority, status=status, body=read_text(body), cause=cause, provider=provider
    )
    values |= given(translations=translations_of(translations))
    values["components"] = pairs(components, "components") or {}
    if started_at is not None:
        values["started_at"] = read_time(started_at, page_zone(installation), "started_at")
    if resolved_at is not None:
        values["resolved_at"] = read_time(resolved_at, page_zone(installation), "resolved_at")
    draft = read_draft(IncidentDraft, {**values, "notify": not no_notify})
    later = read_time(publish_at, page_zone(installation), "publish_at") if publish_at else None
    with site_change(installation, now, author=author()) as change:
        begin = proposals.keep if as_draft or later else incidents.open_incident
        opened_ = begin(change.session, draft, policy=change.policy, author=author(), now=now)
        if later is not None:
            proposals.publish_later(change.session, opened_, later, author=author(), now=now)
        answer = _answer_of(installation, change, opened_)
    _say(installation, answer, change, as_json)


@incident.command("update")
@click.argument("incident_id", metavar="ID")
@click.option("--status", metavar="|".join(IncidentStatus), help="Stays as it is by default.")
@_body
@_component
@click.option("--priority", metavar="P1…P5", help="Raise or lower it.")
@_cause
@_provider
@click.option("--workaround-at", metavar="TIME", help="When a work-around is planned, or since when there is one.")
@click.option("--snapshot-at", metavar="TIME", help="The backup that was put back.")
@click.option("--lost-until", metavar="TIME", help="Until when changes are lost with it; the incident's start.")
@click.option("--after", metavar="ID", help="The newest update you have read: refused when there is another.")
@TRANSLATION
@_quiet
@_json
@plainly
def update(
    incident_id: str,
    status: str | None,
    body: str,
    components: tuple[str, ...],
    priority: str | None,
    cause: str | None,
    provider: str | None,
    workaround_at: str | None,
    snapshot_at: str | None,
    lost_until: str | None,
    after: str | None,
    translations: tuple[str, ...],
    no_notify: bool,
    as_json: bool,
) -> None:
    """Post a further update on the incident ID; what is not given stays as it is."""
    values = given(
        status=status,
        body=read_text(body),
        components=pairs(components, "components"),
        priority=priority,
        cause=cause,
        provider=provider,
        notify=not no_notify,
        after=after,
        translations=translations_of(translations),
    )
    times = given(workaround_at=workaround_at, snapshot_at=snapshot_at, lost_until=lost_until)
    if times:
        zone = page_zone(opened()[0])
        values |= {name: read_time(typed, zone, name) for name, typed in times.items()}
    _post(incident_id, values, as_json)


@incident.command("resolve")
@click.argument("incident_id", metavar="ID")
@_body
@click.option("--at", metavar="TIME", help="When it was over; now by default.")
@TRANSLATION
@_quiet
@_json
@plainly
def resolve(
    incident_id: str, body: str, at: str | None, translations: tuple[str, ...], no_notify: bool, as_json: bool
) -> None:
    """Resolve the incident ID; its components are operational again unless something else holds them."""
    values = {"status": IncidentStatus.RESOLVED.value, "body": read_text(body), "notify": not no_notify}
    if at is not None:
        values["resolved_at"] = read_time(at, page_zone(opened()[0]), "resolved_at")
    _post(incident_id, values | given(translations=translations_of(translations)), as_json)


@incident.command("postmortem")
@click.argument("incident_id", metavar="ID")
@_body
@TRANSLATION
@_quiet
@_json
@plainly
def postmortem(incident_id: str, body: str, translations: tuple[str, ...], no_notify: bool, as_json: bool) -> None:
    """Post the postmortem of the incident ID, which is resolved; told to who chose postmortems."""
    values = {"status": IncidentStatus.POSTMORTEM.value, "body": read_text(body), "notify": not no_notify}
    _post(incident_id, values | given(translations=translations_of(translations)), as_json)


@incident.command("publish")
@click.argument("incident_id", metavar="ID")
@click.option("--at", metavar="TIME", help="Then, by itself; an empty one takes the time away.")
@_json
@plainly
def publish(incident_id: str, at: str | None, as_json: bool) -> None:
    """Publish the draft ID as it stands, now or at a time."""
    installation, now = opened()
    later = read_time(at, page_zone(installation), "publish_at") if at else None
    with site_change(installation, now, author=author()) as change:
        found = incidents.load_incident(change.session, incident_id)
        if at is None:
            proposals.publish(change.session, found, policy=change.policy, author=author(), now=now)
        else:
            proposals.publish_later(change.session, found, later, author=author(), now=now)
        answer = _answer_of(installation, change, found)
    _say(installation, answer, change, as_json)


@incident.command("discard")
@click.argument("incident_id", metavar="ID")
@click.option("--reason", required=True, help="The activity log keeps it.")
@plainly
def discard(incident_id: str, reason: str) -> None:
    """Throw the draft ID away for good."""
    installation, now = opened()
    with site_change(installation, now, author=author()) as change:
        found = incidents.load_incident(change.session, incident_id)
        proposals.discard(change.session, found, reason, author=author(), now=now)


@incident.command("withdraw")
@click.argument("incident_id", metavar="ID")
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


def _post(incident_id: str, values: dict[str, Any], as_json: bool) -> None:
    installation, now = opened()
    draft = read_draft(UpdateDraft, values)
    with site_change(installation, now, author=author()) as change:
        found = incidents.load_incident(change.session, incident_id)
        incidents.post_update(change.session, found, draft, policy=change.policy, author=author(), now=now)
        answer = _answer_of(installation, change, found)
    _say(installation, answer, change, as_json)


def _answer_of(installation: Installation, change: Change, found: Incident) -> IncidentAnswer:
    base = installation.base_url(change.session)
    return incident_answer(change.session, found, change.policy, base)


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
