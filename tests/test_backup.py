"""Backup while running, restore on an empty machine; nobody hears old news twice."""

from __future__ import annotations

import tarfile
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from statuspage import backup, claims, incidents, migrations, subscribers
from statuspage.changes import Installation, open_installation, site_change
from statuspage.components import add_component, change_component, ensure_page
from statuspage.db import Base
from statuspage.domain.vocabulary import ComponentStatus
from statuspage.drafts import (
    ComponentChange,
    ComponentDraft,
    IncidentDraft,
    SubscriberDraft,
    UpdateDraft,
    read_draft,
)
from statuspage.measurement import settle_days
from statuspage.models import Component, Delivery, Incident, Subscriber
from statuspage.settings import Settings

pytestmark = pytest.mark.sqlite  # one test brings PostgreSQL itself
WORKS = ComponentStatus.OPERATIONAL


def fill(installation: Installation, now: datetime) -> str:
    """A component, a subscriber and an incident that she is still to hear of; the incident's id."""
    with site_change(installation, now, author="ada") as change:
        add_component(change.session, ComponentDraft(name="Voice"), author="ada", now=now)
        wish = SubscriberDraft(email="eve@example.org", confirmed=True)
        subscribers.add_confirmed(change.session, wish, source="import", now=now)
        draft = read_draft(
            IncidentDraft,
            {"title": "No calls", "priority": "P1", "body": "We look.", "components": {"voice": "major_outage"}},
        )
        return incidents.open_incident(change.session, draft, policy=change.policy, author="ada", now=now).id


def make_empty(folder: Path, settings: Settings, **more: object) -> Installation:
    return open_installation(settings.model_copy(update={"statuspage_instance": folder, "secret_key": None, **more}))


@pytest.fixture
def filled(installation: Installation, now: datetime) -> Installation:
    Base.metadata.drop_all(installation.database.engine)
    migrations.upgrade(installation.database)
    with installation.database.write() as session:
        ensure_page(session, now)
    (installation.settings.instance / "secret_key").write_text("k" * 64)
    fill(installation, now)
    return installation


def check_restored(restored: Installation, later: datetime) -> None:
    with restored.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Subscriber)) == 1
        incident = session.scalars(select(Incident)).one()
        states = session.scalars(select(Delivery.state)).all()
        assert states == ["skipped"]
        assert migrations.is_at_head(session)
        assert not restored.publisher.is_stale(session, later)
    page = restored.settings.public_folder / "incidents" / f"{incident.id}.html"
    assert "No calls" in page.read_text()
    settle_days(restored, later + timedelta(days=1))
    with restored.database.write() as session:
        component = session.scalars(select(Component)).one()
        claims.claim(session, {component: WORKS}, claims.Base(), at=later, author="ada", now=later)
        assert session.scalar(select(Component.settled_until)) == later  # the triggers came back with the tables


def test_empty_machine_is_restored(filled: Installation, settings: Settings, tmp_path: Path, now: datetime) -> None:
    file = tmp_path / "night.backup"
    backup.write_backup(filled, file, now)
    assert file.stat().st_mode & 0o777 == 0o600
    restored = make_empty(tmp_path / "elsewhere", settings)
    later = now + timedelta(hours=9)
    backup.restore_backup(restored, file, later)
    check_restored(restored, later)
    key = restored.settings.instance / "secret_key"
    assert key.read_text() == "k" * 64
    assert key.stat().st_mode & 0o777 == 0o600
    restored.database.dispose()


@pytest.mark.postgres
def test_postgresql_is_restored(
    filled: Installation, settings: Settings, tmp_path: Path, now: datetime, postgres_url: str
) -> None:
    first = make_empty(tmp_path / "first", settings, database_url=postgres_url)
    migrations.upgrade(first.database)
    with first.database.write() as session:
        ensure_page(session, now)
    fill(first, now)
    file = tmp_path / "pg.backup"
    backup.write_backup(first, file, now)
    with pytest.raises(backup.BackupFailed, match="postgresql"):
        backup.restore_backup(filled, file, now, force=True)
    with site_change(first, now, author="ada") as change:
        add_component(change.session, ComponentDraft(name="Later"), author="ada", now=now)
    first.database.dispose()
    backup.restore_backup(first, file, now, force=True)
    check_restored(first, now)
    with first.database.read() as session:
        assert session.scalars(select(Component.name)).all() == ["Voice"]
    first.database.dispose()


