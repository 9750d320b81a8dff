"""What people hand in of the page's look."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from statuspage.drafts import Draft


class LookChange(Draft):
    """Fields that are not given stay (see model_fields_set); None takes away. Colours are #rrggbb."""

    colour: Annotated[str, Field(max_length=7)] | None = None
    colour_dark: Annotated[str, Field(max_length=7)] | None = None
    logo: bytes | None = None
    stylesheet: Annotated[str, Field(max_length=60_000)] | None = None
