"""What people hand in to have something published at a time."""

from __future__ import annotations

from statuspage.drafts import Draft, Instant, MaintenanceDraft, MaintenanceUpdateDraft, UpdateDraft


class LaterUpdate(UpdateDraft):
    """An update that publishes itself at a time."""

    publish_at: Instant


class LaterMaintenance(MaintenanceDraft):
    """A maintenance that announces itself at a time; its lead time is judged by that time."""

    publish_at: Instant


class LaterMaintenanceUpdate(MaintenanceUpdateDraft):
    """A word on a maintenance that publishes itself at a time."""

    publish_at: Instant


class TimedChange(Draft):
    """Another time for what publishes itself."""

    publish_at: Instant
