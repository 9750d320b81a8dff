"""Verbs on the page as a whole: make it what a site.toml says, and describe it as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from statuspage.components import add_component, change_component, load_components, load_page
from statuspage.drafts import ComponentChange, ComponentDraft, read_draft
from statuspage.errors import Problem, Refused
from statuspage.identifiers import new_id
from statuspage.models import Component, ComponentGroup, Monitor, Page, Template
from statuspage.monitor_drafts import MonitorTable, shown_settings
from statuspage.monitors import add_monitor, change_monitor, load_monitors, remove_monitor
from statuspage.site_file import ComponentTable, PageTable, SiteFile
from statuspage.template_drafts import TemplateChange, TemplateDraft
from statuspage.templates import add_template, change_template, load_templates
from statuspage.tongues import check_languages


def apply_site(session: Session, site: SiteFile, *, author: str, now: datetime) -> list[str]:
    """Make the page what the file says. Returns a line per difference, none when nothing had to change."""
    lines = _apply_page(load_page(session), site.page, now)
    lines += _apply_groups(session, site, now)
    present = {component.slug: component for component in load_components(session)}
    monitors = _load_monitors(session)
    for group, table in site.components:
        component = present.get(table.slug)
        if component is None:
            lines.append(f"component {table.slug}: added" + (f" to {group}" if group else ""))
            component = _add(session, table, group, author=author, now=now)
        else:
            lines += _change(session, component, table, group, author=author, now=now)
        lines += _apply_monitors(
            session, component, monitors.get(component.id, []), table.monitor, author=author, now=now
        )
    lines += _apply_order(session, site, now)
    lines += _apply_templates(session, site, now)
    session.flush()
    return lines


def missing_from(session: Session, site: SiteFile) -> list[str]:
    """Slugs of components that the file does not mention; they stay as they are."""
    named = {table.slug for _, table in site.components}
    return [component.slug for component in load_components(session) if component.slug not in named]


def describe_site(session: Session) -> dict[str, Any]:
    """The tables of a site.toml that would make this page (site_file.site_text writes them)."""
    page = load_page(session)
    monitors = _load_monitors(session)
    components = load_components(session)
    tables: dict[str, Any] = {"page": {name: getattr(page, name) for name in PageTable.model_fields}}
    alone = [_component_table(c, monitors.get(c.id, [])) for c in components if c.group_id is None]
    if alone:
        tables["component"] = alone
    groups = [
        {
            "name": group.name,
            "component": [_component_table(c, monitors.get(c.id, [])) for c in components if c.group_id == group.id],
        }
        for group in _load_groups(session)
    ]
    if groups:
        tables["group"] = groups
    texts = [_template_table(row) for row in load_templates(session)]
    return {**tables, "template": texts} if texts else tables


def _apply_templates(session: Session, site: SiteFile, now: datetime) -> list[str]:
    """Templates by their names; those that the file does not mention stay."""
    present = {row.name.lower(): row for row in load_templates(session)}
    lines = []
    for table in site.template:
        values = table.model_dump()
        row = present.get(table.name.lower())
        if row is None:
            add_template(session, read_draft(TemplateDraft, values), now=now)
            lines.append(f"template {table.name}: added")
        elif _template_table(row) != values | {"translations": _said(values["translations"])}:
            change_template(session, row, read_draft(TemplateChange, values), now=now)
            lines.append(f"template {table.name}: changed")
    return lines


def _template_table(row: Template) -> dict[str, Any]:
    return {"name": row.name, "title": row.title, "body": row.body, "translations": row.texts or {}}


def _said(translations: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """As it is stored: what is given of each language."""
    given = {code: {name: text for name, text in said.items() if text} for code, said in translations.items()}
    return {code: said for code, said in given.items() if said}


def _apply_page(page: Page, table: PageTable, now: datetime) -> list[str]:
    lines = []
    for name in PageTable.model_fields:
        wanted, present = getattr(table, name), getattr(page, name)
        if wanted is not None and wanted != present:
            if name == "languages":
                check_languages(wanted)
            lines.append(f"page: {name} {_shown(present)} -> {_shown(wanted)}")
            setattr(page, name, wanted)
    if lines:
        page.updated_at = now
    return lines


def _apply_groups(session: Session, site: SiteFile, now: datetime) -> list[str]:
    present = {group.name: group for group in _load_groups(session)}
    lines = []
    for table in site.group:
        if table.name not in present:
            lines.append(f"group {table.name}: added")
            group = ComponentGroup(id=new_id(), name=table.name, position=0, created_at=now, updated_at=now)
            session.add(group)
            present[table.name] = group
    named = [table.name for table in site.group]
    order = [present[name] for name in named] + [group for name, group in present.items() if name not in named]
    if [group.position for group in order] != sorted({group.position for group in order}):
        for position, group in enumerate(order, 1):
            if group.position != position:
                group.position, group.updated_at = position, now
        if not lines:
            lines.append("groups: in the order of the file")
    session.flush()
    return lines


def _add(session: Session, table: ComponentTable, group: str | None, *, author: str, now: datetime) -> Component:
    draft = ComponentDraft(
        name=table.name,
        slug=table.slug,
        group=group,
        service=table.service,
        description=table.description or None,
        beta=bool(table.beta),
        hidden=bool(table.hidden),
        publishes_itself=bool(table.publishes_itself),
    )
    return add_component(session, draft, author=author, now=now)


def _change(
    session: Session, component: Component, table: ComponentTable, group: str | None, *, author: str, now: datetime
) -> list[str]:
    """Change only what differs, so that the same file again touches nothing."""
    given: dict[str, Any] = {
        name: getattr(table, name)
        for name in ("name", "service", "description", "beta", "hidden", "publishes_itself")
        if getattr(table, name) is not None
    }
    present = {name: getattr(component, name) for name in given}
    given["group"], present["group"] = group, component.group.name if component.group else None
    changes = {name: new for name, new in given.items() if (new or None) != (present[name] or None)}
    if changes:
        change_component(session, component, ComponentChange(**changes), author=author, now=now)
    return [
        f"component {component.slug}: {name} {_shown(present[name])} -> {_shown(new)}"
        for name, new in changes.items()
    ]


def _apply_monitors(
    session: Session,
    component: Component,
    rows: list[Monitor],
    wanted: Sequence[MonitorTable],
    *,
    author: str,
    now: datetime,
) -> list[str]:
    """The component's monitors are exactly those of the file; one that is still meant keeps its history."""
    lines, kept = list[str](), set[str]()
    for position, table in enumerate(wanted, 1):
        meant = next((row for row in rows if row.id not in kept and _is_meant(row, table)), None)
        try:
            said, row = _apply_monitor(session, component, meant, table, author=author, now=now)
        except Refused as refused:
            where = f"component.{component.slug}.monitor.{position - 1}"
            raise Refused(Problem(f"{where}.{each.field}", each.message) for each in refused.problems) from None
        kept.add(row.id)
        lines += said
        row.position = position
    for row in rows:
        if row.id not in kept:
            lines.append(f"component {component.slug}: monitor {_named(row)} removed")
            remove_monitor(session, row, author=author, now=now)
    return lines


