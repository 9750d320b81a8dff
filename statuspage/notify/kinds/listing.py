"""All kinds of delivery, by the name that Delivery.kind has."""

from __future__ import annotations

from typing import Any

from statuspage.notify.kinds.alarms import ALARM
from statuspage.notify.kinds.components import COMPONENT
from statuspage.notify.kinds.digests import DIGEST
from statuspage.notify.kinds.invitations import INVITATION
from statuspage.notify.kinds.kind import Kind
from statuspage.notify.kinds.letters import LETTER
from statuspage.notify.kinds.notices import NOTICE
from statuspage.notify.kinds.quarantines import QUARANTINE
from statuspage.notify.kinds.reminders import REMINDER
from statuspage.notify.kinds.requests import ALREADY, CONFIRMATION
from statuspage.notify.kinds.updates import UPDATE

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        UPDATE,
        REMINDER,
        NOTICE,
        DIGEST,
        COMPONENT,
        CONFIRMATION,
        ALREADY,
        ALARM,
        LETTER,
        INVITATION,
        QUARANTINE,
    )
}
