"""Times, lengths and labels as people read them on the public page, in one language and one zone.

Dates follow the language's habits (Babel), clocks have 24 hours, and every time names its zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from babel.support import NullTranslations

from statuspage.domain.periods import Period
from statuspage.domain.sla.duration import Duration, parse_duration, rounded
from statuspage.domain.vocabulary import MaintenanceStatus
from statuspage.publishing.markup import html_of, text_of
from statuspage.translations.catalogues import load_catalogue

_LOCALES = {"en": "en_GB"}
"""English dates are written day first, as the 24-hour clock beside them suggests."""
_MONTH = 30
"""Days."""
LEADS = {
    "m": ("%(num)s minute", "%(num)s minutes"),
    "h": ("%(num)s hour", "%(num)s hours"),
    "d": ("%(num)s day", "%(num)s days"),
    "bm": ("%(num)s business minute", "%(num)s business minutes"),
    "bh": ("%(num)s business hour", "%(num)s business hours"),
    "bd": ("%(num)s business day", "%(num)s business days"),
}


def told_in(texts: Mapping[str, Any] | None, language: str, name: str) -> str | None:
    """The title or body an operator posted in a language, or in its main one (nl for nl-BE); None where readers see
    the original."""
    for code in (language, language.partition("-")[0]):
        said = (texts or {}).get(code, {}).get(name)
        if said:
            return str(said)
    return None


def body_in(html: str, text: str, texts: Mapping[str, Any] | None, language: str) -> tuple[str, str] | None:
    """An update in a language, as HTML and as text: as it was posted in it, or the original (`html`, `text`) with the
    sentences that the product itself ended it with in the language; None for the original as it is."""
    body = told_in(texts, language, "body")
    if body is not None:
        return html_of(body), text_of(body)
    for code in (language, language.partition("-")[0]):
        original, said = (texts or {}).get(code, {}).get("facts", ("", ""))
        if said and html.endswith(html_of(original)) and text.endswith(text_of(original)):
            html, text = html.removesuffix(html_of(original)), text.removesuffix(text_of(original))
            return f'{html}<div lang="{code}">{html_of(said)}</div>', text + text_of(said)
    return None


def words_of(lang: str, zone: ZoneInfo) -> Words:
    """The writer in a language and a zone, with the language's catalogue."""
    return Words(lang, zone, load_catalogue(lang))


