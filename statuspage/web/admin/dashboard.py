"""The dashboard: a board of clocks."""

from __future__ import annotations

from flask import Response

from statuspage.notify.quarantine import label_of
from statuspage.web import current
from statuspage.web.admin.attention import load_attention
from statuspage.web.admin.board import load_board
from statuspage.web.admin.door import admin, show


@admin.get("/")
def dashboard() -> Response:
    """What goes on, what is due, and whether everything runs."""
    installation, now = current.installation(), current.now()
    with installation.database.read() as session:
        board, attention = load_board(session, installation, now), load_attention(session, installation, now)
        return show("dashboard.html", board=board, attention=attention, label_of=label_of)
