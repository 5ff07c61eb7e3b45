"""Where the focus is after what a person did: a keyboard and a screen reader go on from there."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, Visit
from tests.browser.support import Board, card, dialog, holding, live, waits

pytestmark = pytest.mark.slow
AGENT = "---\nname: {name}\ndescription: x\n---\nx\n"


def answered(page: Page, path: str) -> None:
    """Presses Enter, and waits until the server has answered the write that follows."""
    with page.expect_response(lambda one: path in one.url and one.request.method != "GET"):
        page.keyboard.press("Enter")


def test_where_a_card_is_gone_the_focus_is_at_the_one_in_its_place(
    board: Board, visit: Visit
) -> None:
    for number in range(1, 4):
        board.make(f"Step {number}")
    page = visit("")
    live(page)
    card(page, 2).focus()
    page.keyboard.press("Enter")
    dialog(page, "#2 Step 2").get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    dialog(page, "Delete #2?").get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(card(page, 2)).to_have_count(0)
    expect(card(page, 3)).to_be_focused()
    board.client.delete("/api/tasks/3").raise_for_status()
    expect(card(page, 1)).to_be_focused()
    board.put("/api/tasks/1/status", status="Ready")
    expect(page.locator('.column[data-status="Ready"] .card')).to_be_focused()
    board.client.delete("/api/tasks/1").raise_for_status()
    expect(page.get_by_role("button", name="Create the first task")).to_be_visible()


def test_a_menu_that_is_left_gives_the_focus_back_to_the_card(board: Board, visit: Visit) -> None:
    board.make("Parse dates")
    page = visit("")
    live(page)
    card(page, 1).focus()
    page.keyboard.press("m")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(card(page, 1)).to_be_focused()


def test_in_a_task_the_focus_stays_at_what_was_pressed(board: Board, visit: Visit) -> None:
    board.make("Parse dates", acceptance_criteria=["zones are kept"])
    page = visit("#/task/1")
    opened = dialog(page, "#1 Parse dates")
    box = opened.get_by_role("checkbox", name="zones are kept")
    box.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("test_zones passes")
    answered(page, "/api/tasks/1")
    expect(opened.get_by_text("1 of 1 met")).to_be_visible()
    expect(box).to_be_focused()
    page.keyboard.press("Enter")
    dialog(page, "Open this criterion again?").get_by_role("button", name="Open again").focus()
    answered(page, "/api/tasks/1")
    expect(opened.get_by_text("0 of 1 met")).to_be_visible()
    expect(box).to_be_focused()
    opened.get_by_label("New note").fill("The offset is dropped.")
    add = opened.get_by_role("button", name="Add note")
    add.focus()
    answered(page, "/api/tasks/1/notes")
    expect(opened.get_by_text("The offset is dropped.")).to_be_visible()
    expect(add).to_be_focused()
    run = opened.get_by_role("button", name="Run analysis")
    run.focus()
    answered(page, "/api/tasks/1/analyze")  # refused: there is no Claude here
    expect(page.locator(".toast.bad")).to_be_visible()
    expect(run).to_be_focused()


def test_what_a_task_reads_late_leaves_the_focus_at_what_was_pressed_since(
    board: Board, visit: Visit
) -> None:
    board.make("Parse dates", acceptance_criteria=["zones are kept"])
    page = visit("#/task/1")
    opened = dialog(page, "#1 Parse dates")
    expect(opened.locator(".timeline li")).to_have_count(1)
    reading, let_read = holding(page, "**/api/tasks/1/history*", "GET")
    box = opened.get_by_role("checkbox", name="zones are kept")
    box.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("test_zones passes")
    page.keyboard.press("Enter")
    waits(page, reading)
    expect(box).to_be_focused()
    opened.get_by_label("New note").fill("The offset is dropped.")
    add = opened.get_by_role("button", name="Add note")
    add.focus()
    adding, let_add = holding(page, "**/api/tasks/1/notes", "POST")
    page.keyboard.press("Enter")
    waits(page, adding)
    let_read()
    expect(opened.locator(".timeline li")).to_have_count(2)
    let_add()
    expect(opened.get_by_text("The offset is dropped.")).to_be_visible()
    expect(add).to_be_focused()


def test_a_form_gives_the_focus_back_though_the_task_was_changed_meanwhile(
    board: Board, visit: Visit
) -> None:
    board.make("Parse dates")
    page = visit("#/task/1")
    opened = dialog(page, "#1 Parse dates")
    edit = opened.get_by_role("button", name="Edit")
    edit.focus()
    page.keyboard.press("Enter")
    form = dialog(page, "Edit #1")
    form.get_by_label("Title").fill("Parse all dates")
    board.put("/api/tasks/1", title="Parse some dates")
    expect(page.get_by_role("heading", name="#1 Parse some dates")).to_be_attached()
    page.keyboard.press("Control+Enter")
    expect(form.locator("pre").first).to_be_focused()  # what stands there now
    form.get_by_role("button", name="Save mine").focus()
    page.keyboard.press("Enter")
    expect(form).to_be_hidden()
    expect(dialog(page, "#1 Parse all dates").get_by_role("button", name="Edit")).to_be_focused()


def test_among_agents_and_in_claude_md_the_focus_stays_near_what_was_pressed(
    board: Board, folder: Path, visit: Visit
) -> None:
    agents = folder / ".claude" / "agents"
    agents.mkdir(parents=True)
    for name in ("builder", "tester"):
        (agents / f"{name}.md").write_text(AGENT.format(name=name))
    page = visit("#/agents/builder")
    page.get_by_label("Description").fill("builds")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("builder is saved")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    page.get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    dialog(page, "Delete builder?").get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="tester")).to_be_focused()
    page.get_by_role("link", name="New agent").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.goto("/#/claude-md")
    text = page.get_by_role("textbox", name="CLAUDE.md")
    text.fill("# Shop\n")
    page.get_by_role("button", name="Review changes").focus()
    page.keyboard.press("Enter")
    dialog(page, "Save CLAUDE.md").get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("CLAUDE.md is saved")
    expect(text).to_be_focused()


def test_an_agent_deleted_before_the_list_was_read_again_leaves_the_focus_among_the_others(
    board: Board, folder: Path, visit: Visit
) -> None:
    """The editor is drawn anew under the dialog, which then has no button to go back to."""
    agents = folder / ".claude" / "agents"
    agents.mkdir(parents=True)
    for name in ("builder", "tester"):
        (agents / f"{name}.md").write_text(AGENT.format(name=name))
    page = visit("#/agents/builder")
    page.get_by_label("Description").fill("builds")
    waiting, let_go = holding(page, "**/api/agents", "GET")
    page.get_by_role("button", name="Save").click()
    waits(page, waiting)
    page.get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    asked = dialog(page, "Delete builder?")
    expect(asked).to_be_visible()
    page.locator("form").evaluate("form => form.dataset.old = 'yes'")
    let_go()
    expect(page.locator("form[data-old]")).to_have_count(0)
    asked.get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="tester")).to_be_focused()


def test_on_a_narrow_screen_the_focus_goes_where_the_page_went(
    board: Board, folder: Path, visit: Visit
) -> None:
    (folder / ".claude" / "agents").mkdir(parents=True)
    (folder / ".claude" / "agents" / "tester.md").write_text(AGENT.format(name="tester"))
    page = visit("", viewport=NARROW)
    live(page)
    menu = page.get_by_role("button", name="Menu")
    pages = page.get_by_role("navigation", name="Pages")
    menu.focus()
    page.keyboard.press("Enter")
    expect(pages.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(pages).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    pages.get_by_role("link", name="Agents").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Agents")).to_be_visible()
    expect(page.locator("main")).to_be_focused()
    expect(menu).to_have_attribute("aria-expanded", "false")
    listed = page.get_by_role("link", name="tester")
    listed.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="tester")).to_be_focused()
    page.get_by_role("link", name="All agents").focus()
    page.keyboard.press("Enter")
    expect(listed).to_be_focused()


def test_the_menu_of_a_narrow_screen_closes_by_a_touch_beside_it(
    board: Board, visit: Visit
) -> None:
    page = visit("", viewport=NARROW)
    live(page)
    pages = page.get_by_role("navigation", name="Pages")
    page.get_by_role("button", name="Menu").click()
    expect(pages).to_be_visible()
    page.mouse.click(NARROW["width"] - 5, NARROW["height"] / 2)
    expect(pages).to_be_hidden()


def test_a_message_over_a_dialog_can_be_read_out_and_closed(board: Board, visit: Visit) -> None:
    board.make("Parse dates")
    page = visit("#/task/1")
    opened = dialog(page, "#1 Parse dates")
    opened.get_by_role("button", name="Run analysis").click()
    message = page.locator(".toast.bad")
    expect(message).to_be_visible()
    alerts = page.get_by_role("alert").filter(has_text="Claude Code")
    expect(alerts).to_be_visible()
    assert message.evaluate("one => one.closest('dialog') !== null"), "outside it would be inert"
    page.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    expect(message).to_be_visible()
    card(page, 1).press("Enter")
    message.get_by_role("button", name="Close message").click()
    expect(message).to_have_count(0)
    expect(opened).to_be_visible()


@pytest.mark.parametrize("keys", ["Control+Enter", "Meta+Enter"])
def test_a_note_and_an_agent_are_saved_by_the_keys_that_save_a_task(
    board: Board, folder: Path, visit: Visit, keys: str
) -> None:
    board.make("Parse dates")
    page = visit("#/task/1")
    page.get_by_label("New note").fill("The offset is dropped.")
    page.keyboard.press(keys)
    expect(page.locator(".notes")).to_contain_text("The offset is dropped.")
    page.goto("/#/agents/+new")
    page.get_by_label("Name").fill("tester")
    page.get_by_label("Description").fill("tests")
    page.keyboard.press(keys)
    expect(page.locator("#toasts")).to_contain_text("tester is saved")
    assert (folder / ".claude" / "agents" / "tester.md").exists()
