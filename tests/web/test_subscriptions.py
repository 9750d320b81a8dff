from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from statuspage import subscribers
from statuspage.changes import Installation
from statuspage.components import load_component, load_page
from statuspage.drafts import SubscriberDraft
from statuspage.models import Consent, Delivery, Subscriber
from statuspage.web import current

ADDRESS = "anna@example.com"
Dump = list[tuple[object, ...]]


@pytest.fixture
def components(add_components: Callable[..., None], installation: Installation) -> None:
    add_components("API", "Portal", "Secret")
    with installation.database.write() as session:
        load_component(session, "secret").hidden = True


@pytest.fixture
def token(components: None, client: FlaskClient, installation: Installation) -> str:
    """Of a subscriber who asked and did not confirm yet."""
    client.post("/subscribe", data={"email": ADDRESS, "components": "api"})
    with installation.database.read() as session:
        return session.scalars(select(Subscriber.token)).one()


@pytest.fixture
def confirmed(token: str, client: FlaskClient) -> str:
    client.post(f"/confirm/{token}")
    return token


def load(installation: Installation) -> Subscriber:
    with installation.database.read() as session:
        subscriber = session.scalars(select(Subscriber)).one()
        subscriber.components  # noqa: B018  # loaded while the session is open
        return subscriber


def dump(installation: Installation) -> dict[str, Dump]:
    with installation.database.read() as session:
        tables = (Subscriber, Consent, Delivery)
        return {t.__tablename__: [tuple(row) for row in session.execute(select(t.__table__))] for t in tables}


def test_form_offers_what_is_public(components: None, client: FlaskClient) -> None:
    response = client.get("/subscribe")
    assert response.status_code == 200
    assert re.findall(r'name="components" value="([^"]+)"', response.text) == ["api", "portal"]
    assert re.findall(r'<option value="(P\d)"', response.text) == ["P1", "P2", "P3"]


def test_front_page_form_needs_the_address_alone(
    components: None, client: FlaskClient, installation: Installation
) -> None:
    assert client.post("/subscribe", data={"email": ADDRESS}).status_code == 200
    subscriber = load(installation)
    assert (subscriber.all_components, subscriber.wants_incidents, subscriber.wants_maintenance) == (True,) * 3


def test_bad_form_keeps_everything_typed(components: None, client: FlaskClient, installation: Installation) -> None:
    typed = {"shown": "1", "email": '"><script>', "components": "portal", "min_priority": "P2"}
    response = client.post("/subscribe", data=typed)
    assert response.status_code == 422
    assert 'id="email-error"' in response.text
    assert 'id="kinds-error"' in response.text
    assert 'aria-invalid="true"' in response.text
    assert 'value="&#34;&gt;&lt;script&gt;"' in response.text
    assert re.search(r'value="portal" checked', response.text)
    assert re.search(r'value="P2" selected', response.text)
    assert dump(installation)["subscriber"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("components", "nope"),
        ("components", "secret"),
        ("components", "a\x00b"),
        ("kinds", "gossip"),
        ("min_priority", "P9"),
        ("language", "xx"),
        ("language", "x" * 500),
        ("email", "a\r\nBcc: b@example.com"),
    ],
)
def test_wrong_choice_is_told_beside_its_field(components: None, client: FlaskClient, field: str, value: str) -> None:
    response = client.post("/subscribe", data={"email": ADDRESS, field: value})
    assert response.status_code == 422
    assert "error-summary" in response.text


def test_no_kind_is_refused(components: None, client: FlaskClient) -> None:
    response = client.post("/subscribe", data={"email": ADDRESS, "shown": "1"})
    assert response.status_code == 422
    assert 'id="kinds-error"' in response.text


def test_known_and_unknown_address_answer_alike(confirmed: str, client: FlaskClient) -> None:
    known = client.post("/subscribe", data={"email": ADDRESS})
    unknown = client.post("/subscribe", data={"email": "nobody@example.com"})
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(ADDRESS, "X") == unknown.text.replace("nobody@example.com", "X")


