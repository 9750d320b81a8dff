"""Invitations: who was asked to become a user. Admin scope."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from statuspage import audit, invitations
from statuspage.domain.vocabulary import Role, Scope
from statuspage.drafts import Draft
from statuspage.errors import NotFound
from statuspage.models import Invitation
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.shapes import Items, PageQuery, Shape, UtcInstant, page_of_all


class InvitationDraft(Draft):
    """Somebody to be invited, and as what."""

    email: Annotated[str, Field(max_length=320)]
    role: Role


class InvitationAnswer(Shape):
    """An invitation without its link, which travels by mail alone."""

    id: str
    email: str
    role: Role
    invited_by: str
    created_at: UtcInstant
    expires_at: UtcInstant
    used_at: UtcInstant | None
    revoked_at: UtcInstant | None


@endpoint("GET", "/invitations", scope=Scope.ADMIN, query=PageQuery, gives=Items[InvitationAnswer])
def list_invitations(call: Call, query: PageQuery) -> Answer:
    """Invitations, newest first, used and revoked ones among them."""
    with call.read() as session:
        items, following = page_of_all(invitations.load_all(session), query, shown)
        return call.answered(Items[InvitationAnswer](items=items, next=following))


@endpoint("POST", "/invitations", scope=Scope.ADMIN, body=InvitationDraft, gives=InvitationAnswer, status=201)
def invite_user(call: Call, draft: InvitationDraft) -> Answer:
    """Invite somebody by mail; an older invitation of the same address ends."""
    with call.write() as session:
        row = invitations.invite(session, draft.email, draft.role, by=call.author, now=call.now)
        _record(call, session, "user.invite", row)
        return call.created(shown(row), f"/api/v1/invitations/{row.id}")


@endpoint("GET", "/invitations/<invitation_id>", scope=Scope.ADMIN, gives=InvitationAnswer)
def show_invitation(call: Call, invitation_id: str) -> Answer:
    """One invitation."""
    with call.read() as session:
        return call.answered(shown(_load(session, invitation_id)))


@endpoint("POST", "/invitations/<invitation_id>/send", scope=Scope.ADMIN, gives=InvitationAnswer, status=201)
def send_invitation(call: Call, invitation_id: str) -> Answer:
    """Send it again, with a new link; the one sent before ends."""
    with call.write() as session:
        row = _load(session, invitation_id)
        invitations.send_again(session, row, call.now)
        _record(call, session, "user.invite", row)
        return call.created(shown(row), f"/api/v1/invitations/{row.id}")


@endpoint("DELETE", "/invitations/<invitation_id>", scope=Scope.ADMIN, status=204)
def revoke_invitation(call: Call, invitation_id: str) -> Answer:
    """End an invitation for good; a second time changes nothing."""
    with call.write() as session:
        row = _load(session, invitation_id)
        invitations.revoke(session, row, call.now)
        _record(call, session, "user.uninvite", row)
        return call.answered(None)


def _load(session: Session, invitation_id: str) -> Invitation:
    if not (invitation_id.isascii() and invitation_id.isdigit() and len(invitation_id) < 10):
        raise NotFound("invitation", invitation_id)
    return invitations.load(session, int(invitation_id))


def _record(call: Call, session: Session, action: str, row: Invitation) -> None:
    facts = {"role": row.role.value}
    audit.record(
        session, action, actor=call.author, target=row.email, details=facts, client=call.client, now=call.now
    )


def shown(row: Invitation) -> InvitationAnswer:
    """The invitation as the API shows it."""
    return InvitationAnswer(
        id=str(row.id),
        email=row.email,
        role=row.role,
        invited_by=row.invited_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )
