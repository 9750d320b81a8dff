"""flask timed: list, move and cancel what publishes itself at its time."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from statuspage import timed_posts
from statuspage.changes import site_change
from statuspage.cli.console import author, local, opened, page_zone, plainly, read_time, say, say_json, say_rows
from statuspage.web.api_v1.timed import TimedAnswer, timed_answer

timed = AppGroup("timed", help="Posts that publish themselves: updates, and announcements of maintenance.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON instead of words.")
_id = click.argument("timed_id", metavar="ID")


@timed.command("list")
@_json
@plainly
def list_(as_json: bool) -> None:
    """List what waits for its time, the next one first, and what could not be published."""
    installation, _ = opened()
    zone = page_zone(installation)
    with installation.database.read() as session:
        found = [timed_answer(row) for row in timed_posts.load_timed(session)]
    if as_json:
        say_json(found)
        return
    rows = [
        (each.id, each.kind, local(each.publish_at, zone), each.author, each.title, each.held_because or "")
        for each in found
    ]
    say_rows(rows, empty="Nothing waits for its time.")


@timed.command("move")
@_id
@click.option("--at", required=True, metavar="TIME", help="With an offset, or wall-clock time in the page's zone.")
@_json
@plainly
def move(timed_id: str, at: str, as_json: bool) -> None:
    """Publish the post ID at another time; one that was held waits again."""
    installation, now = opened()
    publish_at = read_time(at, page_zone(installation), "publish_at")
    with site_change(installation, now, author=author()) as change:
        row = timed_posts.load_timed_post(change.session, timed_id)
        policy = installation.policy(publish_at, change.session)
        timed_posts.put_off(change.session, row, publish_at, policy=policy, author=author(), now=now)
        answer = timed_answer(row)
    say_timed(answer, as_json)


@timed.command("cancel")
@_id
@plainly
def cancel(timed_id: str) -> None:
    """Cancel the post ID: nobody outside ever sees it."""
    installation, now = opened()
    with site_change(installation, now, author=author()) as change:
        row = timed_posts.load_timed_post(change.session, timed_id)
        timed_posts.cancel(change.session, row, author=author(), now=now)
    say("Cancelled.")


def say_timed(answer: TimedAnswer, as_json: bool) -> None:
    """A post that waits, for people or as JSON."""
    if as_json:
        say_json(answer)
        return
    installation, _ = opened()
    say(f"{answer.id}  {answer.kind}  {answer.title}")
    say(f"Publishes itself {local(answer.publish_at, page_zone(installation))}; nobody outside sees it before.")
