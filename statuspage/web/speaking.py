"""Languages at the doors: flask-babel on the same catalogues that pages and mails are written with."""

from __future__ import annotations

from typing import Any

from babel.support import NullTranslations
from flask_babel import Babel, Domain, get_locale

from statuspage.translations.catalogues import SOURCE, load_catalogue


class Speech(Babel):  # type: ignore[misc]
    """flask-babel, whose own way wants compiled catalogues in folders of their own."""

    @property
    def domain_instance(self) -> Domain:
        """The texts of a request."""
        return _Texts()


class _Texts(Domain):  # type: ignore[misc]
    def get_translations(self) -> NullTranslations:
        """The catalogue of the language that is spoken now."""
        locale: Any = get_locale()
        return load_catalogue(str(locale).replace("_", "-") if locale else SOURCE)
