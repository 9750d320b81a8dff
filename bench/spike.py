"""A spike: 3,900 requests a second of mixed paths while incidents are posted, from one process on the last core.

Run as a process of its own it is the loader: python -m bench.spike PORT SECONDS RATE
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

from bench.page import ROOT, Page, running

SECONDS = float(os.environ.get("BENCH_SPIKE_SECONDS", "120"))
RATE = int(os.environ.get("BENCH_SPIKE_RATE", "3900"))
CONNECTIONS = 200
PATHS = (
    (0.70, ("/",)),
    (0.15, ("/api/v2/summary.json",)),
    (0.10, ("/feed.atom", "/feed.rss", "/history.atom", "/feed.json")),
    (0.05, ("/maintenance.ics",)),
)
ENCODINGS = ("gzip", "br, gzip", "gzip, deflate, br", "identity", "*", "")


def measure_spike(instance: Path, token: str) -> Iterator[dict[str, object]]:
    """0 answers of 5xx, the 99th percentile, and the statements that public GETs sent to the database."""
    cores = sorted(os.sched_getaffinity(0))
    with running(instance, token, cores[0]) as page:
        before, began = _entered(page), page.cpu_seconds()
        stop = threading.Event()
        posted: list[int] = []
        poster = threading.Thread(target=_post, args=(page, stop, posted), daemon=True)
        poster.start()
        command = ["taskset", "-c", str(cores[-1]), sys.executable, "-m", "bench.spike", str(page.port)]
        done = subprocess.run(
            [*command, str(SECONDS), str(RATE)], capture_output=True, text=True, check=True, cwd=ROOT
        )
        stop.set()
        poster.join(30)
        spent = page.cpu_seconds() - began
        entered = _entered(page) - before - 1  # the first asking stands in the second one's count
    found = json.loads(done.stdout)
    facts = {
        "seconds": SECONDS,
        "wanted_rps": RATE,
        "incidents_posted": len(posted),
        "server_cpu_s": round(spent, 1),
        **found,
    }
    yield {"figure": "spike_5xx", "value": found["errors"], **facts}
    yield {"figure": "spike_p99_ms", "value": found["p99_ms"], **facts}
    # the doors count every request that enters Flask: a public GET that enters none has no way to the database
    yield {"figure": "spike_public_gets_in_flask", "value": entered, **facts}


def _entered(page: Page) -> int:
    """GET requests that Flask answered well so far, without the one that asks."""
    connection = HTTPConnection("127.0.0.1", page.port, timeout=30)
    connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {page.token}"})
    text = connection.getresponse().read().decode()
    connection.close()
    counted = [line for line in text.splitlines() if line.startswith("statuspage_http_answers_total{")]
    return sum(int(float(line.rpartition(" ")[2])) for line in counted if 'method="GET"' in line and '"200"' in line)


def _post(page: Page, stop: threading.Event, posted: list[int]) -> None:
    headers = {"Authorization": f"Bearer {page.token}", "Content-Type": "application/json"}
    while not stop.wait(2.0):
        body = {"title": f"Spike {len(posted)}", "priority": "P3", "body": "Measured.", "components": {}}
        connection = HTTPConnection("127.0.0.1", page.port, timeout=60)
        connection.request("POST", "/api/v1/incidents", json.dumps(body), headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        posted.append(answer.status)
        done = json.dumps({"status": "resolved", "body": "Over."})
        connection.request("POST", f"/api/v1/incidents/{said['id']}/updates", done, headers)
        connection.getresponse().read()
        connection.close()


class _Load:
    """Keep-alive connections that send what a common clock says is due; a late one counts from when it was due."""

    def __init__(self, port: int, seconds: float, rate: int) -> None:
        self.port, self.rate = port, rate
        self.total = int(seconds * rate)
        self.next = 0
        self.waits: list[float] = []
        self.answers: list[float] = []
        """Each from its sending: what the loader itself was late with is not in these."""
        self.errors = 0
        self.other = 0
        self.dice = random.Random(1)
        self.requests = [self._request() for _ in range(2000)]

    def _request(self) -> bytes:
        paths = self.dice.choices([paths for _, paths in PATHS], [share for share, _ in PATHS])[0]
        path, number = self.dice.choice(paths), self.dice.randrange(10**9)
        encoding = self.dice.choice(ENCODINGS)
        accepts = f"Accept-Encoding: {encoding}\r\n" if encoding else ""
        cookie = f"Cookie: seen={number}; theme=dark\r\n" if number % 2 else ""
        return f"GET {path}?utm={number} HTTP/1.1\r\nHost: 127.0.0.1\r\n{accepts}{cookie}\r\n".encode()

    async def run(self) -> None:
        self.began = time.perf_counter()
        await asyncio.gather(*(self._connection() for _ in range(CONNECTIONS)))
        self.spent = time.perf_counter() - self.began

    async def _connection(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        while self.next < self.total:
            number, self.next = self.next, self.next + 1
            due = self.began + number / self.rate
            if (ahead := due - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            sent_at = time.perf_counter()
            writer.write(self.requests[number % len(self.requests)])
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
            await reader.readexactly(length)
            self.waits.append(time.perf_counter() - due)
            self.answers.append(time.perf_counter() - sent_at)
            self.errors += head[9:10] == b"5"
            self.other += head[9:12] != b"200"
        writer.close()


def main() -> None:
    """Load one port; print what came of it as JSON."""
    load = _Load(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
    asyncio.run(load.run())
    waits, answers = sorted(load.waits), sorted(load.answers)
    print(
        json.dumps(
            {
                "requests": len(waits),
                "rps": round(len(waits) / load.spent),
                "errors": load.errors,
                "not_200": load.other,
                "p50_ms": round(waits[len(waits) // 2] * 1000, 1),
                "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 1),
                "answer_p99_ms": round(answers[int(len(answers) * 0.99)] * 1000, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
