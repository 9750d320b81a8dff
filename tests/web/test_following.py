from __future__ import annotations

import re

from flask.testing import FlaskClient

from statuspage.changes import Installation
from tests.web.conftest import ADDRESS, load


def test_incident_is_followed_by_two_clicks(incident: str, client: FlaskClient, installation: Installation) -> None:
    form = client.get(f"/subscribe?incident={incident}").text
    assert "Calls fail" in form
    assert f'name="incident" value="{incident}"' in form
    client.post("/subscribe", data={"incident": incident, "email": ADDRESS})
    person = load(installation)
    assert "Confirm" in client.get(f"/confirm/{person.token}").text
    client.post(f"/confirm/{person.token}")
    page = client.get(f"/manage/{person.token}").text
    assert "Incidents you follow" in page
    assert not re.search(r'name="kinds" value="\w+" checked', page)
    client.post(f"/manage/{person.token}/follow", data={"incident": incident, "do": "stop"})
    assert "Incidents you follow" not in client.get(f"/manage/{person.token}").text
    client.post(f"/manage/{person.token}/follow", data={"incident": incident})
    assert "Incidents you follow" in client.get(f"/manage/{person.token}").text


def test_following_answers_alike_for_all(confirmed: str, incident: str, client: FlaskClient) -> None:
    answers = [
        client.post("/subscribe", data={"incident": incident, "email": email})
        for email in (ADDRESS, "ben@example.com")
    ]
    texts = [answer.text.replace(ADDRESS, "X").replace("ben@example.com", "X") for answer in answers]
    assert texts[0] == texts[1]
    assert {answer.status_code for answer in answers} == {200}


def test_over_or_unknown_incident_is_not_followed(components: None, client: FlaskClient) -> None:
    for answer in (
        client.get("/subscribe?incident=nothing"),
        client.post("/subscribe", data={"incident": "nothing", "email": ADDRESS}),
    ):
        assert answer.status_code == 404
        assert "over" in answer.text


def test_incident_is_followed_in_a_chat(incident: str, client: FlaskClient, installation: Installation) -> None:
    url = "https://hooks.slack.com/services/T0/B0/secret-part"
    asked = {"incident": incident, "email": "", "channel": "slack", "url": url}
    wrong = client.post("/subscribe", data={**asked, "url": "http://10.0.0.1/"})
    assert wrong.status_code == 422
    assert 'id="url-error"' in wrong.text
    assert "Calls fail" in wrong.text
    answer = client.post("/subscribe", data=asked)
    assert "Look into your channel" in answer.text
    chat = load(installation)
    assert (chat.channel, chat.wants_incidents, chat.by_operator) == ("slack", False, False)
    assert "Slack" in client.get(f"/confirm/{chat.token}").text
    client.post(f"/confirm/{chat.token}")
    page = client.get(f"/manage/{chat.token}").text
    assert "Incidents you follow" in page
    assert "secret-part" not in page
