"""What people hand in as a template: a text to begin with."""

from __future__ import annotations

from statuspage.drafts import Body, Draft, Line, Translations


class TemplateDraft(Draft):
    """A new template; {{components}} and the like are filled in when it is used."""

    name: Line
    title: Line | None = None
    body: Body
    translations: Translations = {}


class TemplateChange(Draft):
    """What to change of a template; fields that are not given stay (see model_fields_set)."""

    name: Line | None = None
    title: Line | None = None
    body: Body | None = None
    translations: Translations | None = None
