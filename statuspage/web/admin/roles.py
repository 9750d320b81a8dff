"""Which role each admin page needs: the whole table, and a test that no page is missing from it."""

from __future__ import annotations

from statuspage.domain.vocabulary import Role

_PAGES = {
    Role.VIEWER: (
        "dashboard",
        "list_incidents",
        "show_incident",
        "list_maintenances",
        "show_maintenance",
        "list_components",
        "list_notices",
        "list_slots",
        "list_reports",
        "show_sla_report",
        "download_sla_report",
        "show_communication_report",
        "download_communication_report",
        "show_account",
        "change_password",
    ),
    Role.RESPONDER: (
        "new_incident",
        "create_incident",
        "preview_incident",
        "create_update",
        "preview_update",
        "new_maintenance",
        "create_maintenance",
        "assess_maintenance",
        "create_maintenance_update",
        "move_maintenance",
        "cancel_maintenance",
        "extend_maintenance",
        "create_slot",
        "end_slot",
        "create_notice",
        "edit_notice",
        "change_notice",
        "list_deliveries",
        "retry_deliveries",
    ),
    Role.MANAGER: (
        "new_component",
        "create_component",
        "edit_component",
        "change_component",
        "edit_settings",
        "change_settings",
        "list_subscribers",
        "restore_subscriber",
    ),
    Role.ADMIN: (
        "list_people",
        "create_person",
        "change_person",
        "list_tokens",
        "create_token",
        "revoke_token",
        "list_events",
    ),
}
ROLE_NEEDED: dict[str, Role] = {f"admin.{page}": role for role, pages in _PAGES.items() for page in pages}
