"""A notice as people hand it in: words to the public that belong to no incident and no maintenance."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from statuspage.drafts import Body, Draft, Instant, Line, Translations


class NoticeDraft(Draft):
    """A new notice. `notify` mails it to every subscriber, whatever they chose to hear."""

    title: Line
    body: Body
    ends_at: Instant | None = None
    """When it leaves the front page; it stays under /notices."""
    pinned: bool = False
    notify: bool = False
    translations: Translations = {}


class NoticeChange(Draft):
    """What to change of a notice; fields that are not given stay (see model_fields_set)."""

    title: Line | None = None
    body: Body | None = None
    ends_at: Instant | None = None
    pinned: bool | None = None
    translations: Translations | None = None
    """All there are from now on."""
    edits: Annotated[int, Field(ge=0)] | None = None
    """How often it had been changed when its author read it: refused when somebody changed it since."""
