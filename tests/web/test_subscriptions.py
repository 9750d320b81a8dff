from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from statuspage import subscribers
from statuspage.changes import Installation
from statuspage.components import load_component, load_page
from statuspage.domain.vocabulary import NoticeKind
from statuspage.drafts import SubscriberDraft
from statuspage.models import Consent
from statuspage.notify.recipients import count_recipients
from statuspage.web import current
from tests.engines import put_away
from tests.web.conftest import ADDRESS, dump, load


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


def test_form_leads_to_its_other_languages(client: FlaskClient, installation: Installation) -> None:
    with installation.database.write() as session:
        load_page(session).languages = ["en", "nl"]
    for path, other in (("/subscribe", "/nl/subscribe"), ("/nl/subscribe", "/subscribe")):
        page = client.get(path).text
        assert re.search(rf'<a href="{other}" hreflang="\w\w"', page), path
        assert 'rel="alternate" hreflang="x-default" href="https://status.example.com/subscribe"' in page


def test_database_away_is_said_kindly(components: None, client: FlaskClient, installation: Installation) -> None:
    put_away(installation)
    response = client.post("/subscribe", data={"email": ADDRESS})
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "unwell at the moment" in response.text
    assert f'name="email" value="{ADDRESS}"' in response.text
    for path, header, language in (
        ("/nl/subscribe", "fr", "nl"),
        ("/manage/some-token", "de-DE,de;q=0.9", "de"),
        ("/confirm/some-token", "xx", "en"),
    ):
        answer = client.get(path, headers={"Accept-Language": header})
        assert (answer.status_code, f'<html lang="{language}">' in answer.text) == (503, True), path


def test_group_stands_for_its_components(
    add_components: Callable[..., None], client: FlaskClient, installation: Installation
) -> None:
    add_components("SIP trunk A", "SIP trunk B", group="Voice")
    add_components("Portal")
    group = re.findall(r'name="groups" value="(\w+)"', client.get("/subscribe").text)
    client.post("/subscribe", data={"email": ADDRESS, "groups": group})
    assert {component.slug for component in load(installation).components} == {"sip-trunk-a", "sip-trunk-b"}


def test_service_is_chosen_with_what_it_gets_later(
    components: None, client: FlaskClient, installation: Installation
) -> None:
    with installation.database.write() as session:
        load_component(session, "api").service = "voice"
    assert 'name="services" value="voice"' in client.get("/subscribe").text
    client.post("/subscribe", data={"email": ADDRESS, "services": "voice"})
    person = load(installation)
    client.post(f"/confirm/{person.token}")
    with installation.database.write() as session:
        load_component(session, "portal").service = "voice"
        slugs = ("portal", "secret")
        counts = [count_recipients(session, components=[slug], kind=NoticeKind.MAINTENANCE) for slug in slugs]
    assert counts == [1, 0]


def test_each_language_has_its_form(components: None, client: FlaskClient, installation: Installation) -> None:
    with installation.database.write() as session:
        load_page(session).languages = ["en", "nl"]
    assert '<html lang="nl">' in client.get("/nl/subscribe").text
    assert client.get("/xx/subscribe").status_code == 404
    client.post("/nl/subscribe", data={"email": ADDRESS})
    assert load(installation).language == "nl"


def test_known_and_unknown_take_the_same_time(confirmed: str, client: FlaskClient) -> None:
    def seconds(email: str, n: int) -> float:
        began = time.perf_counter()
        client.post("/subscribe", data={"email": email}, environ_base={"REMOTE_ADDR": f"192.0.2.{n}"})
        return time.perf_counter() - began

    times = [(seconds(ADDRESS, 2 * n), seconds(f"reader{n}@example.com", 2 * n + 1)) for n in range(15)]
    known, unknown = (statistics.median(each) for each in zip(*times, strict=True))
    assert abs(known - unknown) < 0.02
