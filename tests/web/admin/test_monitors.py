"""Monitors and corrections by form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network

import pytest
from sqlalchemy import select

from statuspage.changes import Installation
from statuspage.domain.health import Outcome, Result
from statuspage.measurement import take_results
from statuspage.models import AuditEvent, Monitor
from statuspage.monitoring.judging import Measured
from tests.monitoring.conftest import running_target
from tests.web.admin.conftest import Operator

HTTP = {
    "kind": "http",
    "component": "api",
    "name": "Health",
    "target": "https://api.example.com/health",
    "every": "10s",
    "timeout": "5s",
    "failures": "2",
    "recoveries": "1",
    "method": "POST",
    "headers": "Authorization: Bearer of-the-secret\nAccept: text/plain",
    "expect_status": "200, 204",
    "expect_json": "data.ok",
    "expect_json_value": "true",
    "enabled": "yes",
}


@pytest.fixture(autouse=True)
def component(add_components: Callable[..., None]) -> None:
    add_components("API")


def only(installation: Installation) -> Monitor:
    with installation.database.read() as session:
        monitor = session.scalars(select(Monitor)).one()
        session.expunge(monitor)
        return monitor


def test_monitor_is_kept_changed_paused_removed(alice: Operator, installation: Installation) -> None:
    assert alice.post("/admin/monitors", HTTP).status_code == 303
    monitor = only(installation)
    assert monitor.settings["headers"] == {"Authorization": "Bearer of-the-secret", "Accept": "text/plain"}
    assert monitor.settings["expect_json"] == {"path": "data.ok", "value": True}
    assert monitor.settings["expect_status"] == [200, 204]

    path = f"/admin/monitors/{monitor.id}"
    shown = alice.get(path).text
    assert "of-the-secret" not in shown
    assert "Authorization: (kept)" in shown
    kept = {**HTTP, "headers": "Authorization: (kept)", "latency": "800ms"}
    assert alice.post(path, kept).status_code == 303
    assert only(installation).settings["headers"] == {"Authorization": "Bearer of-the-secret"}
    assert only(installation).settings["latency"] == "800ms"

    assert alice.post(f"{path}/pause").status_code == 303
    assert only(installation).enabled is False
    assert alice.post(f"{path}/remove").status_code == 303
    assert alice.get(path).status_code == 404
    with installation.database.read() as session:
        told = [event.action for event in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
    assert [each for each in told if each.startswith("monitor.")] == [
        "monitor.add",
        "monitor.change",
        "monitor.change",
        "monitor.remove",
    ]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("every", "1s", "from 10s to 1d"),
        ("target", "ftp://x", "http(s) URL"),
        ("failures", "x", "integer"),
        ("headers", "nothing", "NAME: VALUE"),
        ("headers", "X: (kept)", "could be kept"),
        ("component", "nope", "no component"),
    ],
)
def test_mistake_stands_beside_its_field(alice: Operator, field: str, value: str, words: str) -> None:
    answer = alice.post("/admin/monitors", {**HTTP, field: value})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text or field in ("component",)
    assert words in answer.text


@pytest.mark.parametrize("kind", ["http", "tcp", "dns", "tls", "heartbeat"])
def test_every_kind_has_its_form(alice: Operator, kind: str) -> None:
    text = alice.get(f"/admin/monitors/new?kind={kind}").text
    assert ('name="target"' in text) == (kind != "heartbeat")
    assert "style=" not in text


def test_heartbeat_shows_its_address_once(alice: Operator, installation: Installation) -> None:
    values = {"kind": "heartbeat", "component": "api", "period": "1h", "grace": "5m", "enabled": "yes"}
    made = alice.post("/admin/monitors", values)
    assert re.search(r"https://status\.example\.com/heartbeat/[\w-]{20,}", made.text)
    path = f"/admin/monitors/{only(installation).id}"
    assert "/heartbeat/" not in alice.get(path).text
    assert "/heartbeat/" in alice.post(f"{path}/url").text


def test_last_results_are_listed(alice: Operator, installation: Installation) -> None:
    alice.post("/admin/monitors", HTTP)
    monitor, now = only(installation), datetime.now(UTC)
    take_results(installation, [Measured(monitor.id, Result(now, Outcome.DOWN, 12, "500 <b>oh</b>"))], now)
    text = alice.get(f"/admin/monitors/{monitor.id}").text
    assert "500 &lt;b&gt;oh&lt;/b&gt;" in text
    assert "12 ms" in text
    assert "500 &lt;b&gt;" in alice.get("/admin/monitors").text


def test_board_warns_of_certificates(alice: Operator, installation: Installation) -> None:
    alice.post("/admin/monitors", {**HTTP, "certificate_warning": "30d"})
    monitor, now = only(installation), datetime.now(UTC)
    for n, (days, said) in enumerate([(40, ""), (20, "Ends soon"), (-1, "Ended")]):
        result = Result(now + timedelta(seconds=n), Outcome.UP, 12, "answered 200")
        take_results(installation, [Measured(monitor.id, result, now + timedelta(days=days))], now)
        text = alice.get("/admin/").text
        assert ("Certificate" in text) == bool(said)
        assert said in text


def test_correction_is_recorded_and_withdrawn(alice: Operator, rob: Operator, installation: Installation) -> None:
    end = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=1)
    values = {
        "component": "api",
        "starts_at": f"{end - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "ends_at": f"{end:%Y-%m-%dT%H:%M}",
        "status": "major_outage",
        "reason": "",
    }
    assert alice.post("/admin/corrections", values).status_code == 422
    assert rob.get("/admin/corrections").status_code == 200
    assert alice.post("/admin/corrections", {**values, "reason": "Nobody saw it."}).status_code == 303
    page = (installation.settings.public_folder / "components/api.html").read_text("utf-8")
    assert "Nobody saw it." in page
    (found,) = set(re.findall(r"/admin/corrections/(\d+)/withdraw", alice.get("/admin/corrections").text))
    assert alice.post(f"/admin/corrections/{found}/withdraw").status_code == 303
    assert "withdrawn" in alice.get("/admin/corrections").text


@pytest.fixture
def target() -> Iterator[int]:
    """The port of a server that does as its path says."""
    with running_target() as port:
        yield port


def test_trial_says_what_it_found(alice: Operator, installation: Installation, target: int) -> None:
    object.__setattr__(installation.settings, "probe_allow_private", (IPv4Network("127.0.0.0/8"),))
    typed = {**HTTP, "target": f"http://127.0.0.1:{target}/status/503", "headers": ""}
    answer = alice.post("/admin/monitors/test", typed)
    assert answer.status_code == 200
    assert "answered 503" in answer.text
    assert f'value="{typed["target"]}"' in answer.text, "what was typed stays"
    with installation.database.read() as session:
        assert session.scalar(select(Monitor.id)) is None
        assert session.scalars(select(AuditEvent.action)).all()[-1] == "monitor.test"


def test_trial_reaches_no_private_address(alice: Operator, target: int) -> None:
    answer = alice.post("/admin/monitors/test", {**HTTP, "target": f"http://127.0.0.1:{target}/", "headers": ""})
    assert "is not public" in answer.text


def test_trial_shows_mistakes_beside_fields(alice: Operator) -> None:
    answer = alice.post("/admin/monitors/test", {**HTTP, "target": "ftp://x"})
    assert answer.status_code == 422
    assert 'id="target-problem"' in answer.text
