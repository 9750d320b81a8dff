"""Text that was typed and not sent: kept on the server, offered again, gone once it is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from statuspage import unsent
from statuspage.changes import Installation
from statuspage.models import UnsentForm
from tests.web.admin.conftest import Operator
from tests.web.admin.test_incidents import FORM, opened, two_components, update_form

__all__ = ["two_components"]

TAB, OTHER_TAB = "0123456789abcdef", "fedcba9876543210"
KEEP = "/admin/unsent/incident-new"


def kept(installation: Installation) -> list[UnsentForm]:
    with installation.database.read() as session:
        return list(session.scalars(select(UnsentForm).where(UnsentForm.sent_at.is_(None))))


def test_each_tab_keeps_its_own_text(
    rob: Operator, enter: Callable[[str], Operator], installation: Installation
) -> None:
    assert rob.post(KEEP, {**FORM, "body": "From the first tab.", "writer": TAB}).status_code == 204
    assert rob.post(KEEP, {**FORM, "body": "From the first tab, longer.", "writer": TAB}).status_code == 204
    assert rob.post(KEEP, {**FORM, "body": "From the second.", "writer": OTHER_TAB}).status_code == 204
    page = rob.get("/admin/incidents/new").text
    assert ("From the first tab, longer." in page, "From the second." in page) == (True, True)
    assert "Not sent yet" not in enter("alice").get("/admin/incidents/new").text
    row = next(each for each in kept(installation) if each.writer == TAB)
    back = rob.get(f"/admin/incidents/new?unsent={row.id}").text
    text = back.partition('id="body"')[2].partition("</textarea>")[0]
    assert ("From the first tab, longer." in text, f'value="{TAB}"' in back) == (True, True)
    assert '<option value="major_outage" selected>' in back
    assert ("csrf_token", "x") not in [tuple(pair) for pair in row.fields]
    assert "csrf_token" not in [name for name, _ in row.fields]
    assert rob.post(f"{KEEP}/drop", {"writer": OTHER_TAB}).status_code == 303
    assert "From the second." not in rob.get("/admin/incidents/new").text


def test_sent_text_is_never_offered_again(rob: Operator, installation: Installation) -> None:
    rob.post(KEEP, {**FORM, "writer": TAB})
    path = opened(rob, writer=TAB)
    assert kept(installation) == []
    rob.post(KEEP, {**FORM, "writer": TAB})  # was still on its way when the form was sent
    assert kept(installation) == []
    rob.post(
        f"/admin/unsent/{path.removeprefix('/admin/').replace('incidents/', 'incident-')}", {"writer": OTHER_TAB}
    )
    assert len(kept(installation)) == 1
    rob.post(f"{path}/updates", update_form(writer=OTHER_TAB))
    assert kept(installation) == []


def test_refused_form_is_kept(rob: Operator, installation: Installation) -> None:
    assert rob.post("/admin/incidents", {**FORM, "title": "", "writer": TAB}).status_code == 422
    (row,) = kept(installation)
    assert ["body", FORM["body"]] in row.fields
    overtaken = rob.get("/admin/incidents/new").text
    assert "We **look** into it." in overtaken


def test_what_is_no_form_is_not_kept(rob: Operator, installation: Installation) -> None:
    assert rob.post("/admin/unsent/settings-new", {"writer": TAB}).status_code == 404
    assert rob.post(KEEP, {"writer": "../.."}).status_code == 404
    assert rob.post(KEEP, {**FORM, "body": "x" * 300_000, "writer": TAB}).status_code == 204
    assert kept(installation) == [row for row in kept(installation) if not row.fields]
    with installation.database.write() as session:
        later = datetime.now(UTC) + unsent.KEPT_FOR + timedelta(days=1)
        unsent.forget_old(session, later)
    assert kept(installation) == []


def test_board_tells_of_lead_times_that_are_missed(
    rob: Operator, enter: Callable[[str], Operator], installation: Installation
) -> None:
    now = datetime.now(UTC)
    lead = timedelta(days=14)  # of the standard policy

    def wrote(operator: Operator, writer: str, title: str, ahead: timedelta, kind: str = "scheduled") -> None:
        window = {"starts_at": f"{now + ahead:%Y-%m-%dT%H:%M}", "ends_at": f"{now + ahead:%Y-%m-%dT%H:%M}"}
        typed = {"title": title, "kind": kind, "writer": writer, **window}
        assert operator.post("/admin/unsent/maintenance-new", typed).status_code == 204

    alice = enter("alice")
    wrote(rob, TAB, "New routers tonight", timedelta(hours=8))
    wrote(rob, OTHER_TAB, "Some other year", timedelta(days=300))
    wrote(alice, TAB, "Just in time", lead + timedelta(hours=5))
    wrote(alice, OTHER_TAB, "An emergency", timedelta(hours=2), kind="emergency")
    board = rob.get("/admin/").text
    section = board.partition('id="unannounced"')[2].partition("</section>")[0]
    missed, _, in_time = section.partition("Just in time")
    assert ("New routers tonight" in missed, "Lead time missed" in missed, "Go on writing" in missed) == (True,) * 3
    assert ("To be announced by" in in_time, "alice@example.com" in in_time, "Go on writing" in in_time) == (
        True,
        True,
        False,
    )
    assert ("Some other year" in board, "An emergency" in board) == (False, False)
    assert 'id="unannounced"' not in enter("vera").get("/admin/").text
