"""What a catalogue must hold: every text of the page, the feeds, the calendar and the mails.

The admin is English. Words that templates name only by their value (statuses, causes, classes) are added by hand
of the vocabulary itself, so that a new one is missed nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract

from statuspage.domain import rollup, vocabulary
from statuspage.domain.vocabulary import MaintenanceKind
from statuspage.publishing.wording import LEADS
from statuspage.translations.shipped import shipped_texts

PACKAGE = Path(__file__).resolve().parents[1]
TEMPLATES = ("public/**/*.html", "macros/**/*.html", "email/**/*.html", "email/**/*.txt", "errors/**/*.html")
MODULES = ("publishing/**/*.py", "notify/**/*.py", "web/subscription*.py", "web/managing.py", "*.py")
UNITS = ("d", "h", "min", "s")
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "counted": (1, 2)}
JINJA = {
    "extensions": "jinja2.ext.i18n",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "newstyle_gettext": "true",
    "silent": "false",
}


def wanted() -> Catalog:
    """The template of all catalogues: each text with where it stands."""
    catalogue = Catalog(charset="utf-8")
    for file, line, message, context in _messages():
        catalogue.add(message, None, [(file, line)], context=context, flags=_flags(message))
    for pair in LEADS.values():
        catalogue.add(pair, None, [("statuspage/publishing/wording.py", 1)], flags=_flags(pair))
    for text in vocabulary_texts():
        catalogue.add(text, None, [("statuspage/domain/vocabulary.py", 1)])
    return catalogue


def vocabulary_texts() -> list[str]:
    """Labels and sentences of the domain, which reach gettext by value."""
    enums = [each for each in vars(vocabulary).values() if isinstance(each, type) and issubclass(each, StrEnum)]
    labels = {str(member.label) for each in enums for member in each if hasattr(member, "label")}
    labels |= {f"{kind.label} maintenance" for kind in MaintenanceKind} | {"Urgent maintenance"}
    return sorted(labels | set(rollup.DESCRIPTIONS) | set(UNITS) | shipped_texts())


def _messages() -> Iterator[tuple[str, int, Any, str | None]]:
    root = PACKAGE.parent
    for folder, patterns, method in (
        (root / "templates", TEMPLATES, "jinja2"),
        (PACKAGE, MODULES, "python"),
    ):
        for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
            name = path.relative_to(root).as_posix()
            options = JINJA if method == "jinja2" else {}
            with path.open("rb") as file:
                for line, message, _comments, context in extract(method, file, KEYWORDS, (), options):
                    yield name, line, message, context


def _flags(message: str | tuple[str, ...]) -> set[str]:
    texts = (message,) if isinstance(message, str) else message
    return {"python-format"} if any("%(" in text for text in texts) else set()
