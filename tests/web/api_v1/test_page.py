"""The page's settings and look, deliveries tried again, by the API."""

from __future__ import annotations

import base64
from collections.abc import Callable

from statuspage.domain.vocabulary import Scope
from tests.web.api_v1.conftest import Api, fields_of, make_api

__all__ = ["make_api"]

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>'


def test_settings_are_changed_by_admins_alone(make_api: Callable[[Scope], Api]) -> None:
    writer, admin = make_api(Scope.WRITE), make_api(Scope.ADMIN)
    assert writer.patch("/page", {"name": "Mine"}).status_code == 403
    changed = admin.patch("/page", {"name": "Example Ltd", "timezone": "Europe/Amsterdam"}).json
    assert (changed["name"], changed["timezone"]) == ("Example Ltd", "Europe/Amsterdam")
    assert writer.get("/page").json["name"] == "Example Ltd"
    assert fields_of(admin.patch("/page", {"timezone": "Mars"})) == ["timezone"]


def test_look_is_set_and_taken_away(make_api: Callable[[Scope], Api]) -> None:
    admin = make_api(Scope.ADMIN)
    logo = base64.b64encode(LOGO).decode()
    said = admin.patch("/page/look", {"colour": "#2b3fb8", "logo": logo}).json
    assert (said["colour"], said["logo_type"]) == ("#2b3fb8", "svg")
    assert admin.patch("/page/look", {"logo": None}).json["logo_type"] is None
    assert fields_of(admin.patch("/page/look", {"colour": "#ffffff"})) == ["colour"]


def test_deliveries_are_tried_again(make_api: Callable[[Scope], Api]) -> None:
    api = make_api(Scope.WRITE)
    assert api.post("/deliveries/retry", {}).json == {"due": 0}
    assert fields_of(api.post("/deliveries/retry", {"ids": [0]})) == ["ids.0"]
