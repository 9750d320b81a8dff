"""The Flask application: one installation, its doors, its limits."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, abort, request
from flask_babel import Babel
from flask_openapi import OpenAPI
from werkzeug.middleware.proxy_fix import ProxyFix

from statuspage.changes import Installation, open_installation
from statuspage.settings import ROOT, load_secret_key, read_settings
from statuspage.web import current

BODY_LIMIT = 1024 * 1024
DOORS = (
    "statuspage.web.errors",
    "statuspage.web.headers",
    "statuspage.web.health",
    "statuspage.web.auth",
    "statuspage.web.admin",
    "statuspage.web.api_v1",
    "statuspage.web.subscriptions",
    "statuspage.web.public",
    "statuspage.cli",
)
"""Each has `register(app: Flask) -> None`."""


def create_app(installation: Installation | None = None) -> Flask:
    """The application serving `installation`, else the one the environment describes.

    Touches neither database nor queue. Raises SettingsError when a setting cannot be used.
    """
    installation = installation or open_installation(read_settings())
    app = OpenAPI(
        "statuspage",
        root_path=str(ROOT),
        template_folder="templates",
        static_folder=None,
        doc_ui=False,
        info={"title": "Status page", "version": "1"},
    )
    app.extensions[current.EXTENSION] = installation
    _configure(app, installation)
    Babel(app, default_translation_directories=str(Path(ROOT) / "statuspage" / "translations"))
    _guard_hosts(app, installation)
    for door in DOORS:
        if importlib.util.find_spec(door) is None:
            continue
        module = importlib.import_module(door)
        if hasattr(module, "register"):
            module.register(app)
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
        if urlsplit(f"//{request.host}").hostname not in known and not request.path.startswith(
            ("/healthz", "/readyz")
        ):
            abort(400, "This host name is not served here.")
