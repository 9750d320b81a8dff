"""What people hand in to set right what was posted."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from statuspage.drafts import Body, Draft, Instant, Line, SettableStatus, Translations, check_filled_text


class UpdateChange(Draft):
    """What to change of an update that was posted; fields that are not given stay (see model_fields_set)."""

    body: Body | None = None
    posted_at: Instant | None = None
    """When it was said, as the page shows it; between the updates beside it. Reports count by when it was posted."""
    translations: Translations | None = None
    """All that are to be: a language left out reads the original."""
    edits: Annotated[int, Field(ge=0)] | None = None
    """How often the update had been edited when its author read it: refused when somebody edited it since."""


class IncidentAmendment(Draft):
    """What an incident is called and did to components, set right from its start; what is not given stays."""

    title: Line | None = None
    translations: Translations | None = None
    """Titles in further languages; texts are those of its updates."""
    components: dict[str, SettableStatus | None] | None = None
    """What it did to a component from its start until its end; null: it never affected that one."""
    edits: Annotated[int, Field(ge=0)] | None = None
    """How often it had been amended when its author read it: refused when somebody amended it since."""


class Withdrawal(Draft):
    """Why something that was posted is taken back."""

    reason: Annotated[str, Field(max_length=1000), AfterValidator(check_filled_text)]
