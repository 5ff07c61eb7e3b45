"""Every page can be used by keyboard, by screen reader, and on a narrow screen."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.support import Board, dialog, live

pytestmark = pytest.mark.slow
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
PAGES = {
    "board": ".card",
    "task/1": ".timeline li",
    "search?query=dates": ".hit",
    "agents/tester": ".editor form",
    "claude-md": ".outline button",
    "activity": ".activity li",
    "jobs": ".jobs li",
    "flow": ".chart",
    "settings": ".report li",
}


@pytest.fixture
def full(board: Board, folder: Path) -> Board:
    """A board with something on every page."""
    agents = folder / ".claude" / "agents"
    agents.mkdir(parents=True)
    (agents / "tester.md").write_text("---\nname: tester\ndescription: x\ntools: Bsh\n---\nx\n")
    (folder / "CLAUDE.md").write_text("# Shop\n\n## Commands\n")
    (folder / "dates.py").write_text("def parse_dates():\n    pass\n")
    board.make(
        "Parse dates",
        type="Bug",
        priority="High",
        description="# A\n\n`b`\n\n|a|\n|-|\n|1|\n",
        acceptance_criteria=["one", "two"],
        related_files=["dates.py"],
    )
    board.make("Parse more dates", depends_on=[1], priority="Low")
    board.put("/api/tasks/1", check={"1": "seen"}, note="a *note*")
    board.put("/api/tasks/1/status", status="In Progress", agent="ann")
    return board


def looks(page: Page, selector: str, name: str) -> list[str]:
    """How each of these looks, at one moment: what is drawn anew between two looks has no look."""
    script = """([selector, name]) => [...document.querySelectorAll(selector)]
        .map((one) => getComputedStyle(one)[name])"""
    found: list[str] = page.evaluate(script, [selector, name])
    return found


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light")]
)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    full: Board, visit: Visit, viewport: dict[str, int], scheme: str
) -> None:
    page = visit("", viewport=viewport, color_scheme=scheme)
    for name, shown in PAGES.items():
        page.goto(f"/#/{name}")
        live(page)
        expect(page.locator(shown).first).to_be_visible()
        assert violations(page) == [], name
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, name
    page.goto("/#/board")
    page.get_by_role("button", name="New task").click()
    expect(dialog(page, "New task")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Move #2").click()
    expect(page.get_by_role("menu")).to_be_visible()
    assert violations(page) == []


def test_a_narrow_screen_has_its_pages_in_a_menu(full: Board, visit: Visit) -> None:
    page = visit("", viewport=NARROW)
    live(page)
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Flow").click()
    expect(page.get_by_role("heading", name="Flow")).to_be_visible()
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()


def test_tab_alone_leads_from_the_top_of_the_page_to_a_card_and_back_out(
    full: Board, visit: Visit
) -> None:
    page = visit("")
    live(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    reached: set[str] = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.className || document.activeElement.id"))
    assert {"card", "icon-button card-move"} <= reached


def test_the_legend_of_flow_keeps_its_colours_where_the_system_forces_its_own(
    full: Board, visit: Visit
) -> None:
    page = visit("#/flow", forced_colors="active")
    expect(page.locator(".legend .dot").first).to_be_visible()
    colours = looks(page, ".legend .dot", "backgroundColor")
    assert len(set(colours)) == len(colours) == 7


def test_forced_colours_show_which_page_is_open_and_how_long_the_bars_are(
    full: Board, visit: Visit
) -> None:
    page = visit("#/flow", forced_colors="active")
    expect(page.locator(".bars li").first).to_be_visible()
    assert looks(page, "nav[aria-label=Pages] a", "outlineStyle").count("solid") == 1
    bars = looks(page, ".bar", "backgroundColor")
    assert len(set(bars)) == len(bars) == 7
