"""Writes docs/performance.md: how long the pages take with 10,000 suggestions in the store.

`python -m benchmarks.queue [DATA]` starts a whole Winnow, has its curator find that many things in a company's catalog
(`filling`), and asks for each page as a browser does. With DATA the folder is kept and used again, so that only its
first run takes long. Needs chromium.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.queue import measuring
from benchmarks.queue.filling import fill, waiting
from benchmarks.queue.page import page
from tests.browser.visitor import CHROMIUM
from tests.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
SUGGESTIONS = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="data folder of the Winnow that is measured")
    parser.add_argument("--suggestions", type=int, default=SUGGESTIONS)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/performance.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        stack = Stack(options.data or Path(scratch) / "data").up()
        try:
            filled = fill(stack, options.suggestions)
            stack.wait(3600)
            began = os.getloadavg()[0]
            served = measuring.served(stack)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=CHROMIUM, args=["--no-sandbox", "--no-proxy-server"]
                )
                paints = measuring.painted(stack, browser)
                browser.close()
            load = (began, os.getloadavg()[0])
            text = page(waiting(stack), served, paints, load=load, filled=filled)
        finally:
            stack.down()
    options.out.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
