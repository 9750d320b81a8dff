"""Hooks: make, list, revoke. Admin scope."""

from __future__ import annotations

from sqlalchemy.orm import Session

from statuspage import audit, hooks
from statuspage.domain.vocabulary import Scope
from statuspage.hook_drafts import HookDraft
from statuspage.models import Hook
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, page_of_all


class HookAnswer(Shape):
    """A hook without its secret; `component` is a slug."""

    id: str
    name: str
    kind: str
    component: str | None
    created_at: UtcInstant
    last_used_at: UtcInstant | None
    revoked_at: UtcInstant | None


class NewHookAnswer(HookAnswer):
    """A new hook. `url` is shown this once: null when an Idempotency-Key is answered again."""

    url: str | None


@endpoint("GET", "/hooks", scope=Scope.ADMIN, query=PageQuery, gives=Items[HookAnswer])
def list_hooks(call: Call, query: PageQuery) -> Answer:
    """Hooks, newest first, revoked ones among them."""
    with call.read() as session:
        items, following = page_of_all(hooks.load_hooks(session), query, hook_answer)
        return call.answered(Items[HookAnswer](items=items, next=following))


@endpoint("POST", "/hooks", scope=Scope.ADMIN, body=HookDraft, gives=NewHookAnswer, status=201)
def create_hook(call: Call, draft: HookDraft) -> Answer:
    """Make a hook; the answer shows its address this once. Heartbeats are monitors."""
    with call.write() as session:
        hook, token = hooks.create_hook(session, draft, author=call.author, now=call.now)
        _note(session, call, "hook.create", hook)
        shown = hook_answer(hook).model_dump()
        return call.created(
            NewHookAnswer(**shown, url=call.base_url(session) + hooks.hook_path(hook, token)),
            f"/api/v1/hooks/{hook.id}",
            kept=NewHookAnswer(**shown, url=None),
        )


@endpoint("GET", "/hooks/<hook_id>", scope=Scope.ADMIN, gives=HookAnswer)
def show_hook(call: Call, hook_id: str) -> Answer:
    """One hook."""
    with call.read() as session:
        return call.answered(hook_answer(hooks.load_hook(session, hook_id)))


@endpoint("DELETE", "/hooks/<hook_id>", scope=Scope.ADMIN, status=204)
def revoke_hook(call: Call, hook_id: str) -> Answer:
    """End a hook for good; a second time changes nothing. What it began goes on until somebody ends it."""
    with call.write() as session:
        hook = hooks.load_hook(session, hook_id)
        hooks.revoke_hook(session, hook, call.now)
        _note(session, call, "hook.revoke", hook)
        return call.answered(None)


def _note(session: Session, call: Call, action: str, hook: Hook) -> None:
    details = {"name": hook.name, "kind": hook.kind}
    audit.record(
        session, action, actor=call.author, target=hook.id, details=details, client=call.client, now=call.now
    )


def hook_answer(row: Hook) -> HookAnswer:
    """A hook without its secret."""
    return HookAnswer(
        id=row.id,
        name=row.name,
        kind=row.kind,
        component=row.component.slug if row.component else None,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
