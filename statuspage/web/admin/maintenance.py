"""Maintenance in the admin: the list, the form that classes a window while it is typed, one notice and its steps."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from statuspage import customer_reports, extensions, maintenance, templates, timed_posts
from statuspage.changes import Change, site_change
from statuspage.components import load_components
from statuspage.domain.lifecycle import maintenance_steps
from statuspage.domain.sla.policy import Policy
from statuspage.domain.vocabulary import MaintenanceKind, MaintenanceStatus, Risk
from statuspage.errors import Refused
from statuspage.models import Maintenance
from statuspage.notify.told import load_delivery_report
from statuspage.unread import newest_id, posted_since
from statuspage.web import current
from statuspage.web.admin import timed, unsent
from statuspage.web.admin.components import by_group
from statuspage.web.admin.door import admin, go, note, show, tell, user, zone
from statuspage.web.admin.incidents import LIST_LENGTH, read_cursor, refuse_unfilled
from statuspage.web.admin.windows import (
    assessment_of,
    count_told,
    later_window,
    read_cancel,
    read_extension,
    read_first,
    read_move,
    read_word,
    refuse_window,
)
from statuspage.web.forms import Form, written


@admin.get("/maintenance")
def list_maintenances() -> Response:
    """All notices, the latest window first."""
    after = read_cursor(request.args.get("after", ""))
    with current.installation().database.read() as session:
        found = maintenance.load_maintenances(session, after=after, limit=LIST_LENGTH + 1)
        waiting = [row for row in timed_posts.load_timed(session) if row.kind == timed_posts.MAINTENANCE]
        more = len(found) > LIST_LENGTH
        return show("maintenance/list.html", notices=found[:LIST_LENGTH], more=more, waiting=waiting)


@admin.get("/maintenance/new")
def new_maintenance() -> Response:
    """The form that announces a maintenance."""
    form = Form({"kind": MaintenanceKind.SCHEDULED, "risk": Risk.NORMAL, "notify": "yes"})
    with current.installation().database.read() as session:
        found = unsent.brought_back(session, "maintenance-new") or timed.brought_back(
            session, timed_posts.MAINTENANCE
        )
        return show_form(session, found or form)


@admin.post("/maintenance")
def create_maintenance() -> Response:
    """Announce it; "check" only shows the form again with its class, and so does a refusal."""
    form, now = Form(request.form), current.now()
    if form.value("do") == "check":
        with current.installation().database.read() as session:
            return show_form(session, form)
    try:
        refuse_unfilled(form)
        form.check()
        publish_at = timed.time_of(form)
        with site_change(current.installation(), now, author=user().email) as change:
            timed.take_out(change, form)
            notice = None
            if publish_at is None:
                notice = _announce(change, form)
            else:
                planner = timed.planner(change, publish_at)
                timed_posts.plan_maintenance(change.session, read_first(form), planner)
            unsent.end(change.session, "maintenance-new", form)
    except Refused as refused:
        refuse_window(form, refused, current.installation().policy(now))
        unsent.keep_refused("maintenance-new", form)
        with current.installation().database.read() as session:
            return show_form(session, form, 422)
    if publish_at is not None or notice is None:
        tell(timed.planned_for(publish_at or now), change, sent="maintenance-new")
        return go("list_maintenances")
    heading = _("Announced as %(kind)s.", kind=_("urgent maintenance") if notice.urgent else notice.kind.value)
    _tell(heading, change, sent="maintenance-new")
    return go("show_maintenance", maintenance_id=notice.id)


def _announce(change: Change, form: Form) -> Maintenance:
    notice = maintenance.schedule(
        change.session, read_first(form), policy=change.policy, author=change.author, now=change.now
    )
    facts = {"kind": notice.kind, "urgent": notice.urgent, "notify": form.is_ticked("notify")}
    note(change.session, "maintenance.schedule", notice.id, now=change.now, **facts)
    return notice


@admin.post("/maintenance/assess")
def assess_maintenance() -> Response:
    """The class of the window as typed so far: a fragment for the script."""
    form, now = Form(request.form), current.now()
    with current.installation().database.read() as session:
        return show("maintenance/_assessment.html", **assessment_of(session, form, now=now))


@admin.post("/maintenance/<maintenance_id>/assess")
def assess_later_window(maintenance_id: str) -> Response:
    """The class of a moved window or an extension as typed so far: a fragment for the script."""
    form, now = Form(request.form), current.now()
    with current.installation().database.read() as session:
        notice = maintenance.load_maintenance(session, maintenance_id)
        judged = assessment_of(session, later_window(form, notice), now=now, but=notice.id)
        judged |= {"html": "", "action": "extend" if "starts_at" not in form.typed else "move"}
        return show("maintenance/_assessment.html", **judged)


@admin.get("/maintenance/<maintenance_id>")
def show_maintenance(maintenance_id: str) -> Response:
    """One notice: what was said, and what can be done now."""
    with current.installation().database.read() as session:
        return show_one(session, maintenance.load_maintenance(session, maintenance_id))


@admin.post("/maintenance/<maintenance_id>/updates")
def create_maintenance_update(maintenance_id: str) -> Response:
    """Say something, and start, verify or finish the work."""

    def post(change: Change, notice: Maintenance, form: Form) -> None:
        publish_at = timed.time_of(form)
        timed.take_out(change, form)
        if publish_at is None:
            maintenance.post_update(change.session, notice, read_word(form), author=change.author, now=change.now)
        else:
            planner = timed.planner(change, publish_at)
            timed_posts.plan_maintenance_update(change.session, notice, read_word(form), planner)

    planned = Form(request.form).filled("publish_at")
    return _step(maintenance_id, "update", _("Planned.") if planned else _("Published."), post)


@admin.post("/maintenance/<maintenance_id>/move")
def move_maintenance(maintenance_id: str) -> Response:
    """Announce another window; "check" only shows what it would be called."""
    if request.form.get("do") == "check":
        with current.installation().database.read() as session:
            notice = maintenance.load_maintenance(session, maintenance_id)
            return show_one(session, notice, move=Form(request.form))

    def post(change: Change, notice: Maintenance, form: Form) -> None:
        maintenance.move(
            change.session, notice, read_move(form), policy=change.policy, author=change.author, now=change.now
        )

    return _step(maintenance_id, "move", _("Moved."), post)


@admin.post("/maintenance/<maintenance_id>/extend")
def extend_maintenance(maintenance_id: str) -> Response:
    """Announce that the work under way goes on: a further window, with its own notice and class."""

    def post(change: Change, notice: Maintenance, form: Form) -> None:
        draft = read_extension(form)
        extensions.extend(change.session, notice, draft, policy=change.policy, author=change.author, now=change.now)

    return _step(maintenance_id, "extend", _("Extended."), post)


@admin.post("/maintenance/<maintenance_id>/cancel")
def cancel_maintenance(maintenance_id: str) -> Response:
    """Call it off, with a text."""

    def post(change: Change, notice: Maintenance, form: Form) -> None:
        maintenance.cancel(change.session, notice, read_cancel(form), author=change.author, now=change.now)

    return _step(maintenance_id, "cancel", _("Cancelled."), post)


def _step(maintenance_id: str, name: str, said: str, post: Any) -> Response:
    """One step of a notice in one change; a refusal shows its page again with that step's form."""
    form, now = Form(request.form), current.now()
    key = f"maintenance-{maintenance_id}-{name}"
    try:
        with site_change(current.installation(), now, author=user().email) as change:
            notice = maintenance.load_maintenance(change.session, maintenance_id)
            post(change, notice, form)
            unsent.end(change.session, key, form)
            note(
                change.session,
                f"maintenance.{name}",
                notice.id,
                now=now,
                status=notice.status,
                notify=form.is_ticked("notify"),
            )
    except Refused as refused:
        refuse_window(form, refused, current.installation().policy(now))
        unsent.keep_refused(key, form)
        with current.installation().database.read() as session:
            notice = maintenance.load_maintenance(session, maintenance_id)
            return show_one(session, notice, status=422, **{name: form})
    _tell(said, change, sent=key)
    return go("show_maintenance", maintenance_id=maintenance_id)


def show_one(session: Session, notice: Maintenance, status: int = 200, **sent: Form) -> Response:
    """The page of one maintenance; `sent` are the forms that were, by the step's name."""
    now = current.now()
    policy = current.installation().policy(now)
    forms, opened, kept = _step_forms(session, notice, sent)
    missed = posted_since(notice.updates, forms[opened].value("after")) if opened in forms else ()
    for form in forms.values():
        form.typed["after"] = newest_id(notice.updates)
    slugs = [component.slug for component in notice.components]
    later = forms["move" if notice.status is MaintenanceStatus.SCHEDULED else "extend"]
    return show(
        "maintenance/show.html",
        status,
        notice=notice,
        steps=maintenance_steps(notice.status),
        told_report=load_delivery_report(session, maintenance_id=notice.id),
        reports=customer_reports.load_reports(session, maintenance_id=notice.id, limit=None),
        missed=missed,
        kept=kept,
        waiting=timed_posts.load_timed(session, notice),
        later=assessment_of(session, later_window(later, notice), now=now, but=notice.id),
        told=count_told(session, slugs, policy, now),
        withdrawal=sent.get("withdrawal") or Form(),
        opened=opened,
        may_move=notice.status is MaintenanceStatus.SCHEDULED,
        may_extend=notice.status.is_running,
        policy=policy,
        kinds=_kinds(policy),
        **forms,
    )


