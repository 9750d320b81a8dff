"""Somebody who asks for a subscription by the form, and an incident to follow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from statuspage import incidents
from statuspage.changes import Installation
from statuspage.components import load_component
from statuspage.domain.vocabulary import Priority
from statuspage.drafts import IncidentDraft
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


@pytest.fixture
def incident(components: None, installation: Installation) -> str:
    """The id of an open incident."""
    draft = IncidentDraft(title="Calls fail", body="We look.", priority=Priority.P2)
    now = current.now()
    with installation.database.write() as session:
        return incidents.open_incident(session, draft, policy=installation.policy(now), author="A", now=now).id