def test_honeypot_swallows_machines(components: None, client: FlaskClient, installation: Installation) -> None:
    person = client.post("/subscribe", data={"email": ADDRESS})
    machine = client.post("/subscribe", data={"email": ADDRESS, "website": "https://spam.example"})
    assert machine.text == person.text
    assert len(dump(installation)["delivery"]) == 1


def test_too_many_requests_are_told_when(components: None, client: FlaskClient) -> None:
    answers = [client.post("/subscribe", data={"email": f"r{n}@example.com"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 0 < int(answers[5].headers["Retry-After"]) <= 3601
    assert 'value="r5@example.com"' in answers[5].text


def test_confirming_takes_the_button(token: str, client: FlaskClient, installation: Installation) -> None:
    assert "<button" in client.get(f"/confirm/{token}").text
    assert load(installation).confirmed_at is None
    assert client.post(f"/confirm/{token}").status_code == 200
    assert load(installation).confirmed_at is not None


def test_scanner_changes_nothing(token: str, client: FlaskClient, installation: Installation) -> None:
    for step in ("pending", "confirmed"):
        if step == "confirmed":
            client.post(f"/confirm/{token}")
        before = dump(installation)
        for path in ("confirm", "manage", "unsubscribe"):
            for method in ("GET", "HEAD", "OPTIONS"):
                client.open(f"/{path}/{token}?List-Unsubscribe=One-Click&confirm=1", method=method)
        assert dump(installation) == before


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_ends_it(confirmed: str, client: FlaskClient, installation: Installation, encoding: str) -> None:
    response = client.post(f"/unsubscribe/{confirmed}", data={"List-Unsubscribe": "One-Click"}, content_type=encoding)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert load(installation).unsubscribed_at is not None
    with installation.database.read() as session:
        assert session.scalars(select(Consent.source).where(Consent.action == "withdrawn")).one() == "one click"


def test_button_ends_it(confirmed: str, client: FlaskClient, installation: Installation) -> None:
    assert client.post(f"/unsubscribe/{confirmed}").status_code == 200
    assert client.post(f"/unsubscribe/{confirmed}").status_code == 200
    assert load(installation).unsubscribed_at is not None
    assert client.get(f"/manage/{confirmed}").status_code == 404


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


def test_pages_by_link_are_closed_to_others(confirmed: str, client: FlaskClient) -> None:
    for path in ("confirm", "manage", "unsubscribe"):
        response = client.get(f"/{path}/{confirmed}")
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", ["confirm", "manage", "unsubscribe"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_link_is_over(components: None, client: FlaskClient, path: str, method: str) -> None:
    answers: list[TestResponse] = [client.open(f"/{path}/{t}", method=method) for t in ("x" * 27, "a%00b", "%ff")]
    assert [answer.status_code for answer in answers] == [404] * 3


def test_links_never_follow_the_host_header(token: str, client: FlaskClient, installation: Installation) -> None:
    client.get(f"/confirm/{token}", headers={"Host": "evil.example"})
    page = client.get(f"/confirm/{token}", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in page.text


def test_pages_speak_the_subscribers_language(
    components: None, client: FlaskClient, installation: Installation
) -> None:
    with installation.database.write() as session:
        load_page(session).languages = ["en", "nl"]
        draft = SubscriberDraft(email=ADDRESS, language="nl")
        anna = subscribers.add_confirmed(session, draft, source="test", now=current.now())
    assert '<html lang="nl">' in client.get(f"/manage/{anna.token}").text
    assert '<html lang="en">' in client.get("/subscribe").text


def test_database_away_is_said_kindly(components: None, client: FlaskClient, installation: Installation) -> None:
    with installation.database.write() as session:
        session.execute(select(func.count()).select_from(Subscriber))
        session.connection().exec_driver_sql("DROP TABLE consent")
    response = client.post("/subscribe", data={"email": ADDRESS})
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