@dataclass(frozen=True)
class Words:
    """The writer of one rendering: a language, its catalogue and the page's zone."""

    lang: str
    zone: ZoneInfo
    catalogue: NullTranslations

    @property
    def locale_name(self) -> str:
        """Whose habits dates follow."""
        return _LOCALES.get(self.lang, self.lang)

    def gettext(self, text: str) -> str:
        """The text in the page's language."""
        return str(self.catalogue.gettext(text))

    def label(self, word: object) -> str:
        """The translated label of a vocabulary word, or of its wire string ("in_progress" is "In progress")."""
        return self.gettext(getattr(word, "label", None) or str(word).replace("_", " ").capitalize())

    def local(self, instant: datetime) -> datetime:
        """The instant on the page's clock."""
        return instant.astimezone(self.zone)

    def day_of(self, instant: datetime) -> date:
        """The date on the page's calendar."""
        return self.local(instant).date()

    def clock(self, instant: datetime) -> str:
        """A time of day with its zone: "14:02 CET"."""
        return f"{self.local(instant):%H:%M} {self.zone_word(instant)}"

    def zone_word(self, instant: datetime) -> str:
        """The zone's abbreviation then in force, or its offset where it has none: "CET", "UTC+03"."""
        name = self.local(instant).tzname() or "UTC"
        return f"UTC{name}" if name[0] in "+-" else name

    def moment(self, instant: datetime) -> str:
        """A date and a time: "16 November 2026, 14:02 CET"."""
        return f"{self.full_date(self.day_of(instant))}, {self.clock(instant)}"

    def near(self, instant: datetime, now: datetime) -> str:
        """As short as is unmistakable at `now`: "14:02 CET" today, "15 Nov, 14:02 CET" before."""
        day, today = self.day_of(instant), self.day_of(now)
        if day == today:
            return self.clock(instant)
        skeleton = "d MMM" if abs((day - today).days) < 180 else "d MMM y"
        return f"{self._skeleton(skeleton, day)}, {self.clock(instant)}"

    def window(self, start: datetime, end: datetime) -> str:
        """A window: "Tue 24 Nov 2026, 02:00–04:00 CET", or both dates when it crosses midnight."""
        first, last = self.local(start), self.local(end)
        head = f"{self.weekday_date(first.date())}, {first:%H:%M}"
        if first.date() == last.date() and first.utcoffset() == last.utcoffset():
            return f"{head}–{self.clock(end)}"
        if first.utcoffset() != last.utcoffset():
            head = f"{head} {self.zone_word(start)}"
        until = "" if first.date() == last.date() else f"{self.weekday_date(last.date())}, "
        return f"{head} – {until}{self.clock(end)}"

    def hours(self, start: datetime, end: datetime) -> str:
        """From when to when, under a date: "09:34–13:34 CET", "23:10 CET – 17 Nov, 01:05 CET"."""
        first, last = self.local(start), self.local(end)
        if first.date() == last.date() and first.utcoffset() == last.utcoffset():
            return f"{first:%H:%M}–{self.clock(end)}"
        return f"{self.clock(start)} – {self.near(end, start)}"

    def state_of(self, status: MaintenanceStatus) -> str:
        """The state of a maintenance; one that is to come is not called scheduled, which is a class as well."""
        if status is MaintenanceStatus.SCHEDULED:
            return self.gettext("Upcoming")
        return self.label(status)

    def why(self, reason_text: str | None, reason: str | None) -> str | None:
        """Why work is announced late: as its author put it, else the policy's word for it; None where nobody said."""
        if reason_text or not reason:
            return reason_text
        _ = self.gettext
        known = {
            "immediate_threat": _("An immediate threat"),
            "vendor_change": _("A vendor’s late change"),
            "security_no_notice": _("Security: no notice was possible"),
            "urgent": _("Urgent work"),
        }
        return known.get(reason) or reason.replace("_", " ").capitalize()

    def old_window(self, details: Mapping[str, Any]) -> str | None:
        """The window before a move, from what the update kept of it."""
        old = [details.get("old_starts_at"), details.get("old_ends_at")]
        if not all(old):
            return None
        start, end = (datetime.fromisoformat(str(text)) for text in old)
        return self.window(start, end)

    def full_date(self, day: date) -> str:
        """A date in full: "16 November 2026"."""
        return _formatted("long", day, self.locale_name)

    def weekday_date(self, day: date) -> str:
        """A date with its day of the week, short: "Tue 24 Nov 2026"."""
        return self._skeleton("yMMMEd", day).replace(",", "")

    def short_date(self, day: date) -> str:
        """A date without its year: "16 Nov"."""
        return self._skeleton("MMMd", day)

    def dated(self, day: date) -> str:
        """A date, short: "16 Nov 2026"."""
        return self._skeleton("yMMMd", day)

    def month(self, key: str) -> str:
        """A month from "2026-11": "November 2026"."""
        return self._skeleton("yMMMM", date.fromisoformat(f"{key}-01"))

    def period(self, period: Period) -> str:
        """A month or quarter: "November 2026", "Q4 2026"."""
        return self._skeleton("yQQQ" if period.unit == "quarter" else "yMMMM", period.first_day)

    def sentence(self, text: str) -> str:
        """As a sentence begins: months are written small in many languages."""
        return text[:1].upper() + text[1:]

    def month_short(self, key: str) -> str:
        """A month, short: "Nov 2026"."""
        return self._skeleton("yMMM", date.fromisoformat(f"{key}-01"))

    def month_name(self, key: str) -> str:
        """A month without its year: "November"."""
        return _formatted("LLLL", date.fromisoformat(f"{key}-01"), self.locale_name)

    def length(self, time: timedelta) -> str:
        """A length as people say it: "2 h 30 min", "3 d 4 h", "45 s"; the two largest units, the rest dropped, and
        days alone from a month on."""
        seconds = int(time.total_seconds())
        parts = [
            (seconds // 86400, "d"),
            (seconds // 3600 % 24, "h"),
            (seconds // 60 % 60, "min"),
            (seconds % 60, "s"),
        ]
        first = next((n for n, (amount, _) in enumerate(parts) if amount), 3)
        second = parts[first + 1 : first + 2] if first < 2 and parts[0][0] < _MONTH else []
        return " ".join(
            f"{amount} {self.gettext(unit)}" for amount, unit in [parts[first], *second] if amount or first == 3
        )

    def lead(self, duration: Duration | str) -> str:
        """A length as a policy gives it: "14 days", "2 hours"."""
        length = rounded(parse_duration(duration) if isinstance(duration, str) else duration)
        one, many = LEADS[length.unit]
        return self.counted(one, many, length.amount)

    def counted(self, one: str, many: str, number: int) -> str:
        """A number of something; both texts hold %(num)s."""
        return str(self.catalogue.ngettext(one, many, number)) % {"num": number}

    def percent(self, figure: object) -> str:
        """A percentage from its digits as they were cut off ("99.95"): "99.95%", "99,95 %"; never rounded again."""
        point, sign = _percent_habits(self.locale_name)
        return f"{str(figure).replace('.', point)}{sign}"

    def number(self, count: int) -> str:
        """A whole number: "43,200", "43.200"."""
        return str(format_decimal(count, locale=self.locale_name))

    def wire(self, instant: datetime) -> str:
        """ISO 8601 in UTC with Z, for `datetime` attributes."""
        return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def listed(self, names: list[str], most: int = 3) -> str:
        """Names in a sentence: "A, B and 2 more"."""
        if len(names) > most:
            more = self.catalogue.ngettext("%(count)s more", "%(count)s more", len(names) - most + 1)
            names = [*names[: most - 1], more % {"count": len(names) - most + 1}]
        if len(names) < 2:
            return "".join(names)
        return self.gettext("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}

    def _skeleton(self, skeleton: str, day: date) -> str:
        return _skeleton(skeleton, day, self.locale_name)


@lru_cache(maxsize=32)
def _percent_habits(locale: str) -> tuple[str, str]:
    """A language's decimal mark, and what it puts behind a percentage."""
    known = Locale.parse(locale, sep="-" if "-" in locale else "_")
    return known.number_symbols["latn"]["decimal"], known.percent_formats[None].pattern.rpartition("0")[2]


@lru_cache(maxsize=8192)
def _formatted(pattern: str, day: date, locale: str) -> str:
    return str(format_date(day, pattern, locale=locale))


@lru_cache(maxsize=8192)
def _skeleton(skeleton: str, day: date, locale: str) -> str:
    return str(format_skeleton(skeleton, day, locale=locale))
