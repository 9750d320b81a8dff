"""What customers read in letters about their reports and claims: (subject, text), in the page's first language.

Class names are the policy's own, and what operators wrote stands as they wrote it.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from statuspage.components import load_page
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import Cause
from statuspage.models import Claim, CustomerReport
from statuspage.publishing.wording import Words, words_of
from statuspage.standing import ClaimStanding

Letter = tuple[str, str]


def load_words(session: Session) -> Words:
    """The writer of letters: the page's first language and its zone."""
    page = load_page(session)
    return words_of(page.languages[0], ZoneInfo(page.timezone))


def load_log_words(session: Session) -> Words:
    """The writer of logs, which operators read: English, in the page's zone."""
    return words_of("en", ZoneInfo(load_page(session).timezone))


def reads(word: str) -> str:
    """A word of the policy or the wire as it reads in a sentence: "no_client_response" is "no client response"."""
    return word.replace("_", " ")


def received(words: Words, report: CustomerReport) -> Letter:
    """The number and class of a new report (IS18)."""
    _ = words.gettext
    said = {"number": report.number, "name": report.report_class}
    text = _("We received your report as number %(number)s, class %(name)s.") % said
    return _("Report %(number)s received") % said, f"{text}\n\n{report.text}"


def restored(words: Words, report: CustomerReport, *, text: str = "", title: str = "") -> Letter:
    """The notice of restoration (TP20); `title` is the incident's or the work's, `text` an operator's own words."""
    _ = words.gettext
    again = _("The service works again.")
    subject = _("Report %(number)s: service restored") % {"number": report.number}
    return subject, text or (f"{title}: {again}" if title else again)


def diagnosed(words: Words, report: CustomerReport, text: str) -> Letter:
    """The result of the diagnosis: its class, and whether the cause is ours (TP33, TP38)."""
    _ = words.gettext
    origin = "" if report.cause is Cause.OWN else _("The cause lies outside our service.") + "\n\n"
    name = _("Class: %(name)s") % {"name": report.report_class}
    return _("Report %(number)s: diagnosis") % {"number": report.number}, f"{name}\n\n{origin}{text}"


def qualified(words: Words, report: CustomerReport, *, is_fault: bool) -> Letter:
    """Whether it is a fault, and of which class (IS20)."""
    _ = words.gettext
    text = _("Your report is qualified as %(name)s.") if is_fault else _("Your report is qualified as no fault.")
    return _("Report %(number)s: qualified") % {"number": report.number}, text % {"name": report.report_class}


def reclassified(words: Words, report: CustomerReport, *, before: str, reason: str) -> Letter:
    """Another class than the customer set, and why (CM20)."""
    _ = words.gettext
    subject = _("Report %(number)s: class changed") % {"number": report.number}
    return subject, f"{_now_of_class(words, report, before)}\n\n{reason}"


def work_around(words: Words, report: CustomerReport, text: str, *, before: str = "") -> Letter:
    """A work-around (TP40), and the class it lowered the report to, `before` being the old one (IS21)."""
    _ = words.gettext
    lowered = f"\n\n{_now_of_class(words, report, before)}" if before else ""
    return _("Report %(number)s: work-around") % {"number": report.number}, text + lowered


def resolved(words: Words, report: CustomerReport, text: str) -> Letter:
    """The mail whose date ends the intervention (TP42)."""
    _ = words.gettext
    return _("Report %(number)s: resolved") % {"number": report.number}, text


def closed(words: Words, report: CustomerReport, reason: str, text: str) -> Letter:
    """That it is closed, and for which of the policy's reasons (IS22)."""
    _ = words.gettext
    known = {
        "resolved": _("We closed your report: it is resolved."),
        "no_client_response": _("We closed your report: we had no answer from you."),
        "client_confirmed_unresolved": _("We closed your report unresolved, as you confirmed."),
    }
    other = _("We closed your report: %(reason)s.") % {"reason": reads(reason)}
    said = f"{known.get(reason, other)} {text}".strip()
    return _("Report %(number)s: closed") % {"number": report.number}, said


def disputed(words: Words, claim: Claim, text: str) -> Letter:
    """That a claim is disputed, with reasons (TP24)."""
    _ = words.gettext
    return _("Your claim for %(period)s is disputed") % {"period": claim.period}, text


def settled(words: Words, claim: Claim, standing: ClaimStanding, policy: Policy) -> Letter:
    """What came of a claim (TP26, TP27)."""
    _ = words.gettext
    said = {"period": claim.period, "percent": claim.agreed_pct}
    if claim.agreed_pct is None:
        return _("Your claim for %(period)s") % said, _("We could not agree on this claim.")
    text = (
        _("We agreed on a refund of %(percent)s%% of your monthly fee for %(period)s.")
        if claim.settled_as == "refund"
        else _("We agreed on a credit of %(percent)s%% of your monthly fee for %(period)s.")
    ) % said
    if standing.amount is not None:
        currency = policy.credits.currency if policy.credits else ""
        money = {"amount": f"{standing.amount} {currency}".rstrip()}
        capped = _("That is %(amount)s, the agreed maximum.") if standing.capped else _("That is %(amount)s.")
        text = f"{text} {capped % money}"
    return _("Your claim for %(period)s is agreed") % said, text


def _now_of_class(words: Words, report: CustomerReport, before: str) -> str:
    said = {"name": report.report_class, "before": before}
    return words.gettext("Your report now has class %(name)s, before %(before)s.") % said
