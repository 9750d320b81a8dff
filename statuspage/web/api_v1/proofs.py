"""By what users log in: their passkeys, sessions and links to the single sign-on; who needs a second factor. Admin
scope."""

from __future__ import annotations

from sqlalchemy.orm import Session

from statuspage import audit, identities, passkeys, people, second_factor, signins
from statuspage.components import load_page
from statuspage.domain.vocabulary import Role, Scope
from statuspage.drafts import Draft
from statuspage.errors import NotFound
from statuspage.models import Identity, Passkey, SignIn, User
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, page_of_all


class PasskeyAnswer(Shape):
    """A passkey of a user; only they themselves can add one."""

    id: str
    name: str
    backed_up: bool
    """Whether it is on several devices of its owner."""
    created_at: UtcInstant
    last_used_at: UtcInstant | None


class SessionAnswer(Shape):
    """Where a user is logged in."""

    id: str
    way: str
    """password, passkey or oidc."""
    two_factors: bool
    client: str | None
    browser: str | None
    created_at: UtcInstant
    last_used_at: UtcInstant


class IdentityAnswer(Shape):
    """An account at a provider of the single sign-on that opens a user's."""

    issuer: str
    subject: str
    linked_at: UtcInstant
    last_used_at: UtcInstant


class SecondFactorRule(Draft):
    """Who needs a second factor to work in the admin."""

    second_factor_from: Role | None
    """The lowest role that needs one; null: nobody needs one."""


@endpoint("GET", "/second-factor", scope=Scope.ADMIN, gives=SecondFactorRule)
def show_second_factor(call: Call) -> Answer:
    """Who needs a second factor."""
    with call.read() as session:
        return call.answered(SecondFactorRule(second_factor_from=load_page(session).second_factor_from))


@endpoint("PATCH", "/second-factor", scope=Scope.ADMIN, body=SecondFactorRule, gives=SecondFactorRule)
def require_second_factor(call: Call, draft: SecondFactorRule) -> Answer:
    """Require it from a role on, or of nobody."""
    with call.write() as session:
        second_factor.require_from(session, draft.second_factor_from)
        facts = {"second_factor_from": draft.second_factor_from}
        audit.record(
            session, "page.second_factor", actor=call.author, details=facts, client=call.client, now=call.now
        )
        return call.answered(draft)


@endpoint("GET", "/users/<user_id>/passkeys", scope=Scope.ADMIN, query=PageQuery, gives=Items[PasskeyAnswer])
def list_passkeys(call: Call, query: PageQuery, user_id: str) -> Answer:
    """A user's passkeys, the oldest first."""
    with call.read() as session:
        rows = passkeys.load_of(session, load_user(session, user_id))
        items, following = page_of_all(rows, query, passkey_answer)
        return call.answered(Items[PasskeyAnswer](items=items, next=following))


@endpoint("DELETE", "/users/<user_id>/passkeys/<passkey_id>", scope=Scope.ADMIN, status=204)
def remove_passkey(call: Call, user_id: str, passkey_id: str) -> Answer:
    """Take a passkey away, of a lost device for instance; the user's sessions end."""
    with call.write() as session:
        user = load_user(session, user_id)
        row = passkeys.remove(session, user, _number("passkey", passkey_id))
        signins.end_all(session, user)
        _record(call, session, "user.passkey_remove", user, name=row.name)
        return call.answered(None)


@endpoint("GET", "/users/<user_id>/sessions", scope=Scope.ADMIN, query=PageQuery, gives=Items[SessionAnswer])
def list_sessions(call: Call, query: PageQuery, user_id: str) -> Answer:
    """A user's living sessions, the one used last first."""
    with call.read() as session:
        rows = signins.load_of(session, load_user(session, user_id), call.now)
        items, following = page_of_all(rows, query, session_answer)
        return call.answered(Items[SessionAnswer](items=items, next=following))


@endpoint("DELETE", "/users/<user_id>/sessions", scope=Scope.ADMIN, status=204)
def end_sessions(call: Call, user_id: str) -> Answer:
    """Log a user out everywhere."""
    with call.write() as session:
        user = load_user(session, user_id)
        signins.end_all(session, user)
        _record(call, session, "user.end_sessions", user)
        return call.answered(None)


@endpoint("DELETE", "/users/<user_id>/sessions/<session_id>", scope=Scope.ADMIN, status=204)
def end_session(call: Call, user_id: str, session_id: str) -> Answer:
    """End one session of a user."""
    with call.write() as session:
        user = load_user(session, user_id)
        if not signins.end_one(session, user, _number("session", session_id)):
            raise NotFound("session", session_id)
        _record(call, session, "user.end_session", user)
        return call.answered(None)


@endpoint("GET", "/users/<user_id>/identities", scope=Scope.ADMIN, query=PageQuery, gives=Items[IdentityAnswer])
def list_identities(call: Call, query: PageQuery, user_id: str) -> Answer:
    """The accounts elsewhere that open a user's."""
    with call.read() as session:
        rows = identities.load_of(session, load_user(session, user_id))
        items, following = page_of_all(rows, query, identity_answer)
        return call.answered(Items[IdentityAnswer](items=items, next=following))


@endpoint("DELETE", "/users/<user_id>/identities", scope=Scope.ADMIN, status=204)
def unlink_user(call: Call, user_id: str) -> Answer:
    """End the links; sessions end, and the next sign-on links anew, by the verified address."""
    with call.write() as session:
        user = load_user(session, user_id)
        identities.unlink(session, user)
        signins.end_all(session, user)
        _record(call, session, "user.unlink", user)
        return call.answered(None)


def load_user(session: Session, user_id: str) -> User:
    """The user with this id. Raises NotFound."""
    return people.load_by_id(session, _number("user", user_id))


def _number(what: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound(what, text)
    return int(text)


def _record(call: Call, session: Session, action: str, user: User, **facts: str) -> None:
    audit.record(
        session, action, actor=call.author, target=user.email, details=facts, client=call.client, now=call.now
    )


def passkey_answer(row: Passkey) -> PasskeyAnswer:
    """The passkey as the API shows it."""
    return PasskeyAnswer(
        id=str(row.id),
        name=row.name,
        backed_up=row.backed_up,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
    )


def session_answer(row: SignIn) -> SessionAnswer:
    """The session as the API shows it: nothing of it opens one."""
    return SessionAnswer(
        id=str(row.id),
        way=row.way,
        two_factors=row.two_factors,
        client=row.client,
        browser=row.browser,
        created_at=row.created_at,
        last_used_at=row.seen_at,
    )


def identity_answer(row: Identity) -> IdentityAnswer:
    """The link as the API shows it."""
    return IdentityAnswer(
        issuer=row.issuer, subject=row.subject, linked_at=row.linked_at, last_used_at=row.last_used_at
    )
