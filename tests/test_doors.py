"""Everything in the forms is in the API and in the command line: one list, and nothing missing from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from statuspage.cli import COMMANDS
from statuspage.web.api_v1.endpoints import ENDPOINTS

WRITTEN = ("POST", "PUT", "PATCH", "DELETE")
TWINS: dict[str, tuple[str, str]] = {
    "create_incident": ("POST /incidents", "incident open"),
    "create_update": ("POST /incidents/<incident_id>/updates", "incident update"),
    "change_proposal": ("PATCH /incidents/<incident_id>", "incident edit"),
    "publish_proposal": ("POST /incidents/<incident_id>/publish", "incident publish"),
    "publish_proposal_later": ("PATCH /incidents/<incident_id>", "incident publish"),
    "discard_proposal": ("DELETE /incidents/<incident_id>", "incident discard"),
    "withdraw_incident": ("DELETE /incidents/<incident_id>", "incident withdraw"),
    "amend_incident": ("POST /incidents/<incident_id>/amend", "incident amend"),
    "cancel_timed": ("DELETE /timed/<timed_id>", "timed cancel"),
    "change_update": ("PATCH /updates/<update_id>", "update edit"),
    "withdraw_update": ("DELETE /updates/<update_id>", "update withdraw"),
    "create_maintenance": ("POST /maintenances", "maintenance schedule"),
    "create_maintenance_update": ("POST /maintenances/<maintenance_id>/updates", "maintenance update"),
    "move_maintenance": ("POST /maintenances/<maintenance_id>/move", "maintenance move"),
    "extend_maintenance": ("POST /maintenances/<maintenance_id>/extend", "maintenance extend"),
    "cancel_maintenance": ("POST /maintenances/<maintenance_id>/cancel", "maintenance cancel"),
    "withdraw_maintenance": ("DELETE /maintenances/<maintenance_id>", "maintenance withdraw"),
    "create_slot": ("POST /slots", "slot add"),
    "end_slot": ("DELETE /slots/<slot_id>", "slot end"),
    "create_notice": ("POST /notices", "notice post"),
    "change_notice": ("PATCH /notices/<notice_id>", "notice change"),
    "create_template": ("POST /templates", "template add"),
    "change_template": ("PATCH /templates/<template_id>", "template change"),
    "create_component": ("POST /components", "component add"),
    "change_component": ("PATCH /components/<slug>", "component change"),
    "create_monitor": ("POST /monitors", "site apply"),
    "change_monitor": ("PATCH /monitors/<monitor_id>", "site apply"),
    "pause_monitor": ("PATCH /monitors/<monitor_id>", "monitor pause"),
    "remove_monitor": ("DELETE /monitors/<monitor_id>", "monitor remove"),
    "renew_monitor_url": ("POST /monitors/<monitor_id>/url", "monitor renew-url"),
    "test_monitor": ("POST /monitors/test", "monitor test"),
    "create_correction": ("POST /corrections", "intervals correct"),
    "withdraw_correction": ("DELETE /corrections/<correction_id>", "intervals withdraw"),
    "change_settings": ("PATCH /page", "page set"),
    "change_look": ("PATCH /page/look", "look set"),
    "retry_deliveries": ("POST /deliveries/retry", "deliveries retry"),
    "create_customer": ("POST /customers", "customer add"),
    "change_customer": ("PATCH /customers/<customer_id>", "customer change"),
    "set_customer_tier": ("POST /customers/<customer_id>/tiers", "customer tier"),
    "add_customer_contact": ("POST /customers/<customer_id>/contacts", "customer contact"),
    "confirm_customer_contacts": ("POST /customers/<customer_id>/contacts/confirm", "customer confirm"),
    "remove_customer_contact": ("DELETE /customers/<customer_id>/contacts/<contact_id>", "customer drop"),
    "create_customer_report": ("POST /reports", "report add"),
    "take_report_step": ("POST /reports/<report_id>/resolution", "report resolution"),
    "create_claim": ("POST /claims", "claim add"),
    "decide_claim": ("POST /claims/<claim_id>/settlement", "claim settle"),
    "add_subscriber": ("POST /subscribers", "subscribers add"),
    "import_subscribers": ("POST /subscribers", "subscribers import"),
    "erase_subscriber": ("DELETE /subscribers/<subscriber_id>", "subscribers erase"),
    "restore_subscriber": ("POST /subscribers/<subscriber_id>/restore", "subscribers restore"),
    "create_hook": ("POST /hooks", "hook create"),
    "revoke_hook": ("DELETE /hooks/<hook_id>", "hook revoke"),
    "create_token": ("POST /tokens", "token create"),
    "revoke_token": ("DELETE /tokens/<token_id>", "token revoke"),
    "invite_person": ("POST /invitations", "user invite"),
    "change_invitation": ("DELETE /invitations/<invitation_id>", "user uninvite"),
    "change_person": ("PATCH /users/<user_id>", "user change"),
    "require_second_factor": ("PATCH /second-factor", "user factor"),
}
ALONE = {
    **dict.fromkeys(
        ("preview_incident", "preview_update", "preview_edit", "preview_notice", "assess_maintenance"),
        "looks, and writes nothing",
    ),
    **dict.fromkeys(
        ("assess_later_window", "fill_incident", "fill_update", "fill_maintenance"), "looks, and writes nothing"
    ),
    **dict.fromkeys(
        ("look_at_incident", "look_at_update", "look_at_maintenance", "look_at_maintenance_update", "look_at_notice"),
        "a preview, and a test mail to oneself",
    ),
    **dict.fromkeys(("keep_unsent", "drop_unsent"), "what a form holds that was not sent"),
    **dict.fromkeys(
        ("change_password", "end_session", "begin_second_factor", "confirm_second_factor", "renew_recovery_codes"),
        "somebody's own way in, which no token may change",
    ),
    **dict.fromkeys(
        ("end_second_factor", "begin_passkey", "add_passkey", "remove_passkey", "rename_passkey", "remove_identity"),
        "somebody's own way in, which no token may change",
    ),
}
"""Actions of the admin that have no twin, and why."""


def actions(app: Flask) -> set[str]:
    """What the admin's forms send."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("admin.")]
    return {rule.endpoint.removeprefix("admin.") for rule in rules if "POST" in (rule.methods or ())}


def commands() -> Iterator[str]:
    for command in COMMANDS:
        yield from (f"{command.name} {name}" for name in getattr(command, "commands", {}))


def test_every_action_has_its_twins(app: Flask) -> None:
    unlisted = actions(app) - TWINS.keys() - ALONE.keys()
    assert not unlisted, f"forms without a twin in API and command line: {sorted(unlisted)}"
    gone = (TWINS.keys() | ALONE.keys()) - actions(app)
    assert gone <= {"rename_passkey", "remove_identity"}


@pytest.mark.parametrize("action", TWINS)
def test_twin_is_there(action: str) -> None:
    call, command = TWINS[action]
    assert call in {f"{endpoint.method} {endpoint.rule}" for endpoint in ENDPOINTS}
    assert command in set(commands())
