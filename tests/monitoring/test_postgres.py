"""Measuring on PostgreSQL: the same statements, from results to bars, digests and corrections."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from statuspage.changes import open_installation, site_change
from statuspage.components import add_component, current_status, ensure_page, load_component
from statuspage.corrections import CorrectionDraft, record_correction
from statuspage.db import Base
from statuspage.domain.health import Outcome, Result
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.drafts import ComponentDraft
from statuspage.measurement import keep_digests, take_results, take_silence
from statuspage.monitor_drafts import MonitorTable
from statuspage.monitoring.judging import Measured
from statuspage.monitors import add_monitor, load_monitor
from statuspage.settings import Settings

pytestmark = pytest.mark.postgres


def test_measuring_works_on_postgresql(postgres_url: str, tmp_path: Path, now: datetime) -> None:
    installation = open_installation(Settings(statuspage_instance=tmp_path, database_url=postgres_url))
    Base.metadata.create_all(installation.database.engine)
    with installation.database.write() as session:
        ensure_page(session, now)
    with site_change(installation, now, author="ada") as change:
        api = add_component(change.session, ComponentDraft(name="API"), author="ada", now=now)
        table = MonitorTable.model_validate({"kind": "http", "target": "https://api.example.com/", "failures": 2})
        key = add_monitor(change.session, api, table, author="ada", now=now)[0].id
    for n, outcome in enumerate((Outcome.UP, Outcome.DOWN, Outcome.DOWN)):
        at = now + timedelta(seconds=30 * n)
        take_results(installation, [Measured(key, Result(at, outcome, 20), now + timedelta(days=30))], at)
    with installation.database.read() as session:
        api = load_component(session, "api")
        assert current_status(session, api, at) is ComponentStatus.MAJOR_OUTAGE
        assert load_monitor(session, key).certificate_ends_at == now + timedelta(days=30)

    later = at + timedelta(hours=1)
    assert [each.status for each in take_silence(installation, later)] == [ComponentStatus.UNKNOWN]
    keep_digests(installation, later)
    keep_digests(installation, later + timedelta(days=9))
    with site_change(installation, later, author="ada") as change:
        values = {"component": "api", "starts_at": now, "ends_at": at, "status": "operational", "reason": "A test."}
        draft = CorrectionDraft.model_validate(values)
        record_correction(change.session, draft, policy=change.policy, author="ada", now=later)
    page = (tmp_path / "public/components/api.html").read_text("utf-8")
    assert "A test." in page
    assert "20 ms" in page
    installation.database.dispose()