def test_backup_is_consistent_while_written(filled: Installation, tmp_path: Path, now: datetime) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with filled.database.write() as session:
                for part in ("a", "b"):
                    draft = ComponentDraft(name=f"{number}{part}")
                    add_component(session, draft, author="ada", now=now)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            file = tmp_path / f"{number}.backup"
            backup.write_backup(filled, file, now)
            with tarfile.open(file) as tar:
                stored = tar.extractfile("database")
                assert stored is not None
                (tmp_path / f"{number}.db").write_bytes(stored.read())
            copy = open_installation(
                filled.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / f'{number}.db'}"})
            )
            with copy.database.read() as session:
                assert (session.scalar(select(func.count()).select_from(Component)) or 0) % 2 == 1
            copy.database.dispose()
    finally:
        stop.set()
        writer.join()


def test_filled_instance_is_kept(filled: Installation, tmp_path: Path, now: datetime) -> None:
    file = tmp_path / "a.backup"
    backup.write_backup(filled, file, now)
    with pytest.raises(backup.BackupFailed, match="not empty"):
        backup.restore_backup(filled, file, now)
    backup.restore_backup(filled, file, now, force=True)
    check_restored(filled, now)


@pytest.mark.parametrize("content", [b"", b"not a backup", b"\x1f\x8b\x08\x00broken"])
def test_other_files_are_refused(installation: Installation, tmp_path: Path, now: datetime, content: bytes) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    with pytest.raises(backup.BackupFailed, match="not a backup"):
        backup.restore_backup(installation, file, now)
    with pytest.raises(backup.BackupFailed, match="no such file"):
        backup.restore_backup(installation, tmp_path / "missing", now)


def test_newer_backup_is_refused(
    filled: Installation, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    file = tmp_path / "a.backup"
    backup.write_backup(filled, file, now)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    manifest = backup._unpack(file, scratch)
    newer = backup.Manifest(**{**manifest.__dict__, "version": "9999"})
    backup._pack(tmp_path / "newer", newer, scratch / "database", scratch / "secret_key")
    empty = make_empty(tmp_path / "empty", settings)
    with pytest.raises(backup.BackupFailed, match="newer version"):
        backup.restore_backup(empty, tmp_path / "newer", now)
    empty.database.dispose()


def test_failed_backup_leaves_nothing(filled: Installation, tmp_path: Path, now: datetime) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(backup.BackupFailed):
        backup.write_backup(filled, folder, now)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".backup-")] == []


def test_running_process_forgets_what_was_before(filled: Installation, tmp_path: Path, now: datetime) -> None:
    file = tmp_path / "night.backup"
    backup.write_backup(filled, file, now)
    later = now + timedelta(minutes=5)
    with site_change(filled, later, author="ada") as change:
        component = change.session.scalars(select(Component)).one()
        change_component(change.session, component, ComponentChange(name="Renamed"), author="ada", now=later)
    elsewhere = open_installation(filled.settings)
    backup.restore_backup(elsewhere, file, later, force=True)
    elsewhere.database.dispose()
    with site_change(filled, later, author="ada") as change:
        incident = change.session.scalars(select(Incident)).one()
        draft = read_draft(UpdateDraft, {"status": "identified", "body": "Found."})
        incidents.post_update(change.session, incident, draft, policy=change.policy, author="ada", now=later)
    assert change.published
    front = (filled.settings.public_folder / "index.html").read_text()
    assert "Found." in front
    assert "Renamed" not in front
    publisher = open_installation(filled.settings).publisher
    assert publisher.publish(later, everything=True).written == 0
    publisher.database.dispose()
