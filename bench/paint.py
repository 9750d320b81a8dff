"""What a first visit weighs and how soon something is seen: Chromium with a processor four times slower."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.page import running

VISITS = 5
SLOWER = 4
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def measure_paint(instance: Path, token: str) -> Iterator[dict[str, object]]:
    """`page_bytes` on the wire, headers too, and `first_paint_ms`; each visit with an empty cache."""
    program = shutil.which("chromium")
    if program is None:
        yield {"figure": "first_paint_ms", "value": None, "why": "chromium is not installed"}
        return
    with running(instance, token) as page, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        visits = [_visit(browser, f"http://127.0.0.1:{page.port}/") for _ in range(VISITS)]
        browser.close()
    weights, paints = zip(*visits, strict=True)
    yield {"figure": "page_bytes", "value": round(max(weights)), "visits": VISITS}
    yield {"figure": "first_paint_ms", "value": round(statistics.median(paints), 1), "cpu_slowdown": SLOWER}


def _visit(browser: Browser, url: str) -> tuple[float, float]:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    tab = context.new_page()
    session = context.new_cdp_session(tab)
    session.send("Network.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    tab.goto(url, wait_until="load")
    paint = tab.wait_for_function(PAINT, timeout=60_000).json_value()
    tab.wait_for_timeout(500)
    context.close()
    return sum(weights), float(paint)
