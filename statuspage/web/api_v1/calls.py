"""One call of the API under way: who calls, when, and the transaction in which it reads or writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from statuspage.changes import Change, Installation, site_change
from statuspage.web.api_v1.access import Caller, note_use
from statuspage.web.api_v1.idempotency import Key, StoredAnswer, claim, store


@dataclass
class Answer:
    """A model to be sent as JSON (None: nothing, 204), its status and Location."""

    model: BaseModel | None
    status: int = 200
    location: str | None = None
    kept: BaseModel | None = None
    """What an Idempotency-Key gives again, where `model` holds a secret."""

    def stored(self) -> StoredAnswer:
        """The form in which it is kept for the same request to come again."""
        kept = self.kept or self.model
        return StoredAnswer(self.status, kept.model_dump_json() if kept else "", self.location)


@dataclass
class Call:
    """A request that was let in. Its body, query and path values are handed to the view beside it."""

    installation: Installation
    caller: Caller
    now: datetime
    client: str | None
    key: Key | None = None
    answer: Answer | None = None
    publish_error: str | None = None

    @property
    def author(self) -> str:
        return self.caller.author

    def base_url(self, session: Session) -> str:
        """What public links begin with."""
        return self.installation.base_url(session)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for one consistent read."""
        with self.installation.database.read() as session:
            yield session

    @contextmanager
    def change(self) -> Iterator[Change]:
        """A change of the page: the block returns one of the answers below, kept if the caller sent a key."""
        with (
            site_change(self.installation, self.now, author=self.author) as change,
            self._keeping(change.session),
        ):
            yield change
        self.publish_error = change.publish_error

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A change of what no page shows (tokens, users, subscribers)."""
        with self.installation.database.write() as session, self._keeping(session):
            yield session
        self.installation.nudge()

    def created(self, model: BaseModel, location: str, *, kept: BaseModel | None = None) -> Answer:
        """201 with where the new thing is found."""
        self.answer = Answer(model, 201, location, kept)
        return self.answer

    def answered(self, model: BaseModel | None) -> Answer:
        """200 with the model, 204 without one."""
        self.answer = Answer(model, 200 if model else 204)
        return self.answer

    @contextmanager
    def _keeping(self, session: Session) -> Iterator[None]:
        note_use(self.caller, session, self.now)
        row = claim(session, self.key, self.now) if self.key else None
        yield
        if row is not None and self.answer is not None:
            store(row, self.answer.stored())
        session.flush()
