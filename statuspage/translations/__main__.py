"""python -m statuspage.translations [LANGUAGE …]: brings the catalogues up to what is wanted; a new language begins
an empty one. What is translated stays, what nobody asks for any more goes."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from statuspage.translations.catalogues import FOLDER, SOURCE, known_languages
from statuspage.translations.wanted import wanted


def main() -> None:
    """Update each catalogue, and say how much of it is missing."""
    template = wanted()
    for language in sys.argv[1:] or [each for each in known_languages() if each != SOURCE]:
        path = FOLDER / f"{language}.po"
        catalogue = _updated(path, language, template)
        with path.open("wb") as file:
            write_po(
                file,
                catalogue,
                width=118,
                omit_header=False,
                sort_output=True,
                ignore_obsolete=True,
                no_location=True,
            )
        missing = [message for message in catalogue if message.id and not all(_strings(message.string))]
        print(f"{language}: {len(catalogue)} texts, {len(missing)} without a translation")


def _updated(path: Path, language: str, template: Catalog) -> Catalog:
    catalogue = Catalog(locale=language, charset="utf-8", header_comment="# Statuspage", project="Statuspage")
    if path.is_file():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.fuzzy = False
    return catalogue


def _strings(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


if __name__ == "__main__":
    main()
