from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage import subscribers
from statuspage.changes import Installation
from statuspage.components import load_component
from statuspage.errors import Refused
from statuspage.models import Consent, Delivery, Subscriber
from statuspage.subscriber_csv import read_rows
from statuspage.subscriber_lists import AT_ONCE, export_lines, import_list, import_rows

HEADER = "email,confirmed,components,kinds,min_priority,language"
FILE = f"""{HEADER},frequency
ann+lists@example.com,yes,service:voice;portal,incident;postmortem,P2,en,daily
jörg example.com,yes,,,,,
info@bücher.example,yes,api,sla,,en,each
new@example.com,no,,maintenance,,,
"""


@pytest.fixture
def components(add_components: Callable[..., None], session: Session) -> None:
    add_components("API", "Portal")
    load_component(session, "api").service = "voice"
    session.flush()


def take_in(session: Session, text: str, now: datetime) -> tuple[int, list[tuple[int, str]]]:
    added, refused = import_rows(session, read_rows(text), source="import:anna", now=now)
    return added, [(line, problem.field) for line, problem in refused]


def test_choices_come_round(components: None, session: Session, now: datetime) -> None:
    assert take_in(session, FILE, now) == (3, [(3, "email")])
    written = "".join(export_lines(session))
    assert sorted(written.splitlines()) == sorted(
        [
            f"{HEADER},frequency",
            "ann+lists@example.com,yes,service:voice;portal,incident;postmortem,P2,en,daily",
            "info@bücher.example,yes,api,sla,,en,each",
            "new@example.com,no,,maintenance,,en,each",
        ]
    )
    again = session.scalars(select(Subscriber.id)).all()
    assert take_in(session, written, now) == (3, [])
    assert len(session.scalars(select(Subscriber.id)).all()) == len(again)


def test_consent_is_recorded_and_others_are_asked(components: None, session: Session, now: datetime) -> None:
    take_in(session, FILE, now)
    proofs = session.execute(select(Consent.action, Consent.source)).all()
    assert sorted(action for action, _source in proofs) == ["asked", "confirmed", "confirmed"]
    assert {source for _action, source in proofs} == {"import:anna"}
    assert session.scalars(select(Delivery.kind)).all() == ["confirmation"]


def test_contract_columns_alone_without_digests(session: Session, now: datetime) -> None:
    take_in(session, "email,confirmed\na@example.com,yes\n", now)
    assert next(export_lines(session)) == f"{HEADER}\n"


def test_address_twice_is_one_subscriber(session: Session, now: datetime) -> None:
    rows = "email,confirmed,min_priority\na@example.com,yes,P1\nA@example.com,yes,P3\n"
    assert take_in(session, rows, now) == (2, [])
    assert session.scalars(select(Subscriber.min_priority)).all() == ["P3"]


def test_who_left_is_not_brought_back(session: Session, now: datetime) -> None:
    take_in(session, "email,confirmed\na@example.com,yes\n", now)
    person = session.scalars(select(Subscriber)).one()
    subscribers.unsubscribe(session, person, source="test", now=now)
    take_in(session, "email,confirmed\na@example.com,yes\n", now)
    assert person.unsubscribed_at == now
    assert list(export_lines(session)) == [f"{HEADER}\n"]


def test_formula_is_no_formula(session: Session, now: datetime) -> None:
    take_in(session, "email,confirmed\n'+1@example.com,yes\n", now)
    assert list(export_lines(session))[1].startswith("'+1@example.com,")


def test_unknown_scope_names_its_line(components: None, session: Session, now: datetime) -> None:
    rows = f"{HEADER}\na@example.com,yes,service:mail;pager,,,\n"
    assert take_in(session, rows, now) == (0, [(2, "components.pager"), (2, "services.mail")])


def test_unknown_column_is_refused() -> None:
    with pytest.raises(Refused, match="no column"):
        read_rows("email,age\na@example.com,7\n")


def test_long_list_is_checked_first_and_written_in_pieces(installation: Installation, now: datetime) -> None:
    lines = [f"person{n}@example.com,yes" for n in range(2 * AT_ONCE + 7)]
    whole = "\n".join(["email,confirmed", *lines])

    def take(text: str, *, skip: bool) -> tuple[int, list[int]]:
        added, wrong = import_list(installation.database, text, source="import:anna", skip_bad=skip, now=now)
        return added, [line for line, _problem in wrong]

    def count() -> int:
        with installation.database.read() as session:
            return session.scalar(select(func.count()).select_from(Subscriber)) or 0

    assert take(f"{whole}\nnobody,yes\n", skip=False) == (0, [len(lines) + 2])
    assert count() == 0, "a mistake in the last line stops the first ones too"
    assert take(f"{whole}\nnobody,yes\n", skip=True) == (len(lines), [len(lines) + 2])
    assert take(whole, skip=False) == (len(lines), [])
    assert count() == len(lines), "again is nobody twice"
    with pytest.raises(Refused, match="line 3"):
        take('email\na@example.com\n"b@example.com" x\n', skip=True)


def test_list_is_read_a_line_at_a_time() -> None:
    rows = read_rows("email\na@example.com\n" + "x,y\n" * 10)
    first = next(rows)
    assert (first.line, first.problems) == (2, ())
