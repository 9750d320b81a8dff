"""Alerts from outside by their door, as machines post them: well, again, wrongly, and in bad faith."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from statuspage import hooks, incidents
from statuspage.changes import Installation, site_change
from statuspage.components import change_component, load_component
from statuspage.domain.vocabulary import IncidentStatus
from statuspage.drafts import ComponentChange
from statuspage.hook_drafts import HookDraft
from statuspage.models import Incident
from statuspage.web.hooks import Brake

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "hooks.md"
STARTED = datetime.now(UTC) - timedelta(minutes=5)


@pytest.fixture
def address(installation: Installation, add_components: Callable[..., None]) -> Callable[..., str]:
    """Make a hook and give its path; there are the components api and website."""
    add_components("API", "Website")

    def make(kind: str, component: str | None = None) -> str:
        with installation.database.write() as session:
            draft = HookDraft.model_validate({"name": "Outside", "kind": kind, "component": component})
            return hooks.hook_path(*hooks.create_hook(session, draft, author="ann", now=STARTED))

    return make


def alert(status: str = "firing", **values: Any) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "ApiDown", "component": "api", "severity": "critical"},
        "annotations": {"summary": "The API does not answer"} if status == "firing" else {},
        "startsAt": STARTED.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else datetime.now(UTC).isoformat(),
        "fingerprint": "9c0b5c1d5a9b2f43",
        **values,
    }


def grouped(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {"version": "4", "groupKey": "{}", "status": "firing", "receiver": "page", "alerts": list(alerts)}


def found(installation: Installation) -> list[Incident]:
    with installation.database.read() as session:
        return list(incidents.load_incidents(session))


def fields(answer: TestResponse) -> list[str]:
    assert answer.content_type == "application/problem+json", answer.text
    return [error["field"] for error in (answer.json or {})["errors"]]


def publish_by_itself(installation: Installation) -> None:
    with site_change(installation, STARTED, author="ann") as change:
        api = load_component(change.session, "api")
        change_component(change.session, api, ComponentChange(publishes_itself=True), author="ann", now=STARTED)


def test_firing_then_resolved(client: FlaskClient, installation: Installation, address: Callable[..., str]) -> None:
    publish_by_itself(installation)
    path = address("alertmanager")
    assert client.post(path, json=grouped(alert())).json == {"alerts": 1, "changed": 1}
    assert client.post(path, json=grouped(alert())).json == {"alerts": 1, "changed": 0}
    (incident,) = found(installation)
    assert incident.public_at
    assert incident.started_at == STARTED
    assert incident.priority == "P1"
    page = (installation.settings.public_folder / "index.html").read_text()
    assert "API: major outage" in page
    assert "does not answer" not in page
    client.post(path, json=grouped(alert("resolved")))
    assert [each.status for each in found(installation)] == [IncidentStatus.RESOLVED]


def test_documented_payloads_are_taken(
    client: FlaskClient, installation: Installation, address: Callable[..., str]
) -> None:
    blocks = re.findall(r"```json (\w+)\n(.*?)```", RECIPES.read_text(), re.DOTALL)
    assert len(blocks) == 3
    paths = {kind: address(kind) for kind, _ in blocks}
    for kind, block in blocks:
        answer = client.post(paths[kind], data=block, content_type="application/json")
        assert (answer.status_code, answer.json) == (200, {"alerts": 1, "changed": 1}), answer.text


GRAFANA: dict[str, Any] = {
    "receiver": "status-page",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "High latency", "component": "api", "severity": "critical", "team": "blue"},
            "annotations": {"summary": "Latency is high", "description": "p99 over 2 s"},
            "startsAt": "2026-11-16T09:58:00+01:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "values": {"B": 44.23, "C": 1},
            "generatorURL": "https://grafana.example.com/alerting/1afz29v7z/edit",
            "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "https://grafana.example.com/alerting/silence/new",
            "dashboardURL": "",
            "panelURL": "",
            "imageURL": "https://grafana.example.com/image.png",
            "valueString": "[ metric='' labels={} value=44.23 ]",
        }
    ],
    "groupLabels": {},
    "commonLabels": {"team": "blue"},
    "commonAnnotations": {},
    "externalURL": "https://grafana.example.com/",
    "version": "1",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
    "orgId": 1,
    "title": "[FIRING:1]  (api critical)",
    "state": "alerting",
    "message": "**Firing**",
}
"""What Grafana's documentation shows of its webhook, every field of it."""


def test_grafana_is_understood(client: FlaskClient, installation: Installation, address: Callable[..., str]) -> None:
    path = address("alertmanager")
    assert client.post(path, json=GRAFANA).json == {"alerts": 1, "changed": 1}
    (incident,) = found(installation)
    assert (incident.draft, incident.title, incident.priority) == (True, "Latency is high", "P1")
    assert incident.started_at == datetime(2026, 11, 16, 8, 58, tzinfo=UTC)
    over = {**GRAFANA["alerts"][0], "status": "resolved", "endsAt": "2026-11-16T10:08:00+01:00"}
    resolved = {**GRAFANA, "status": "resolved", "state": "ok", "alerts": [over]}
    assert client.post(path, json=resolved).json == {"alerts": 1, "changed": 1}
    (incident,) = found(installation)
    assert incident.resolved_at


