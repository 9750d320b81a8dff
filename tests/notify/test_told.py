from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from statuspage.changes import Installation
from statuspage.models import Delivery, Subscriber
from statuspage.notify.told import DeliveryReport, load_delivery_report
from tests.notify.conftest import OpenIncident, Subscribe


def test_report_counts_what_came_of_each(
    subscribe: Subscribe, open_incident: OpenIncident, installation: Installation, now: datetime
) -> None:
    subscribe(*(f"reader{n}@example.com" for n in range(9)))
    incident = open_incident()
    with installation.database.write() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        for seconds, row in enumerate(rows[:5], 2):
            row.state, row.sent_at = "sent", now + timedelta(seconds=seconds)
        rows[5].attempts = 1
        rows[6].state, rows[7].state = "dead", "dead"
        assert rows[7].subscriber_id is not None
        session.get_one(Subscriber, rows[7].subscriber_id).suppressed_at = now
        session.flush()
        report = load_delivery_report(session, incident_id=incident.id)
    assert report == DeliveryReport(9, 5, 1, 1, 1, 1, 0, timedelta(seconds=4))


def test_nobody_told_no_report(open_incident: OpenIncident, installation: Installation) -> None:
    incident = open_incident()
    with installation.database.read() as session:
        assert load_delivery_report(session, incident_id=incident.id) is None
