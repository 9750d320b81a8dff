"""Users, tokens and the first set-up, on a real database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage import people, signins
from statuspage.db import Base, Database
from statuspage.domain.vocabulary import Role, Scope
from statuspage.errors import Conflicted, NotFound, Refused
from statuspage.models import OneTimeLink, User

NOW = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'people.db'}")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()


@pytest.fixture
def db_session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


def add_alice(session: Session, role: Role = Role.ADMIN) -> User:
    return people.create_user(session, "Alice@Example.com", PASSWORD, role, NOW)


def test_password_is_kept_as_argon2id(db_session: Session) -> None:
    stored = add_alice(db_session).password
    assert stored is not None
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_user_is_found_however_address_is_written(db_session: Session) -> None:
    alice = add_alice(db_session)
    assert people.verify_user(db_session, " ALICE@example.COM ", PASSWORD) is alice


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", "\ud800" * 12, "x" * 5000])
def test_wrong_password_finds_nobody(db_session: Session, password: str) -> None:
    add_alice(db_session)
    assert people.verify_user(db_session, "alice@example.com", password) is None


def test_inactive_user_cannot_log_in(db_session: Session) -> None:
    add_alice(db_session)
    bob = people.create_user(db_session, "bob@example.com", PASSWORD, Role.VIEWER, NOW)
    people.deactivate(db_session, bob)
    assert people.verify_user(db_session, "bob@example.com", PASSWORD) is None


def test_unknown_account_costs_equal_work(db_session: Session) -> None:
    add_alice(db_session)

    def seconds(email: str) -> float:
        times = []
        for _ in range(5):
            started = time.process_time()
            people.verify_user(db_session, email, "not the right one")
            times.append(time.process_time() - started)
        return min(times)

    assert seconds("nobody@example.com") > seconds("alice@example.com") / 2


def test_address_is_taken_once(db_session: Session) -> None:
    add_alice(db_session)
    with pytest.raises(Conflicted):
        people.create_user(db_session, "alice@EXAMPLE.com", PASSWORD, Role.VIEWER, NOW)


@pytest.mark.parametrize("email", ["", "alice", "a@b@c", "a b@c", "a@b\r\nBcc: c@d", "@", "a" * 250 + "@b.com"])
def test_bad_address_is_refused(db_session: Session, email: str) -> None:
    with pytest.raises(Refused) as refused:
        people.create_user(db_session, email, PASSWORD, Role.VIEWER, NOW)
    assert refused.value.problems[0].field == "email"


@pytest.mark.parametrize("password", ["elevenchars", "x" * 1001, "\ud800" * 12])
def test_bad_password_is_refused(db_session: Session, password: str) -> None:
    with pytest.raises(Refused) as refused:
        people.create_user(db_session, "bob@example.com", password, Role.VIEWER, NOW)
    assert refused.value.problems[0].field == "password"


def test_composed_and_decomposed_passwords_match(db_session: Session) -> None:
    people.create_user(db_session, "bob@example.com", "café au lait ok", Role.VIEWER, NOW)
    assert people.verify_user(db_session, "bob@example.com", "cafe\u0301 au lait ok")


@pytest.mark.parametrize(
    "step",
    [
        lambda session, user: people.set_password(session, user, "a quite different one"),
        lambda session, user: people.set_role(session, user, Role.VIEWER),
        lambda session, user: people.deactivate(session, user),
    ],
    ids=["password", "role", "access"],
)
def test_change_of_a_user_ends_sessions(db_session: Session, step: Callable[[Session, User], None]) -> None:
    add_alice(db_session)
    bob = people.create_user(db_session, "bob@example.com", PASSWORD, Role.ADMIN, NOW)
    carol = people.create_user(db_session, "carol@example.com", PASSWORD, Role.ADMIN, NOW)
    keys = [signins.begin(db_session, user, client=None, browser=None, now=NOW) for user in (bob, bob, carol)]
    assert all(signins.load(db_session, key, NOW) for key in keys)
    step(db_session, bob)
    assert [bool(signins.load(db_session, key, NOW)) for key in keys] == [False, False, True]


def test_session_ends_by_age(db_session: Session) -> None:
    key = signins.begin(db_session, add_alice(db_session), client="192.0.2.1", browser="Firefox\r\n", now=NOW)
    found = signins.load(db_session, key, NOW + timedelta(hours=11))
    assert found is not None
    assert (found.client, found.browser) == ("192.0.2.1", "Firefox")
    assert signins.load(db_session, key, NOW + timedelta(hours=12)) is None


def test_last_admin_stays_admin(db_session: Session) -> None:
    alice = add_alice(db_session)
    for lose in (
        lambda: people.set_role(db_session, alice, Role.VIEWER),
        lambda: people.deactivate(db_session, alice),
    ):
        with pytest.raises(Refused):
            lose()
    people.create_user(db_session, "bob@example.com", PASSWORD, Role.ADMIN, NOW)
    people.set_role(db_session, alice, Role.VIEWER)
    assert alice.role is Role.VIEWER


def test_token_works_until_revoked(db_session: Session) -> None:
    token, plain = people.create_token(db_session, "deploys", Scope.WRITE, NOW)
    assert plain not in (token.token_digest, token.name)
    assert people.verify_token(db_session, plain, NOW) is token
    people.revoke_token(db_session, token, NOW)
    assert people.verify_token(db_session, plain, NOW) is None


def test_token_ends_at_its_expiry(db_session: Session) -> None:
    _, plain = people.create_token(db_session, "deploys", Scope.READ, NOW, NOW + timedelta(hours=1))
    assert people.verify_token(db_session, plain, NOW + timedelta(minutes=59))
    assert people.verify_token(db_session, plain, NOW + timedelta(hours=1)) is None


def test_token_remembers_its_last_use(db_session: Session) -> None:
    token, plain = people.create_token(db_session, "deploys", Scope.READ, NOW)
    people.verify_token(db_session, plain, NOW)
    people.verify_token(db_session, plain, NOW + timedelta(seconds=59))
    assert token.last_used_at == NOW


@pytest.mark.parametrize("plain", ["", "sp_unknown", "\ud800", "x" * 10_000])
def test_strange_token_is_nobodys(db_session: Session, plain: str) -> None:
    assert people.verify_token(db_session, plain, NOW) is None


def test_set_up_link_makes_first_admin(db_session: Session) -> None:
    token = people.set_up_link(db_session, NOW)
    assert token is not None
    assert people.set_up_is_open(db_session, token)
    user = people.use_set_up_link(db_session, token, "alice@example.com", PASSWORD, NOW)
    assert user.role is Role.ADMIN
    assert people.set_up_link(db_session, NOW) is None
    assert not people.set_up_is_open(db_session, token)
    with pytest.raises(NotFound):
        people.use_set_up_link(db_session, token, "mallory@example.com", PASSWORD, NOW)


def test_set_up_link_dies_with_first_user(db_session: Session) -> None:
    token = people.set_up_link(db_session, NOW)
    assert token is not None
    add_alice(db_session)
    with pytest.raises(NotFound):
        people.use_set_up_link(db_session, token, "mallory@example.com", PASSWORD, NOW)


def test_newer_set_up_link_replaces_older(db_session: Session) -> None:
    older, newer = people.set_up_link(db_session, NOW), people.set_up_link(db_session, NOW)
    assert older is not None
    assert newer is not None
    assert not people.set_up_is_open(db_session, older)
    assert people.set_up_is_open(db_session, newer)


def test_bad_password_leaves_link_unused(db_session: Session) -> None:
    token = people.set_up_link(db_session, NOW)
    assert token is not None
    with pytest.raises(Refused):
        people.use_set_up_link(db_session, token, "alice@example.com", "short", NOW)
    assert people.set_up_is_open(db_session, token)


def test_two_racing_set_ups_make_one_admin(database: Database) -> None:
    with database.write() as session:
        token = people.set_up_link(session, NOW)
    assert token is not None

    def set_up(number: int) -> bool:
        try:
            with database.write() as session:
                people.use_set_up_link(session, token, f"admin{number}@example.com", PASSWORD, NOW)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(set_up, range(4))) == [False, False, False, True]
    with database.read() as session:
        assert len(people.load_users(session)) == 1
        assert session.scalars(select(OneTimeLink.used_at)).one() == NOW
