"""Every way in, and who may take it: a new page, call, command or door without an entry fails here.

The cast is Vera (viewer), Rob (responder), Mary (manager) and Alice (admin); tokens and commands have theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient

from statuspage import people
from statuspage.changes import Installation, open_installation
from statuspage.cli.console import author
from statuspage.cli.roles import COMMAND_NEEDS, check_role
from statuspage.domain.vocabulary import Role, Scope
from statuspage.factory import create_app
from statuspage.web.admin.roles import ROLE_NEEDED
from tests.test_docs import walk
from tests.web.admin.conftest import CAST, cast, hashed

__all__ = ["cast", "hashed"]

ANYBODY = {
    "auth.check_code",
    "auth.begin_passkey",
    "auth.begin_sign_on",
    "auth.check_log_in",
    "auth.check_passkey",
    "auth.end_sign_on",
    "auth.log_in",
    "auth.log_out",
    "health.show_process",
    "health.show_readiness",
    "public.show_published",
    "static",
    "subscriptions.ask_to_subscribe",
    "subscriptions.show_subscribe",
    "admin.static",
    "api_v1.openapi",
}
"""What needs nothing: the public page, its forms, and the door to the log-in."""
LINK = {
    "auth.accept_invitation",
    "auth.set_up",
    "auth.show_invitation",
    "auth.use_set_up",
    "bounces.take_in",
    "heartbeat.hear_done",
    "heartbeat.hear_failure",
    "heartbeat.hear_start",
    "hooks.take_alert",
    "hooks.take_alertmanager",
    "managing.change",
    "managing.change_follow",
    "managing.download_data",
    "managing.erase",
    "managing.show_manage",
    "subscriptions.confirm",
    "subscriptions.leave",
    "subscriptions.show_confirm",
    "subscriptions.show_unsubscribe",
}
"""What only a secret in the address opens."""
LOOPBACK = {"health.show_metrics"}
"""An admin token, or this machine itself."""
SCOPES = {
    Scope.READ: """
        list_claims show_claim list_components show_component list_corrections show_correction list_customer_reports
        show_customer_report list_customers show_customer list_deliveries show_outbox list_incidents show_incident
        list_maintenances show_maintenance list_monitors show_monitor list_notices show_notice show_policy show_uptime
        show_sla_report show_communications list_slots show_slot list_subscribers show_subscriber
        show_update list_templates show_template list_timed show_timed show_page show_look
    """,
    Scope.WRITE: """
        receive_claim dispute_claim settle_claim create_component change_component create_correction
        withdraw_correction open_customer_report acknowledge_report begin_report_action diagnose_report qualify_report
        agree_report_urgency reclassify_report work_around_report add_report_delay leave_out_report link_report
        link_report_to_maintenance restore_report resolve_report close_report object_to_report create_customer
        change_customer set_customer_tier add_customer_contact remove_customer_contact open_incident
        post_incident_update change_draft publish_draft schedule_maintenance post_maintenance_update
        move_maintenance extend_maintenance cancel_maintenance create_monitor test_monitor change_monitor
        remove_monitor post_notice change_notice delete_notice add_slot end_slot create_subscriber erase_subscriber
        withdraw_incident withdraw_maintenance edit_update withdraw_update
        add_template change_template delete_template amend_incident plan_incident_update plan_maintenance
        plan_maintenance_update put_off_timed cancel_timed renew_monitor_url retry_deliveries restore_subscriber
        confirm_customer_contacts
    """,
    Scope.ADMIN: """
        list_hooks create_hook show_hook revoke_hook list_tokens create_token show_token revoke_token list_users
        create_user show_user change_user deactivate_user list_audit_events list_invitations invite_user
        show_invitation send_invitation revoke_invitation show_second_factor require_second_factor list_passkeys
        change_page change_look remove_passkey list_sessions end_sessions end_session list_identities unlink_user
    """,
}
SCOPE_NEEDED = {f"api_v1.{name}": scope for scope, names in SCOPES.items() for name in names.split()}


def path_of(rule: str, arguments: set[str]) -> str:
    """The rule's path with a made-up thing in it."""
    for argument in arguments:
        for kind in ("", "int:", "path:"):
            rule = rule.replace(f"<{kind}{argument}>", "999")
    return rule


