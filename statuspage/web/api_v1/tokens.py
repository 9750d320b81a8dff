"""API tokens: make, list, revoke. Admin scope."""

from __future__ import annotations

from sqlalchemy.orm import Session

from statuspage import audit, people
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import Draft, Instant, Line
from statuspage.errors import NotFound
from statuspage.models import ApiToken
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, page_of_all


class TokenDraft(Draft):
    """A new token."""

    name: Line
    scope: Scope
    expires_at: Instant | None = None


class TokenAnswer(Shape):
    """A token without its secret."""

    id: str
    name: str
    scope: Scope
    created_at: UtcInstant
    last_used_at: UtcInstant | None
    expires_at: UtcInstant | None
    revoked_at: UtcInstant | None


class NewTokenAnswer(TokenAnswer):
    """A new token. `token` is shown this once: null when an Idempotency-Key is answered again."""

    token: str | None


@endpoint("GET", "/tokens", scope=Scope.ADMIN, query=PageQuery, gives=Items[TokenAnswer])
def list_tokens(call: Call, query: PageQuery) -> Answer:
    """Tokens, newest first, revoked ones among them."""
    with call.read() as session:
        items, following = page_of_all(people.load_tokens(session), query, token_answer)
        return call.answered(Items[TokenAnswer](items=items, next=following))


@endpoint("POST", "/tokens", scope=Scope.ADMIN, body=TokenDraft, gives=NewTokenAnswer, status=201)
def create_token(call: Call, draft: TokenDraft) -> Answer:
    """Make a token; the answer shows it this once."""
    with call.write() as session:
        row, plain = people.create_token(session, draft.name, draft.scope, call.now, draft.expires_at)
        audit.record(
            session,
            "token.create",
            actor=call.author,
            target=row.name,
            details={"scope": row.scope.value},
            client=call.client,
            now=call.now,
        )
        shown = token_answer(row).model_dump()
        return call.created(
            NewTokenAnswer(**shown, token=plain),
            f"/api/v1/tokens/{row.id}",
            kept=NewTokenAnswer(**shown, token=None),
        )


@endpoint("GET", "/tokens/<token_id>", scope=Scope.ADMIN, gives=TokenAnswer)
def show_token(call: Call, token_id: str) -> Answer:
    """One token."""
    with call.read() as session:
        return call.answered(token_answer(_load(session, token_id)))


@endpoint("DELETE", "/tokens/<token_id>", scope=Scope.ADMIN, status=204)
def revoke_token(call: Call, token_id: str) -> Answer:
    """End a token for good; a second time changes nothing."""
    with call.write() as session:
        row = _load(session, token_id)
        people.revoke_token(session, row, call.now)
        audit.record(session, "token.revoke", actor=call.author, target=row.name, client=call.client, now=call.now)
        return call.answered(None)


def _load(session: Session, token_id: str) -> ApiToken:
    if not (token_id.isascii() and token_id.isdigit() and len(token_id) < 10):
        raise NotFound("token", token_id)
    return people.load_token(session, int(token_id))


def token_answer(row: ApiToken) -> TokenAnswer:
    """A token without its secret."""
    return TokenAnswer(
        id=str(row.id),
        name=row.name,
        scope=row.scope,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
