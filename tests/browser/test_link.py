"""What other processes do, and what happens while the server is away."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.support import WAIT, Board, card, dialog, live, stands_in

pytestmark = pytest.mark.slow
TOKEN = "a long token"


@contextmanager
def process(folder: Path, port: int = 0, **variables: str) -> Generator[Board]:
    """The real program, in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-I", "-m", "claudetask_mcp", "serve", "--port", str(port)],
        cwd=folder,
        env={**os.environ, **{f"CLAUDETASK_{name}": value for name, value in variables.items()}},
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stderr is not None
            found = re.search(r"http://\S+", server.stderr.readline())
            assert found is not None
            headers = {"Authorization": f"Bearer {variables.get('TOKEN', 'none')}"}
            with httpx.Client(base_url=found.group(0), timeout=WAIT, headers=headers) as client:
                yield Board(found.group(0), client)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=WAIT)


def test_another_processs_changes_appear_and_a_break_costs_nothing(
    folder: Path, visit: Visit, said: list[str]
) -> None:
    folder.mkdir()
    with process(folder) as other:
        other.make("one")
        with process(folder) as first:
            page = visit("", url=first.url)
            live(page)
            other.put("/api/tasks/1/status", status="Ready")
            stands_in(page, 1, "Ready")
            page.get_by_role("button", name="New task").click()
            form = dialog(page, "New task")
            form.get_by_label("Title").fill("made while away")
        expect(page.locator("#link-state")).to_have_text("Reconnecting…")
        form.get_by_role("button", name="Create task").click()
        expect(form.locator(".form-error")).to_contain_text("cannot be reached")
        other.put("/api/tasks/1/status", status="In Progress")
        other.make("two")
        port = httpx.URL(first.url).port
        assert port is not None
        with process(folder, port):
            stands_in(page, 1, "In Progress")
            expect(card(page, 2)).to_be_visible()
            live(page)
            form.get_by_role("button", name="Create task").click()
            expect(card(page, 3)).to_contain_text("made while away")
            assert other.get("/api/tasks/3")["title"] == "made while away"
    said.clear()  # what the browser says of a server that is away


def test_the_token_is_asked_for_once_a_tab_and_goes_in_no_address(
    folder: Path, visit: Visit, asked: list[str]
) -> None:
    folder.mkdir()
    with process(folder, TOKEN=TOKEN) as board:
        board.make("a secret plan")
        page = visit("", url=board.url)
        question = dialog(page, "This server wants its token")
        question.get_by_label("Token").fill("wrong")
        page.keyboard.press("Enter")
        expect(question).to_contain_text("was not accepted")
        assert "a secret plan" not in page.content()
        question.get_by_label("Token").fill(TOKEN)
        page.keyboard.press("Enter")
        expect(card(page, 1)).to_contain_text("a secret plan")
        live(page)
        page.reload()
        expect(card(page, 1)).to_be_visible()
        assert page.evaluate("Object.values(localStorage).join() + document.cookie") == ""
        assert page.evaluate("Object.values(sessionStorage)") == [TOKEN]
        assert not [address for address in asked if "token" in address.replace("long token", "")]
        stranger = visit("", url=board.url)
        expect(dialog(stranger, "This server wants its token")).to_be_visible()


def test_every_page_catches_up_after_a_break(folder: Path, visit: Visit, said: list[str]) -> None:
    agents = folder / ".claude" / "agents"
    agents.mkdir(parents=True)
    with process(folder) as first:
        first.make("one")
        pages = {
            name: visit(f"#/{name}", url=first.url) for name in ("agents", "claude-md", "flow")
        }
        for page in pages.values():
            live(page)
    for page in pages.values():
        expect(page.locator("#link-state")).to_have_text("Reconnecting…")
    (agents / "tester.md").write_text("---\nname: tester\ndescription: x\n---\nx\n")
    (folder / "CLAUDE.md").write_text("# Shop\n")
    with process(folder) as other:
        other.make("two")
    with process(folder, httpx.URL(first.url).port or 0):
        expect(pages["agents"].get_by_role("link", name="tester")).to_be_visible()
        expect(pages["claude-md"].get_by_role("textbox")).to_have_value("# Shop\n")
        expect(pages["flow"].locator(".figure").last).to_contain_text("2")
    said.clear()  # what the browser says of a server that is away


def test_a_narrow_screen_says_in_words_that_the_connection_broke(
    folder: Path, visit: Visit, said: list[str]
) -> None:
    folder.mkdir()
    with process(folder) as first:
        page = visit("", url=first.url, viewport={"width": 320, "height": 640})
        live(page)
    state = page.locator("#link-state")
    expect(state).to_have_text("Reconnecting…")
    assert state.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") > 10
    assert state.evaluate("one => one.scrollWidth <= one.clientWidth"), "beside what stands there"
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    said.clear()


def test_a_page_that_was_asked_for_while_the_server_was_away_comes_when_it_is_back(
    folder: Path, visit: Visit, said: list[str]
) -> None:
    folder.mkdir()
    with process(folder) as first:
        page = visit("", url=first.url)
        live(page)
    expect(page.locator("#link-state")).to_have_text("Reconnecting…")
    page.get_by_role("link", name="Flow").click()
    expect(page.locator("#toasts")).to_contain_text("The server cannot be reached")
    with process(folder, httpx.URL(first.url).port or 0):
        expect(page.get_by_role("heading", name="Flow")).to_be_visible()
    said.clear()  # what the browser says of a server that is away


def test_a_tab_of_before_an_upgrade_is_told_to_reload(
    folder: Path, visit: Visit, said: list[str]
) -> None:
    folder.mkdir()
    with process(folder) as board:
        page = visit("", url=board.url)
        live(page)
        newer = "import { fromTheNextVersion } from './ui.js'; fromTheNextVersion();"
        page.route(
            "**/flow.js", lambda route: route.fulfill(body=newer, content_type="text/javascript")
        )
        page.get_by_role("link", name="Flow").click()
        expect(page.locator("#toasts")).to_contain_text("another version of this page")
        page.unroute("**/flow.js")
        page.get_by_role("button", name="Reload").click()
        expect(page.get_by_role("heading", name="Flow")).to_be_visible()
    said.clear()
