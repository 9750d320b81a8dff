"""The door of mail providers and mail servers: POST /hooks/bounces/TOKEN takes what came back.

A report by mail (RFC 3464, RFC 5965) is posted as message/rfc822, a provider's events as JSON. The token stands for
whoever set the provider up (`flask hook create NAME --kind bounces`); no cookie, no session.
"""

from __future__ import annotations

import json
from typing import Any

import httpx2
import structlog
from flask import Blueprint, Flask, Response, request

from statuspage import bounces, hooks
from statuspage.errors import NotFound, Problem, Refused
from statuspage.notify import bounce_events
from statuspage.notify.bounce_reports import BounceReport, read_mail_report
from statuspage.notify.letterhead import return_path_of
from statuspage.web import current
from statuspage.web.errors import problem_response

KIND = "bounces"
MAIL_TYPES = ("message/rfc822", "multipart/report", "application/octet-stream")
bp = Blueprint("bounces", __name__)
log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Attach the door to `app`."""
    app.register_blueprint(bp)


@bp.post("/hooks/bounces/<token>")
def take_in(token: str) -> Response:
    """200 with the number of reports that were news; 404 for a wrong token, 422 for what is no report."""
    installation, now = current.installation(), current.now()
    try:
        reports = _read(token)
        with installation.database.write() as session:
            hook = hooks.verify_hook(session, KIND, token)
            if hook is None:
                raise NotFound("hook", "")
            hooks.note_use(hook, now)
            rows = bounces.take_in(session, reports, returns=return_path_of(installation.settings), now=now)
            count = len(rows)
    except Refused as refused:
        return problem_response(422, "The post could not be read.", refused.problems)
    except NotFound:
        return problem_response(404, "There is no such hook.")
    return Response(json.dumps({"taken": count}), mimetype="application/json")


def _read(token: str) -> list[BounceReport]:
    """What was posted. Nothing is parsed, and nowhere is gone, on the word of somebody without a token."""
    installation = current.installation()
    with installation.database.read() as session:
        if hooks.verify_hook(session, KIND, token) is None:
            raise NotFound("hook", "")
    if request.mimetype in MAIL_TYPES:
        report = read_mail_report(request.get_data())
        return [report] if report is not None else []
    content = _json()
    address = bounce_events.subscription_address(content)
    if address is None:
        return bounce_events.read_events(content, current.now(), installation.settings.mailgun_signing_key)
    try:
        bounce_events.visit(address)
    except (OSError, httpx2.HTTPError) as error:
        log.warning("SNS not confirmed", error=str(error))
        raise Refused(Problem("SubscribeURL", "could not be opened")) from None
    log.info("SNS confirmed")
    return []


def _json() -> Any:
    # SNS calls its JSON text/plain
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Refused(Problem("", "is neither JSON nor a mail (message/rfc822)")) from None
