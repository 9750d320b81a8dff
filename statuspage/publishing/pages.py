"""The public HTML pages: a snapshot becomes (path, bytes), the same snapshot always the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from itertools import groupby

from jinja2 import Environment
from markupsafe import Markup

from statuspage.publishing.bars import MONTHS, MonthOfComponent, months_of, target_of, track_of
from statuspage.publishing.environment import make_environment
from statuspage.publishing.events import (
    Event,
    Happening,
    by_day,
    events_by_component,
    events_of,
    in_month,
    newest_events,
    newest_of_component,
    recent_days,
)
from statuspage.publishing.headline import Headline, headline, open_incidents, planned_work
from statuspage.publishing.memory import Fragments
from statuspage.publishing.responses import Chart, PeriodFigure, chart_of, period_figures
from statuspage.publishing.service_levels import sla_pages
from statuspage.publishing.snapshot import (
    AffectedView,
    ComponentView,
    GroupView,
    IncidentView,
    NoticeView,
    ServiceView,
    Snapshot,
)
from statuspage.publishing.wording import Words

_NEWEST_ON_HISTORY = 20
_EVENTS_ON_COMPONENT = 10

Page = tuple[str, bytes]


@dataclass(frozen=True)
class _Rendering:
    """One run over one snapshot: the templates, and what several pages need, computed once."""

    snapshot: Snapshot
    environment: Environment
    words: Words
    fragments: Fragments
    today: date
    targets: dict[str, str | None]
    banner: Headline

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """All that the snapshot holds, newest first."""
        return events_of(self.snapshot)

    @cached_property
    def newest(self) -> tuple[Event, ...]:
        """What every page of the same state may rest on."""
        return newest_events(self.events, self.snapshot.now)

    @cached_property
    def by_component(self) -> dict[str, tuple[Event, ...]]:
        """The same by component."""
        return events_by_component(self.events)

    @cached_property
    def fixed(self) -> Hashable:
        """What all components' pieces rest on: the day, the policy in force, and the months that days may link to."""
        months = tuple(month for month, _ in self.snapshot.months[: MONTHS + 1])
        return self.today, self.snapshot.policy.effective_from, months

    def page(self, path: str, template: str, **values: object) -> Page:
        """A whole page under its path."""
        return path, self.text(template, here=address_of(path), **values).encode()

    def kept(self, path: str, template: str, rests_on: Hashable, **values: object) -> Page:
        """Likewise, and rendered again only where what it rests on, or the day, is another."""
        name = ("whole", self.words.lang, path)
        return self.fragments.of(name, (rests_on, self.fixed), lambda: self.page(path, template, **values))

    def tell(self, event: Event, level: int) -> Markup:
        """An event in a list of days, its title a heading of that level."""
        name = ("happening", self.words.lang, event.href, str(level))
        rests_on = (event.view, self.snapshot.policy.effective_from)
        return self.fragments.of(name, rests_on, partial(self._told, event, level))

    def _told(self, event: Event, level: int) -> Markup:
        return Markup(self.text("happening.html", it=event, level=level).strip())  # noqa: S704 - a template's own

    def service(self, view: ServiceView) -> Markup:
        """A service's row on the page of service levels."""
        name = ("service", self.words.lang, view.key)
        return self.fragments.of(name, view, lambda: Markup(self.text("sla_of.html", service=view)))  # noqa: S704

    def text(self, template: str, **values: object) -> str:
        given = {"page": self.snapshot.page, "policy": self.snapshot.policy, "now": self.snapshot.now, **values}
        return self.environment.get_template(f"public/{template}").render(given)


def address_of(path: str) -> str:
    """Under which address, in the default language, a page's file is read: "/history" for history.html."""
    return "/" if path == "index.html" else f"/{path.removesuffix('.html')}"


def render_pages(snapshot: Snapshot, fragments: Fragments | None = None) -> Iterator[Page]:
    """Every HTML page that is due, and live.json, in the snapshot's language; the front page comes last.

    Incidents, maintenances and months are rendered when touched, and those still going on at any time, because the
    clock alone can make their promises overdue. Paths are relative, without a leading slash.
    """
    run = _start(snapshot, fragments or Fragments())
    yield from _incident_pages(run)
    yield from _maintenance_pages(run)
    yield from _month_pages(run)
    yield from _component_pages(run)
    yield from _uptime_page(run)
    service_levels = (snapshot.services, snapshot.period, tuple(each.version for each in snapshot.versions))
    for path, values in sla_pages(snapshot, run.words):
        rows = [run.service(each) for each in values["services"]]
        yield run.kept(path, "sla.html", service_levels, **values | {"services": rows})
    yield run.kept("notices.html", "notices.html", snapshot.notices, notices=snapshot.notices)
    yield _history_page(run)
    yield run.kept("404.html", "404.html", None)
    yield from _front_page(run)


