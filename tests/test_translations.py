"""Every language says everything: no text without a translation, no placeholder lost."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from statuspage.translations.catalogues import FOLDER, SOURCE, known_languages, load_catalogue, native_name
from statuspage.translations.wanted import wanted

LANGUAGES = [language for language in known_languages() if language != SOURCE]


@pytest.fixture(scope="module")
def template() -> Catalog:
    return wanted()


def stored(language: str) -> Catalog:
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def strings(text: str | Iterable[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s|\{\w+\}|%(?!\()", text))


def test_promised_languages_are_there() -> None:
    assert set(known_languages()) >= {"en", "nl", "fr", "de", "es", "it"}
    assert [native_name(language) for language in ("nl", "fr", "de")] == ["Nederlands", "Français", "Deutsch"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_untranslated(language: str, template: Catalog) -> None:
    catalogue = stored(language)
    found = {message.id: message for message in catalogue if message.id}
    missing = [message.id for message in template if message.id and not _is_said(found.get(message.id))]
    assert missing == []
    assert not [message.id for message in found.values() if message.fuzzy]


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_survive_translation(language: str) -> None:
    for message in stored(language):
        if message.id:
            kept = set().union(*map(placeholders, strings(message.id)))
            for text in strings(message.string):
                assert placeholders(text) <= kept, (message.id, text)
            assert set().union(*map(placeholders, strings(message.string))) == kept, message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_answers(language: str) -> None:
    catalogue = load_catalogue(language)
    assert catalogue.gettext("Maintenance") != ""
    assert catalogue.ngettext("%(num)s day", "%(num)s days", 2) != "%(num)s days"


def _is_said(message: Message | None) -> bool:
    return message is not None and all(strings(message.string))
