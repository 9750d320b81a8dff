"""Users: who may open the admin pages. Admin scope."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from statuspage import audit, people, second_factor
from statuspage.domain.vocabulary import Role, Scope
from statuspage.drafts import Draft
from statuspage.errors import NotFound, Problem, Refused
from statuspage.models import User
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, page_of_all


class UserDraft(Draft):
    """A new user."""

    email: Annotated[str, Field(max_length=320)]
    role: Role
    password: Annotated[str, Field(min_length=people.PASSWORD_SHORTEST, max_length=people.PASSWORD_LONGEST)]


class UserChange(Draft):
    """What to change of a user; not given stays."""

    role: Role | None = None
    active: bool | None = None
    second_factor: Literal[False] | None = None
    """False ends it, for somebody who lost theirs; only they themselves can set one up."""
    password: (
        Annotated[str, Field(min_length=people.PASSWORD_SHORTEST, max_length=people.PASSWORD_LONGEST)] | None
    ) = None


class UserAnswer(Shape):
    """A user."""

    id: str
    email: str
    role: Role
    active: bool
    second_factor: bool
    """Whether a log-in asks for a second factor."""
    created_at: UtcInstant
    last_login_at: UtcInstant | None


@endpoint("GET", "/users", scope=Scope.ADMIN, query=PageQuery, gives=Items[UserAnswer])
def list_users(call: Call, query: PageQuery) -> Answer:
    """Users by address."""
    with call.read() as session:
        items, following = page_of_all(people.load_users(session), query, user_answer)
        return call.answered(Items[UserAnswer](items=items, next=following))


@endpoint("POST", "/users", scope=Scope.ADMIN, body=UserDraft, gives=UserAnswer, status=201)
def create_user(call: Call, draft: UserDraft) -> Answer:
    """Add a user with a password."""
    with call.write() as session:
        user = people.create_user(session, draft.email, draft.password, draft.role, call.now)
        _record(call, session, "user.create", user)
        return call.created(user_answer(user), f"/api/v1/users/{user.id}")


@endpoint("GET", "/users/<user_id>", scope=Scope.ADMIN, gives=UserAnswer)
def show_user(call: Call, user_id: str) -> Answer:
    """One user."""
    with call.read() as session:
        return call.answered(user_answer(_load(session, user_id)))


@endpoint("PATCH", "/users/<user_id>", scope=Scope.ADMIN, body=UserChange, gives=UserAnswer)
def change_user(call: Call, user_id: str, draft: UserChange) -> Answer:
    """Change role, password or whether they may log in; the last admin stays one."""
    nulls = [name for name in draft.model_fields_set if getattr(draft, name) is None]
    if nulls:
        raise Refused(Problem(name, "must not be null") for name in sorted(nulls))
    with call.write() as session:
        user = _load(session, user_id)
        if draft.role is not None:
            people.set_role(session, user, draft.role)
        if draft.active is not None:
            (people.reactivate if draft.active else people.deactivate)(session, user)
        if draft.second_factor is not None:
            second_factor.end(session, user)
        if draft.password is not None:
            people.set_password(session, user, draft.password)
        _record(call, session, "user.change", user)
        return call.answered(user_answer(user))


@endpoint("DELETE", "/users/<user_id>", scope=Scope.ADMIN, status=204)
def deactivate_user(call: Call, user_id: str) -> Answer:
    """Shut a user out: sessions end, and what they did keeps their name. The last admin stays one."""
    with call.write() as session:
        user = _load(session, user_id)
        people.deactivate(session, user)
        _record(call, session, "user.deactivate", user)
        return call.answered(None)


def _load(session: Session, user_id: str) -> User:
    if not (user_id.isascii() and user_id.isdigit() and len(user_id) < 10):
        raise NotFound("user", user_id)
    return people.load_by_id(session, int(user_id))


def _record(call: Call, session: Session, action: str, user: User) -> None:
    audit.record(session, action, actor=call.author, target=user.email, client=call.client, now=call.now)


def user_answer(user: User) -> UserAnswer:
    """A user as the API shows one."""
    return UserAnswer(
        id=str(user.id),
        email=user.email,
        role=user.role,
        active=user.active,
        second_factor=user.has_second_factor,
        created_at=user.created_at,
        last_login_at=user.last_login_at,
    )
