"""What operators post in further languages of the page: checked, and kept beside the original.

The original is in the page's first language; where a language has no text of its own, readers see the original.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from statuspage.drafts import Translation, WorkTranslation
from statuspage.errors import Problem, Refused
from statuspage.models import Page
from statuspage.translations.catalogues import known_languages

Texts = dict[str, Any]
"""As stored: {"nl": {"title": …, "body": …}}, each with what is there. Where the body is not, but the original ends
with facts that the product says itself, {"facts": [as the original says them, as this language does]}."""
REASON = "reason_text"
Said = dict[str, str]
"""What the product says itself at the end of a text, by language, Markdown; the first is the original's."""


def check_translations(session: Session, translations: Mapping[str, Translation]) -> None:
    """Whether each is in a further language of the page. Raises Refused, naming those."""
    first, *further = session.get_one(Page, 1).languages
    problems = []
    for language in translations:
        if language == first:
            problems.append(Problem(f"translations.{language}", "is the language of the original: write it there"))
        elif language not in further:
            those = f"; those are: {', '.join(further)}" if further else "; it has none beside its first"
            problems.append(Problem(f"translations.{language}", f"is no further language of the page{those}"))
    if problems:
        raise Refused(problems)


def check_languages(languages: Sequence[str]) -> None:
    """Whether the page can speak each. Raises Refused, naming those it can."""
    known = known_languages()
    unknown = [language for language in languages if language not in known]
    if unknown:
        message = f"{', '.join(unknown)}: there is no catalogue for it; those there are: {', '.join(known)}"
        raise Refused(Problem("languages", message))
    twice = [language for language in languages if languages.count(language) > 1]
    if twice:
        raise Refused(Problem("languages", f"{twice[0]} stands there twice"))


def titles_in(translations: Mapping[str, Translation], before: Texts | None = None) -> Texts | None:
    """The titles as stored, over those there were `before`; None where there is none."""
    said = {language: {"title": each.title} for language, each in translations.items() if each.title}
    return _over(before, said)


def reasons_in(translations: Mapping[str, WorkTranslation], before: Texts | None) -> Texts | None:
    """The reasons of announced work as stored, in place of those there were `before`, beside the titles."""
    titles = {language: {"title": said["title"]} for language, said in (before or {}).items() if "title" in said}
    reasons = {language: {REASON: each.reason_text} for language, each in translations.items() if each.reason_text}
    return _over(titles, reasons)


def _over(before: Texts | None, said: Texts) -> Texts | None:
    merged = dict(before or {})
    for language, texts in said.items():
        merged[language] = {**merged.get(language, {}), **texts}
    return merged or None


def ended(body: str, said: Said) -> str:
    """The original with what the product says at its end."""
    return "\n\n".join([body, *list(said.values())[:1]])


def bodies_in(translations: Mapping[str, Translation], said: Said | None = None) -> Texts | None:
    """The texts as stored, each ending with what the product says in its language; None where there is none."""
    bodies = {language: each.body for language, each in translations.items() if each.body}
    if not said:
        return {language: {"body": body} for language, body in bodies.items()} or None
    (_, original), *further = said.items()
    return {
        language: {"body": f"{bodies[language]}\n\n{facts}"} if language in bodies else {"facts": [original, facts]}
        for language, facts in further
    } or None


def texts_in(translations: Mapping[str, Translation]) -> Texts | None:
    """Titles and texts as stored; None where there is none."""
    said = {language: each.model_dump(exclude_none=True) for language, each in translations.items()}
    return {language: texts for language, texts in said.items() if texts} or None


def translations_of(*stored: Texts | None) -> dict[str, Texts]:
    """What the doors show of what is stored, titles and texts of one thing together."""
    merged: dict[str, Texts] = {}
    for texts in stored:
        for language, said in (texts or {}).items():
            posted = {name: text for name, text in said.items() if name != "facts"}
            if posted:
                merged[language] = {**merged.get(language, {}), **posted}
    return merged
