"""The door of jobs: GET, HEAD or POST /heartbeat/TOKEN says that a job ran; /start and /fail say more.

Unlike the links in mails this one acts on GET, because that is what a line in a crontab does.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort

from statuspage.errors import NotFound
from statuspage.measurement import take_call
from statuspage.monitoring.heartbeats import Signal
from statuspage.web import current

bp = Blueprint("heartbeat", __name__)
METHODS = ["GET", "POST"]
"""HEAD comes with GET."""


def register(app: Flask) -> None:
    """Attach the addresses to `app`."""
    app.register_blueprint(bp)


@bp.route("/heartbeat/<token>", methods=METHODS)
def hear_done(token: str) -> Response:
    """The job ran."""
    return _hear(token, Signal.DONE)


@bp.route("/heartbeat/<token>/start", methods=METHODS)
def hear_start(token: str) -> Response:
    """The job began; its run time is known when it says how it ended."""
    return _hear(token, Signal.START)


@bp.route("/heartbeat/<token>/fail", methods=METHODS)
def hear_failure(token: str) -> Response:
    """The job failed: the component is down at once."""
    return _hear(token, Signal.FAIL)


def _hear(token: str, signal: Signal) -> Response:
    try:
        take_call(current.installation(), token, signal, current.now())
    except NotFound:
        abort(404, "There is no such heartbeat.")
    response = Response("OK\n", content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
