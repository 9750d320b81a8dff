"""The banner: what is the state of things, for whom, since when, and when will we hear more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from statuspage.domain.rollup import overall
from statuspage.domain.vocabulary import ComponentStatus, MaintenanceStatus
from statuspage.publishing.snapshot import ComponentView, IncidentView, MaintenanceView, Snapshot
from statuspage.publishing.wording import Words

_TROUBLE = (
    ComponentStatus.MAJOR_OUTAGE,
    ComponentStatus.PARTIAL_OUTAGE,
    ComponentStatus.DEGRADED_PERFORMANCE,
)


@dataclass(frozen=True)
class Headline:
    """One status (colour, shape, word), one sentence, and since when that is so (None when all is well)."""

    status: ComponentStatus
    sentence: str
    since: datetime | None = None
    next_due: datetime | None = None
    """The first moment an update is due among the open incidents."""
    also: tuple[tuple[ComponentStatus, str], ...] = ()
    """Components in a lesser trouble than the sentence tells of: (status, names)."""


def open_incidents(snapshot: Snapshot) -> tuple[IncidentView, ...]:
    """Incidents that go on: the worst first, then the newest."""
    order = list(ComponentStatus)
    ranked = [incident for incident in snapshot.incidents if incident.status.is_open]
    ranked.sort(key=lambda incident: incident.started_at, reverse=True)
    ranked.sort(key=lambda incident: incident.priority.value if incident.priority else "P3")
    return tuple(sorted(ranked, key=lambda incident: -order.index(_gravity(incident))))


def planned_work(snapshot: Snapshot) -> tuple[MaintenanceView, ...]:
    """Maintenance under way, then what is to come, each by its start."""
    left = [work for work in snapshot.maintenances if not work.status.is_over]
    return tuple(sorted(left, key=lambda work: (not work.status.is_running, work.starts_at, work.id)))


def headline(snapshot: Snapshot, words: Words) -> Headline:
    """The banner of a snapshot."""
    incidents = open_incidents(snapshot)
    running = [work for work in planned_work(snapshot) if work.status is not MaintenanceStatus.SCHEDULED]
    state = snapshot.overall
    if incidents or state.status in _TROUBLE:
        return _trouble(snapshot, incidents, state.status, words)
    if state.status is ComponentStatus.UNDER_MAINTENANCE:
        return _maintenance(snapshot, running, words)
    return _calm(snapshot, words)


def _trouble(
    snapshot: Snapshot, incidents: tuple[IncidentView, ...], status: ComponentStatus, words: Words
) -> Headline:
    named = [(each, _hit(snapshot, each, words)) for each in _TROUBLE]
    hit = [(each, names) for each, names in named if names]
    due = [incident.next_update_due_at for incident in incidents if incident.next_update_due_at]
    since = [incident.started_at for incident in incidents]
    if hit:
        status, names = hit[0]
        since = _since(snapshot, incidents, status)
        sentence = words.gettext("%(state)s: %(names)s") % {"state": words.label(status), "names": names}
    else:
        if status not in _TROUBLE:
            status = ComponentStatus.DEGRADED_PERFORMANCE
        sentence = words.gettext("%(state)s: %(names)s") % {
            "state": words.label(incidents[0].status),
            "names": incidents[0].title,
        }
    return Headline(status, sentence, min(since, default=None), min(due, default=None), tuple(hit[1:]))


def _maintenance(snapshot: Snapshot, running: list[MaintenanceView], words: Words) -> Headline:
    names = _names(snapshot.components, ComponentStatus.UNDER_MAINTENANCE, words)
    names = names or words.listed([work.title for work in running])
    since = [work.began_at or work.starts_at for work in running] or _changes(snapshot.components)
    sentence = words.gettext("Maintenance under way: %(names)s") % {"names": names}
    return Headline(ComponentStatus.UNDER_MAINTENANCE, sentence, min(since, default=None))


def _calm(snapshot: Snapshot, words: Words) -> Headline:
    if not snapshot.components:
        return Headline(ComponentStatus.UNKNOWN, words.gettext("No component is listed yet"))
    unknown = [component for component in snapshot.components if component.status is ComponentStatus.UNKNOWN]
    if not unknown:
        return Headline(ComponentStatus.OPERATIONAL, words.gettext("All systems operational"))
    dark = [component for component in unknown if _was_known(component)]
    if dark and not any(component not in unknown and _was_known(component) for component in snapshot.components):
        return Headline(ComponentStatus.UNKNOWN, words.gettext("Nothing is measured at the moment"))
    if len(unknown) == len(snapshot.components):
        return Headline(ComponentStatus.UNKNOWN, words.gettext("No component has been measured yet"))
    sentence = words.gettext("All measured systems operational")
    names = words.listed([component.name for component in dark])
    return Headline(ComponentStatus.OPERATIONAL, sentence, also=((ComponentStatus.UNKNOWN, names),) if dark else ())


def _was_known(component: ComponentView) -> bool:
    """Whether anybody ever knew how it is."""
    return any(state.status is not ComponentStatus.UNKNOWN for state in component.timeline.states)


def _hit(snapshot: Snapshot, status: ComponentStatus, words: Words) -> str:
    """Who is in this trouble: components, and a service that goes on with what is left of it by its own name."""
    names = []
    for component in snapshot.components:
        if snapshot.weight_of(component) is not status:
            continue
        service = snapshot.policy.service(component.service)
        names.append(service.name if service and component.status is not status else component.name)
    return words.listed(list(dict.fromkeys(names)))


def _names(components: tuple[ComponentView, ...], status: ComponentStatus, words: Words) -> str:
    return words.listed([component.name for component in components if component.status is status])


def _since(snapshot: Snapshot, incidents: tuple[IncidentView, ...], status: ComponentStatus) -> list[datetime]:
    """When the trouble of that status began: as its incidents say, else as its components do."""
    hit = {component.id: component for component in snapshot.components if snapshot.weight_of(component) is status}
    told = [
        incident.started_at
        for incident in incidents
        if any(
            each.component_id in hit and each.new_status is hit[each.component_id].status
            for each in incident.components
        )
    ]
    return told or _changes(tuple(hit.values()))


def _changes(components: tuple[ComponentView, ...]) -> list[datetime]:
    """When the components that are not well changed to what they are."""
    return [
        component.timeline.stretches[-1].span.start
        for component in components
        if component.status in (*_TROUBLE, ComponentStatus.UNDER_MAINTENANCE) and component.timeline.stretches
    ]


def _gravity(incident: IncidentView) -> ComponentStatus:
    return overall((), (incident.impact,)).status
