"""One Winnow with the sample in it for the session, a chromium a module; a page for whoever a test wants to be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.visitor import CHROMIUM, SCRIPT, Visitor, scripted
from tests.stack import Stack, with_sample


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium; without it the tests are skipped, since a new machine has no browser.

    Ended with its module: while Playwright runs, the thread's event loop does, and no other test could have one.
    """
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no {CHROMIUM}")
    expect.set_options(timeout=15_000)  # as Visitor's: a busy machine is slow, not wrong
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--no-proxy-server"]
        )
        yield running
        running.close()


@pytest.fixture(scope="package")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The sample, read and compared."""
    running = with_sample(tmp_path_factory)
    yield running
    running.down()


@pytest.fixture
def visitor(browser: Browser, sample: Stack) -> Iterator[Visitor]:
    """The first person, signed in, on a desktop with script; fails at its end for what the console complained of."""
    made = Visitor(browser, sample.status["http"], sample.token)
    yield made
    made.leave()


@pytest.fixture
def page(visitor: Visitor) -> Page:
    return visitor.page


@pytest.fixture(params=SCRIPT, ids=scripted)
def anyone(browser: Browser, sample: Stack, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """As `visitor`, once with script and, in `make soak`, once without."""
    made = Visitor(browser, sample.status["http"], sample.token, java_script_enabled=request.param)
    yield made
    made.leave()
