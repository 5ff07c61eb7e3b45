"""A real Chromium in front of a real server."""

import shutil
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.api.live import live_server
from tests.browser.support import WAIT, Board

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)
NARROW = {"width": 380, "height": 760}
WIDE = {"width": 1360, "height": 850}


@pytest.fixture(scope="module")
def chromium() -> Generator[Browser]:
    """One for a file of tests: while it lives, no test of another kind may run an event loop."""
    if CHROMIUM is None:
        pytest.skip("NO CHROMIUM on PATH: the page is not tested here (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shop"


@pytest.fixture
def board(folder: Path, migrated_board: Path, own_home: Path) -> Generator[Board]:
    with (
        live_server(folder, migrated_board, own_home) as url,
        httpx.Client(base_url=url, timeout=WAIT) as client,
    ):
        yield Board(url, client)


Visit = Callable[..., Page]


@pytest.fixture
def said() -> list[str]:
    """What pages complained of, policy violations among it; a test may empty it."""
    return []


@pytest.fixture
def asked() -> list[str]:
    """The address of every request that pages made."""
    return []


@pytest.fixture
def visit(
    chromium: Browser, request: pytest.FixtureRequest, said: list[str], asked: list[str]
) -> Generator[Visit]:
    """Opens a page in a browser of its own, as another person would; it must not complain."""
    with ExitStack() as stack:

        def opened(address: str, *, url: str | None = None, **options: Any) -> Page:
            base: str = url or request.getfixturevalue("board").url
            options.setdefault("viewport", WIDE)
            context = chromium.new_context(base_url=base, reduced_motion="reduce", **options)
            stack.callback(context.close)
            _listen(context, said, asked)
            page = context.new_page()
            page.set_default_timeout(WAIT * 1000)
            page.goto(f"/{address}")
            return page

        yield opened
    assert said == []


def _listen(context: BrowserContext, said: list[str], asked: list[str]) -> None:
    def heard(message: ConsoleMessage) -> None:
        # A refusal that the page shows is told in the console too; it is no fault of the page.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            said.append(message.text)

    context.on("console", heard)
    context.on("weberror", lambda error: said.append(str(error.error)))
    context.on("request", lambda request: asked.append(request.url))
