"""flask publish, flask worker and flask prober: the page written, what is due done, what is monitored checked."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from statuspage import worker as work
from statuspage.cli.console import fail, opened, plainly, say
from statuspage.publishing.site import Progress, PublishFailed
from statuspage.settings import ROOT
from statuspage.web import current


@click.command("publish")
@click.option("--all", "everything", is_flag=True, help="Render every page anew, not only what changed.")
@with_appcontext
@plainly
def publish(everything: bool) -> None:
    """Write the public files for what changed since they were last written."""
    installation, now = opened()
    try:
        with _bar() as told:
            result = installation.publisher.publish(now, everything=everything, progress=told)
    except PublishFailed as error:
        fail(str(error))
    say(f"Revision {result.revision}: {result.written} files written in {result.seconds:.2f} s.")


@contextmanager
def _bar() -> Iterator[Progress]:
    """A progress bar on the terminal, with the time that is left; nothing where the output is read by a program."""
    with click.progressbar(length=1, label="Publishing", file=sys.stderr, update_min_steps=1) as bar:

        def tell(made: int, expected: int) -> None:
            bar.length = expected
            bar.update(made - bar.pos)

        yield tell


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Send what is due, start and end maintenance, publish what time changed; until SIGTERM."""
    work.run(current.installation(), _until_ended())


@click.command("prober")
@with_appcontext
def prober() -> None:
    """Check the monitors, each in its turn; until SIGTERM. Of several probers one works at a time."""
    try:
        opened()
    except OperationalError as error:  # it waits for the database; the worker brings that up to date
        click.echo(f"The database does not answer yet: {error.orig}", err=True)
    current.installation().database.dispose()
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    # the same process without the doors' modules: they are half its memory
    os.execve(sys.executable, [sys.executable, "-m", "statuspage.prober"], environment)  # noqa: S606


def _until_ended() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
