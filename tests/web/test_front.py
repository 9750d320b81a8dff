"""The embedded server's own part: what it answers without a thread, a database or Flask."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from flask import Flask

from statuspage.web.front import Front, doors_of


@dataclass
class Asked:
    """A request as the embedded server hands it over."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Answered:
    """Where an answer goes."""

    status: int = 0
    body: bytes = b""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.body = status, body


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/nowhere", 404)])
def test_busy_doors_hold_up_neither_life_nor_page(app: Flask, path: str, status: int) -> None:
    front = Front(app)
    front.doors.close()  # no thread is left for any door
    answer = Answered()
    assert front.answer(Asked(path), answer)
    assert answer.status == status


def test_forms_below_a_language_are_doors(app: Flask) -> None:
    is_door = doors_of(app)
    assert all(map(is_door, ["/subscribe", "/nl/subscribe", "/admin", "/manage/token", "/api/v1/incidents"]))
    assert not any(map(is_door, ["/", "/nl", "/nl/history", "/nl/subscribe/more", "/subscribed", "/a/b/c"]))
