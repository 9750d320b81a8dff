"""The single sign-on's two doors: out to the provider, and back with its answer.

The way out is a page and not a redirect: a form may only be sent to this site (Content-Security-Policy, form-action),
and browsers hold a redirect that follows a form to that. It needs no script.
"""

from __future__ import annotations

import structlog
from flask import Response, abort, g, request
from flask_babel import gettext as _

from statuspage import audit, ceremonies, identities, openid
from statuspage.attempts import Rationed
from statuspage.models import User
from statuspage.openid import ProviderAway, SignOnFailed
from statuspage.signins import BY_SIGN_ON, Proof
from statuspage.web import current, login_limits, sessions, ways_in
from statuspage.web.admin.door import show
from statuspage.web.entering import (
    Wish,
    ask_for_second_factor,
    auth,
    begin_session,
    let_in,
    read_wish,
    show_log_in,
    show_rationed,
)
from statuspage.web.forms import Form

PURPOSE = "oidc"
CALLBACK = f"{sessions.ROOT}/login/oidc/callback"
MOST_KEPT = 100_000
"""Characters of a form that are carried along; a longer one is on the server already, as an unsent form."""
log = structlog.get_logger(__name__)


@auth.post("/login/oidc")
def begin_sign_on() -> Response:
    """Remember what must come back, and send the browser to the provider."""
    form, now, provider = Form(request.form), current.now(), _provider()
    wish = read_wish(form)
    if not sessions.form_token_is_right():
        return show_log_in(wish, 400, problem=_("The form was too old. Please try again."))
    database = current.installation().database
    try:
        with database.write() as session:
            login_limits.check_beginning(session, now)
        errand = openid.begin(provider, _callback())
    except Rationed as rationed:
        return show_rationed(wish, rationed)
    except ProviderAway as error:
        return _say_away(wish, error)
    kept = wish.fields if sum(len(value) for _name, value in wish.fields) <= MOST_KEPT else ()
    facts = {"state": errand.state, "nonce": errand.nonce, "verifier": errand.verifier}
    with database.write() as session:
        key = ceremonies.begin(session, PURPOSE, facts | {"next": wish.path, "fields": list(kept)}, now)
    sessions.begin_ceremony(key)
    answer = show("sign_on.html", url=errand.url, name=ways_in.load_ways(g.page).sign_on)
    answer.headers["Refresh"] = f"0; url={errand.url}"
    return answer


@auth.get("/login/oidc/callback")
def end_sign_on() -> Response:
    """Take the provider's answer, once, and let in whom it vouches for."""
    provider, now, database = _provider(), current.now(), current.installation().database
    with database.write() as session:
        facts = ceremonies.take(session, PURPOSE, sessions.end_ceremony(), now)
    if facts is None or request.args.get("state") != facts["state"]:
        return show_log_in(Wish(), 400, problem=_("That took too long, or was answered already. Please begin again."))
    wish = Wish(facts["next"], tuple((name, value) for name, value in facts["fields"]))
    try:
        with database.write() as session:
            budgets = login_limits.take_try_from_here(session, now)
        said = openid.finish(
            provider,
            _callback(),
            code=_code(),
            verifier=facts["verifier"],
            nonce=facts["nonce"],
            issuer=request.args.get("iss"),
            now=now,
        )
        user, proof = _admit(said, budgets)
    except Rationed as rationed:
        return show_rationed(wish, rationed)
    except ProviderAway as error:
        with database.write() as session:
            login_limits.give_back(session, budgets, now)
        return _say_away(wish, error)
    except SignOnFailed as failed:
        return _say_no(wish, failed)
    return let_in(user, wish) if proof is not None else ask_for_second_factor(user, wish, now)


def _admit(said: openid.Assertion, budgets: tuple[login_limits.Budget, ...]) -> tuple[User, Proof | None]:
    """Who this is, and how they are let in; None where their second factor here is asked first."""
    now = current.now()
    rules = current.installation().settings.oidc_roles
    with current.installation().database.write() as session:
        user = identities.admit(session, said, rules=rules, client=login_limits.client_network(), now=now)
        login_limits.give_back(session, budgets, now)
        if user.has_second_factor and not said.two_factors:
            return user, None
        proof = Proof(BY_SIGN_ON.way, two_factors=said.two_factors)
        begin_session(session, user, proof, now)
    return user, proof


def _code() -> str:
    """The code of the answer. Raises SignOnFailed when the provider says no, or gives none."""
    refusal, code = request.args.get("error"), request.args.get("code", "")
    if refusal == "access_denied":
        raise SignOnFailed("The provider did not let you in, or you said no there.")
    if refusal:
        words = request.args.get("error_description") or refusal
        raise SignOnFailed("The provider says: " + "".join(c for c in words if c.isprintable())[:200])
    if not 0 < len(code) <= 4096:
        raise SignOnFailed("The provider gave no code.")
    return code


def _callback() -> str:
    """Where the provider sends people back to: built from the page's own URL, never from a Host header."""
    return current.installation().settings.base_url(g.page.url) + CALLBACK


def _provider() -> openid.Provider:
    provider = openid.provider_of(current.installation().settings)
    if provider is None:
        abort(404, _("This page has no single sign-on."))
    return provider


def _say_away(wish: Wish, error: ProviderAway) -> Response:
    ways = ways_in.load_ways(g.page)
    log.warning("sign-on provider away", reason=str(error))
    problem = _("%(name)s cannot be reached now: %(reason)s.", name=ways.sign_on, reason=str(error).rstrip("."))
    if ways.password:
        problem += " " + _("Your password works as ever.")
    return show_log_in(wish, 503, problem=problem)


def _say_no(wish: Wish, failed: SignOnFailed) -> Response:
    now, client = current.now(), login_limits.client_network()
    name = ways_in.load_ways(g.page).sign_on or PURPOSE
    with current.installation().database.write() as session:
        facts = {"reason": str(failed)[:300]}
        audit.record(session, "user.sign_on_refused", actor=name, details=facts, client=client, now=now)
    return show_log_in(wish, 403, problem=str(failed))