def _is_meant(row: Monitor, table: MonitorTable) -> bool:
    """Whether the table describes this monitor: by name where it has one, else by what is measured."""
    if table.name or row.name:
        return (row.name, row.kind) == (table.name, table.kind)
    return (row.kind, row.settings.get("target")) == (table.kind, table.target)


def _apply_monitor(
    session: Session, component: Component, row: Monitor | None, table: MonitorTable, *, author: str, now: datetime
) -> tuple[list[str], Monitor]:
    said = f"component {component.slug}: monitor"
    if row is None:
        row, _ = add_monitor(session, component, table, author=author, now=now)
        more = "; make its URL on the page of monitors" if row.kind == "heartbeat" else ""
        return [f"{said} {_named(row)} added{more}"], row
    keys = change_monitor(session, row, table, author=author, now=now)
    return [f"{said} {_named(row)}: {', '.join(keys)} changed"] if keys else [], row


def _named(row: Monitor) -> str:
    return row.name or " ".join(part for part in (row.kind, row.settings.get("target")) if part)


def _apply_order(session: Session, site: SiteFile, now: datetime) -> list[str]:
    """Components stand in the order of the file; those it does not mention follow."""
    components = {component.slug: component for component in load_components(session)}
    named = [table.slug for _, table in site.components]
    order = [components[slug] for slug in named] + [c for slug, c in components.items() if slug not in named]
    if _by_group(components.values()) == _by_group(order):
        return []
    for position, component in enumerate(order, 1):
        if component.position != position:
            component.position, component.updated_at = position, now
    return ["components: in the order of the file"]


def _by_group(components: Iterable[Component]) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for component in components:
        found.setdefault(component.group_id, []).append(component.slug)
    return found


def _component_table(component: Component, monitors: list[Monitor]) -> dict[str, Any]:
    return {
        "slug": component.slug,
        "name": component.name,
        "service": component.service,
        "description": component.description or "",
        "beta": component.beta,
        "hidden": component.hidden,
        "publishes_itself": component.publishes_itself or None,
        "monitor": [_monitor_table(monitor) for monitor in monitors] or None,
    }


def _monitor_table(monitor: Monitor) -> dict[str, Any]:
    """Without secrets: a file is passed around."""
    settings = shown_settings(monitor.settings)
    return settings if monitor.enabled else {**settings, "enabled": False}


def _load_groups(session: Session) -> list[ComponentGroup]:
    return list(session.scalars(select(ComponentGroup).order_by(ComponentGroup.position, ComponentGroup.name)))


def _load_monitors(session: Session) -> dict[str, list[Monitor]]:
    found: dict[str, list[Monitor]] = {}
    for monitor in load_monitors(session):
        found.setdefault(monitor.component_id, []).append(monitor)
    return found


def _shown(value: Any) -> str:
    return "none" if value is None else repr(value)