def routes(app: Flask, prefix: str) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, path) of each route whose endpoint begins so."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(prefix) and rule.endpoint not in ANYBODY:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule.endpoint, method, path_of(rule.rule, rule.arguments)


def test_every_route_has_its_entry(app: Flask) -> None:
    entries = ANYBODY | LINK | LOOPBACK | set(SCOPE_NEEDED) | set(ROLE_NEEDED)
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == entries


def test_links_open_with_their_secret_only(app: Flask, client: FlaskClient) -> None:
    found = {rule.endpoint: rule for rule in app.url_map.iter_rules() if rule.endpoint in LINK}
    for endpoint, rule in found.items():
        assert "token" in rule.arguments, endpoint
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = client.open(path_of(rule.rule, rule.arguments), method=method)
            assert answer.status_code in (200, 400, 403, 404, 410), (endpoint, answer.status_code)
            assert method == "GET" or answer.status_code != 200 or endpoint == "subscriptions.leave", endpoint


@pytest.mark.parametrize("scope", list(Scope))
def test_token_reaches_what_its_scope_allows(
    app: Flask, client: FlaskClient, installation: Installation, scope: Scope
) -> None:
    with installation.database.write() as session:
        _, plain = people.create_token(session, "cast", scope, datetime.now(UTC))
    for endpoint, method, path in routes(app, "api_v1."):
        answer = client.open(path, method=method, json={}, headers={"Authorization": f"Bearer {plain}"})
        assert (answer.status_code != 403) == scope.includes(SCOPE_NEEDED[endpoint]), (endpoint, answer.text)
        assert answer.status_code < 500, endpoint


def test_nobody_calls_without_a_token(app: Flask, client: FlaskClient) -> None:
    for endpoint, method, path in routes(app, "api_v1."):
        assert client.open(path, method=method, json={}).status_code == 401, endpoint


def test_every_command_has_its_role(app: Flask) -> None:
    assert {" ".join(path) for path in walk(app.cli, ())} == set(COMMAND_NEEDS)


@pytest.fixture
def act_as(installation: Installation, cast: dict[str, Role]) -> Iterator[Callable[[str], Flask]]:
    """A function that gives an application whose commands act for somebody of the cast."""
    opened: list[Installation] = []

    def make(email: str) -> Flask:
        settings = installation.settings.model_copy(update={"statuspage_user": email})
        opened.append(open_installation(settings))
        return create_app(opened[-1])

    yield make
    for each in opened:
        each.database.dispose()


@pytest.mark.parametrize("email", CAST)
def test_command_does_what_the_role_allows(act_as: Callable[[str], Flask], email: str) -> None:
    app = act_as(email)
    for path in walk(app.cli, ()):
        needed, command = COMMAND_NEEDS[" ".join(path)], app.cli
        for name in path:
            assert isinstance(command, click.Group)
            command = command.commands[name]  # type: ignore[assignment]
        allowed = needed is None or CAST[email].includes(needed)
        with app.app_context():
            assert refuses(path, command) != allowed, path


def refuses(path: tuple[str, ...], command: click.Command) -> bool:
    """Whether a command ends before it does anything, for its role; one that would run is only asked for."""
    context = click.Context(command, info_name="flask " + " ".join(path))
    with context:
        try:
            check_role(" ".join(path))
        except Exception:
            assert command.callback is not None
            with pytest.raises(SystemExit):
                command.callback(**dict.fromkeys([p.name or "" for p in command.params]))
            return True
    return False


def test_command_for_nobody_is_refused(act_as: Callable[[str], Flask]) -> None:
    result = act_as("stranger@example.com").test_cli_runner().invoke(args=["incident", "list"])
    assert result.exit_code == 1
    assert "is not an active user" in result.output


def test_command_names_whom_it_acts_for(act_as: Callable[[str], Flask]) -> None:
    app = act_as("mary@example.com")
    with app.app_context():
        assert author() == "mary@example.com"
    refused = app.test_cli_runner().invoke(args=["token", "create", "x", "--scope", "read"])
    assert refused.exit_code == 1
    assert "needs the role admin" in refused.output
