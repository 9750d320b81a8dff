from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage import opt_in, subscribers
from statuspage.addresses import read_address
from statuspage.attempts import Limit, Rationed
from statuspage.components import load_component, load_page
from statuspage.domain.vocabulary import NoticeKind, Priority
from statuspage.drafts import SubscriberDraft
from statuspage.errors import NotFound, Refused
from statuspage.models import Consent, Delivery, Subscriber, SubscriberComponent
from statuspage.wishes import kinds_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ask(session: Session, now: datetime, email: str = "anna@example.com", **more: object) -> Subscriber:
    client = str(more.pop("client", "192.0.2.1"))
    draft = SubscriberDraft.model_validate({"email": email, **more})
    return subscribers.subscribe(session, draft, source=subscribers.FORM, client=client, now=now)


def kinds_owed(session: Session) -> list[str]:
    return list(session.scalars(select(Delivery.kind).order_by(Delivery.id)))


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(Consent.action).order_by(Consent.id)))


def refused_fields(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [problem.field for problem in refused.value.problems]


def test_asking_makes_a_pending_row_and_one_mail(session: Session, now: datetime) -> None:
    anna = ask(session, now, min_priority="P2", kinds=["incident"])
    assert not subscribers.is_active(anna)
    assert subscribers.is_awaited(session, anna, now)
    assert kinds_of(anna) == [NoticeKind.INCIDENT]
    assert (anna.min_priority, anna.language, anna.all_components) == (Priority.P2, "en", True)
    assert kinds_owed(session) == ["confirmation"]
    assert len(anna.token) == 27


def test_only_confirming_subscribes(session: Session, now: datetime) -> None:
    anna = ask(session, now)
    subscribers.confirm(session, anna.token, client="192.0.2.1", now=now + HOUR)
    assert anna.confirmed_at == now + HOUR
    subscribers.confirm(session, anna.token, client="192.0.2.1", now=now + DAY)
    assert anna.confirmed_at == now + HOUR
    assert actions(session) == ["asked", "confirmed"]


def test_link_is_over_after_seven_days(session: Session, now: datetime) -> None:
    anna = ask(session, now)
    with pytest.raises(NotFound):
        subscribers.confirm(session, anna.token, now=now + 8 * DAY)


@pytest.mark.parametrize("token", ["", "x" * 27, "a\x00b" * 9, "é" * 27, "a" * 5000])
def test_unknown_token_is_not_found(session: Session, token: str) -> None:
    with pytest.raises(NotFound):
        subscribers.load_by_token(session, token)


def test_asking_again_says_so_by_mail_alone(session: Session, now: datetime) -> None:
    anna = ask(session, now, min_priority="P1")
    subscribers.confirm(session, anna.token, now=now)
    assert ask(session, now + HOUR, "ANNA@Example.com", min_priority="P3") is anna
    assert anna.min_priority is Priority.P1
    assert kinds_owed(session) == ["confirmation", "already"]


def test_one_mail_an_hour_and_three_a_day(session: Session, now: datetime) -> None:
    for minutes in (0, 30, 61, 122, 183, 244):
        ask(session, now + timedelta(minutes=minutes), client=f"192.0.2.{minutes}")
    assert kinds_owed(session) == ["confirmation"] * 3


def test_sixth_request_of_a_client_is_rationed(session: Session, now: datetime) -> None:
    for n in range(5):
        ask(session, now, f"reader{n}@example.com")
    with pytest.raises(Rationed) as rationed:
        ask(session, now + timedelta(minutes=20), "reader6@example.com")
    assert rationed.value.retry_after == timedelta(minutes=40)
    ask(session, now, "reader7@example.com", client="192.0.2.2")


def test_all_clients_share_a_cap(session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opt_in, "IN_ALL", (Limit(3, HOUR),))
    for n in range(3):
        ask(session, now, f"reader{n}@example.com", client=f"192.0.2.{n}")
    with pytest.raises(Rationed):
        ask(session, now, "reader9@example.com", client="192.0.2.9")


def test_operators_are_not_rationed(session: Session, now: datetime) -> None:
    for n in range(9):
        draft = SubscriberDraft(email=f"reader{n}@example.com")
        subscribers.subscribe(session, draft, source="API", client=None, now=now)
    assert len(kinds_owed(session)) == 9


def test_unsubscribing_keeps_the_proof(session: Session, now: datetime) -> None:
    anna = ask(session, now)
    subscribers.confirm(session, anna.token, now=now)
    subscribers.unsubscribe(session, anna, source="one click", client="192.0.2.1", now=now + DAY)
    subscribers.unsubscribe(session, anna, source="one click", client="192.0.2.1", now=now + 2 * DAY)
    assert anna.unsubscribed_at == now + DAY
    assert actions(session) == ["asked", "confirmed", "withdrawn"]
    assert subscribers.expire_pending(session, now + 99 * DAY) == 0


def test_old_link_does_not_bring_back(session: Session, now: datetime) -> None:
    anna = ask(session, now)
    subscribers.confirm(session, anna.token, now=now)
    subscribers.unsubscribe(session, anna, source="link", now=now + HOUR)
    with pytest.raises(NotFound):
        subscribers.confirm(session, anna.token, now=now + 2 * HOUR)
    ask(session, now + DAY)
    assert not subscribers.is_active(anna)
    subscribers.confirm(session, anna.token, now=now + DAY)
    assert subscribers.is_active(anna)


def test_confirming_anew_ends_suppression(session: Session, now: datetime) -> None:
    anna = ask(session, now)
    subscribers.confirm(session, anna.token, now=now)
    subscribers.suppress(session, anna, reason="550 no such user", now=now + HOUR)
    assert not subscribers.is_active(anna)
    ask(session, now + DAY)
    subscribers.confirm(session, anna.token, now=now + DAY)
    assert subscribers.is_active(anna)


def test_pending_rows_expire(session: Session, now: datetime) -> None:
    ask(session, now, "gone@example.com")
    stays = ask(session, now + 3 * DAY, "stays@example.com")
    assert subscribers.expire_pending(session, now + 8 * DAY) == 1
    assert list(session.scalars(select(Subscriber.id))) == [stays.id]
    assert session.scalar(select(func.count()).select_from(Delivery)) == 1


def test_erasing_leaves_nothing(session: Session, now: datetime, add_components: Callable[..., None]) -> None:
    add_components("API")
    anna = ask(session, now, components=["api"])
    subscribers.erase(session, anna)
    for table in (Subscriber, Consent, Delivery, SubscriberComponent):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_wishes_are_checked(session: Session, now: datetime, add_components: Callable[..., None]) -> None:
    add_components("API", "Secret")
    load_component(session, "secret").hidden = True
    for field, value in {"components": ["api", "nope", "secret"], "kinds": [], "language": "xx"}.items():
        with pytest.raises(Refused) as refused:
            ask(session, now, "anna@example.com", **{field: value})
        assert all(name.startswith(field) for name in refused_fields(refused))
    with pytest.raises(Refused) as refused:
        ask(session, now, components=["nope", "secret"])
    assert refused_fields(refused) == ["components.nope", "components.secret"]


def test_language_is_one_of_the_page(session: Session, now: datetime) -> None:
    load_page(session).languages = ["nl", "en"]
    assert ask(session, now).language == "nl"
    assert ask(session, now, "bob@example.com", language="en").language == "en"


def test_webhook_gets_a_secret_and_a_request(session: Session, now: datetime) -> None:
    draft = SubscriberDraft(webhook="https://Hooks.Example.com/In?a=B#part")
    found = subscribers.subscribe(session, draft, source="form", client="192.0.2.1", now=now)
    assert (found.channel, found.address) == ("webhook", "https://Hooks.Example.com/In?a=B")
    assert (found.secret or "").startswith("whsec_")
    assert not found.by_operator
    assert subscribers.subscribe(session, draft, source="api:x", now=now).id == found.id
    assert found.by_operator


@pytest.mark.parametrize(
    ("channel", "url"),
    [
        ("webhook", "http://127.0.0.1/x"),
        ("webhook", "http://2130706433/x"),
        ("webhook", "http://0x7f.1/x"),
        ("webhook", "http://[::ffff:10.0.0.1]/x"),
        ("webhook", "http://localhost:8000/x"),
        ("webhook", "https://user:key@example.com/x"),
        ("slack", "https://example.com/services/T/B/x"),
        ("slack", "http://hooks.slack.com/services/T/B/x"),
        ("discord", "https://discord.com.example.com/api/webhooks/1/x"),
        ("teams", "https://logic.azure.com.example.com/x"),
    ],
)
def test_strangers_address_is_refused(session: Session, now: datetime, channel: str, url: str) -> None:
    draft = SubscriberDraft.model_validate({channel: url})
    with pytest.raises(Refused) as refused:
        subscribers.subscribe(session, draft, source="form", now=now)
    assert [problem.field for problem in refused.value.problems] == [channel]


def test_two_addresses_are_refused(session: Session, now: datetime) -> None:
    draft = SubscriberDraft(email="a@example.com", slack="https://hooks.slack.com/services/T/B/x")
    with pytest.raises(Refused, match="one address only"):
        subscribers.subscribe(session, draft, source="form", now=now)


def test_one_host_is_not_flooded(session: Session, now: datetime) -> None:
    for n in range(15):
        draft = SubscriberDraft(webhook=f"https://victim.example.com/{n}")
        subscribers.subscribe(session, draft, source="form", client=f"192.0.2.{n}", now=now)
    owed = session.scalars(select(Delivery).where(Delivery.channel == "webhook")).all()
    assert len(owed) == 10


@pytest.mark.parametrize(
    ("typed", "address", "key"),
    [
        ("Anna@Example.COM", "Anna@example.com", "anna@example.com"),
        (" anna+status@example.com ", "anna+status@example.com", "anna+status@example.com"),
        ("info@bücher.example", "info@bücher.example", "info@xn--bcher-kva.example"),
        ("info@xn--bcher-kva.example", "info@bücher.example", "info@xn--bcher-kva.example"),
        ("o'neil@example.com", "o'neil@example.com", "o'neil@example.com"),
        ("Ånna@example.com", "Ånna@example.com", "ånna@example.com"),
        ("ops@mail.internal", "ops@mail.internal", "ops@mail.internal"),
    ],
)
def test_address_is_normalised(typed: str, address: str, key: str) -> None:
    found = read_address(typed)
    assert (found.address, found.key) == (address, key)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anna",
        "anna@",
        "@example.com",
        "anna@example",
        "anna@example..com",
        "Anna <anna@example.com>",
        "anna@example.com, bob@example.com",
        "anna@example.com\r\nBcc: bob@example.com",
        "anna\x00@example.com",
        "anna\ud800@example.com",
        '"a b"@example.com',
        "anna@[192.0.2.1]",
        "a" * 400 + "@example.com",
    ],
)
def test_bad_address_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        read_address(typed)
    assert refused_fields(refused) == ["email"]


def test_who_left_is_forgotten_in_the_end(session: Session, now: datetime) -> None:
    kept = [
        subscribers.add_confirmed(session, SubscriberDraft(email=f"{name}@example.com"), source="test", now=now)
        for name in ("stays", "left", "bounced")
    ]
    for person in kept[1:]:
        subscribers.unsubscribe(session, person, source="test", now=now)
    kept[2].suppressed_at = now
    session.flush()
    assert subscribers.expire_left(session, now + subscribers.LEFT_FOR) == 0
    assert subscribers.expire_left(session, now + subscribers.LEFT_FOR + DAY) == 1
    left = session.scalars(select(Subscriber.address).order_by(Subscriber.address)).all()
    assert left == ["bounced@example.com", "stays@example.com"]
