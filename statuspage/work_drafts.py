"""What people hand in about maintenance beside a window: an extension of a running one, a regular slot."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import Field

from statuspage.drafts import Body, Draft, Instant, Line, OptionalText, Translations, UpdateId, WorkTranslations

LONGEST_SLOT = 24 * 60


class ExtensionDraft(Draft):
    """More time for a maintenance under way: a further window from its end on, with its own notice and class."""

    ends_at: Instant
    body: Body
    reason: Annotated[str, Field(max_length=80)] | None = None
    reason_text: OptionalText | None = None
    confirm: bool = False
    notify: bool = True
    after: UpdateId | None = None
    """The newest update its author has read: refused when there is another since."""
    translations: WorkTranslations = {}


class SlotDraft(Draft):
    """A regular weekly slot, by the wall clock of the policy's zone; `weekday` 0 is Monday."""

    title: Line
    body: Body
    weekday: Annotated[int, Field(ge=0, le=6)]
    starts: Annotated[time, Field(strict=False)]
    minutes: Annotated[int, Field(ge=1, le=LONGEST_SLOT)]
    components: list[str] = []
    translations: Translations = {}
