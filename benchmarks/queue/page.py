"""The text of docs/performance.md, from figures."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable, Sequence

from benchmarks.queue.filling import PEOPLE, PROGRAMS
from benchmarks.queue.measuring import ASKED, LOADS, Paints, Served

P95_MS, OTHER_MS = 60, 300
HTML_KB, GZIP_KB, WIRE_KB = 96, 16, 60
COLD_MS, WARM_MS = 500, 200

_INTRODUCTION = """\
# How fast the pages are

Written by `python -m benchmarks.queue [DATA]`; every figure on this page is measured by it. A whole Winnow runs on one
machine with {waiting:,} suggestions that wait, {people} people and {programs} programs; all of it was told through the
public API and found by the curator. Each page is asked for {asked} times, one after the other, by a client on the same
machine; *processor* is what the gateway, the catalog, NATS and PostgreSQL spend together on one page, which other work
on the machine hardly changes. The pages of the queue that are asked for show, row by row, what the API lists, and
walking through all pages meets every suggestion exactly once; the command fails otherwise.

Measured on {cores} processors with a load of {before:.1f} when it began and {after:.1f} when it ended: from a load of
{cores} on, others were waiting for the same processors, and times are longer than Winnow makes them.
"""

_FILLED = """\
From the first call of the API until all of them waited it took {seconds:.0f} s: 10,500 courses told, read and judged, a
tenth of them with texts.
"""


def page(
    waiting: int, served: Sequence[Served], paints: Paints, *, load: tuple[float, float], filled: float
) -> str:
    """All of it; `filled` are the seconds that it took until so many waited, 0 where they did before."""
    return "\n".join(
        [
            _INTRODUCTION.format(
                waiting=waiting,
                people=PEOPLE,
                programs=PROGRAMS,
                asked=ASKED,
                cores=os.cpu_count(),
                before=load[0],
                after=load[1],
            ),
            *([_FILLED.format(seconds=filled)] if filled else []),
            "## The queue\n",
            *_table(
                (
                    "page",
                    "rows",
                    "median ms",
                    "p95 ms",
                    "limit",
                    "processor ms",
                    "kB",
                    "limit",
                    "gzip kB",
                    "limit",
                ),
                (
                    (
                        *(each.name, each.rows, f"{each.median:.0f}", f"{each.p95:.0f}", P95_MS),
                        *(f"{each.processor:.0f}", f"{each.size / 1024:.0f}", HTML_KB),
                        *(f"{each.gzipped / 1024:.1f}", GZIP_KB),
                    )
                    for each in served
                    if each.of_queue or each is served[0]
                ),
            ),
            "",
            f"In chromium, the median of {LOADS} loads of everything that waits (from – to):\n",
            *_table(
                ("", "median", "limit", "from – to"),
                (
                    _measure("first contentful paint, nothing kept, ms", paints.cold, COLD_MS),
                    _measure("first contentful paint, files kept, ms", paints.warm, WARM_MS),
                    _measure("all on the wire but for the font, kB", paints.wire, WIRE_KB),
                ),
            ),
            "",
            "## Other pages\n",
            *_table(
                ("page", "median ms", "p95 ms", "limit", "processor ms", "kB", "gzip kB"),
                (
                    (
                        *(each.name, f"{each.median:.0f}", f"{each.p95:.0f}", OTHER_MS),
                        *(f"{each.processor:.0f}", f"{each.size / 1024:.0f}", f"{each.gzipped / 1024:.1f}"),
                    )
                    for each in served[1:]
                    if not each.of_queue
                ),
            ),
            "",
        ]
    )


def _measure(name: str, values: Sequence[float], limit: int) -> tuple[object, ...]:
    return name, f"{statistics.median(values):.0f}", limit, f"{min(values):.0f} – {max(values):.0f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines: list[Sequence[object]] = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return [f"| {' | '.join(str(cell) for cell in line)} |" for line in lines]