def _step_forms(
    session: Session, notice: Maintenance, sent: dict[str, Form]
) -> tuple[dict[str, Form], str, dict[str, Any]]:
    """The forms of the steps by name (sent, brought back, or as it is), the one to be seen, and what else was typed
    into each and not sent."""
    window = {"starts_at": written(notice.starts_at, zone()), "ends_at": written(notice.ends_at, zone())}
    first: dict[str, dict[str, Any]] = {
        "update": {"status": notice.status},
        "move": {**window, "kind": notice.asked_kind or ""},
        "extend": {},
        "cancel": {},
    }
    forms, opened, kept = {}, next(iter(sent), ""), {}
    for name, values in first.items():
        key = f"maintenance-{notice.id}-{name}"
        back = None if sent else unsent.brought_back(session, key)
        if back is None and name == "update" and not sent:
            back = timed.brought_back(session, timed_posts.MAINTENANCE_UPDATE)
        if back is not None:
            opened = name
        forms[name] = sent.get(name) or back or Form({**values, "notify": "yes"})
        kept[name] = unsent.offered(session, key, forms[name])
    return forms, opened, kept


def show_form(session: Session, form: Form, status: int = 200) -> Response:
    """The form that announces a maintenance, with what was typed."""
    now = current.now()
    policy = current.installation().policy(now)
    return show(
        "maintenance/new.html",
        status,
        form=form,
        unsent=unsent.offered(session, "maintenance-new", form),
        templates=templates.load_templates(session),
        groups=by_group(load_components(session)),
        kinds=_kinds(policy),
        checked=assessment_of(session, form, now=now),
        policy=policy,
    )


def _kinds(policy: Policy) -> list[tuple[str, str]]:
    """(value, label) of the wishes that the policy offers."""
    offered = [(MaintenanceKind.SCHEDULED.value, _("Scheduled")), ("", _("Let the policy decide"))]
    if policy.maintenance.regular_per_week:
        offered.insert(1, (MaintenanceKind.REGULAR.value, _("Regular")))
    return [*offered, (MaintenanceKind.EMERGENCY.value, _("Emergency"))]


def _tell(said: str, change: Change, *, sent: str) -> None:
    told = _("%(count)s e-mails queued.", count=f"{change.queued:,}") if change.queued else _("No e-mail is sent.")
    tell(f"{said} {told}", change, sent=sent)
