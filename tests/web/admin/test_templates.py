"""Templates in the admin and the API: kept, filled into the forms, never published half filled."""

from __future__ import annotations

import html

from statuspage import incidents, templates
from statuspage.changes import Installation
from tests.web.admin.conftest import Operator
from tests.web.admin.test_incidents import FORM, opened, two_components, update_form
from tests.web.api_v1.conftest import Api, api, fields_of, make_api

__all__ = ["api", "make_api", "two_components"]

TEMPLATE = {
    "name": "Network, first word",
    "title": "{{components}} cannot be reached",
    "body": "We look into {{ components }}. Next update {{next_update}}.",
}


def made(rob: Operator, installation: Installation, **changed: str) -> str:
    """The id of a template made by form."""
    assert rob.post("/admin/templates", {**TEMPLATE, **changed}).status_code == 303
    with installation.database.read() as session:
        return templates.load_templates(session)[0].id


def test_template_fills_an_empty_form(rob: Operator, installation: Installation) -> None:
    template = made(rob, installation)
    assert "Network, first word" in rob.get("/admin/incidents/new").text
    typed = {**FORM, "title": "", "body": "", "template": template}
    page = html.unescape(rob.post("/admin/incidents/fill", typed).text)
    assert 'value="SIP trunk cannot be reached"' in page
    assert "We look into SIP trunk. Next update " in page
    assert "{{" not in page.partition("</form>")[0].partition('id="body"')[2]
    with installation.database.read() as session:
        assert incidents.load_incidents(session) == []


def test_template_goes_below_what_is_written(rob: Operator, installation: Installation) -> None:
    template = made(rob, installation, body="It began {{started}} with {{title}}, {{priority}}.")
    path = opened(rob)
    page = rob.post(f"{path}/fill", update_form(body="Typed with care.", template=template)).text
    text = html.unescape(page.partition('id="body"')[2].partition("</textarea>")[0])
    assert "Typed with care.\n\nIt began " in text
    assert "with Calls to Belgium fail, P1." in text


def test_unfilled_variable_is_not_published(rob: Operator, installation: Installation) -> None:
    template = made(rob, installation)
    typed = {**FORM, "components.sip-trunk": "", "title": "", "body": "", "template": template}
    assert "{{ components }}" in html.unescape(rob.post("/admin/incidents/fill", typed).text)
    refused = rob.post("/admin/incidents", {**FORM, "body": "We look into {{ components }}."})
    assert refused.status_code == 422
    assert "Fill in {{ components }} first." in html.unescape(refused.text)
    assert rob.post("/admin/incidents", {**FORM, "body": "The {{ jinja }} engine fails."}).status_code == 303


def test_template_fills_a_maintenance(rob: Operator, installation: Installation) -> None:
    template = made(rob, installation, body="From {{started}} to {{ends}}.", title="Work on {{components}}")
    typed = {
        "starts_at": "2090-01-02T10:00",
        "ends_at": "2090-01-02T11:00",
        "components": "api",
        "template": template,
    }
    page = html.unescape(rob.post("/admin/maintenance/fill", typed).text)
    assert 'value="Work on API"' in page
    assert "From 2090-01-02 10:00 to 2090-01-02 11:00." in page


def test_every_door_keeps_templates(rob: Operator, api: Api, installation: Installation) -> None:
    wrong = api.post("/templates", {**TEMPLATE, "title": "{{nobody}}"})
    assert (wrong.status_code, fields_of(wrong)) == (422, ["title"])
    row = api.post("/templates", TEMPLATE).json
    assert fields_of(api.post("/templates", {**TEMPLATE, "name": "NETWORK, first word"})) == ["name"]
    assert rob.post("/admin/templates", TEMPLATE).status_code == 422
    assert api.patch(f"/templates/{row['id']}", {"title": None}).json["title"] is None
    assert fields_of(api.patch(f"/templates/{row['id']}", {"body": None})) == ["body"]
    changed = rob.post(f"/admin/templates/{row['id']}", {"name": "First word", "title": "", "body": "Looking."})
    assert changed.status_code == 303
    assert [each["name"] for each in api.get("/templates").json["items"]] == ["First word"]
    assert rob.get(f"/admin/templates/{row['id']}").status_code == 200
    assert api.delete(f"/templates/{row['id']}").status_code == 204
    assert api.get(f"/templates/{row['id']}").status_code == 404
