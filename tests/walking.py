"""Every public address of a filled page, and a walk through them all over the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

from statuspage import maintenance, notices
from statuspage.changes import open_installation, site_change
from statuspage.components import add_component, load_page
from statuspage.drafts import ComponentDraft, IncidentDraft, MaintenanceDraft, UpdateDraft, read_draft
from statuspage.incidents import load_incident, open_incident, post_update
from statuspage.instance import bring_up_to_date
from statuspage.notice_drafts import NoticeDraft
from statuspage.publishing.files import is_staged
from statuspage.settings import Settings

CONTRACT = (
    "/",
    "/history",
    "/uptime",
    "/sla",
    "/feed.atom",
    "/feed.rss",
    "/feed.json",
    "/history.atom",
    "/history.rss",
    "/components/voice",
    "/components/voice/feed.atom",
    "/components/voice/feed.rss",
    "/components/voice/badge.svg",
    "/maintenance.ics",
    "/api/v2/summary.json",
    "/api/v2/status.json",
    "/api/v2/components.json",
    "/api/v2/incidents.json",
    "/api/v2/incidents/unresolved.json",
    "/api/v2/scheduled-maintenances.json",
    "/api/v2/scheduled-maintenances/upcoming.json",
    "/api/v2/scheduled-maintenances/active.json",
    "/uptime.json",
    "/badge.svg",
    "/embed",
    "/robots.txt",
    "/sitemap.xml",
    "/favicon.ico",
    "/.well-known/security.txt",
    "/nl",
    "/nl/history",
    "/nl/feed.atom",
)
"""Addresses that stand outside; those with a key in them are found in the folder."""
PACKED = (".gz", ".br")
AUTHOR = "test"
FAILURE = {"title": "Calls fail", "priority": "P1", "body": "We look.", "components": {"voice": "major_outage"}}


def fill_instance(settings: Settings) -> str:
    """A page in two languages with something of every kind; the key of its open incident."""
    installation = open_installation(settings)
    now = datetime.now(UTC).replace(microsecond=0)
    bring_up_to_date(installation, now - timedelta(days=40))
    past = now - timedelta(days=39)
    with site_change(installation, past, author=AUTHOR) as change:
        page = load_page(change.session)
        page.languages, page.support_url = ["en", "nl"], "https://example.com/support"
        for name in ("Voice", "Messaging"):
            add_component(change.session, ComponentDraft(name=name), author=AUTHOR, now=past)
    keys = []
    for at, over in ((past, True), (now, False)):
        with site_change(installation, at, author=AUTHOR) as change:
            given = {
                "title": "Calls fail",
                "priority": "P1",
                "body": "We look.",
                "components": {"voice": "major_outage"},
            }
            draft = read_draft(IncidentDraft, given)
            incident = open_incident(change.session, draft, policy=change.policy, author=AUTHOR, now=at)
            keys.append(incident.id)
        if over:
            with site_change(installation, at + timedelta(hours=1), author=AUTHOR) as change:
                post_update(
                    change.session,
                    load_incident(change.session, keys[-1]),
                    UpdateDraft.model_validate({"status": "resolved", "body": "Over."}),
                    policy=change.policy,
                    author=AUTHOR,
                    now=at + timedelta(hours=1),
                )
    with site_change(installation, now, author=AUTHOR) as change:
        work = {"title": "New routers", "body": "Calls may drop.", "components": ["voice"]}
        times = {
            "starts_at": (now + timedelta(days=20)).isoformat(),
            "ends_at": (now + timedelta(days=20, hours=1)).isoformat(),
        }
        maintenance.schedule(
            change.session, read_draft(MaintenanceDraft, work | times), policy=change.policy, author=AUTHOR, now=now
        )
        notices.post_notice(
            change.session, read_draft(NoticeDraft, {"title": "We move", "body": "Soon."}), author=AUTHOR, now=now
        )
    installation.database.dispose()
    return keys[-1]


def addresses(public: Path) -> tuple[str, ...]:
    """What the contract names, and each file of the folder by the address it answers to."""
    files = [path for path in public.rglob("*") if path.is_file() and not is_staged(path)]
    names = [path.relative_to(public).as_posix() for path in files if path.suffix not in PACKED]
    public_names = [name for name in names if not name.startswith(".") or name.startswith(".well-known/")]
    found = {f"/{name.removesuffix('.html')}" for name in public_names} - {"/index"}
    return tuple(sorted({*CONTRACT, *found}))


def walk(port: int, paths: Iterable[str]) -> dict[str, int]:
    """What did not answer 200 with bytes, with its status; one connection, as a browser has."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    wrong: dict[str, int] = {}
    for number, path in enumerate(paths):
        connection.request("GET", f"{path}?utm={number}", headers={"Accept-Encoding": "gzip", "Cookie": "seen=1"})
        response = connection.getresponse()
        if not response.read() or response.status != 200:
            wrong[path] = response.status
    connection.close()
    return wrong
