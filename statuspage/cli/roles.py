"""Which role each command needs, where STATUSPAGE_USER says for whom commands act.

Without it they act for the machine's own account, which owns the database and so may do everything.
"""

from __future__ import annotations

from werkzeug.exceptions import Forbidden

from statuspage import people
from statuspage.domain.vocabulary import Role
from statuspage.web import current

_COMMANDS: dict[Role | None, tuple[str, ...]] = {
    None: ("demo fill", "policy check", "policy list", "prober", "worker"),
    Role.VIEWER: (
        "component list",
        "incident list",
        "intervals list",
        "look show",
        "maintenance list",
        "monitor list",
        "notice list",
        "page show",
        "policy show",
        "site export",
        "sla report",
        "slot list",
        "template list",
        "timed list",
        "update show",
    ),
    Role.RESPONDER: (
        "claim list",
        "customer list",
        "customer show",
        "deliveries list",
        "deliveries retry",
        "incident amend",
        "incident discard",
        "incident edit",
        "incident open",
        "incident postmortem",
        "incident publish",
        "incident resolve",
        "incident update",
        "incident withdraw",
        "maintenance cancel",
        "maintenance extend",
        "maintenance move",
        "maintenance schedule",
        "maintenance update",
        "maintenance withdraw",
        "notice change",
        "notice delete",
        "notice post",
        "report acknowledge",
        "report action",
        "report add",
        "report closing",
        "report delays",
        "report diagnosis",
        "report exclusion",
        "report incident",
        "report list",
        "report maintenance",
        "report objection",
        "report qualification",
        "report reclassification",
        "report record",
        "report resolution",
        "report restoration",
        "report show",
        "report urgency",
        "report workaround",
        "slot add",
        "slot end",
        "template add",
        "template change",
        "template delete",
        "timed cancel",
        "timed move",
        "update edit",
        "update withdraw",
    ),
    Role.MANAGER: (
        "claim add",
        "claim dispute",
        "claim settle",
        "component add",
        "component change",
        "customer add",
        "customer change",
        "customer confirm",
        "customer contact",
        "customer drop",
        "customer tier",
        "import cachet",
        "import statuspage",
        "import uptime-kuma",
        "intervals correct",
        "intervals import",
        "intervals withdraw",
        "look set",
        "monitor pause",
        "monitor remove",
        "monitor renew-url",
        "monitor resume",
        "monitor test",
        "page set",
        "publish",
        "site apply",
        "subscribers add",
        "subscribers erase",
        "subscribers export",
        "subscribers import",
        "subscribers restore",
    ),
    Role.ADMIN: (
        "audit list",
        "backup",
        "bounces read",
        "check",
        "db resettle",
        "db upgrade",
        "export",
        "hook create",
        "hook list",
        "hook revoke",
        "restore",
        "token create",
        "token list",
        "token revoke",
        "user change",
        "user create",
        "user drop-passkey",
        "user factor",
        "user invite",
        "user list",
        "user log-out",
        "user passkeys",
        "user password",
        "user sessions",
        "user uninvite",
    ),
}
COMMAND_NEEDS: dict[str, Role | None] = {name: role for role, names in _COMMANDS.items() for name in names}
"""None: processes of the machine, and what reads no page. What the table does not know is the admin's."""


def acting_user() -> str | None:
    """For whom commands act, None for the machine's account."""
    return current.installation().settings.statuspage_user


def check_role(command: str) -> None:
    """Raises Forbidden when the one commands act for has no role that suffices for `command` ("incident open")."""
    needed = COMMAND_NEEDS.get(command, Role.ADMIN)
    if needed is None or (email := acting_user()) is None:
        return
    with current.installation().database.read() as session:
        user = people.load_by_email(session, email)
    if user is None or not user.active:
        raise Forbidden(f"STATUSPAGE_USER: {email} is not an active user")
    if not user.role.includes(needed):
        raise Forbidden(f"{command} needs the role {needed.value}; {email} is {user.role.value}")
