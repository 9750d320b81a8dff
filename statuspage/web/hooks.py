"""The door of outside monitors: POST /hooks/alertmanager/TOKEN and /hooks/alert/TOKEN, JSON in, problem+json out.

Nothing is read on the word of somebody without a token: an unknown one, a revoked one and one of another kind are
answered alike. What came in is written down and followed in one transaction.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Flask, Response, request
from sqlalchemy import select

from statuspage import detections, hooks
from statuspage.changes import Change, site_change
from statuspage.errors import NotFound, Refused
from statuspage.hook_drafts import AlertDraft, check_component, read_alert, read_alertmanager
from statuspage.models import Component, Hook
from statuspage.web import current
from statuspage.web.api_v1.reading import read_body
from statuspage.web.errors import problem_response
from statuspage.web.login_limits import client_network

bp = Blueprint("hooks", __name__)
POSTS = 240
"""Posts a minute by one hook, and tries with wrong tokens by one client, that one process takes."""
MINUTE = 60.0
REMEMBERED = 10_000


def register(app: Flask) -> None:
    """Attach the addresses to `app`."""
    app.register_blueprint(bp)


class Brake:
    """Counts by key within a minute, in this process: a flood is slowed, nothing is stored for it."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._counts: dict[str, int] = {}
        self._since = clock()
        self._lock = threading.Lock()

    def passes(self, key: str) -> bool:
        """Count one; whether it is within the limit."""
        with self._lock:
            if self._clock() - self._since >= MINUTE or len(self._counts) >= REMEMBERED:
                self._counts, self._since = {}, self._clock()
            self._counts[key] = self._counts.get(key, 0) + 1
            return self._counts[key] <= self._limit


_brake = Brake(POSTS)


@bp.post("/hooks/alertmanager/<token>")
def take_alertmanager(token: str) -> Response:
    """What Prometheus Alertmanager posts (webhook version 4)."""
    return _take("alertmanager", token, read_alertmanager)


@bp.post("/hooks/alert/<token>")
def take_alert(token: str) -> Response:
    """One alert of the generic shape."""
    return _take("alert", token, read_alert)


def _take(kind: str, token: str, read: Callable[[dict[str, Any]], list[AlertDraft]]) -> Response:
    installation, now = current.installation(), current.now()
    try:
        with installation.database.read() as session:
            hook = hooks.verify_hook(session, kind, token)
        if not _brake.passes(hook.id if hook else f"client {client_network()}"):
            return _slow_down()
        if hook is None:
            raise NotFound("hook", "")
        drafts = read(read_body(request))
        with site_change(installation, now, author=f"hook:{hook.name}"[:255]) as change:
            hook = hooks.verify_hook(change.session, kind, token)
            if hook is None:
                raise NotFound("hook", "")
            changed = _write(change, hook, drafts)
    except Refused as refused:
        return problem_response(422, "The post could not be read.", refused.problems)
    except NotFound:
        return problem_response(404, "There is no such hook.")
    answer = Response(json.dumps({"alerts": len(drafts), "changed": changed}), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _write(change: Change, hook: Hook, drafts: Sequence[AlertDraft]) -> int:
    if hook.kind == "alert":
        check_component(drafts, set(change.session.scalars(select(Component.slug))))
    hooks.note_use(hook, change.now)
    changed = hooks.receive(change.session, hook, drafts, now=change.now)
    if changed:
        if change.policy.availability.measured_by == "external":
            hooks.say_readings(change.session, hook, now=change.now)
        detections.follow(change.session, policy=change.policy, now=change.now)
    else:
        change.unseen = True
    return changed


def _slow_down() -> Response:
    answer = problem_response(429, f"At most {POSTS} posts a minute are taken.")
    answer.headers["Retry-After"] = "30"
    return answer
