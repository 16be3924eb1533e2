"""How long the queue takes with 10,000 suggestions: `python -m benchmarks.queue [DATA]` prints the table.

A whole Winnow reads 10,000 courses whose review day has passed, through the public API, and suggests a review of each;
with DATA the folder is kept and used again. Beside each figure stands its limit, and beside the times a page of the
same server that asks the catalog nothing.
"""

from __future__ import annotations

import gzip
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visitor import CHROMIUM, COOKIE, Visitor
from tests.stack import Stack, eventually

SUGGESTIONS = 10_000
BATCH = 100
ASKED = 60
"""How often each page is asked for."""
LOADS = 7
QUEUE = "/review?whose=all"
PAGES = {
    "the queue, everything": QUEUE,
    "the queue, for me": "/review?whose=you",
    "one kind": f"{QUEUE}&kind=outdated",
    "most learners first": f"{QUEUE}&order=learners",
    "oldest first": f"{QUEUE}&order=oldest",
    "a search": f"{QUEUE}&q=valve",
}
PLAIN = "/sign-in"
P95_MS = 60
HTML_KB, WIRE_KB = 16, 60
COLD_MS, WARM_MS = 500, 200
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
_WIRE = """performance.getEntries().filter(each => 'transferSize' in each && !each.name.includes('.woff2'))
    .reduce((sum, each) => sum + each.transferSize, 0)"""


def courses(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Courses that differ in every word, each overdue for review."""
    drawn = random.Random(seed)
    syllables = [a + b for a in "bdfgklmnprstv" for b in ("a", "e", "i", "o", "u")]
    vocabulary = ["".join(drawn.choices(syllables, k=drawn.randint(2, 4))) for _ in range(4000)]
    vocabulary += ["valve", "ladder", "invoice", "harbour"]
    made: list[dict[str, Any]] = []
    for number in range(count):
        title = " ".join(drawn.sample(vocabulary, 4)).capitalize()
        text = " ".join(drawn.choices(vocabulary, k=60))
        made.append(
            {
                "externalId": f"c{number}",
                "title": title,
                "outline": [{"title": title, "location": "page.html", "text": text}],
                "updated": {"year": drawn.randint(2015, 2021), "month": drawn.randint(1, 12), "day": 1},
                "reviewDate": {"year": 2024, "month": drawn.randint(1, 12), "day": 1},
            }
        )
    return made


def fill(stack: Stack) -> None:
    """Until as many suggestions wait as are asked for."""

    def waiting() -> int:
        counts = stack.get("/v1/suggestions:count")["counts"]
        return sum(each["count"] for each in counts if each["state"] in ("OPEN", "HELD"))

    if waiting() >= SUGGESTIONS:
        return
    made = courses(SUGGESTIONS)
    for start in range(0, SUGGESTIONS, BATCH):
        stack.put("archive", *made[start : start + BATCH])
    if not eventually(lambda: waiting() >= SUGGESTIONS, 3600):
        raise SystemExit(f"{waiting()} suggestions after an hour, {SUGGESTIONS} are needed")


def milliseconds(act: Callable[[], object], times: int = ASKED) -> list[float]:
    found: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append((time.perf_counter() - start) * 1000)
    return sorted(found)


def p95(values: list[float]) -> float:
    return values[int(len(values) * 0.95)]


def served(stack: Stack) -> None:
    """How long the server takes, and how much it sends."""
    http, token = stack.status["http"], stack.token
    with httpx.Client(base_url=http, cookies={COOKIE: token}, timeout=60, trust_env=False) as client:

        def asks(path: str) -> Callable[[], object]:
            return lambda: client.get(path).raise_for_status()

        last = walked(client)
        print(f"\n{'page':28}{'median ms':>10}{'p95 ms':>8}{'limit':>7}{'kB':>7}{'gzip kB':>9}{'limit':>7}")
        for name, path in {"(no question: sign-in)": PLAIN, **PAGES, "its last page": last}.items():
            asks(path)()
            times = milliseconds(asks(path))
            html = client.get(path).content
            print(
                f"{name:28}{statistics.median(times):10.0f}{p95(times):8.0f}{P95_MS:7}"
                f"{len(html) / 1024:7.0f}{len(gzip.compress(html, 6)) / 1024:9.1f}{HTML_KB:7}"
            )


def walked(client: httpx.Client) -> str:
    """The last page of the queue, after every suggestion has been seen exactly once."""
    token, names, before = "", list[str](), ""
    while True:
        query = {"pageSize": 200, "states": ["OPEN", "HELD"], "pageToken": token, "view": "BASIC"}
        answer = client.get("/v1/suggestions", params=query).raise_for_status().json()
        names += [each["name"] for each in answer["suggestions"]]
        before, token = token, answer["nextPageToken"]
        if not token:
            assert len(names) == len(set(names)) >= SUGGESTIONS, "a page leaves out or repeats"
            return f"{QUEUE}&after={before}&before={len(names) - 50}"


def painted(stack: Stack, browser: Browser) -> None:
    """When something is to be seen, with nothing kept and with the files kept, and what came over the wire."""
    http, token = stack.status["http"], stack.token
    cold, warm, wire = list[float](), list[float](), list[float]()
    for _ in range(LOADS):
        visitor = Visitor(browser, http, token)
        visitor.page.goto(QUEUE, wait_until="load")
        cold.append(visitor.page.evaluate(_PAINT))
        wire.append(visitor.page.evaluate(_WIRE) / 1024)
        visitor.page.goto(QUEUE, wait_until="load")
        warm.append(visitor.page.evaluate(_PAINT))
        visitor.leave()
    for name, values, limit in (
        ("first paint, cold, ms", cold, COLD_MS),
        ("first paint, warm, ms", warm, WARM_MS),
        ("on the wire without font, kB", wire, WIRE_KB),
    ):
        print(
            f"{name:30}{statistics.median(values):8.0f}  limit {limit}"
            f"  (of {LOADS}: {min(values):.0f}-{max(values):.0f})"
        )


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        stack = Stack(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch) / "data").up()
        try:
            fill(stack)
            served(stack)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=CHROMIUM, args=["--no-sandbox", "--no-proxy-server"]
                )
                painted(stack, browser)
                browser.close()
        finally:
            stack.down()


if __name__ == "__main__":
    main()
