"""API v1: JSON over HTTP for everything the forms do, one module per noun; `endpoints` is how each is made.

Plain Flask views, and an OpenAPI document made from the same declarations: the framework for that purpose read
broken JSON as missing fields and validated before it knew who was asking.
"""

from __future__ import annotations

from flask import Blueprint, Flask

from statuspage.web import current
from statuspage.web.api_v1 import (
    audit,
    claims,
    components,
    corrections,
    customer_reports,
    customers,
    deliveries,
    hooks,
    incidents,
    invitations,
    maintenances,
    monitors,
    notices,
    page,
    policy,
    proofs,
    reports,
    slots,
    subscribers,
    templates,
    timed,
    tokens,
    updates,
    uptime,
    users,
)
from statuspage.web.api_v1.allowance import EXTENSION, Allowance
from statuspage.web.api_v1.endpoints import ENDPOINTS, tell_standing, view_of
from statuspage.web.api_v1.openapi import answer_document

NOUNS = (
    page,
    components,
    incidents,
    maintenances,
    updates,
    timed,
    templates,
    notices,
    slots,
    subscribers,
    deliveries,
    uptime,
    monitors,
    corrections,
    reports,
    customers,
    customer_reports,
    claims,
    policy,
    hooks,
    tokens,
    users,
    proofs,
    invitations,
    audit,
)
"""Importing them declares their endpoints, in the order of the document."""
PREFIX = "/api/v1"


def register(app: Flask) -> None:
    """Attach the API to `app`."""
    app.extensions[EXTENSION] = Allowance(app.extensions[current.EXTENSION])
    blueprint = Blueprint("api_v1", __name__, url_prefix=PREFIX)
    for endpoint in ENDPOINTS:
        blueprint.add_url_rule(
            endpoint.rule, endpoint.name, view_of(endpoint), methods=[endpoint.method], strict_slashes=True
        )
    blueprint.after_request(tell_standing)
    blueprint.add_url_rule("/openapi.json", "openapi", answer_document, methods=["GET"])
    app.register_blueprint(blueprint)
