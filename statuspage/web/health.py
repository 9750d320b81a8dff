"""Is it alive (/healthz), can it work (/readyz), what is it doing (/metrics)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from statuspage import migrations, people
from statuspage.changes import Installation
from statuspage.domain.health import Outcome
from statuspage.domain.vocabulary import Scope
from statuspage.domain.wallclock import wire
from statuspage.mirroring import standings
from statuspage.models import Delivery, Heartbeat, Monitor, Page
from statuspage.notify.flow import Flow, load_flows, mail_standstill
from statuspage.prober import LEASE as PROBER
from statuspage.settings import Settings
from statuspage.web import current

log = structlog.get_logger(__name__)
WORKER_SILENT = timedelta(seconds=45)
"""So long without a word (it gives one every ten seconds), and no worker lives: operators know within a minute."""
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
EXTENSION = "statuspage.metrics"
BY_STATE = select(Delivery.channel, Delivery.state, func.count()).group_by(Delivery.channel, Delivery.state)
STATES = ("due", "sent", "dead", "skipped")
bp = Blueprint("health", __name__)


def register(app: Flask) -> None:
    """Attach the three addresses, and count the doors' answers."""
    registry = CollectorRegistry()
    answers = Counter(
        "statuspage_http_answers", "Answers of the doors", ["method", "route", "status"], registry=registry
    )
    registry.register(Figures(app.extensions[current.EXTENSION]))
    app.extensions[EXTENSION] = registry

    @app.after_request
    def count(response: Response) -> Response:
        method = request.method if request.method in COUNTED else "other"
        route = str(request.url_rule) if request.url_rule else "none"
        answers.labels(method, route, response.status_code).inc()
        return response

    app.register_blueprint(bp)


COUNTED = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")


@bp.get("/healthz")
def show_process() -> ResponseReturnValue:
    """200 while this process answers at all."""
    return jsonify(status="ok")


@bp.get("/readyz")
def show_readiness() -> ResponseReturnValue:
    """200 when database, tables, worker, prober and mail are as they should be; else 503 naming what is not."""
    checks = check_parts(current.installation(), current.now())
    ready = all(verdict == "ok" for verdict in checks.values())
    return jsonify(status="ok" if ready else "unavailable", checks=checks), 200 if ready else 503


@bp.get("/metrics")
def show_metrics() -> ResponseReturnValue:
    """Prometheus' text format, for an admin token or for this machine itself."""
    if not _may_read_metrics():
        abort(403, "Metrics need an admin token, or a request from this machine itself.")
    registry = _registry()
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def check_parts(installation: Installation, now: datetime) -> dict[str, str]:
    """What is right ("ok") or wrong with database, migrations, worker, prober and mail."""
    unknown = "unknown: the database cannot be reached"
    checks = {"database": "ok", "migrations": unknown, "worker": unknown, "prober": unknown, "mail": unknown}
    try:
        with installation.database.read() as session:
            checks["migrations"] = "ok" if migrations.is_at_head(session) else "not at the newest version"
            if checks["migrations"] == "ok":
                checks["worker"] = _judge_worker(session, now)
                checks["prober"] = _judge_prober(session, now)
                checks["mail"] = _judge_mail(session, installation, now)
    except Exception as error:  # any driver's way of saying that it is away
        checks["database"] = f"cannot be reached: {type(error).__name__}"
    return checks


def last_beat(session: Session) -> datetime | None:
    """When a worker last said that it lives; None when none ever ran."""
    return session.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.name.startswith("worker:")))


def _judge_worker(session: Session, now: datetime) -> str:
    last = last_beat(session)
    if last is None:
        return "has never run"
    silent = now - last
    return "ok" if silent < WORKER_SILENT else f"silent for {int(silent.total_seconds())} s"


@dataclass(frozen=True)
class ProberBeat:
    """When a prober last said that it works (None: never), whether it is silent since, and whether it is missed:
    silent with something to check."""

    at: datetime | None
    silent: bool
    missed: bool


def prober_beat(session: Session, now: datetime) -> ProberBeat:
    """The prober at `now`; a page without anything to check misses none."""
    row = session.get(Heartbeat, PROBER)
    at = row.at if row else None
    if at is not None and now - at < WORKER_SILENT:
        return ProberBeat(at, False, False)
    watched = select(Monitor.id).where(Monitor.enabled, Monitor.removed_at.is_(None)).limit(1)
    return ProberBeat(at, True, session.scalar(watched) is not None)


def _judge_prober(session: Session, now: datetime) -> str:
    beat = prober_beat(session, now)
    if not beat.missed:
        return "ok"
    return "has never run" if beat.at is None else f"silent for {int((now - beat.at).total_seconds())} s"


def _judge_mail(session: Session, installation: Installation, now: datetime) -> str:
    still = mail_standstill(session, installation.settings, now)
    if still is None:
        return "ok"
    return f"{still.waiting} waiting since {wire(still.since)}: {still.words or 'nobody sends them'}"


def _may_read_metrics() -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and token:
        with current.installation().database.read() as session:
            found = people.verify_token(session, token.strip(), current.now())
            return found is not None and found.scope is Scope.ADMIN
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _registry() -> CollectorRegistry:
    registry = current_app.extensions[EXTENSION]
    assert isinstance(registry, CollectorRegistry)
    return registry


