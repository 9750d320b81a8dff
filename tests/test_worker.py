"""The worker: sooner by a nudge, sure without one, alive whatever breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select

from statuspage import jobs, maintenance, migrations, worker
from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import add_component, ensure_page
from statuspage.db import Base
from statuspage.domain.vocabulary import MaintenanceStatus
from statuspage.drafts import ComponentDraft, MaintenanceDraft, read_draft
from statuspage.models import Heartbeat, Maintenance, Update
from statuspage.settings import Settings
from tests.running import wait_until
from tests.servers import PostgresServer


@contextmanager
def working(installation: Installation, name: str = "worker:test") -> Iterator[threading.Thread]:
    """A worker in a thread, ended as by SIGTERM."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(installation, stop, name))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(60)  # a busy machine included
        assert not thread.is_alive()


def plan_work(installation: Installation, starts_at: datetime, now: datetime) -> str:
    """An announced maintenance of one hour, as if announced at `now`."""
    with site_change(installation, now, author="ada") as change:
        add_component(change.session, ComponentDraft(name="Voice"), author="ada", now=now)
        wish = {
            "title": "Database upgrade",
            "body": "Short interruptions.",
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=1)).isoformat(),
            "components": ["voice"],
        }
        draft = read_draft(MaintenanceDraft, wish)
        return maintenance.schedule(change.session, draft, policy=change.policy, author="ada", now=now).id


def status_of(installation: Installation, key: str) -> MaintenanceStatus:
    with installation.database.read() as session:
        return session.get_one(Maintenance, key).status


@pytest.fixture
def migrated(installation: Installation, now: datetime) -> Installation:
    """The installation with versioned tables, as a start makes them."""
    Base.metadata.drop_all(installation.database.engine)
    migrations.upgrade(installation.database)
    with installation.database.write() as session:
        ensure_page(session, now)
    return installation


def check_nudge(url: str) -> None:
    """Nudges arrive. A single one may be lost by design: where the machine stalled and its reader gave up waiting."""
    woken, nudge = threading.Event(), jobs.Nudge(url)

    def arrives() -> bool:
        nudge()
        return woken.wait(1)

    consumer = jobs.start_consumer(url, woken.set)
    try:
        assert wait_until(arrives)
    finally:
        consumer.stop(graceful=True)
        consumer.huey.storage.close()


def test_nudge_arrives_by_sqlite(tmp_path: Path) -> None:
    check_nudge(f"sqlite:///{tmp_path / 'queue.db'}")


@pytest.mark.redis
def test_nudge_arrives_by_redis(redis_url: str) -> None:
    check_nudge(redis_url.removesuffix("/0") + "/1")  # a worker of an earlier test may still read from the other


@pytest.mark.postgres
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # huey leaves each thread's LISTEN connection to the collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nudge_arrives_by_postgresql(postgres_url: str) -> None:
    check_nudge(postgres_url)


def test_nudge_never_waits_or_fails() -> None:
    nudge = jobs.Nudge("redis://127.0.0.1:1/0")
    began = time.monotonic()
    for _ in range(100):
        nudge()
    assert time.monotonic() - began < 10


def test_windows_start_by_themselves(migrated: Installation) -> None:
    now = datetime.now(UTC)
    due_at = (now - timedelta(minutes=5)).replace(microsecond=0)
    key = plan_work(migrated, due_at, now - timedelta(days=20))
    with working(migrated):
        assert wait_until(lambda: status_of(migrated, key) is MaintenanceStatus.IN_PROGRESS)
        page = migrated.settings.public_folder / "maintenance" / f"{key}.html"
        assert wait_until(lambda: page.exists() and "In progress" in page.read_text())
    with migrated.database.read() as session:
        started = session.scalars(select(Update).where(Update.event == "started")).one()
        assert started.posted_at == due_at


def test_two_workers_announce_once(migrated: Installation) -> None:
    now = datetime.now(UTC)
    key = plan_work(migrated, now - timedelta(hours=2), now - timedelta(days=20))
    other = open_installation(migrated.settings)
    with working(migrated, "worker:one"), working(other, "worker:two"):
        assert wait_until(lambda: status_of(migrated, key) is MaintenanceStatus.COMPLETED)
        time.sleep(1.5)
    with migrated.database.read() as session:
        counted = select(Update.event, func.count()).where(Update.maintenance_id == key).group_by(Update.event)
        assert all(count == 1 for _, count in session.execute(counted))
    other.database.dispose()


def test_failed_publish_is_made_good(
    migrated: Installation, now: datetime, add_components: Callable[..., None]
) -> None:
    folder = migrated.settings.public_folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    add_components("API")
    folder.unlink()
    with working(migrated):
        assert wait_until((folder / "index.html").exists)


def test_worker_says_that_it_lives(migrated: Installation) -> None:
    def beats() -> int:
        with migrated.database.read() as session:
            return session.scalar(select(func.count()).select_from(Heartbeat)) or 0

    with working(migrated):
        assert wait_until(lambda: beats() == 1)
    assert beats() == 0


def test_worker_ends_soon(migrated: Installation) -> None:
    with working(migrated):
        time.sleep(0.5)
        began = time.monotonic()
    assert time.monotonic() - began < 10


@pytest.mark.postgres
def test_worker_outlives_its_database(
    postgres_server: PostgresServer, postgres_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LONGEST_BACK_OFF", 1.0)
    monkeypatch.setattr(worker, "HEARTBEAT_SECONDS", 1.0)
    installation = open_installation(settings.model_copy(update={"database_url": postgres_url}))
    last = select(func.max(Heartbeat.at))

    def beat_since(instant: datetime) -> bool:
        with psycopg.connect(postgres_url) as connection:
            row = connection.execute("SELECT max(at) FROM heartbeat").fetchone()
            return bool(row and row[0] and row[0] > instant)

    with working(installation) as thread:
        assert wait_until(lambda: _reads(installation, last))
        with psycopg.connect(postgres_server.url(), autocommit=True) as operator:
            operator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        name = postgres_url.rpartition("/")[2]
        with psycopg.connect(postgres_server.url(), autocommit=True) as operator:
            operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            time.sleep(2)
            assert thread.is_alive()
            operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert wait_until(lambda: beat_since(datetime.now(UTC) - timedelta(seconds=1.5)))
    installation.database.dispose()


def _reads(installation: Installation, query: object) -> bool:
    try:
        with installation.database.read() as session:
            return session.scalar(query) is not None  # type: ignore[call-overload]
    except Exception:
        return False
