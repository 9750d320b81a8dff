"""The public door when Flask serves alone (`app:app` under gunicorn): the published files, no database.

Under `python app.py` the embedded server answers these before Flask is asked.
"""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, g, request, send_from_directory
from flask.typing import ResponseReturnValue

from statuspage.publishing.environment import asset_path
from statuspage.settings import ROOT
from statuspage.web import current
from statuspage.web.files import Answer, PublishedFiles

EXTENSION = "statuspage.files"
STATIC_SOURCE = Path(ROOT) / "static"
bp = Blueprint("public", __name__)


def register(app: Flask) -> None:
    """Serve what is published, and the product's own assets under /static/."""
    app.extensions[EXTENSION] = PublishedFiles(app.extensions[current.EXTENSION].settings.public_folder)
    app.add_url_rule("/static/<path:filename>", "static", show_asset)
    app.register_blueprint(bp)


@bp.get("/", defaults={"path": ""})
@bp.get("/<path:path>")
def show_published(path: str) -> ResponseReturnValue:
    """One published file, or the published 404 page."""
    answer = _published()
    if answer is None:
        if request.path.startswith("/api/"):
            abort(404)
        answer = _files().not_found(request.path, request.headers.get("Accept-Encoding", ""))
    return _respond(answer)


def show_asset(filename: str) -> ResponseReturnValue:
    """A published asset by its hashed name, else the source file by its plain one (operators' pages).

    After an upgrade the live pages name new assets before the next publication has written them: those come
    from the source too, so that no page stands there without its style.
    """
    answer = _published()
    if answer is not None:
        return _respond(answer)
    return send_from_directory(STATIC_SOURCE, _plain_name(filename), max_age=300)


def _plain_name(filename: str) -> str:
    """The source's name of a hashed asset that is current; any other name as it is."""
    stem, _, rest = filename.partition(".")
    name = f"{stem}.{rest.partition('.')[2]}"
    is_current = (STATIC_SOURCE / name).is_file() and asset_path(name) == f"/static/{filename}"
    return name if is_current else filename


def _published() -> Answer | None:
    headers = request.headers
    return _files().answer(request.path, headers.get("Accept-Encoding", ""), headers.get("If-None-Match"))


def _files() -> PublishedFiles:
    files = current_app.extensions[EXTENSION]
    assert isinstance(files, PublishedFiles)
    return files


def _respond(answer: Answer) -> Response:
    g.published = True
    response = Response(answer.body, answer.status, answer.headers)
    if answer.status == 304:
        response.headers.pop("Content-Type", None)
    return response
