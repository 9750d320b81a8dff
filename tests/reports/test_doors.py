"""The reports at every door: API, command line, admin, public page, files for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from statuspage import people
from statuspage.changes import Installation
from statuspage.components import load_component
from statuspage.domain.vocabulary import Role, Scope
from statuspage.factory import create_app
from statuspage.reports.tables import safe_cell, sla_csv
from statuspage.web.api_v1.reports import sla_answer
from tests.reports.conftest import BEGAN, Story

FORMULA = '=HYPERLINK("https://example.org")'


@pytest.fixture
def story(tell: Callable[[str], Story]) -> Story:
    """A month with one outage of an hour, whose title a spreadsheet would run."""
    story = tell("standard")
    story.component("api")
    story.outage("2024-04-10T12:00Z", timedelta(hours=1), "api", title=FORMULA)
    story.work("2024-04-01T08:00Z", "2024-04-20T20:00Z", timedelta(hours=1), "api")
    return story


@pytest.fixture
def app(story: Story) -> Flask:
    app = create_app(story.installation)
    app.testing = True
    return app


@pytest.fixture
def headers(story: Story) -> dict[str, str]:
    with story.installation.database.write() as session:
        _, token = people.create_token(session, "reports", Scope.READ, BEGAN)
    return {"Authorization": f"Bearer {token}"}


def test_api_gives_exact_fractions(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/api/v1/sla/report?period=2024-04", headers=headers)
    assert answer.status_code == 200, answer.text
    [service] = answer.json["services"]  # type: ignore[index]
    assert service["availability"] == {"num": 2_584_800, "den": 2_588_400, "pct": "99.86"}
    assert (service["total_seconds"], service["removed_seconds"], service["downtime_seconds"]) == (
        *(2_592_000, 3_600, 3_600),
    )
    assert (service["target"], service["met"], service["credit_pct"]) == ("99.90", False, None)
    [outage] = service["outages"]
    assert (outage["component"], outage["cause"], outage["start"]) == ("api", "own", "2024-04-10T12:00:00Z")
    assert service["removed"][0]["reason"] == "scheduled"
    assert answer.json["final"] is True  # type: ignore[index]


@pytest.mark.parametrize("path", ["/sla/report", "/communications"])
@pytest.mark.parametrize("query", ["", "?period=2024", "?period=2999-01"])
def test_api_refuses_what_is_no_period(client: FlaskClient, headers: dict[str, str], path: str, query: str) -> None:
    answer = client.get(f"/api/v1{path}{query}", headers=headers)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["period"]  # type: ignore[index]


def test_api_tells_of_communication(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/api/v1/communications?period=2024-04", headers=headers).json
    assert answer
    assert (answer["updates_due"], answer["updates_posted"], answer["updates_late"]) == (1, 2, 1)
    assert answer["incidents"][0]["late"][0]["late_seconds"] == 45 * 60
    assert (answer["notices_due"], answer["notices_met"]) == (1, 1)


def test_command_prints_table_json_and_csv(app: Flask, client: FlaskClient, headers: dict[str, str]) -> None:
    run = app.test_cli_runner().invoke
    table = run(args=["sla", "report", "--period", "2024-04"])
    assert table.exit_code == 0, table.output
    assert "99.86%" in table.output
    assert "A = (T − X − U − D) ÷ (T − X − U) × 100" in table.output
    as_json = run(args=["sla", "report", "--period", "2024-04", "--format", "json"])
    assert json.loads(as_json.output) == client.get("/api/v1/sla/report?period=2024-04", headers=headers).json
    as_csv = run(args=["sla", "report", "--period", "2024-04", "--format", "csv"])
    assert as_csv.output.startswith("record,period,")


def test_command_refuses_plainly(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    assert run(args=["sla", "report", "--period", "April"]).exit_code == 2
    assert run(args=["sla", "report", "--period", "2024-04", "--customer", "nobody"]).exit_code == 1


def test_spreadsheet_runs_no_formula(story: Story) -> None:
    rows = list(csv.DictReader(io.StringIO(sla_csv(story.report("2024-04")))))
    [outage] = [row for row in rows if row["record"] == "outage"]
    assert outage["title"] == f"'{FORMULA}"
    assert (outage["seconds"], outage["component"]) == ("3600", "api")
    [service] = [row for row in rows if row["record"] == "service"]
    assert (service["availability_num"], service["availability_den"]) == ("2584800", "2588400")
    assert [safe_cell(text) for text in ("+1", "-1", "@x", "\tx", "plain")] == ["'+1", "'-1", "'@x", "'\tx", "plain"]


@pytest.fixture
def viewer(app: Flask, story: Story) -> FlaskClient:
    return viewer_of(app, story)


def viewer_of(app: Flask, story: Story) -> FlaskClient:
    """Somebody who may only look, logged in."""
    client = app.test_client()
    with story.installation.database.write() as session:
        people.create_user(session, "vera@example.com", "correct horse battery", Role.VIEWER, BEGAN)
    token = client.get("/admin/login").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"email": "vera@example.com", "password": "correct horse battery", "csrf_token": token}
    assert client.post("/admin/login", data=form).status_code == 303
    return client


def test_admin_pages_show_figure_and_formula(viewer: FlaskClient) -> None:
    assert "/admin/reports/sla/2024-04" in viewer.get("/admin/reports").text
    page = viewer.get("/admin/reports/sla/2024-04").text
    for text in ("99.86%", "99.90%", "(2,588,400 − 3,600) ÷ 2,588,400", "A = (T − X − U − D) ÷ (T − X − U) × 100"):
        assert text in page
    assert "Communication report 2024-04" in viewer.get("/admin/reports/communication/2024-04").text
    assert viewer.get("/admin/reports/sla/nothing").status_code == 404
    assert viewer.get("/admin/reports?period=2024-04").headers["Location"].endswith("/admin/reports/sla/2024-04")


@pytest.mark.parametrize("kind", ["sla", "communication"])
@pytest.mark.parametrize(
    ("shape", "content_type"), [("csv", "text/csv; charset=utf-8"), ("json", "application/json")]
)
def test_admin_hands_out_files(viewer: FlaskClient, kind: str, shape: str, content_type: str) -> None:
    answer = viewer.get(f"/admin/reports/{kind}/2024-04.{shape}")
    assert (answer.status_code, answer.content_type) == (200, content_type)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{kind}-2024-04.{shape}"'


def test_public_page_agrees_with_the_report(story: Story) -> None:
    now = BEGAN.replace(month=4, day=10, hour=13)
    installation: Installation = story.installation
    installation.publisher.publish(now, everything=True)
    page = (installation.settings.public_folder / "sla.html").read_text("utf-8")
    shown = sla_answer(story.report("2024-04", now=now.isoformat())).services[0].availability
    assert shown
    assert f'<th scope="row">Api</th><td class="num" data-label="Availability">{shown.pct}%</td>' in page
    assert "April 2024, as of 10 Apr 2024" in page


def test_public_page_names_no_hidden_component(story: Story) -> None:
    story.component("secret", hidden=True)
    installation = story.installation
    with installation.database.read() as session:
        assert load_component(session, "secret").hidden
    installation.publisher.publish(BEGAN.replace(month=4), everything=True)
    assert "Secret" not in (installation.settings.public_folder / "sla.html").read_text("utf-8")


def test_admin_report_names_classes_as_the_policy(tell: Callable[[str], Story]) -> None:
    story = tell("ecerium")
    story.component("gateway", "sms-gateway")
    story.work("2024-04-10T08:00Z", "2024-04-12T08:00Z", timedelta(hours=1), "gateway")
    app = create_app(story.installation)
    page = viewer_of(app, story).get("/admin/reports/sla/2024-04").text
    assert page.count("Unscheduled maintenance") == 2  # beside the seconds and beside its notice