def _start(snapshot: Snapshot, fragments: Fragments) -> _Rendering:
    page = snapshot.page
    environment = make_environment(page.language, page.root, page.zone)
    words = environment.globals["words"]
    assert isinstance(words, Words)
    return _Rendering(
        snapshot=snapshot,
        environment=environment,
        words=words,
        fragments=fragments,
        today=words.day_of(snapshot.now),
        targets={each.id: target_of(each, snapshot.policy) for each in snapshot.components},
        banner=headline(snapshot, words),
    )


def _front_page(run: _Rendering) -> Iterator[Page]:
    snapshot = run.snapshot
    content = run.text(
        "front.html",
        headline=run.banner,
        incidents=open_incidents(snapshot),
        work=planned_work(snapshot),
        notices=_current_notices(snapshot),
        groups=_grouped(run),
        history=recent_days(run.newest, snapshot.now, snapshot.page.zone),
        tell=run.tell,
    )
    revision = hashlib.sha256(content.encode()).hexdigest()[:16]
    incidents = open_incidents(snapshot)
    yield run.page("embed.html", "embed.html", headline=run.banner, incidents=incidents, revision=revision)
    yield "live.json", json.dumps({"revision": revision}).encode()
    yield run.page("index.html", "index.html", headline=run.banner, content=Markup(content), revision=revision)  # noqa: S704 - rendered just above, escaped there


def _current_notices(snapshot: Snapshot) -> list[NoticeView]:
    """Those that have not ended, pinned ones first."""
    current = [notice for notice in snapshot.notices if notice.is_current(snapshot.now)]
    return sorted(current, key=lambda notice: not notice.pinned)


def _incident_pages(run: _Rendering) -> Iterator[Page]:
    touched = run.snapshot.touched
    for incident in run.snapshot.incidents:
        if touched.everything or incident.id in touched.incidents or incident.status.is_open:
            month = f"{run.words.day_of(incident.started_at):%Y-%m}"
            yield run.page(
                f"incidents/{incident.id}.html",
                "incident.html",
                incident=incident,
                month=month,
                affected_components=incident.components if incident.status.is_open else _worst(incident),
            )


def _worst(incident: IncidentView) -> list[AffectedView]:
    """The components of an incident that is over, each with the worst that was said of it."""
    said = [*incident.components, *(each for update in incident.updates for each in update.affected)]
    return [
        max(
            (each for each in said if each.component_id == component.component_id),
            key=lambda each: each.new_status.severity,
        )
        for component in incident.components
    ]


def _maintenance_pages(run: _Rendering) -> Iterator[Page]:
    touched = run.snapshot.touched
    for work in run.snapshot.maintenances:
        if touched.everything or work.id in touched.maintenances:
            month = f"{run.words.day_of(work.starts_at):%Y-%m}"
            yield run.page(f"maintenance/{work.id}.html", "maintenance.html", work=work, month=month)


def _month_pages(run: _Rendering) -> Iterator[Page]:
    snapshot = run.snapshot
    zone = snapshot.page.zone
    months = {month for month, _ in snapshot.months}
    for month in sorted(months if snapshot.touched.everything else snapshot.touched.months):
        days = by_day(in_month(run.events, month, zone), zone)
        later, earlier = _beside(month, months)
        values = {"month": month, "list": days, "earlier": earlier, "later": later}
        yield run.page(f"history/{month}.html", "month.html", **values, tell=run.tell)


def _beside(month: str, months: Iterable[str]) -> tuple[str | None, str | None]:
    """The next later and the next earlier month that holds something."""
    later = min((other for other in months if other > month), default=None)
    earlier = max((other for other in months if other < month), default=None)
    return later, earlier


def _history_page(run: _Rendering) -> Page:
    snapshot = run.snapshot
    begun = [event for event in run.newest if event.listed_at <= snapshot.now]
    years = [(year, list(months)) for year, months in groupby(snapshot.months, key=lambda month: month[0][:4])]
    newest = by_day(begun[:_NEWEST_ON_HISTORY], snapshot.page.zone)
    return run.page("history.html", "history.html", years=years, newest=newest, tell=run.tell)


def _component_pages(run: _Rendering) -> Iterator[Page]:
    groups = {group.id: group for group in run.snapshot.groups}
    for component in run.snapshot.components:
        if _is_touched(run, component):
            yield _component_page(run, component, groups.get(component.group_id or ""))


def _component_page(run: _Rendering, component: ComponentView, group: GroupView | None) -> Page:
    """A component's page; where only time moved its figures and the same is to be seen, it is not drawn again."""
    path = f"components/{component.slug}.html"
    happened, story = _story(run, component)

    def look() -> tuple[Hashable, Callable[[], Page]]:
        track = track_of(component, run.snapshot, happened)
        months = [month for month in months_of(component, run.snapshot) if month.is_known]
        figures, charts = _figures(run, component), _charts(run, component)
        values = {"track": track, "months": months, "figures": figures, "charts": charts, "story": story}
        drawn = (track.seen(run.words.length), _seen_of(run, months, figures), tuple(charts))
        seen = (_still(component), story, drawn)
        return seen, lambda: run.page(path, "component.html", **values, target=run.targets[component.id], group=group)

    rests_on = (component, story, run.fixed)
    return run.fragments.drawn((f"page:{component.id}", run.words.lang), rests_on, look)


