from __future__ import annotations

import re

from flask.testing import FlaskClient

from statuspage.changes import Installation
from statuspage.domain.vocabulary import Frequency
from tests.web.conftest import ADDRESS, dump, load


def test_manage_changes_the_wishes(confirmed: str, client: FlaskClient, installation: Installation) -> None:
    shown = client.get(f"/manage/{confirmed}").text
    assert re.search(r'value="api" checked', shown)
    wishes = {"shown": "1", "kinds": "maintenance", "components": ["portal"], "min_priority": "P1"}
    response = client.post(f"/manage/{confirmed}", data=wishes)
    assert response.status_code == 200
    subscriber = load(installation)
    assert [c.slug for c in subscriber.components] == ["portal"]
    assert (subscriber.wants_incidents, subscriber.wants_maintenance) == (False, True)
    assert client.post(f"/manage/{confirmed}", data={"shown": "1"}).status_code == 422
    assert load(installation).wants_maintenance


def test_every_choice_comes_back(confirmed: str, client: FlaskClient, installation: Installation) -> None:
    choice = {"shown": "1", "kinds": ["sla", "postmortem"], "min_priority": "P1", "frequency": "daily"}
    assert client.post(f"/manage/{confirmed}", data=choice).status_code == 200
    page = client.get(f"/manage/{confirmed}").text
    assert re.findall(r'name="kinds" value="(\w+)" checked', page) == ["sla", "postmortem"]
    assert re.findall(r'name="frequency" value="(\w+)" checked', page) == ["daily"]
    assert load(installation).frequency is Frequency.DAILY


def test_own_data_is_shown_and_taken_along(confirmed: str, client: FlaskClient) -> None:
    assert "confirmed" in client.get(f"/manage/{confirmed}").text
    answer = client.get(f"/manage/{confirmed}/data.json")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.json is not None
    assert answer.json["address"] == ADDRESS
    assert [proof["action"] for proof in answer.json["consents"]] == ["asked", "confirmed"]
    assert confirmed not in answer.text


def test_erasure_needs_a_tick(confirmed: str, client: FlaskClient, installation: Installation) -> None:
    refused = client.post(f"/manage/{confirmed}/erase")
    assert refused.status_code == 422
    assert 'id="sure-error"' in refused.text
    assert client.post(f"/manage/{confirmed}/erase", data={"sure": "yes"}).status_code == 200
    assert [rows for name, rows in dump(installation).items() if rows] == []
    assert client.get(f"/manage/{confirmed}").status_code == 404


def test_looking_changes_nothing(
    confirmed: str, incident: str, client: FlaskClient, installation: Installation
) -> None:
    before = dump(installation)
    pages = (
        "manage/{}",
        "manage/{}/data.json",
        "confirm/{}",
        "unsubscribe/{}",
        "manage/{}/erase",
        "manage/{}/follow",
    )
    for path in pages:
        client.get("/" + path.format(confirmed))
        client.head("/" + path.format(confirmed))
    client.get(f"/subscribe?incident={incident}")
    assert dump(installation) == before
