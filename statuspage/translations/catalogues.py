"""The catalogues as gettext reads them, made from the .po files when they are first asked for."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).resolve().parent
SOURCE = "en"


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
            return Translations(compiled)
    return NullTranslations()


def native_name(language: str) -> str:
    """What a language calls itself: "Nederlands"."""
    locale = Locale.parse(language, sep="-")
    name = locale.get_display_name(locale) or language
    return name[:1].upper() + name[1:]
