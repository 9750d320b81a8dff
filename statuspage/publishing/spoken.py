"""The same state in another of the page's languages: what was posted in it, else the original, marked as such."""

from __future__ import annotations

from dataclasses import replace

from statuspage.publishing.markup import html_of, text_of
from statuspage.publishing.snapshot import IncidentView, MaintenanceView, NoticeView, Snapshot, UpdateView
from statuspage.publishing.wording import body_in, told_in
from statuspage.translations.catalogues import load_catalogue
from statuspage.translations.shipped import told_policy


def spoken(snapshot: Snapshot, language: str) -> Snapshot:
    """The snapshot told in a language of its page; in the first what was posted is what it was."""
    original = snapshot.page.languages[0]
    gettext = load_catalogue(language).gettext
    snapshot = replace(
        snapshot,
        policy=told_policy(snapshot.policy, gettext),
        versions=tuple(told_policy(each, gettext) for each in snapshot.versions),
    )
    if language == original:
        return snapshot
    return replace(
        snapshot,
        page=replace(snapshot.page, language=language),
        incidents=tuple(_incident(each, language, original) for each in snapshot.incidents),
        maintenances=tuple(_maintenance(each, language, original) for each in snapshot.maintenances),
        notices=tuple(_notice(each, language, original, snapshot.page.url) for each in snapshot.notices),
    )


def _incident(view: IncidentView, language: str, original: str) -> IncidentView:
    title = told_in(view.texts, language, "title")
    updates = tuple(_update(each, language, original) for each in view.updates)
    return replace(view, title=title or view.title, lang=None if title else original, updates=updates)


def _maintenance(view: MaintenanceView, language: str, original: str) -> MaintenanceView:
    title = told_in(view.texts, language, "title")
    updates = tuple(_update(each, language, original) for each in view.updates)
    lang = None if title else original
    reason = told_in(view.texts, language, "reason_text")
    view = replace(view, reason_text=reason or view.reason_text, reason_lang=None if reason else original)
    return replace(view, title=title or view.title, lang=lang, updates=updates)


def _update(view: UpdateView, language: str, original: str) -> UpdateView:
    html, text = body_in(view.html, view.text, view.texts, language) or (view.html, view.text)
    return replace(view, html=html, text=text, lang=None if told_in(view.texts, language, "body") else original)


def _notice(view: NoticeView, language: str, original: str, url: str) -> NoticeView:
    title, body = told_in(view.texts, language, "title"), told_in(view.texts, language, "body")
    if title:
        view = replace(view, title=title)
    if body:
        body = body.replace("](/", f"]({url}/")
        view = replace(view, html=html_of(body), text=text_of(body))
    return replace(view, lang=None if title else original, body_lang=None if body else original)
