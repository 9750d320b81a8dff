"""What machines look for by name: uptime.json, robots.txt, sitemap.xml and .well-known/security.txt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from xml.sax.saxutils import escape

from statuspage.domain.periods import local_date
from statuspage.domain.uptime import Day, Figure, day_bars, figure_of
from statuspage.publishing.memory import Fragments
from statuspage.publishing.responses import period_figures
from statuspage.publishing.selecting import NEWEST
from statuspage.publishing.snapshot import ComponentView, Snapshot
from statuspage.publishing.statuspage_v2 import Json, json_bytes, wire_time

DAYS = 90


def render_wellknown(snapshot: Snapshot, fragments: Fragments | None = None) -> Iterator[tuple[str, bytes]]:
    """The files above; security.txt only where the page names a contact."""
    yield "uptime.json", _uptime(snapshot, fragments or Fragments())
    yield "robots.txt", f"User-agent: *\nAllow: /\n\nSitemap: {snapshot.page.url}/sitemap.xml\n".encode()
    yield "sitemap.xml", _sitemap(snapshot).encode()
    if snapshot.page.support_url:
        yield ".well-known/security.txt", _security(snapshot.page.support_url, snapshot).encode()


def figure_json(figure: Figure) -> Json:
    """{num, den, pct}: exact seconds and a floored string, null where nothing was measured."""
    return {"num": figure.num, "den": figure.den, "pct": figure.pct()}


def _uptime(snapshot: Snapshot, fragments: Fragments) -> bytes:
    """Ninety days of every component on the page's calendar, oldest first; today as far as its figures go."""
    today = local_date(snapshot.now, snapshot.page.zone)
    days = [today - timedelta(days=n) for n in range(DAYS - 1, -1, -1)]
    head = {
        "page": {"id": snapshot.page.code, "name": snapshot.page.name, "url": snapshot.page.url},
        "time_zone": snapshot.page.zone.key,
        "from": days[0].isoformat(),
        "to": (today + timedelta(days=1)).isoformat(),
    }
    components = b",".join(
        fragments.of(
            ("uptime.json", "", each.id),
            (each.timeline, today),
            partial(_component, each, snapshot, days),
        )
        for each in snapshot.components
    )
    return json_bytes(head)[:-1] + b',"components":[' + components + b"]}"


def _component(component: ComponentView, snapshot: Snapshot, days: list[date]) -> bytes:
    rules, until = snapshot.policy.availability, component.timeline.until
    bars = day_bars(component.timeline, days, snapshot.page.zone, until, rules)
    said = {
        "id": component.id,
        "slug": component.slug,
        "name": component.name,
        "status": component.status.value,
        "days": [_day(bar) for bar in bars],
        "uptime": figure_json(figure_of(bars)),
        "unknown_seconds": sum(bar.unknown for bar in bars),
        "periods": {each.key: each.pct for each in period_figures(component.timeline, until, rules)},
    }
    return json_bytes(said)


@lru_cache(maxsize=16_384)
def _day(bar: Day) -> Json:
    """One day; most components share the bars of a quiet stretch, so each is spelt once. Not to be changed."""
    return {"date": bar.date.isoformat(), **_seconds(bar), "uptime": figure_json(bar.figure)}


def _seconds(bar: Day) -> Json:
    """What of the day was not simply up; an absent member is 0, which keeps the file small."""
    shown = {
        "seconds_down": bar.down,
        "seconds_partial": bar.partial,
        "seconds_degraded": bar.degraded,
        "seconds_maintenance": bar.maintenance,
        "seconds_unknown": bar.unknown,
    }
    return {name: seconds for name, seconds in shown.items() if seconds}


def _sitemap(snapshot: Snapshot) -> str:
    """The page's addresses with their last change; older incidents are reached by the months."""
    site = snapshot.page.url
    changed = snapshot.page.updated_at
    pages: list[tuple[str, datetime | None]] = [
        ("/", changed),
        ("/history", changed),
        ("/uptime", None),
        ("/sla", None),
    ]
    pages += [(f"/components/{component.slug}", component.updated_at) for component in snapshot.components]
    pages += [(f"/history/{month}", None) for month, _ in snapshot.months]
    pages += [(f"/incidents/{incident.id}", incident.updated_at) for incident in snapshot.incidents[:NEWEST]]
    pages += [(f"/maintenance/{each.id}", each.updated_at) for each in snapshot.maintenances[:NEWEST]]
    lines = [
        f"<url><loc>{escape(site + path)}</loc>{f'<lastmod>{wire_time(at)}</lastmod>' if at else ''}</url>"
        for path, at in pages
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        + "\n".join(lines)
        + "\n</urlset>\n"
    )


def _security(contact: str, snapshot: Snapshot) -> str:
    """RFC 9116. It expires with the next year, by the page's clock, so that it changes once a year only."""
    expires = datetime(snapshot.now.year + 1, 12, 31, 23, 59, 59, tzinfo=UTC)
    languages = ", ".join(snapshot.page.languages)
    return (
        f"Contact: {contact}\nExpires: {expires:%Y-%m-%dT%H:%M:%SZ}\nPreferred-Languages: {languages}\n"
        f"Canonical: {snapshot.page.url}/.well-known/security.txt\n"
    )
