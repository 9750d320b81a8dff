"""The Flask application: one installation, its doors, its limits."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

import structlog
from flask import Flask, abort, request
from sqlalchemy.exc import OperationalError
from werkzeug.middleware.proxy_fix import ProxyFix

from statuspage import cli
from statuspage.changes import Installation, open_installation
from statuspage.instance import bring_up_to_date, make_folders
from statuspage.jobs import Nudge
from statuspage.settings import ROOT, load_secret_key, read_settings
from statuspage.web import (
    admin,
    api_v1,
    auth,
    bounces,
    current,
    errors,
    headers,
    health,
    heartbeat,
    hooks,
    managing,
    public,
    subscriptions,
)
from statuspage.web.speaking import Speech

log = structlog.get_logger(__name__)
PUBLIC_ENDPOINTS = ("public.show_published", "static", "health.show_process")
BODY_LIMIT = 1024 * 1024
DOORS = (
    errors,
    headers,
    health,
    auth,
    admin,
    api_v1,
    subscriptions,
    managing,
    heartbeat,
    hooks,
    bounces,
    public,
    cli,
)
"""Each has `register(app)`; a new door is added here."""


def create_app(installation: Installation | None = None) -> Flask:
    """The application serving `installation`, else the one the environment describes.

    Touches neither database nor queue. Raises SettingsError when a setting cannot be used.
    """
    fresh = installation is None
    if installation is None:
        settings = read_settings()
        make_folders(settings)
        installation = open_installation(settings, Nudge(settings.queue))
    app = Flask("statuspage", root_path=str(ROOT), template_folder="templates", static_folder=None)
    app.extensions[current.EXTENSION] = installation
    _configure(app, installation)
    Speech(app)
    _guard_hosts(app, installation)
    if fresh:
        _bring_up_to_date_once(app, installation)
    for door in DOORS:
        door.register(app)
    return app


def create_bare_app() -> Flask:
    """An application for the commands that need no instance, such as `flask policy check`: it serves nothing."""
    app = Flask("statuspage", root_path=str(ROOT), static_folder=None)
    cli.register(app)
    return app


def _configure(app: Flask, installation: Installation) -> None:
    settings = installation.settings
    app.config.update(
        SECRET_KEY=load_secret_key(settings),
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        SESSION_COOKIE_NAME="statuspage",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=(settings.statuspage_url or "").startswith("https:"),
    )
    # no redirects by routing: they would be built from the Host header
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    hops = settings.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _guard_hosts(app: Flask, installation: Installation) -> None:
    """Refuse a forged Host once the page's own is known; links never rest on it anyway."""
    url = installation.settings.statuspage_url
    if not url:
        return
    known = {urlsplit(url).hostname, "127.0.0.1", "localhost", "::1"}

    @app.before_request
    def check_host() -> None:
        probed = request.path in ("/healthz", "/readyz")
        if not probed and urlsplit(f"//{request.host}").hostname not in known:
            abort(400, "This host name is not served here.")


def _bring_up_to_date_once(app: Flask, installation: Installation) -> None:
    """Under a WSGI server nobody runs app.py's main: the first request finds, or makes, tables and page."""
    done = threading.Event()
    index = installation.settings.public_folder / "index.html"

    @app.before_request
    def prepare() -> None:
        if done.is_set() or (request.endpoint in PUBLIC_ENDPOINTS and index.exists()):
            return
        try:
            bring_up_to_date(installation, current.now())
        except OperationalError as error:  # what is published is served all the same
            log.error("database unavailable at start", reason=str(error.orig))
        else:
            done.set()
