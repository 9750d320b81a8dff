"""Work-arounds and recoveries from a backup: said in the update, and mailed to contacts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from statuspage import amendments, incidents, maintenance
from statuspage.amendment_drafts import UpdateChange
from statuspage.components import ensure_page
from statuspage.drafts import IncidentDraft, MaintenanceDraft, UpdateDraft, read_draft
from statuspage.errors import Refused
from statuspage.models import Page, Update
from statuspage.publishing.markup import html_of, text_of
from statuspage.publishing.wording import body_in
from tests.contracts import AUTHOR, Contract, at


@pytest.fixture
def optimy(session: Session) -> Contract:
    ensure_page(session, at("2024-01-01T00:00Z"))
    return Contract(session, "optimy")


def post(contract: Contract, priority: str = "P1", **values: Any) -> Update:
    """An update at ten on an incident of eight o'clock."""
    opened = read_draft(IncidentDraft, {"title": "Down", "priority": priority, "body": "We look."})
    begun = at("2024-07-08T08:00Z")
    incident = incidents.open_incident(contract.session, opened, policy=contract.policy, author=AUTHOR, now=begun)
    draft = read_draft(UpdateDraft, {"body": "News.", **values})
    return incidents.post_update(
        contract.session, incident, draft, policy=contract.policy, author=AUTHOR, now=at("2024-07-08T10:00Z")
    )


def test_recovery_says_what_is_lost(optimy: Contract) -> None:
    update = post(optimy, snapshot_at="2024-07-08T03:00Z")
    assert update.body == (
        "News.\n\n**Recovered from the backup of 8 July 2024, 03:00 UTC. "
        "Changes made from then until 8 July 2024, 08:00 UTC (5 h) may be lost.**"
    )
    facts = {"snapshot_at": "2024-07-08T03:00:00Z", "lost_until": "2024-07-08T08:00:00Z"}
    assert update.details == {**facts, "facts": {"en": update.body.removeprefix("News.\n\n")}}


@pytest.mark.parametrize(("until", "over"), [("08:00:00", False), ("08:00:01", True)])
def test_more_loss_than_agreed_is_said(optimy: Contract, until: str, over: bool) -> None:
    update = post(optimy, snapshot_at="2024-07-07T08:00Z", lost_until=f"2024-07-08T{until}Z")
    assert ("more than the agreed" in update.body) is over


@pytest.mark.parametrize(
    ("priority", "typed", "field"),
    [
        ("P2", {"snapshot_at": "2024-07-08T03:00Z"}, "snapshot_at"),
        ("P1", {"snapshot_at": "2024-07-08T11:00Z"}, "snapshot_at"),
        ("P1", {"lost_until": "2024-07-08T09:00Z"}, "snapshot_at"),
        ("P1", {"snapshot_at": "2024-07-08T03:00Z", "lost_until": "2024-07-08T02:00Z"}, "lost_until"),
    ],
)
def test_recovery_that_cannot_be_is_refused(optimy: Contract, priority: str, typed: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        post(optimy, priority, **typed)
    assert [problem.field for problem in refused.value.problems] == [field]


@pytest.mark.parametrize(("time", "said"), [("11:00", "planned for"), ("09:00", "in place since")])
def test_work_around_says_its_time(optimy: Contract, time: str, said: str) -> None:
    update = post(optimy, workaround_at=f"2024-07-08T{time}Z")
    assert update.body.endswith(f"**Work-around {said} 8 July 2024, {time} UTC.**")


def in_dutch(update: Update) -> tuple[str, str] | None:
    return body_in(html_of(update.body), text_of(update.body), update.texts, "nl")


def test_facts_are_said_in_each_language(optimy: Contract) -> None:
    optimy.session.get_one(Page, 1).languages = ["en", "nl", "de"]
    update = post(optimy, workaround_at="2024-07-08T11:00Z", translations={"de": {"body": "Neues."}})
    assert update.texts
    assert update.texts["de"] == {"body": "Neues.\n\n**Umgehungslösung geplant für 8. Juli 2024, 11:00 UTC.**"}
    planned = "Tijdelijke oplossing gepland voor 8 juli 2024, 11:00 UTC."
    assert in_dutch(update) == (
        f'<p>News.</p>\n<div lang="nl"><p><strong>{planned}</strong></p></div>',
        f"News.\n\n{planned}",
    )


def test_work_is_described_in_the_pages_language(optimy: Contract) -> None:
    optimy.session.get_one(Page, 1).languages = ["nl", "en"]
    typed = {
        "title": "Werk",
        "body": "Wij werken.",
        "starts_at": "2024-07-13T06:00Z",
        "ends_at": "2024-07-13T07:00Z",
        "works_on": "network",
        "effect": "suspended",
    }
    now = at("2024-07-01T08:00Z")
    draft = read_draft(MaintenanceDraft, typed)
    work = maintenance.schedule(optimy.session, draft, policy=optimy.policy, author=AUTHOR, now=now)
    (update,) = work.updates
    assert (
        update.body
        == "Wij werken.\n\n**Werk aan: Netwerk. Wat u kunt verwachten: In de tussentijd niet beschikbaar.**"
    )
    assert update.texts
    assert update.texts["en"]["facts"][1] == "**Work on: Network. What to expect: Unavailable meanwhile.**"


def test_unclosed_words_keep_their_original(optimy: Contract) -> None:
    """A code block that nobody closed takes the sentence in; readers then see the original as a whole."""
    optimy.session.get_one(Page, 1).languages = ["en", "nl"]
    assert in_dutch(post(optimy, body="```\nlog", workaround_at="2024-07-08T11:00Z")) is None


@pytest.mark.parametrize("keeps", [True, False])
def test_edit_leaves_the_facts_as_they_are(optimy: Contract, keeps: bool) -> None:
    optimy.session.get_one(Page, 1).languages = ["en", "nl"]
    update = post(optimy, workaround_at="2024-07-08T11:00Z", translations={"nl": {"body": "Nieuws."}})
    english, dutch = update.details["facts"].values() if update.details else ("", "")
    if not keeps:  # posted before the facts were kept apart
        update.details = {"workaround_at": "2024-07-08T11:00:00Z"}
    assert amendments.words_of(optimy.session, update)[:2] == ("News.", {"nl": {"body": "Nieuws."}})
    new = {"body": "Better news.", "translations": {"nl": {"body": f"Beter nieuws.\n\n{dutch}"}}}
    change = read_draft(UpdateChange, new)
    amendments.edit_update(optimy.session, update, change, author="bob", now=at("2024-07-08T11:00Z"))
    assert update.body == f"Better news.\n\n{english}"
    assert update.texts == {"nl": {"body": f"Beter nieuws.\n\n{dutch}"}}
    untold = read_draft(UpdateChange, {"translations": {}})
    amendments.edit_update(optimy.session, update, untold, author="bob", now=at("2024-07-08T11:01Z"))
    assert update.texts == {"nl": {"facts": [english, dutch]}}
