"""How often somebody may try to log in, such that guessing is slow and no stranger locks an owner out.

A try from an unknown place costs from two budgets of ten per quarter of an hour: the account's and the client
address's. A browser that once logged in to the account carries a signed device cookie and has a budget of its own;
so has an address from which the account was used in the last 30 days (beside the address's own). Strangers can
therefore use up only what strangers may use. Only failures count: a right password gives its try back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from statuspage import attempts, audit
from statuspage.attempts import Limit
from statuspage.identifiers import digest
from statuspage.web import sessions

LIMITS = (Limit(10, timedelta(minutes=15)),)
CEREMONIES = (Limit(60, timedelta(minutes=15)),)
"""An office behind one address has several people who try again."""
LOGGED_IN = "user.log_in"
"""The audit log's word for a log-in; it also makes an address a known one."""
ADDRESS_KNOWN_FOR = timedelta(days=30)
DEVICE_COOKIE = "statuspage_device"
DEVICE_LASTS_FOR = timedelta(days=365)


@dataclass(frozen=True)
class Budget:
    """What one try is counted against."""

    action: str
    key: str


def take_try(session: Session, email: str, now: datetime) -> tuple[Budget, ...]:
    """Count one try at the account `email`. Raises attempts.Rationed when a budget is used up."""
    budgets = _budgets(session, email, now)
    for budget in budgets:
        attempts.check(session, budget.action, budget.key, LIMITS, now=now)
    for budget in budgets:
        attempts.record(session, budget.action, budget.key, now)
    return budgets


def take_try_from_here(session: Session, now: datetime) -> tuple[Budget, ...]:
    """Count one try of somebody of whom only the client's address is known yet: a passkey's, or a provider's answer.
    Passwords have budgets of their own, so that neither shuts the other out. Raises attempts.Rationed."""
    budget = Budget("login.without_password", client_network())
    attempts.check(session, budget.action, budget.key, LIMITS, now=now)
    attempts.record(session, budget.action, budget.key, now)
    return (budget,)


def check_beginning(session: Session, now: datetime) -> None:
    """Count a log-in that is only begun: each costs a row, so one address begins no more than CEREMONIES. Raises
    attempts.Rationed."""
    attempts.check(session, "login.begin", client_network(), CEREMONIES, now=now)
    attempts.record(session, "login.begin", client_network(), now)


def give_back(session: Session, budgets: tuple[Budget, ...], now: datetime) -> None:
    """The try of `now` succeeded and costs nothing."""
    for budget in budgets:
        attempts.take_back(session, budget.action, budget.key, now)


def remember_device(response: Response, email: str) -> None:
    """Let this browser be known at the account's next log-in."""
    known = _device()
    device = known[1] if known else secrets.token_urlsafe(16)
    response.set_cookie(
        DEVICE_COOKIE,
        _signer().dumps([_account(email), device]),
        max_age=DEVICE_LASTS_FOR,
        path=sessions.ROOT,
        secure=current_app.session_interface.get_cookie_secure(current_app),
        httponly=True,
        samesite="Lax",
    )


def client_network() -> str:
    """The client's address as it is rationed: an IPv6 client owns a /64."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


def _budgets(session: Session, email: str, now: datetime) -> tuple[Budget, ...]:
    account, client = _account(email), client_network()
    known = _device()
    if known and known[0] == account:
        return (Budget("login.device", f"{account} {known[1]}"),)
    by_address = Budget("login.address", client)
    since = now - ADDRESS_KNOWN_FOR
    if audit.has_event(session, LOGGED_IN, actor=email.strip().lower(), client=client, since=since):
        return (Budget("login.account_address", f"{account} {client}"), by_address)
    return (Budget("login.account", account), by_address)


def _account(email: str) -> str:
    return digest(email.strip().lower().encode(errors="replace").decode())


def _device() -> tuple[str, str] | None:
    try:
        account, device = _signer().loads(request.cookies.get(DEVICE_COOKIE, ""))
    except (BadSignature, ValueError, TypeError):
        return None
    return (account, device) if isinstance(account, str) and isinstance(device, str) else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="known device")
