from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from statuspage.changes import Installation
from tests.web.conftest import dump, load


def test_chat_is_asked_by_its_url(components: None, client: FlaskClient, installation: Installation) -> None:
    url = "https://hooks.slack.com/services/T0/B0/secret-part"
    response = client.post("/subscribe", data={"email": "", "channel": "slack", "url": url})
    assert response.status_code == 200
    assert "Look into your channel" in response.text
    subscriber = load(installation)
    assert (subscriber.channel, subscriber.address, subscriber.by_operator) == ("slack", url, False)
    page = client.get(f"/confirm/{subscriber.token}").text
    assert "Slack" in page
    assert "secret-part" not in page
    client.post(f"/confirm/{subscriber.token}")
    assert "secret-part" not in client.get(f"/manage/{subscriber.token}").text


def test_webhook_shows_its_secret_to_its_owner(
    components: None, client: FlaskClient, installation: Installation
) -> None:
    client.post("/subscribe", data={"channel": "webhook", "url": "https://example.com/hook"})
    subscriber = load(installation)
    client.post(f"/confirm/{subscriber.token}")
    assert str(subscriber.secret) in client.get(f"/manage/{subscriber.token}").text


@pytest.mark.parametrize(
    ("channel", "url"),
    [
        ("webhook", "http://127.0.0.1/"),
        ("webhook", "javascript:alert(1)"),
        ("slack", "https://example.com/services"),
        ("nonsense", "http://10.0.0.1/"),
    ],
)
def test_bad_url_is_shown_beside_its_field(
    components: None, client: FlaskClient, installation: Installation, channel: str, url: str
) -> None:
    response = client.post("/subscribe", data={"channel": channel, "url": url})
    assert response.status_code == 422
    assert 'id="url-error"' in response.text
    assert dump(installation)["subscriber"] == []


def test_known_webhook_gets_the_same_answer(
    components: None, client: FlaskClient, installation: Installation
) -> None:
    typed = {"channel": "webhook", "url": "https://example.com/hook"}
    first = client.post("/subscribe", data=typed)
    client.post(f"/confirm/{load(installation).token}")
    again = client.post("/subscribe", data=typed)
    assert (first.status_code, first.text) == (again.status_code, again.text)
