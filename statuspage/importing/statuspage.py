"""Imports the history of a Statuspage page: its v2 JSON, whole or in parts, as often as one likes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from statuspage.components import DEFAULT_PAGE_NAME, ensure_page
from statuspage.importing.capture import read_capture
from statuspage.importing.components import store_components
from statuspage.importing.events import store_events
from statuspage.importing.history import store_history
from statuspage.importing.tally import ImportReport, Tally

__all__ = ["ImportReport", "Tally", "import_history"]


def import_history(session: Session, data: Mapping[str, Any], *, now: datetime) -> ImportReport:
    """Store what a capture of a Statuspage page holds; what is stored already stays or, when newer, is changed.

    `data` is parsed JSON of the v2 API (design: /api/v2/summary.json and its like). Raises Refused with the path
    of each bad value before anything is written. Nobody is mailed. Our page keeps its zone and URL, and its name
    unless nobody has named it. Everything is to be published again afterwards, which leaving site_change does.
    """
    capture = read_capture(data)
    page = ensure_page(session, now)
    revision = page.revision + 1
    report = ImportReport()
    store_components(session, capture, revision=revision, tally=report.components)
    store_events(session, capture, revision=revision, now=now, report=report)
    store_history(session, capture, now=now, tally=report.changes)
    if page.name == DEFAULT_PAGE_NAME:
        page.name = capture.page.name
    if report.wrote:
        page.relaid_in = revision
    session.flush()
    session.expire_all()
    return report
