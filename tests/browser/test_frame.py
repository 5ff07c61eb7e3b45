"""The frame around the pages: addresses, narrow screens, paper, and keys that are held down."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from claudetask_core.core import DATABASE
from tests.browser.conftest import Visit
from tests.browser.support import Board, card, column, dialog, fill, live, stands_in

pytestmark = pytest.mark.slow


def test_an_address_that_names_no_page_says_so_and_leads_to_the_board(
    board: Board, visit: Visit
) -> None:
    board.make("Parse dates")
    page = visit("#/nonsense?task=1")
    expect(page.locator("#toasts")).to_contain_text("There is no page nonsense: this is the board.")
    expect(dialog(page, "#1 Parse dates")).to_be_visible()
    assert page.evaluate("location.hash") == "#/board?task=1"
    page.goto("/#/jobs")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    page.goto("/#/tasks/1")
    expect(page.locator("#toasts")).to_contain_text("There is no page tasks")
    expect(card(page, 1)).to_be_visible()


@pytest.mark.parametrize("width", [768, 1024, 1280])
def test_the_name_of_no_column_is_cut_where_many_tasks_are_held(
    board: Board, visit: Visit, width: int
) -> None:
    for number in range(1, 13):
        board.make(f"Step {number}")
        board.put(f"/api/tasks/{number}/status", status="In Progress", agent=f"agent-{number}")
    page = visit("", viewport={"width": width, "height": 900})
    expect(column(page, "In Progress").locator(".held")).to_contain_text("12")
    cut = "heads => heads.filter(h => h.scrollWidth > h.clientWidth).map(h => h.textContent)"
    assert page.locator(".column-head h2").evaluate_all(cut) == []


def test_paper_shows_every_task_and_nothing_to_click(board: Board, visit: Visit) -> None:
    for number in range(1, 41):
        board.make(f"Step {number}")
    page = visit("")
    live(page)
    printed(page)
    for gone in (".nav", "#new-task", ".filters", ".card-move"):
        assert not page.locator(gone).first.is_visible(), gone
    cards = column(page, "Backlog").locator(".card")
    expect(cards).to_have_count(40)
    boxes = [card.bounding_box() for card in cards.all()]
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(set(tops)), "one below the other, none upon another"
    assert page.evaluate("document.documentElement.scrollHeight") > tops[-1]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(page.locator(".nav")).to_be_visible()
    assert cards.count() < 40


def test_paper_says_how_many_tasks_a_long_column_has_beyond_what_is_printed(
    board: Board, folder: Path, visit: Visit
) -> None:
    fill(folder / ".claudetask" / DATABASE, 1000)
    page = visit("")
    live(page)
    printed(page)
    expect(column(page, "Backlog").locator(".card")).to_have_count(250)
    after = "list => getComputedStyle(list, '::after').content"
    said = column(page, "Backlog").locator(".cards").evaluate(after)
    assert said.replace('" "', "") == '"and 750 more"'


def test_paper_shows_the_task_that_is_open_and_not_the_board_behind_it(
    board: Board, visit: Visit
) -> None:
    board.make("Parse dates", description="\n\n".join(f"line {n}" for n in range(200)))
    page = visit("#/task/1")
    opened = dialog(page, "#1 Parse dates")
    expect(opened.get_by_text("line 199")).to_be_attached()
    printed(page)
    assert not column(page, "Backlog").is_visible()
    box, last = opened.bounding_box(), opened.get_by_text("line 199").bounding_box()
    assert box
    assert last
    assert last["y"] < box["y"] + box["height"], "whole, not what a screen holds"
    assert not opened.get_by_role("button", name="Delete").is_visible()


def printed(page: Page) -> None:
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")


def test_a_key_that_is_held_down_acts_once_and_types_nothing_where_it_led(
    board: Board, visit: Visit
) -> None:
    board.make("Parse dates")
    page = visit("")
    live(page)
    for _ in range(5):
        page.keyboard.down("n")
    title = dialog(page, "New task").get_by_label("Title")
    expect(title).to_be_focused()
    for _ in range(5):
        page.keyboard.down("n")
    page.keyboard.up("n")
    expect(title).to_have_value("")
    page.keyboard.press("n")
    expect(title).to_have_value("n")
    page.keyboard.press("Escape")
    for _ in range(5):
        page.keyboard.down("/")
    page.keyboard.up("/")
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_a_move_by_a_key_that_is_held_down_goes_one_column(board: Board, visit: Visit) -> None:
    board.make("Parse dates")
    board.put("/api/tasks/1/status", status="Ready")
    page = visit("")
    live(page)
    card(page, 1).focus()
    page.keyboard.down("Shift")
    for _ in range(6):
        page.keyboard.down("ArrowRight")
    page.keyboard.up("ArrowRight")
    page.keyboard.up("Shift")
    stands_in(page, 1, "In Progress")
    board.make("Another")
    expect(card(page, 2)).to_be_visible()
    assert board.get("/api/tasks/1")["status"] == "In Progress"