def _story(run: _Rendering, component: ComponentView) -> tuple[tuple[Happening, ...], Markup]:
    """What happened to a component: for its days, and as the list on its page. Remembered until it is named again."""
    name = (f"story:{component.id}", run.words.lang)
    kept: tuple[tuple[Happening, ...], Markup] | None = run.fragments.kept(name)
    if kept is None or run.snapshot.touched.everything or component.slug in run.snapshot.touched.named:
        events = newest_of_component(run.by_component.get(component.id, ()))
        listed = run.text("events_of.html", events=events[:_EVENTS_ON_COMPONENT], component=component)
        kept = (tuple(event.told for event in events), Markup(listed))  # noqa: S704 - a template's own
        run.fragments.keep(name, kept)
    return kept


def _still(component: ComponentView) -> Hashable:
    """All of a component but its history, which moves with time."""
    return tuple(value for name, value in vars(component).items() if name not in ("timeline", "updated_at"))


def _seen_of(run: _Rendering, months: Iterable[MonthOfComponent], figures: Iterable[PeriodFigure]) -> Hashable:
    """What is to be seen of months and figures."""
    length = run.words.length
    told = tuple((each.key, each.pct, length(each.down), length(each.unknown)) for each in figures)
    return tuple(month.seen for month in months), told


def _charts(run: _Rendering, component: ComponentView) -> list[Chart]:
    today = run.words.day_of(run.snapshot.now)
    found = (chart_of(each, today) for each in component.responses)
    return [chart for chart in found if chart is not None]


def _uptime_page(run: _Rendering) -> Iterator[Page]:
    """Changes only with the days of some component."""
    touched = run.snapshot.touched
    if touched.goes_on or not (touched.everything or touched.components):
        return
    calendars = [_calendar(run, each) for each in _shown(run)]
    yield run.page("uptime.html", "uptime.html", calendars=calendars)


def _calendar(run: _Rendering, component: ComponentView) -> Markup:
    """A component's months on the page of all."""

    def look() -> tuple[Hashable, Callable[[], Markup]]:
        months = [month for month in months_of(component, run.snapshot) if month.is_known]
        figures = _figures(run, component)
        values = {"component": component, "months": months, "figures": figures, "target": run.targets[component.id]}
        seen = (_still(component), _seen_of(run, months, figures))
        return seen, lambda: Markup(run.text("uptime_of.html", **values))  # noqa: S704 - a template's own

    return run.fragments.drawn(("calendar", run.words.lang, component.id), (component, run.fixed), look)


def _row(run: _Rendering, component: ComponentView, events: tuple[Event, ...]) -> Markup:
    """A component's row on the front page."""
    happened = tuple(event.told for event in events)

    def look() -> tuple[Hashable, Callable[[], Markup]]:
        track = track_of(component, run.snapshot, happened)
        values = {"track": track, "target": run.targets[component.id]}
        seen = (_still(component), track.seen(run.words.length))
        return seen, lambda: Markup(run.text("row.html", **values))  # noqa: S704 - a template's own

    return run.fragments.drawn(("row", run.words.lang, component.id), (component, happened, run.fixed), look)


def _figures(run: _Rendering, component: ComponentView) -> tuple[PeriodFigure, ...]:
    history = component.timeline
    return period_figures(history, history.until, run.snapshot.policy.availability)


def _grouped(run: _Rendering) -> list[tuple[GroupView | None, list[Markup]]]:
    """Groups in their order, with the rows of their components; what has no group comes first, under no heading."""
    shown = _shown(run)
    groups: list[GroupView | None] = [
        None,
        *sorted(run.snapshot.groups, key=lambda group: (group.position, group.id)),
    ]
    events = events_by_component(run.newest)
    members: dict[str | None, list[Markup]] = defaultdict(list)
    for each in shown:
        members[each.group_id].append(_row(run, each, events.get(each.id, ())))
    listed = [(group, members[group.id if group else None]) for group in groups]
    return [(group, rows) for group, rows in listed if rows]


def _shown(run: _Rendering) -> list[ComponentView]:
    """Components in the page's order, without those that only show when something is wrong with them."""
    places = {group.id: (group.position, group.id) for group in run.snapshot.groups}
    shown = [
        each for each in run.snapshot.components if not (each.only_show_if_degraded and each.status.severity == 0)
    ]
    return sorted(shown, key=lambda each: (places.get(each.group_id or "", (-1, "")), each.position, each.id))


def _is_touched(run: _Rendering, component: ComponentView) -> bool:
    return run.snapshot.touched.everything or component.slug in run.snapshot.touched.components
