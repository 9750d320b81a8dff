"""Return addresses: one for each delivery, which nobody else can make."""

from __future__ import annotations

from datetime import datetime

import pytest

from statuspage.changes import Installation
from statuspage.models import Delivery
from statuspage.notify.delivery import deliver_due
from statuspage.notify.mailing import MAIL
from statuspage.notify.returning import ReturnPath
from statuspage.settings import Settings, SettingsError, read_settings
from tests.mail import MailServer
from tests.notify.conftest import OpenIncident, Subscribe

PATH = ReturnPath("bounces", "example.com", b"key")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Bounces are read."""
    return settings.model_copy(update={"mail_bounce_address": "bounces@example.com"})


def test_tag_names_its_delivery() -> None:
    address = PATH.address(123456789012)
    assert address.startswith("bounces+123456789012-")
    assert len(address.partition("@")[0]) <= 64
    assert PATH.delivery_of(f"Mail delivery <{address.upper()}>") == 123456789012


def test_forged_tag_names_nothing() -> None:
    address = PATH.address(7)
    assert PATH.delivery_of(address.replace("+7-", "+8-")) is None
    assert PATH.delivery_of(ReturnPath("bounces", "example.com", b"other").address(7)) is None
    assert PATH.delivery_of("bounces+7@example.com bounces+7-aaaaaaaaaaaaa@example.com") is None


def test_each_mail_has_its_way_back(
    installation: Installation,
    mail_server: MailServer,
    subscribe: Subscribe,
    open_incident: OpenIncident,
    now: datetime,
) -> None:
    subscribe("a@example.com", "b@example.com")
    open_incident()
    deliver_due(installation, lambda: now, MAIL)
    with installation.database.read() as session:
        owed = {str(row.subscriber.address): row.id for row in session.query(Delivery) if row.subscriber}
    sent = {mail.recipient: mail for mail in mail_server.mails()}
    assert len({mail.sender for mail in sent.values()}) == 2
    path = ReturnPath("bounces", "example.com", str(installation.settings.secret_key).encode())
    assert {address: path.delivery_of(mail.sender) for address, mail in sent.items()} == owed
    assert all("status@status.example.com" in mail.message["From"] for mail in sent.values())


@pytest.mark.parametrize("bad", ["bounces", "b+x@example.com", "bounces@exa mple.com", f"{'b' * 40}@example.com"])
def test_bad_bounce_address_stops_the_start(bad: str) -> None:
    with pytest.raises(SettingsError, match="MAIL_BOUNCE_ADDRESS"):
        read_settings({"MAIL_BOUNCE_ADDRESS": bad})
