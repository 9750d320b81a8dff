"""Runs every benchmark, or those named: python -m bench [NAME ...]; the names are the keys of BENCHMARKS."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from sqlalchemy import event

from bench.filling import YEARS, fill
from bench.mail import measure_enqueue, measure_first_mail, measure_mail, measure_memory, measure_signing
from bench.page import ROOT, Page, running
from bench.paint import measure_paint
from bench.probing import measure_checks, measure_lateness
from bench.serving import measure_ratio
from bench.sla_quarter import measure_sla_quarter
from bench.spike import measure_spike
from bench.uptime import measure_uptime
from statuspage import incidents
from statuspage.changes import open_installation, site_change
from statuspage.drafts import IncidentDraft, read_draft
from statuspage.settings import Settings

COMPONENTS = 50
HISTORY = 450
POSTS = 20
SIZES = [(components, history) for components in (50, 500) for history in (500, 5_000, 50_000)]
WARMING_SECONDS = 10.0
LOAD_SECONDS = 5.0
PATIENCE_SECONDS = 600.0
"""The first post after a start may come upon a full build under way."""
CONNECTIONS = 32


def main() -> None:
    """Print one line of JSON per figure."""
    wanted = sys.argv[1:] or list(BENCHMARKS)
    with tempfile.TemporaryDirectory(prefix="statuspage-bench-") as folder:
        instance = Path(folder) / "instance"
        token = fill(instance, COMPONENTS, HISTORY)
        for name in wanted:
            for figure in BENCHMARKS[name](instance, token):
                print(json.dumps(figure), flush=True)


def measure_start(instance: Path, token: str) -> Iterator[dict[str, object]]:
    """From `python app.py` on an instance that is up to date to its first answer."""
    with running(instance, token):
        pass
    began = time.perf_counter()
    with running(instance, token):
        spent = time.perf_counter() - began
    yield {"figure": "second_start_s", "value": round(spent, 2), "components": COMPONENTS, "incidents": HISTORY}


def measure_publish(instance: Path, token: str) -> Iterator[dict[str, object]]:
    """`publish_ms` from the request's first byte to the new front page on disk, with the processor time of the
    processes and the files and statements it takes; `republish_all_s`, and what folder and processes weigh: at each
    size of SIZES, or of BENCH_PUBLISH_SIZES ("500x5000,500x50000")."""
    del token  # each size is an instance of its own
    named = os.environ.get("BENCH_PUBLISH_SIZES", "")
    sizes = [(int(c), int(n)) for c, _, n in (each.partition("x") for each in named.split(",") if each)] or SIZES
    for components, history in sizes:
        folder = instance.parent / f"publish-{components}-{history}"
        token = fill(folder, components, history)
        facts = {"components": components, "incidents": history, "years": YEARS}
        yield from _publish_at(folder, token, facts)
        yield _republish_all(folder, facts)
        shutil.rmtree(folder)


def _publish_at(folder: Path, token: str, facts: dict[str, object]) -> Iterator[dict[str, object]]:
    with running(folder, token) as page:
        _post_incident(page, 0)
        time.sleep(WARMING_SECONDS)  # the first post may come while the process is still warming up
        posts = [_post_incident(page, number) for number in range(POSTS)]
        began = time.time_ns()
        _open_incident(page, POSTS)
        written = sum(each.stat().st_mtime_ns >= began for each in page.public.rglob("*") if each.is_file())
        memory = page.resident_mb()
    spent, used = zip(*posts, strict=True)
    values = {"value": round(statistics.median(spent), 1), "max": round(max(spent), 1), "posts": POSTS}
    work = {"cpu_ms": round(statistics.median(used)), "files": written}
    yield {"figure": "publish_ms", **values, **work, "queries": count_queries(folder), **facts}
    yield {"figure": "publish_memory_mb", "value": round(memory), **facts}
    weight = sum(each.stat().st_size for each in (folder / "public").rglob("*") if each.is_file())
    yield {"figure": "public_mb", "value": round(weight / 1e6, 1), **facts}


def count_queries(instance: Path) -> int:
    """How many statements an incident costs, from its verb to the published page, in a process that remembers."""
    installation = open_installation(Settings(statuspage_instance=instance))
    asked = 0

    def count(*_: object) -> None:
        nonlocal asked
        asked += 1

    for number in range(2):
        now = datetime.now(UTC)
        raw = {"title": "Counted", "priority": "P3", "status": "investigating", "body": "Measured."}
        draft = read_draft(IncidentDraft, raw | {"components": {f"component-{number}": "partial_outage"}})
        if number:
            event.listen(installation.database.engine, "before_cursor_execute", count)
        with site_change(installation, now, author="bench") as change:
            incidents.open_incident(change.session, draft, policy=change.policy, author="bench", now=now)
    installation.database.dispose()
    return asked


def _republish_all(folder: Path, facts: dict[str, object]) -> dict[str, object]:
    """In a process of its own, into a folder that holds it all already: everything is rendered."""
    environment = {**os.environ, "STATUSPAGE_INSTANCE": str(folder), "LOG_LEVEL": "error"}
    command = [sys.executable, "-m", "flask", "--app", "app", "publish", "--all"]
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=ROOT)
    return {"figure": "republish_all_s", "value": round(time.perf_counter() - began, 1), **facts}


def _post_incident(page: Page, number: int) -> tuple[float, float]:
    """Milliseconds from the request's first byte to the new front page on disk, and those of processor time that the
    process tree worked meanwhile; the incident is resolved again."""
    used = page.cpu_seconds()
    incident, spent = _open_incident(page, number)
    used = (page.cpu_seconds() - used) * 1000
    status, _ = _ask(page, f"/api/v1/incidents/{incident}/updates", {"status": "resolved", "body": "Done."})
    assert status == 201
    return spent, used


def _open_incident(page: Page, number: int) -> tuple[str, float]:
    """Its id, and the milliseconds."""
    title = f"Bench {number} {time.time_ns()}"
    body = {
        "title": title,
        "priority": "P3",
        "status": "investigating",
        "body": "Measured.",
        "components": {f"component-{number}": "partial_outage"},
    }
    began = time.perf_counter()
    status, answer = _ask(page, "/api/v1/incidents", body)
    assert status == 201, answer
    # the answer comes after the bytes are on disk
    assert title in (page.public / "index.html").read_text(encoding="utf-8")
    return str(answer["id"]), (time.perf_counter() - began) * 1000


def _ask(page: Page, path: str, body: dict[str, object]) -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {page.token}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", page.port, timeout=PATIENCE_SECONDS)
    connection.request("POST", path, json.dumps(body), headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


def measure_page(instance: Path, token: str) -> Iterator[dict[str, object]]:
    """Front pages a second, gzip, the whole tree on one core and the load on another."""
    cores = sorted(os.sched_getaffinity(0))
    with running(instance, token, cores[0]) as page:
        rate, loader = _load(page.port, cores[-1])
        size = (page.public / "index.html.gz").stat().st_size
    yield {"figure": "page_rps", "value": round(rate), "bytes": size, "loader": loader, "connections": CONNECTIONS}


def _load(port: int, core: int) -> tuple[float, str]:
    pin = ["taskset", "-c", str(core)]
    if shutil.which("wrk"):
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{LOAD_SECONDS:.0f}", "-H", "Accept-Encoding: gzip"]
        done = subprocess.run(
            [*pin, *command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True
        )
        assert "Non-2xx" not in done.stdout, done.stdout
        return float(done.stdout.partition("Requests/sec:")[2].split()[0]), "wrk"
    command = [sys.executable, "-m", "bench.load", str(port), str(LOAD_SECONDS), str(CONNECTIONS)]
    return float(subprocess.run([*pin, *command], capture_output=True, text=True, check=True).stdout), "bench.load"


BENCHMARKS: dict[str, Callable[[Path, str], Iterator[dict[str, object]]]] = {
    "second_start_s": measure_start,
    "publish_ms": measure_publish,
    "page_rps": measure_page,
    "page_rps_ratio": measure_ratio,
    "spike": measure_spike,
    "first_paint_ms": measure_paint,
    "mails_per_s": measure_mail,
    "dkim_us": measure_signing,
    "enqueue_ms": measure_enqueue,
    "first_mail_ms": measure_first_mail,
    "mail_memory_mb": measure_memory,
    "sla_quarter_ms": measure_sla_quarter,
    "bars_ms": measure_uptime,
    "checks_per_s": measure_checks,
    "check_lateness_s": measure_lateness,
}

if __name__ == "__main__":
    main()
