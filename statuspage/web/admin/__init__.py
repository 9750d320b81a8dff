"""The admin pages: one module per noun, all behind the door of door.py."""

from __future__ import annotations

from flask import Flask

from statuspage.web.admin import (
    account,
    amendments,
    claims,
    components,
    corrections,
    customer_reports,
    customers,
    dashboard,
    deliveries,
    events,
    hooks,
    incidents,
    looks,
    maintenance,
    monitors,
    notices,
    passkeys,
    people,
    previews,
    proposals,
    reports,
    second_factor,
    settings,
    slots,
    subscriber_records,
    subscribers,
    templates,
    timed,
    tokens,
    unsent,
    updates,
)
from statuspage.web.admin.door import admin

__all__ = ["register"]

PAGES = (
    account,
    amendments,
    claims,
    components,
    corrections,
    customer_reports,
    customers,
    dashboard,
    deliveries,
    events,
    hooks,
    incidents,
    looks,
    maintenance,
    monitors,
    notices,
    passkeys,
    people,
    previews,
    proposals,
    reports,
    second_factor,
    settings,
    slots,
    subscriber_records,
    subscribers,
    templates,
    timed,
    tokens,
    unsent,
    updates,
)
"""Imported because their views attach themselves to the blueprint."""


def register(app: Flask) -> None:
    """Attach the admin to `app`."""
    app.register_blueprint(admin)
