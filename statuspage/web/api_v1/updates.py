"""Single updates of incidents and maintenances: read with their history, edit, withdraw."""

from __future__ import annotations

from pydantic import Field

from statuspage import amendments
from statuspage.amendment_drafts import UpdateChange, Withdrawal
from statuspage.domain.vocabulary import Scope
from statuspage.drafts import read_draft
from statuspage.models import Update
from statuspage.tongues import translations_of
from statuspage.web.api_v1.calls import Answer, Call
from statuspage.web.api_v1.endpoints import endpoint
from statuspage.web.api_v1.incidents import UpdateAnswer, update_answer
from statuspage.web.api_v1.shapes import Query, Shape, TranslationAnswer, UtcInstant


class VersionAnswer(Shape):
    """What an update said until somebody edited it."""

    body: str
    posted_at: UtcInstant
    translations: dict[str, TranslationAnswer]
    replaced_at: UtcInstant
    replaced_by: str


class WholeUpdateAnswer(UpdateAnswer):
    """An update with what it said before, oldest first, and what it belongs to."""

    incident: str | None
    maintenance: str | None
    versions: list[VersionAnswer]


class WithdrawalQuery(Query):
    """Why it is taken back."""

    reason: str = Field(min_length=1, max_length=1000, description="the audit log keeps it")

    def draft(self) -> Withdrawal:
        """As the verbs read it. Raises Refused."""
        return read_draft(Withdrawal, {"reason": self.reason})


@endpoint("GET", "/updates/<update_id>", scope=Scope.READ, gives=WholeUpdateAnswer)
def show_update(call: Call, update_id: str) -> Answer:
    """One update of an incident or a maintenance, with what it said before it was edited."""
    with call.read() as session:
        return call.answered(whole_update_answer(amendments.load_update(session, update_id)))


@endpoint("PATCH", "/updates/<update_id>", scope=Scope.WRITE, body=UpdateChange, gives=WholeUpdateAnswer)
def edit_update(call: Call, update_id: str, draft: UpdateChange) -> Answer:
    """Change its words, or the time it shows; what it said before is kept, and the page says that it was edited.
    With `edits` it is refused when somebody edited it since."""
    with call.change() as change:
        update = amendments.load_update(change.session, update_id)
        amendments.edit_update(change.session, update, draft, author=call.author, now=call.now, client=call.client)
        return call.answered(whole_update_answer(update))


@endpoint("DELETE", "/updates/<update_id>", scope=Scope.WRITE, query=WithdrawalQuery, status=204)
def withdraw_update(call: Call, update_id: str, query: WithdrawalQuery) -> Answer:
    """Take it back: it is gone from page, feeds and lists, what it said of components with it, and what was not sent
    yet is not sent. The first word of an incident goes with its incident only."""
    with call.change() as change:
        update = amendments.load_update(change.session, update_id)
        amendments.withdraw_update(
            change.session, update, query.draft(), author=call.author, now=call.now, client=call.client
        )
        return call.answered(None)


def whole_update_answer(update: Update) -> WholeUpdateAnswer:
    """An update with its history as it is answered."""
    return WholeUpdateAnswer(
        **update_answer(update).model_dump(),
        incident=update.incident_id,
        maintenance=update.maintenance_id,
        versions=[
            VersionAnswer(
                body=version.body,
                posted_at=version.posted_at,
                translations={
                    code: TranslationAnswer.model_validate(said)
                    for code, said in translations_of(version.texts).items()
                },
                replaced_at=version.replaced_at,
                replaced_by=version.replaced_by,
            )
            for version in update.versions
        ],
    )