def test_words_of_uptime_robot(client: FlaskClient, installation: Installation, address: Callable[..., str]) -> None:
    path = address("alert", "website")
    for word in ("Down", "Up"):
        answer = client.post(path, json={"status": word, "key": "778899", "title": "Website"})
        assert answer.json == {"alerts": 1, "changed": 1}
    (incident,) = found(installation)
    assert incident.draft
    assert incident.resolved_at


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"status": "firing", "key": "k"}, ["title"]),
        ({"status": "burning", "key": "k", "title": "t"}, ["status"]),
        ({"status": "firing", "key": "k", "title": "t", "component": "nowhere"}, ["component"]),
        ({"status": "firing", "key": "k", "title": "t", "colour": "red"}, ["colour"]),
        ({"status": "firing", "key": "k", "title": "t", "started_at": "2026-11-16 10:00"}, ["started_at"]),
        ({"status": "firing", "key": 7, "title": ["t"]}, ["key", "title"]),
        ([], [""]),
    ],
)
def test_bad_alert_names_field(client: FlaskClient, address: Callable[..., str], body: Any, wrong: list[str]) -> None:
    answer = client.post(address("alert"), json=body)
    assert answer.status_code == 422
    assert fields(answer) == wrong


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"{", 400),
        (b'{"version": NaN}', 400),
        (b'{"a":' * 400 + b"1" + b"}" * 400, 400),
        (b'"\xff"', 400),
        (b'{"version": "4", "alerts": "all"}', 422),
        (b'{"version": "9", "alerts": []}', 422),
        (b'{"version": "4", "alerts": [{"status": "firing", "labels": {"a": 1}, "startsAt": "soon"}]}', 422),
        (b'{"pad": "' + b"x" * 1024 * 1024 + b'"}', 413),
    ],
)
def test_bad_bytes_are_problems(client: FlaskClient, address: Callable[..., str], data: bytes, status: int) -> None:
    answer = client.post(address("alertmanager"), data=data, content_type="application/json")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_wrong_tokens_are_answered_alike(
    client: FlaskClient, installation: Installation, address: Callable[..., str]
) -> None:
    revoked, other = address("alert"), address("alertmanager").replace("alertmanager", "alert")
    with installation.database.write() as session:
        for hook in hooks.load_hooks(session):
            if hook.kind == "alert":
                hooks.revoke_hook(session, hook, STARTED)
    answers = [
        client.post(path, data=data, content_type="text/plain")
        for path in (revoked, other, "/hooks/alert/" + "x" * 27, "/hooks/alert/%00'")
        for data in (b"{}", b"{")
    ]
    assert {(each.status_code, each.text) for each in answers} == {(404, answers[0].text)}
    assert answers[0].content_type == "application/problem+json"
    assert client.get(revoked).status_code == 404


def test_flood_makes_few_drafts(client: FlaskClient, installation: Installation, address: Callable[..., str]) -> None:
    few = {"status": "firing", "startsAt": "2026-11-16T10:00:00Z"}
    many = [{**few, "labels": {"alertname": f"A{n}"}} for n in range(10_000)]
    answer = client.post(address("alertmanager"), json=grouped(*many))
    assert answer.json == {"alerts": 10_000, "changed": 10_000}
    assert len(found(installation)) == hooks.SUBJECTS + 1
    assert client.post(address("alertmanager"), json=grouped(*many, few)).status_code == 422


def test_script_stays_text(client: FlaskClient, installation: Installation, address: Callable[..., str]) -> None:
    title = "<script>alert(1)</script>\u202e\x1b[31m" + "x" * 400
    notes = {"summary": title, "description": "<img src=x onerror=alert(1)>\n# big"}
    client.post(address("alertmanager"), json=grouped(alert(annotations=notes)))
    (incident,) = found(installation)
    assert incident.title.startswith("<script>alert(1)</script>[31mx")
    assert len(incident.title) == 255


def test_hidden_component_stays_unseen(
    client: FlaskClient, installation: Installation, address: Callable[..., str]
) -> None:
    publish_by_itself(installation)
    with site_change(installation, STARTED, author="ann") as change:
        api = load_component(change.session, "api")
        change_component(change.session, api, ComponentChange(hidden=True), author="ann", now=STARTED)
    client.post(address("alertmanager"), json=grouped(alert()))
    assert [each.draft for each in found(installation)] == [True]


def test_flood_of_posts_is_slowed() -> None:
    time = [0.0]
    brake = Brake(2, lambda: time[0])
    assert [brake.passes("a"), brake.passes("a"), brake.passes("a"), brake.passes("b")] == [True, True, False, True]
    time[0] = 61.0
    assert brake.passes("a")


def test_answer_tells_nothing_else(client: FlaskClient, address: Callable[..., str]) -> None:
    answer = client.post(address("alertmanager"), json=grouped())
    assert json.loads(answer.text) == {"alerts": 0, "changed": 0}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
