"""What is asked all day long finds its rows by an index, on both engines: it costs no more when history is long."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from statuspage import worker
from statuspage.changes import Installation
from statuspage.publishing.site import Publisher
from tests.publishing.conftest import Operator

GROWING = frozenset(
    [
        *("incident", "update", "affected_component", "status_change", "component_change"),
        *("maintenance", "maintenance_component", "delivery", "audit_event", "check_result"),
    ]
)
"""Tables of which there is more each day."""
OF_WHAT_WAITS = frozenset(["ix_delivery_open", "ix_delivery_thread", "ix_incident_drafts"])
"""Indexes that hold only rows that something is still to be done with."""
CHORES = ("maintenance", "drafts", "reminders", "clocks", "quarantine", "detections", "publish", "digests")
_SCAN = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")
_TABLES = ", ".join(f"'{table}'::regclass" for table in sorted(GROWING))
_RENEWED = f"""
SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid IN ({_TABLES});
DELETE FROM pg_statistic WHERE starelid IN ({_TABLES});
"""
"""Plans are made as of tables that nobody counted: what the server knows of an earlier test's rows is forgotten."""

Asked = list[tuple[str, Any]]


@contextmanager
def listening(installation: Installation) -> Iterator[Asked]:
    """Each statement that reads or searches, with its values."""
    asked: Asked = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if re.match(r"(SELECT|UPDATE|DELETE|INSERT.*SELECT)", statement, re.DOTALL):
            asked.append((statement, values[0] if many else values))

    event.listen(installation.database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(installation.database.engine, "before_cursor_execute", note)


def walked(connection: Connection, statement: str, values: Any) -> set[str]:
    """The growing tables that the statement reads from one end to the other."""
    of_engine = {"sqlite": _walked_by_sqlite, "postgresql": _walked_by_postgres}[connection.dialect.name]
    return set(of_engine(connection, statement, values)) & GROWING


def _walked_by_sqlite(connection: Connection, statement: str, values: Any) -> Iterator[str]:
    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values):
        found = _SCAN.match(row[3])
        if found and found[2] not in OF_WHAT_WAITS and not (found[2] and "LIMIT" in statement):
            yield found[1]


def _walked_by_postgres(connection: Connection, statement: str, values: Any) -> Iterator[str]:
    raw = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one()
    (explained,) = json.loads(raw) if isinstance(raw, str) else raw
    yield from _of_node(explained["Plan"], is_limited=False)


def _of_node(node: dict[str, Any], *, is_limited: bool) -> Iterator[str]:
    is_limited |= node["Node Type"] == "Limit"
    reads = node["Node Type"] in ("Seq Scan", "Index Scan", "Index Only Scan") and "Index Cond" not in node
    by_index = node.get("Index Name")
    if reads and by_index not in OF_WHAT_WAITS and not (by_index and is_limited):
        yield node["Relation Name"]
    for below in node.get("Plans", []):
        yield from _of_node(below, is_limited=is_limited)


def post(operator: Operator) -> None:
    """A day's work, published by a process that remembers and by one that remembers nothing."""
    incident = operator.open(components={"voice": "major_outage"})
    operator.update(incident, status="identified")
    installation = operator.installation
    url = installation.settings.statuspage_url
    folder = installation.settings.public_folder
    installation.publisher = Publisher(folder, installation.database, installation.policies, url)
    operator.update(incident, status="resolved")
    work = operator.schedule(operator.now + timedelta(days=20))
    operator.move(work, operator.now + timedelta(days=30))


def wait(operator: Operator) -> None:
    """A second of the worker's in which nothing is due, and one in which figures are."""
    for later in (timedelta(seconds=1), timedelta(hours=2)):
        for chore in worker.make_chores("worker:plans"):
            if chore.name in CHORES:
                chore.act(operator.installation, operator.now + later)


@pytest.mark.parametrize("act", [post, wait])
def test_growing_tables_are_searched(
    operator: Operator, installation: Installation, act: Callable[[Operator], None]
) -> None:
    for n in range(3):
        operator.update(operator.open(f"Earlier {n}", components={"voice": "partial_outage"}), status="resolved")
    installation.publisher.publish(operator.now)
    with listening(installation) as asked:
        act(operator)
    with installation.database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(_RENEWED))
        found = {statement: walked(connection, statement, values) for statement, values in asked}
    assert len(found) > 15
    assert {statement: tables for statement, tables in found.items() if tables} == {}
