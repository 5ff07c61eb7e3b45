"""The board under a finger: holding lifts a card, a swipe scrolls, a tap opens."""

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.browser.conftest import NARROW, Visit
from tests.browser.support import Board, card, column, dialog, live, stands_in

pytestmark = pytest.mark.slow
PHONE = {"has_touch": True, "is_mobile": True}


class Finger:
    """Touches as the browser hears them from a screen."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)

    def send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        self.session.send(  # pyright: ignore[reportUnknownMemberType] — Playwright's own Dict
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches}
        )

    def slide(self, start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
        for step in range(1, steps + 1):
            part = step / steps
            x, y = (a + (b - a) * part for a, b in zip(start, end, strict=True))
            self.send("touchMove", (x, y))


def middle(shown: Locator) -> tuple[float, float]:
    box = shown.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_card_that_is_held_can_be_carried_to_another_column(board: Board, visit: Visit) -> None:
    board.make("Parse dates")
    page = visit("", **PHONE)
    finger, start = Finger(page), middle(card(page, 1))
    finger.send("touchStart", start)
    expect(page.locator(".card.lifted")).to_be_visible()
    expect(column(page, "Done")).to_have_attribute("data-drop", "no")
    end = middle(column(page, "Ready"))
    finger.slide(start, end)
    expect(column(page, "Ready")).to_have_class("column over")
    finger.send("touchEnd")
    stands_in(page, 1, "Ready")
    expect(page.locator(".card.lifted")).to_have_count(0)
    assert board.get("/api/tasks/1")["status"] == "Ready"


def test_on_a_phone_a_column_out_of_sight_comes_when_the_finger_rests_at_the_edge(
    board: Board, visit: Visit
) -> None:
    board.make("Parse dates")
    page = visit("", viewport=NARROW, **PHONE)
    finger, start = Finger(page), middle(card(page, 1))
    finger.send("touchStart", start)
    expect(page.locator(".card.lifted")).to_be_visible()
    edge, centre = (370, start[1]), (190, start[1])
    finger.slide(start, edge)
    expect(column(page, "Backlog")).not_to_be_in_viewport(ratio=0.2)
    finger.slide(edge, centre)
    page.evaluate("() => new Promise(requestAnimationFrame)")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    if not page.locator(".column.over").count():  # how far it went is a matter of time
        finger.slide(centre, (centre[0] + 30, start[1]))
    reached = page.locator(".column.over").get_attribute("data-status")
    assert reached in {"Analysis", "Ready", "In Progress"}
    finger.send("touchEnd")
    stands_in(page, 1, reached)


def test_a_swipe_scrolls_and_lifts_nothing(board: Board, visit: Visit) -> None:
    board.make("Parse dates")
    page = visit("", viewport=NARROW, **PHONE)
    finger, start = Finger(page), middle(card(page, 1))
    finger.send("touchStart", start)
    finger.slide(start, (start[0] - 180, start[1]), steps=4)
    expect(column(page, "Backlog")).not_to_be_in_viewport(ratio=0.8)
    expect(page.locator(".card.lifted")).to_have_count(0)
    finger.send("touchEnd")
    assert board.get("/api/tasks/1")["status"] == "Backlog"


def test_a_card_let_go_where_it_may_not_go_stays(board: Board, visit: Visit) -> None:
    board.make("Parse dates")
    page = visit("", **PHONE)
    finger, start = Finger(page), middle(card(page, 1))
    finger.send("touchStart", start)
    expect(page.locator(".card.lifted")).to_be_visible()
    finger.slide(start, middle(column(page, "Done")))
    expect(column(page, "Done").locator(".drop-note")).to_be_visible()
    finger.send("touchEnd")
    expect(page.locator(".card.lifted")).to_have_count(0)
    expect(column(page, "Done")).not_to_have_attribute("data-drop", "no")
    stands_in(page, 1, "Backlog")
    assert len(board.get("/api/tasks/1/history")) == 1


def test_a_change_by_others_does_not_lose_the_card_that_is_being_carried(
    board: Board, visit: Visit
) -> None:
    board.make("Parse dates")
    page = visit("", **PHONE)
    live(page)
    finger, start = Finger(page), middle(card(page, 1).locator(".card-title"))
    finger.send("touchStart", start)
    expect(page.locator(".card.lifted")).to_be_visible()
    board.put("/api/tasks/1", title="Parse all dates")
    expect(card(page, 1)).to_contain_text("Parse all dates")
    finger.slide(start, middle(column(page, "Ready")))
    finger.send("touchEnd")
    stands_in(page, 1, "Ready")
    expect(page.locator(".card.lifted")).to_have_count(0)


def test_a_tap_opens_the_task(board: Board, visit: Visit) -> None:
    board.make("Parse dates")
    page = visit("", viewport=NARROW, **PHONE)
    card(page, 1).tap()
    expect(dialog(page, "#1 Parse dates")).to_be_visible()
