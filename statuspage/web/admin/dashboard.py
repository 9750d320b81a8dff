"""The dashboard: a board of clocks."""

from __future__ import annotations

from flask import Response

from statuspage.web import current
from statuspage.web.admin.board import load_board
from statuspage.web.admin.door import admin, show


@admin.get("/")
def dashboard() -> Response:
    """What goes on, what is due, and whether everything runs."""
    installation = current.installation()
    with installation.database.read() as session:
        return show("dashboard.html", board=load_board(session, installation, current.now()))
