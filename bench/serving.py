"""The front page beside nginx: both on one core, the load on another, in turns, with a log-in every second."""

from __future__ import annotations

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import create_connection, socket
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from urllib.parse import urlencode

from bench.filling import fill
from bench.page import ROOT, cpu_seconds, running
from statuspage import people
from statuspage.changes import open_installation
from statuspage.domain.vocabulary import Role
from statuspage.settings import Settings

COMPONENTS = 100
ROUNDS = 7
SECONDS = float(os.environ.get("BENCH_PAGE_SECONDS", "2"))
CONNECTIONS = 32
EMAIL, PASSWORD = "olga@example.com", "a long enough password"
PLAIN = """
server {{
    listen 127.0.0.1:{port};
    root {public};
    types {{ text/html html; }}
    gzip_static on;
    etag on;
    sendfile on;
    location = / {{ try_files /index.html =404; }}
}}
"""


def measure_ratio(instance: Path, token: str) -> Iterator[dict[str, object]]:
    """`page_rps_ratio` and `nginx_conf_ratio`: python app.py, and deploy/nginx.conf, over a plain nginx."""
    del instance, token  # it needs a page of another size
    if shutil.which("nginx") is None:
        yield {"figure": "page_rps_ratio", "value": None, "why": "nginx is not installed"}
        return
    cores = sorted(os.sched_getaffinity(0))
    with TemporaryDirectory(prefix="statuspage-ratio-") as name:
        folder = Path(name)
        token = fill(folder / "instance", COMPONENTS, 50)
        add_operator(folder / "instance")
        public = folder / "instance" / "public"
        with running(folder / "instance", token, cores[0]) as page:
            plain, ours = _free_port(), _free_port()
            blocks = PLAIN.format(port=plain, public=public) + _ours(public, page.port, ours, folder)
            with _nginx(folder, blocks, cores[0], (plain, ours)) as pid, logging_in(page.port) as logins:
                servers = {"app": (page.port, page.pid), "nginx": (plain, pid), "nginx_conf": (ours, pid)}
                rates: dict[str, list[float]] = {each: [] for each in servers}
                costs: dict[str, list[float]] = {each: [] for each in servers}
                for _ in range(ROUNDS):
                    for each, (port, tree) in servers.items():
                        before = cpu_seconds(tree)
                        rates[each].append(rate_of(port, cores[-1]))
                        costs[each].append((cpu_seconds(tree) - before) / (rates[each][-1] * SECONDS) * 1e6)
        assert set(logins) <= {302, 303}, logins
        size = (public / "index.html.gz").stat().st_size
    best = {each: statistics.median(found) for each, found in rates.items()}
    facts = {"components": COMPONENTS, "bytes": size, "rounds": ROUNDS, "logins": len(logins)}
    facts |= {f"{each}_rps": round(rate) for each, rate in best.items()}
    # what other work on the machine takes is not in these; the log-ins are in the application's
    facts |= {f"{each}_cpu_us": round(statistics.median(found), 1) for each, found in costs.items()}
    yield {"figure": "page_rps_ratio", "value": round(best["app"] / best["nginx"], 3), **facts}
    yield {"figure": "nginx_conf_ratio", "value": round(best["nginx_conf"] / best["nginx"], 3), **facts}


def rate_of(port: int, core: int) -> float:
    """Front pages a second, gzip, by wrk or our own loader on that core."""
    pin = ["taskset", "-c", str(core)]
    if shutil.which("wrk"):
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS:.0f}", "-H", "Accept-Encoding: gzip"]
        done = subprocess.run(
            [*pin, *command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True
        )
        assert "Non-2xx" not in done.stdout, done.stdout
        return float(done.stdout.partition("Requests/sec:")[2].split()[0])
    command = [sys.executable, "-m", "bench.load", str(port), str(SECONDS), str(CONNECTIONS)]
    return float(subprocess.run([*pin, *command], capture_output=True, text=True, check=True, cwd=ROOT).stdout)


def add_operator(instance: Path) -> None:
    """Somebody who can log in."""
    installation = open_installation(Settings(statuspage_instance=instance))
    with installation.database.write() as session:
        people.create_user(session, EMAIL, PASSWORD, Role.RESPONDER, datetime.now(UTC))
    installation.database.dispose()


@contextmanager
def logging_in(port: int) -> Iterator[list[int]]:
    """One log-in a second, password hashing and all; the statuses of the answers."""
    stop = threading.Event()
    statuses: list[int] = []

    def knock() -> None:
        while not stop.wait(1.0):
            with suppress(OSError, HTTPException):
                statuses.append(_log_in(port))

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    try:
        yield statuses
    finally:
        stop.set()
        thread.join(15)


def _log_in(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/admin/login")
    answer = connection.getresponse()
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.read().decode())
    assert found
    form = urlencode({"email": EMAIL, "password": PASSWORD, "csrf_token": found[1]})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    connection.request("POST", "/admin/login", form, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def _ours(public: Path, application: int, port: int, folder: Path) -> str:
    conf = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("    listen [::]:80;\n", ""),
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{application};"),
        ("/var/lib/statuspage/public", str(public)),
        ("/var/log/nginx/", f"{folder}/"),
    ):
        conf = conf.replace(old, new)
    return conf


@contextmanager
def _nginx(folder: Path, blocks: str, core: int, ports: tuple[int, ...]) -> Iterator[int]:
    user = "user root;\n" if os.getuid() == 0 else ""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    head = f"{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
    inside = f"access_log off;\nkeepalive_requests 1000000;\n{places}{blocks}"
    path = folder / "nginx.conf"
    path.write_text(f"{head}events {{}}\nhttp {{\n{inside}\n}}\n", encoding="utf-8")
    command = ["taskset", "-c", str(core), "nginx", "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(path)]
    process = subprocess.Popen(command)
    try:
        for port in ports:
            _wait_for(port)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    until = monotonic() + 10
    while True:
        try:
            create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if monotonic() > until:
                raise
            sleep(0.05)
        else:
            return
