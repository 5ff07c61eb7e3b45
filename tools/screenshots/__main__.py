"""Makes the pictures of the documentation.

    python -m tools.screenshots [--out docs/images] [--chromium /usr/bin/chromium] [--all]

Tells a board's story in a folder that is thrown away, serves it, and looks at every page in a real
Chromium: light, dark, and as narrow as a phone.
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tools.screenshots.demo import fill, make_project

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 380, "height": 760}
SECONDS = 30
SETTLING = 700
"""Milliseconds in which the last texts come; the stream of events never ends by itself."""
PAGES = {
    "board": ("#/board", ".card"),
    "task": ("#/board?task=3", ".timeline li"),
    "search": ("#/search?query=where+are+dates+parsed", ".hit"),
    "agents": ("#/agents/test-writer", ".editor form"),
    "claude-md": ("#/claude-md", ".outline button"),
    "activity": ("#/activity", ".activity li"),
    "jobs": ("#/jobs", ".jobs li"),
    "flow": ("#/flow", ".chart"),
    "settings": ("#/settings", ".checks"),
}
LOOKS = ("light", "dark", "narrow")
EVERY = tuple((page, look) for page in PAGES for look in LOOKS)
PICTURES = (
    *((page, "light") for page in PAGES),
    *((page, "dark") for page in ("board", "task", "flow")),
    *((page, "narrow") for page in ("board", "task")),
)


@contextmanager
def served(folder: Path) -> Generator[str]:
    """The address of a server for the folder."""
    with subprocess.Popen(
        [sys.executable, "-I", "-m", "claudetask_mcp", "serve", "--port", "0"],
        cwd=folder,
        env={**os.environ, "HOME": str(folder.parent), "CLAUDETASK_ANALYSIS_PROVIDER": "none"},
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        found = re.search(r"http://\S+", server.stderr.readline() if server.stderr else "")
        if found is None:
            sys.exit("the server did not start")
        yield found.group(0)
        server.send_signal(signal.SIGTERM)


def take(browser: Browser, url: str, page_name: str, look: str, out: Path) -> None:
    """One picture."""
    context = browser.new_context(
        base_url=url,
        viewport=NARROW if look == "narrow" else WIDE,  # pyright: ignore[reportArgumentType] — a TypedDict's keys
        color_scheme="dark" if look == "dark" else "light",
        reduced_motion="reduce",
    )
    address, shown = PAGES[page_name]
    page = context.new_page()
    page.set_default_timeout(SECONDS * 1000)
    page.goto(f"/{address}")
    _settled(page, shown)
    page.screenshot(path=out / f"{page_name}-{look}.png")
    context.close()


def _settled(page: Page, shown: str) -> None:
    page.wait_for_selector("#link-state[data-state=connected]", state="attached")
    page.wait_for_selector(shown)
    page.wait_for_timeout(SETTLING)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the pictures of the documentation.")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    parser.add_argument("--all", action="store_true", help="every page in every look")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = make_project(Path(temporary) / "shop")
        asyncio.run(fill(folder))
        look_at(folder, asked.chromium, asked.out, EVERY if asked.all else PICTURES)


def look_at(folder: Path, chromium: str, out: Path, pictures: Sequence[tuple[str, str]]) -> None:
    """The pictures of a project."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        with served(folder) as url:
            for page_name, look in pictures:
                take(browser, url, page_name, look, out)
                print(f"{page_name}-{look}.png")
        browser.close()


if __name__ == "__main__":
    main()
