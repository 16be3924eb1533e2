"""What a page costs: time, processor time, bytes, paint."""

from __future__ import annotations

import gzip
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import psutil
from playwright.sync_api import Browser

from tests.browser.visitor import COOKIE, Visitor
from tests.stack import Stack

ASKED = 40
"""How often each page is asked for."""
PAUSE = 0.05
"""Seconds between two: without it one person would ask for more calls a second than they may."""
LOADS = 7
QUEUE = "/review?whose=all"
PLAIN = "/sign-in"
"""A page of the same server that asks the catalog nothing: what is left is the machine's."""
OF_QUEUE = {
    "first screen": "/review",
    "everything": QUEUE,
    "one kind": f"{QUEUE}&kind=duplicate",
    "most learners first": f"{QUEUE}&order=learners",
    "most certain first": f"{QUEUE}&order=certain",
    "oldest first": f"{QUEUE}&order=oldest",
    "a search": f"{QUEUE}&q=valve",
}
OTHERS = {
    name: f"/{name}"
    for name in (
        "today",
        "programs",
        "insights",
        "changes",
        "activity",
        "people",
        "tasks",
        "imports",
        "accuracy",
    )
}
_ROWS = re.compile(r'<a href="/review/([^?"]+)[^>]* data-row')
# It may come after the load: without the promise, a page that is not painted yet counts as painted at 0.
_PAINT = """() => new Promise(painted => new PerformanceObserver(seen => {
    for (const each of seen.getEntriesByName('first-contentful-paint')) painted(each.startTime);
}).observe({type: 'paint', buffered: true}))"""
_WIRE = """performance.getEntries().filter(each => 'transferSize' in each && !each.name.includes('.woff2'))
    .reduce((sum, each) => sum + each.transferSize, 0)"""


@dataclass(frozen=True, slots=True)
class Served:
    """A page as the server gives it: milliseconds of each time it was asked for, sorted, and of the processor."""

    name: str
    of_queue: bool
    times: tuple[float, ...]
    processor: float
    """Of all of Winnow's processes together, per page."""
    size: int
    gzipped: int
    rows: int

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        return self.times[int(len(self.times) * 0.95)]


@dataclass(frozen=True, slots=True)
class Paints:
    """First contentful paint in milliseconds with nothing kept and with the files kept; kB on the wire, no font."""

    cold: tuple[float, ...]
    warm: tuple[float, ...]
    wire: tuple[float, ...]


def served(stack: Stack) -> list[Served]:
    """Every page, the plain one first; the rows of the queue are those that the API lists, in its order."""
    processes = _processes(stack)
    with httpx.Client(
        base_url=stack.status["http"], cookies={COOKIE: stack.token}, timeout=60, trust_env=False
    ) as client:
        pages = walked(client)
        first, last = next(iter(pages)), list(pages)[-1]
        queue = {**OF_QUEUE, "its last page": last}
        found = [
            _asked(client, processes, name, path, of_queue=path in queue.values())
            for name, path in {"(sign-in: asks nothing)": PLAIN, **queue, **OTHERS}.items()
        ]
        for path in (first, last):
            assert _ROWS.findall(client.get(path).text) == pages[path], f"{path} has other rows than the API"
    return found


def walked(client: httpx.Client) -> dict[str, list[str]]:
    """By the address of each page of the queue what the API lists on it, every suggestion exactly once."""
    pages: dict[str, list[str]] = {}
    token, before = "", 0
    while token or not pages:
        query = {"pageSize": 50, "states": ["OPEN", "HELD"], "pageToken": token, "view": "BASIC"}
        answer = client.get("/v1/suggestions", params=query).raise_for_status().json()
        ids = [each["name"].removeprefix("suggestions/") for each in answer["suggestions"]]
        pages[f"{QUEUE}&after={token}&before={before}" if before else QUEUE] = ids
        token, before = answer["nextPageToken"], before + len(ids)
    every = [id_ for ids in pages.values() for id_ in ids]
    assert len(every) == len(set(every)), "a page repeats what another has"
    counted = client.get("/v1/suggestions:count").raise_for_status().json()["counts"]
    assert len(every) == sum(each["count"] for each in counted if each["state"] in ("OPEN", "HELD"))
    return pages


def painted(stack: Stack, browser: Browser) -> Paints:
    """The queue in a browser that has seen nothing yet, then once more."""
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
    return Paints(tuple(cold), tuple(warm), tuple(wire))


def _asked(
    client: httpx.Client, processes: Sequence[psutil.Process], name: str, path: str, *, of_queue: bool
) -> Served:
    html = client.get(path).raise_for_status().content
    times: list[float] = []
    began = _processor(processes)
    for _ in range(ASKED):
        start = time.perf_counter()
        client.get(path).raise_for_status()
        times.append((time.perf_counter() - start) * 1000)
        time.sleep(PAUSE)
    spent = (_processor(processes) - began) * 1000 / ASKED
    return Served(
        name,
        of_queue,
        tuple(sorted(times)),
        spent,
        len(html),
        len(gzip.compress(html, 5)),
        len(_ROWS.findall(html.decode())),
    )


def _processes(stack: Stack) -> list[psutil.Process]:
    pids = [stack.pid(name) for name in ("gateway", "catalog", "postgres", "nats-server")]
    return [psutil.Process(pid) for pid in pids if pid is not None]


def _processor(processes: Sequence[psutil.Process]) -> float:
    """Seconds so far, with those of PostgreSQL's sessions."""
    spent = 0.0
    for each in processes:
        for process in (each, *each.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue  # a session that ended meanwhile
            spent += times.user + times.system
    return spent
