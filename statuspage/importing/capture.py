"""The Statuspage v2 shapes that are imported, checked before anything is written.

`read_capture` takes a parsed JSON object: any mix of the v2 answers (summary, components, incidents,
scheduled-maintenances) and the member `component_changes`. Members nobody here needs are ignored; a wrong type is
refused with the path of the value, such as `incidents[3].created_at`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from statuspage.addresses import check_web_address
from statuspage.domain.vocabulary import ComponentStatus, Impact, IncidentStatus, MaintenanceStatus
from statuspage.drafts import TITLE_LENGTH, Instant
from statuspage.errors import Problem, Refused

PROBLEMS_SHOWN = 10
"""A file of another kind is wrong in a thousand places; the first ones say enough."""
LISTS = ("components", "incidents", "scheduled_maintenances", "component_changes")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _plain(text: str) -> str:
    """Old texts are kept, yet no control character gets past this point."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _one_line(text: str) -> str:
    line = " ".join(_plain(text).split())
    if not line:
        raise ValueError("must not be empty")
    return line


def _read_day(value: Any) -> Any:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return date.fromisoformat(value)
    if value is None:
        return None
    raise ValueError("must be a date such as 2026-03-29")


def _check_on_wire(status: MaintenanceStatus) -> MaintenanceStatus:
    if status is MaintenanceStatus.CANCELLED:
        raise ValueError("cancelled is not a status of the Statuspage API")
    return status


def _check_known(status: ComponentStatus) -> ComponentStatus:
    if status is ComponentStatus.UNKNOWN:
        raise ValueError("unknown is not a status of the Statuspage API")
    return status


W = TypeVar("W")
Many = Annotated[tuple[W, ...], Field(strict=False)]
"""A JSON array; strict types would take no list for a tuple."""
WireId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
"""Ids become file names and URLs, so their letters are few."""
Title = Annotated[str, Field(max_length=4 * TITLE_LENGTH), AfterValidator(_one_line), Field(max_length=TITLE_LENGTH)]
Text = Annotated[str, AfterValidator(_plain)]
Link = Annotated[str, Field(max_length=500), AfterValidator(check_web_address)]
Day = Annotated[date | None, BeforeValidator(_read_day)]
Position = Annotated[int, Field(ge=-(2**31), lt=2**31)]
WireStatus = Annotated[ComponentStatus, Field(strict=False), AfterValidator(_check_known)]
WireIncidentStatus = Annotated[IncidentStatus, Field(strict=False)]
WireMaintenanceStatus = Annotated[MaintenanceStatus, Field(strict=False), AfterValidator(_check_on_wire)]
WireImpact = Annotated[Impact, Field(strict=False)]


class Wire(BaseModel):
    """Base of all shapes: types are strict, and what is not named is ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class WirePage(Wire):
    id: WireId
    name: Title


class WireComponent(Wire):
    """A component, or with `group` a group of components."""

    id: WireId
    name: Title
    status: WireStatus = ComponentStatus.OPERATIONAL
    created_at: Instant
    updated_at: Instant
    position: Position = 0
    description: Text | None = None
    showcase: bool = True
    start_date: Day = None
    group_id: WireId | None = None
    group: bool = False
    only_show_if_degraded: bool = False


class WireAffected(Wire):
    """What an update said of a component. An old quirk: one element without `code` whose name is a sentence."""

    code: WireId | None = None
    name: Text | None = None
    old_status: WireStatus | None = None
    new_status: WireStatus | None = None


class WireIncidentUpdate(Wire):
    id: WireId
    status: WireIncidentStatus
    body: Text | None = None
    created_at: Instant
    updated_at: Instant
    display_at: Instant | None = None
    affected_components: Many[WireAffected] | None = None
    deliver_notifications: bool = True


class WireMaintenanceUpdate(Wire):
    id: WireId
    status: WireMaintenanceStatus
    body: Text | None = None
    created_at: Instant
    updated_at: Instant
    display_at: Instant | None = None
    affected_components: Many[WireAffected] | None = None
    deliver_notifications: bool = True


class WireIncident(Wire):
    id: WireId
    name: Title
    status: WireIncidentStatus
    impact: WireImpact
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None = None
    monitoring_at: Instant | None = None
    resolved_at: Instant | None = None
    shortlink: Link | None = None
    incident_updates: Many[WireIncidentUpdate] = ()
    components: Many[WireComponent] = ()


class WireMaintenance(Wire):
    id: WireId
    name: Title
    status: WireMaintenanceStatus
    impact: WireImpact
    created_at: Instant
    updated_at: Instant
    resolved_at: Instant | None = None
    scheduled_for: Instant
    scheduled_until: Instant
    shortlink: Link | None = None
    incident_updates: Many[WireMaintenanceUpdate] = ()
    components: Many[WireComponent] = ()


class WireChange(Wire):
    """A component turned to `new_status` at `changed_at`."""

    component_id: WireId
    name: Title
    new_status: WireStatus
    changed_at: Instant


class Capture(Wire):
    """Everything one file says of a page. `components` is None where the file does not list them."""

    page: WirePage
    components: Many[WireComponent] | None = None
    incidents: Many[WireIncident] = ()
    scheduled_maintenances: Many[WireMaintenance] = ()
    component_changes: Many[WireChange] = ()

    @property
    def events(self) -> tuple[WireIncident | WireMaintenance, ...]:
        """Incidents and maintenances."""
        return (*self.incidents, *self.scheduled_maintenances)

    @property
    def begins_at(self) -> datetime:
        """When the oldest event or change was; the file must hold one."""
        events = [event.created_at for event in self.events]
        return min(events + [change.changed_at for change in self.component_changes])

    def affected(self) -> Iterator[WireAffected]:
        """Everything that any update said of a component."""
        for event in self.events:
            for update in event.incident_updates:
                yield from update.affected_components or ()

    def embedded_components(self) -> Iterator[WireComponent]:
        """Components as they are repeated inside incidents and maintenances."""
        for event in self.events:
            yield from event.components


def read_capture(data: Mapping[str, Any]) -> Capture:
    """The checked capture. Raises Refused with the path of each wrong value."""
    if not isinstance(data, Mapping) or not any(name in data for name in LISTS):
        raise Refused(Problem("", f"this is no Statuspage file: it has none of {', '.join(LISTS)}"))
    try:
        return Capture.model_validate(data)
    except ValidationError as error:
        raise Refused(_problems_of(error.errors(include_url=False))) from None


def _problems_of(errors: Iterable[Any]) -> Iterator[Problem]:
    for number, error in enumerate(errors):
        if number == PROBLEMS_SHOWN:
            yield Problem("", "and more")
            return
        yield Problem(_path(error["loc"]), str(error["msg"]).removeprefix("Value error, "))


def _path(location: Iterable[str | int]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")
