"""Which status may follow which, for incidents and maintenances."""

from __future__ import annotations

from statuspage.domain.vocabulary import IncidentStatus, MaintenanceStatus

_MAINTENANCE_STEPS: dict[MaintenanceStatus, tuple[MaintenanceStatus, ...]] = {
    MaintenanceStatus.SCHEDULED: (MaintenanceStatus.IN_PROGRESS,),
    MaintenanceStatus.IN_PROGRESS: (MaintenanceStatus.VERIFYING, MaintenanceStatus.COMPLETED),
    MaintenanceStatus.VERIFYING: (MaintenanceStatus.IN_PROGRESS, MaintenanceStatus.COMPLETED),
    MaintenanceStatus.COMPLETED: (),
    MaintenanceStatus.CANCELLED: (),
}


def incident_steps(current: IncidentStatus | None) -> tuple[IncidentStatus, ...]:
    """The statuses an incident may take next; None stands for an incident not opened yet.

    Every status but postmortem may open an incident and follow any other; a postmortem needs a resolved one.
    """
    closed = (IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM)
    return tuple(status for status in IncidentStatus if status is not IncidentStatus.POSTMORTEM or current in closed)


def maintenance_steps(current: MaintenanceStatus) -> tuple[MaintenanceStatus, ...]:
    """The statuses a maintenance may take next, itself included while it is not over.

    Cancelling is a verb of its own and only possible before the work begins.
    """
    stay = () if current.is_over else (current,)
    return stay + _MAINTENANCE_STEPS[current]