class Figures(Collector):
    """Figures read from the database at the moment they are asked for; without it only `statuspage_database_up 0`."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def collect(self) -> Iterator[Metric]:
        """The figures, for prometheus-client."""
        try:
            with self._installation.database.read() as session:
                figures = list(_read_figures(session, current.now()))
        except Exception as error:  # the database's absence is itself a figure
            log.warning("no figures", kind=type(error).__name__, error=str(error))
            figures = []
        yield GaugeMetricFamily("statuspage_database_up", "1 while the database answers", value=1 if figures else 0)
        yield from figures
        took = self._installation.publisher.last_seconds()
        if took is not None:
            yield GaugeMetricFamily("statuspage_publish_seconds", "How long the last publish took", value=took)
        yield from _copy_figures(self._installation.settings, current.now())

    def describe(self) -> list[Any]:
        """Nothing: the names must be known without asking the database."""
        return []


def _read_figures(session: Session, now: datetime) -> Iterator[Metric]:
    counted = {(channel, state): count for channel, state, count in session.execute(BY_STATE)}
    deliveries = GaugeMetricFamily(
        "statuspage_deliveries", "Deliveries by channel and state", labels=["channel", "state"]
    )
    for channel in sorted({"email", *(channel for channel, _state in counted)}):
        for state in STATES:
            deliveries.add_metric([channel, state], counted.get((channel, state), 0))
    yield deliveries
    oldest = session.scalar(select(func.min(Delivery.due_at)).where(Delivery.state == "due", Delivery.due_at <= now))
    age = max((now - oldest).total_seconds(), 0.0) if oldest else 0.0
    yield GaugeMetricFamily("statuspage_oldest_due_seconds", "Age of the oldest delivery that is due", value=age)
    yield from _flow_figures(session, now)
    beat = last_beat(session)
    silent = (now - beat).total_seconds() if beat else float("inf")
    yield GaugeMetricFamily("statuspage_worker_silent_seconds", "Since a worker last said it lives", value=silent)
    yield from _prober_figures(session, now)
    revision = session.scalar(select(Page.revision).where(Page.id == 1)) or 0
    yield GaugeMetricFamily("statuspage_revision", "Revision of the page in the database", value=revision)


def _copy_figures(settings: Settings, now: datetime) -> Iterator[Metric]:
    """How far each copy of the page is behind, and whether the last try failed; the database is not needed."""
    behind = GaugeMetricFamily(
        "statuspage_mirror_behind_seconds", "Since a copy stopped showing what the page shows", labels=["target"]
    )
    failing = GaugeMetricFamily("statuspage_mirror_failing", "1 while a copy cannot be made", labels=["target"])
    for standing in standings(settings):
        behind.add_metric([standing.target], standing.behind_for(now).total_seconds())
        failing.add_metric([standing.target], 1 if standing.error else 0)
    yield behind
    yield failing


def _flow_figures(session: Session, now: datetime) -> Iterator[Metric]:
    """What is owed and what came of it, channel by channel."""
    flows = load_flows(session, now)
    named: dict[str, tuple[str, Callable[[Flow], float]]] = {
        "statuspage_queue_depth": ("Deliveries owed", lambda flow: flow.waiting),
        "statuspage_deliveries_retrying": ("Deliveries owed that failed before", lambda flow: flow.failing),
        "statuspage_deliveries_given_up": ("Deliveries given up", lambda flow: flow.dead),
        "statuspage_channel_oldest_due_seconds": (
            "Age of the channel's oldest delivery that is due",
            lambda flow: max((now - flow.oldest_due_at).total_seconds(), 0.0) if flow.oldest_due_at else 0.0,
        ),
        "statuspage_last_success_timestamp_seconds": (
            "When the channel's last delivery was accepted; 0 for never",
            lambda flow: flow.last_sent_at.timestamp() if flow.last_sent_at else 0.0,
        ),
    }
    for name, (said, figure_of) in named.items():
        metric = GaugeMetricFamily(name, said, labels=["channel"])
        for flow in flows or [Flow("email", 0, 0, 0, None, None)]:
            metric.add_metric([flow.channel], figure_of(flow))
        yield metric


def _prober_figures(session: Session, now: datetime) -> Iterator[Metric]:
    """What the prober that works, or worked last, says of itself since it started."""
    row = session.get(Heartbeat, PROBER)
    said = (row.details or {}) if row else {}
    silent = (now - row.at).total_seconds() if row else float("inf")
    yield GaugeMetricFamily("statuspage_prober_silent_seconds", "Since a prober last said it works", value=silent)
    checks = CounterMetricFamily("statuspage_checks", "Checks of the prober by outcome", labels=["outcome"])
    for outcome in Outcome:
        checks.add_metric([outcome.value], said.get("outcomes", {}).get(outcome.value, 0))
    yield checks
    late = "Longest time from when a check was due to when it began"
    yield GaugeMetricFamily("statuspage_check_lateness_seconds", late, value=said.get("latest_s", 0.0))
    yield GaugeMetricFamily("statuspage_results_waiting", "Results not stored yet", value=said.get("waiting", 0))
    lost = said.get("dropped", 0) + said.get("skipped", 0)
    yield CounterMetricFamily("statuspage_checks_lost", "Checks that were not made or not stored", value=lost)
