"""flask notice: words to the public without an incident."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from statuspage import audit
from statuspage import notices as verbs
from statuspage.changes import site_change
from statuspage.cli.console import author, local, opened, page_zone, plainly, say, say_json, say_outcome, say_rows
from statuspage.cli.fields import read_typed, takes
from statuspage.notice_drafts import NoticeChange, NoticeDraft
from statuspage.web.api_v1.notices import notice_answer

notice = AppGroup("notice", help="Words to the public that belong to no incident.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
_id = click.argument("notice_id", metavar="ID")


@notice.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@_json
@plainly
def list_(limit: int, as_json: bool) -> None:
    """List notices, newest first."""
    installation, _ = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        base = installation.base_url(session)
        found = [notice_answer(row, base) for row in verbs.load_notices(session, limit=limit)]
    if as_json:
        say_json(found)
        return
    rows = [(each.id, local(each.posted_at, zone), local(each.ends_at, zone) or "-", each.title) for each in found]
    say_rows(rows, empty="No notice.")


@notice.command("post")
@takes(NoticeDraft)
@_json
@plainly
def post(typed: dict[str, Any], as_json: bool) -> None:
    """Put a notice on the page and in the feeds; with --notify every subscriber is mailed."""
    installation, now = opened()
    draft = read_typed(NoticeDraft, typed, page_zone(installation))
    with site_change(installation, now, author=author()) as change:
        row = verbs.post_notice(change.session, draft, author=author(), now=now)
        audit.record(change.session, "notice.post", actor=author(), target=row.id, now=now)
        answer = notice_answer(row, installation.base_url(change.session))
    if as_json:
        say_json(answer)
        return
    say(f"{answer.id}  {answer.title}")
    say(answer.url)
    say_outcome(change)


@notice.command("change")
@_id
@takes(NoticeChange)
@_json
@plainly
def change_(notice_id: str, typed: dict[str, Any], as_json: bool) -> None:
    """Change what is given of the notice ID; an empty --ends-at takes the end away."""
    installation, now = opened()
    draft = read_typed(NoticeChange, typed, page_zone(installation))
    with site_change(installation, now, author=author()) as change:
        row = verbs.change_notice(change.session, verbs.load_notice(change.session, notice_id), draft, now=now)
        audit.record(change.session, "notice.change", actor=author(), target=row.id, now=now)
        answer = notice_answer(row, installation.base_url(change.session))
    if as_json:
        say_json(answer)
        return
    say(f"{answer.id}  {answer.title}")
    say_outcome(change)


@notice.command("delete")
@_id
@plainly
def delete(notice_id: str) -> None:
    """Take the notice ID off the page and out of the feeds."""
    installation, now = opened()
    with site_change(installation, now, author=author()) as change:
        row = verbs.load_notice(change.session, notice_id)
        audit.record(change.session, "notice.delete", actor=author(), target=row.id, now=now)
        verbs.delete_notice(change.session, row)
    say("Deleted.")
