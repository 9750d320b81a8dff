"""The catalogues as gettext reads them, made from the .po files when they are first asked for."""

from __future__ import annotations

import warnings
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations


class Untranslated(Warning):
    """A text was shown in English because the catalogue has no words for it."""


warnings.simplefilter("ignore", Untranslated, append=True)  # nobody at a terminal can help; the tests turn it on

FOLDER = Path(__file__).resolve().parent
SOURCE = "en"


def N_(text: str) -> str:
    """Marks a text for the catalogues that is translated where it is shown."""
    return text


@lru_cache(maxsize=1)
def known_languages() -> tuple[str, ...]:
    """The languages there is a catalogue for, the source's first."""
    return (SOURCE, *sorted(path.stem for path in FOLDER.glob("*.po")))


@lru_cache(maxsize=32)
def load_catalogue(language: str) -> NullTranslations:
    """The language's catalogue, or that of its main language (nl for nl-BE); else the source itself."""
    for name in (language, language.partition("-")[0]):
        path = FOLDER / f"{name}.po"
        if name in known_languages() and path.is_file():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=name)
            compiled = BytesIO()
            write_mo(compiled, catalogue)
            compiled.seek(0)
            translations = Translations(compiled)
            translations.add_fallback(_Missing(name))
            return translations
    return NullTranslations()


class _Missing(NullTranslations):
    """Answers for what a catalogue lacks with the source's text, and says so."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def gettext(self, message: str) -> str:
        self._note(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self._note(msgid1)
        return msgid1 if n == 1 else msgid2

    def _note(self, message: str) -> None:
        warnings.warn(f"{self.language} has no words for {message!r}", Untranslated, stacklevel=4)


def english_name(language: str) -> str:
    """What a language is called in English: "Dutch"."""
    return Locale.parse(language, sep="-").get_display_name("en") or language


def native_name(language: str) -> str:
    """What a language calls itself: "Nederlands"."""
    locale = Locale.parse(language, sep="-")
    name = locale.get_display_name(locale) or language
    return name[:1].upper() + name[1:]
