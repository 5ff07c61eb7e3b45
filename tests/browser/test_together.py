"""Two at one card, a machine that slept, a reader of Hebrew: what the page makes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Page, expect

from claudetask_core.core import DATABASE
from claudetask_core.db.engine import Database
from claudetask_core.db.sqlite import sqlite_url
from claudetask_core.services.board import transfer
from tests.browser.conftest import Visit
from tests.browser.support import Board, card, column, live, stands_in

pytestmark = pytest.mark.slow
STREAM = "/api/events"
SECONDS = 30
T = TypeVar("T")
HEBREW = "\N{HEBREW LETTER ALEF}"


def of_board(folder: Path, act: Callable[[Database], Awaitable[T]]) -> T:
    """Does something with the board's file, as another process would."""

    async def opened() -> T:
        database = Database(sqlite_url(folder / ".claudetask" / DATABASE))
        try:
            return await act(database)
        finally:
            await database.close()

    with ThreadPoolExecutor(1) as beside:  # the browser's loop runs here
        return beside.submit(asyncio.run, opened()).result(SECONDS)


def drag(page: Page, task_id: int, status: str) -> None:
    """Takes a card and holds it over a column."""
    card(page, task_id).hover()
    page.mouse.down()
    for y in (200, 220):
        column(page, status).hover(position={"x": 60, "y": y})
    expect(page.locator(".board")).to_have_class("board dragging")


def test_a_card_that_another_moves_while_it_is_dragged_stays_where_they_put_it(
    board: Board, visit: Visit
) -> None:
    board.make("one")
    page = visit("")
    live(page)
    drag(page, 1, "Ready")
    board.put("/api/tasks/1/status", status="Analysis", agent="ann")
    stands_in(page, 1, "Analysis")
    page.mouse.up()
    expect(page.locator(".toast")).to_contain_text("#1 was moved to Analysis meanwhile")
    stands_in(page, 1, "Analysis")
    assert board.get("/api/tasks/1")["status"] == "Analysis"


def test_a_card_that_another_deletes_while_it_is_dragged_leaves_no_drag_behind(
    board: Board, visit: Visit
) -> None:
    board.make("one")
    board.make("two")
    page = visit("")
    live(page)
    drag(page, 1, "Done")
    board.client.delete("/api/tasks/1").raise_for_status()
    expect(card(page, 1)).to_have_count(0)
    page.mouse.up()
    page.mouse.move(400, 400)
    expect(page.locator(".board")).to_have_class("board")
    expect(page.locator("[data-drop]")).to_have_count(0)


def test_a_machine_that_slept_or_changed_its_network_catches_up_at_once(
    board: Board, visit: Visit, asked: list[str]
) -> None:
    def streams() -> int:
        return sum(STREAM in address for address in asked)

    page = visit("#/settings")  # where no clock was installed before the page began
    page.clock.install()
    page.goto("/")
    page.reload()
    live(page)
    before = streams()
    page.clock.fast_forward("01:00")
    with page.expect_request(f"**{STREAM}"):
        page.clock.run_for(6_000)
    page.clock.run_for(6_000)
    live(page)
    with page.expect_request(f"**{STREAM}"):
        page.evaluate("dispatchEvent(new Event('online'))")
        page.clock.run_for(6_000)
    live(page)
    assert streams() >= before + 2


def test_a_board_that_takes_the_place_of_another_is_shown_at_once(
    board: Board, visit: Visit, folder: Path
) -> None:
    """Its tasks have the numbers and versions of those that were there."""
    board.make("theirs")
    page = visit("")
    live(page)

    async def export(database: Database) -> list[str]:
        return [line async for line in transfer.exported(database)]

    lines = of_board(folder, export)
    board.make("added")
    board.put("/api/tasks/1", title="renamed")
    expect(card(page, 1)).to_contain_text("renamed")
    of_board(folder, lambda database: transfer.imported(database, lines, replace=True))
    expect(card(page, 1)).to_contain_text("theirs")
    expect(card(page, 2)).to_have_count(0)


def test_less_motion_is_heeded_and_a_paragraph_runs_as_its_letters_do(
    board: Board, visit: Visit
) -> None:
    board.make(f"{HEBREW * 3} (v2.0)!")
    page = visit("", viewport={"width": 380, "height": 760})
    live(page)
    page.evaluate(
        """() => {
            window.how = [];
            Element.prototype.scrollIntoView = (options) => window.how.push(options.behavior);
        }"""
    )
    strip = page.get_by_role("group", name="Tasks per status")
    strip.get_by_role("button", name="Ready").click()
    page.emulate_media(reduced_motion="no-preference")
    strip.get_by_role("button", name="Testing").click()
    assert page.evaluate("window.how") == ["auto", "smooth"]
    # The mark at the end of a text that runs to the left stands at its left.
    left = page.evaluate(
        """() => {
            const text = document.querySelector(".card-title").firstChild;
            const range = document.createRange();
            const at = (index) => (range.setStart(text, index), range.setEnd(text, index + 1),
                range.getBoundingClientRect().left);
            return at(text.length - 1) < at(0);
        }"""
    )
    assert left
