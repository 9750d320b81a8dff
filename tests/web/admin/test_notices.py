"""Notices by form: posted, changed, deleted."""

from __future__ import annotations

from sqlalchemy import select

from statuspage.changes import Installation
from statuspage.models import Notice
from tests.web.admin.conftest import Operator

FORM = {"title": "We move", "body": "To a new domain.", "ends_at": "", "pinned": "yes"}


def test_posted_notice_is_public(rob: Operator, installation: Installation) -> None:
    assert rob.post("/admin/notices", FORM).status_code == 303
    assert "To a new domain." in rob.client.get("/").text
    with installation.database.read() as session:
        assert session.scalars(select(Notice.pinned)).one()


def test_refused_notice_keeps_what_was_typed(rob: Operator) -> None:
    answer = rob.post("/admin/notices", {**FORM, "ends_at": "2020-01-01T10:00", "body": ""})
    assert answer.status_code == 422
    assert "We move" in answer.text


def test_notice_is_changed_and_deleted(rob: Operator, installation: Installation) -> None:
    rob.post("/admin/notices", FORM)
    with installation.database.read() as session:
        key = session.scalars(select(Notice.id)).one()
    assert "To a new domain." in rob.get(f"/admin/notices/{key}").text
    assert rob.post(f"/admin/notices/{key}", {**FORM, "body": "To a newer one."}).status_code == 303
    assert "To a newer one." in rob.client.get("/").text
    assert rob.post(f"/admin/notices/{key}", {"do": "delete"}).status_code == 303
    assert "We move" not in rob.client.get("/notices").text
