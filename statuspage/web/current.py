"""What a door needs of its surroundings: the installation it serves and the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from statuspage.changes import Installation

EXTENSION = "statuspage"


def installation() -> Installation:
    """The installation the running application serves."""
    return cast("Installation", current_app.extensions[EXTENSION])


def now() -> datetime:
    """This instant, aware, in UTC. Doors read the clock once per request and hand it down."""
    return datetime.now(UTC)
