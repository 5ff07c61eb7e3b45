"""What is typed or pressed while the server has not answered yet is neither lost nor done twice."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.support import Board, dialog, holding, live, waits

pytestmark = pytest.mark.slow


def typed(box: Locator, text: str) -> None:
    box.press("Control+End")
    box.page.keyboard.insert_text(text)


def test_what_is_typed_of_claude_md_while_it_is_saved_stays_and_is_not_saved_yet(
    board: Board, visit: Visit, folder: Path
) -> None:
    file = folder / "CLAUDE.md"
    file.write_bytes(b"# Shop\r\n")
    page = visit("#/claude-md")
    text = page.get_by_label("CLAUDE.md", exact=True)
    expect(text).to_have_value("# Shop\n")
    typed(text, "One.\n")
    preview, let_preview_go = holding(page, "**/api/claude/config/preview", "POST")
    review = page.get_by_role("button", name="Review changes")
    review.click()
    waits(page, preview)
    typed(text, "After the look.\n")
    let_preview_go()
    shown = dialog(page, "Save CLAUDE.md")
    expect(shown).not_to_contain_text("After the look")
    waiting, let_go = holding(page, "**/api/claude/config", "PUT")
    shown.get_by_role("button", name="Save").click()
    waits(page, waiting)
    typed(text, "Two.\n")
    text.evaluate("box => box.setSelectionRange(3, 3)")
    let_go()
    expect(page.get_by_text("CLAUDE.md is saved")).to_be_visible()
    expect(text).to_have_value("# Shop\nOne.\nAfter the look.\nTwo.\n")
    assert text.evaluate("box => box.selectionStart") == 3
    assert b"One." in file.read_bytes()
    assert b"After" not in file.read_bytes()
    expect(page.get_by_text("The file was changed meanwhile")).to_have_count(0)
    review.click()
    shown.get_by_role("button", name="Save").click()
    expect(review).to_be_disabled()
    assert b"Two." in file.read_bytes()


def test_a_text_that_was_left_stays_where_the_file_changes_as_the_editor_opens(
    board: Board, visit: Visit, folder: Path
) -> None:
    """Word of the change comes while the editor waits for the file, and is heeded after that."""
    (folder / "CLAUDE.md").write_text("# Shop\n")
    page = visit("#/claude-md")
    live(page)
    text = page.get_by_label("CLAUDE.md", exact=True)
    expect(text).to_have_value("# Shop\n")
    text.fill("# Shop\n\nMine.\n")
    page.get_by_role("link", name="Board").click()
    waiting, let_go = holding(page, "**/api/claude/config", "GET")
    page.get_by_role("link", name="CLAUDE.md").click()
    waits(page, waiting)
    expect(text).not_to_be_editable()
    board.put("/api/claude/config", content="# Shop of Ann\n")
    other = visit("#/activity")
    expect(other.get_by_text("CLAUDE.md").first).to_be_visible()
    page.evaluate(
        """async () => {
          const { on } = await import("/dashboard/js/live.js");
          on("claude_md", () => (document.body.dataset.heard = "yes"));
        }"""
    )
    board.put("/api/claude/config", content="# Shop of Ann and Ben\n")
    expect(page.locator("body")).to_have_attribute("data-heard", "yes")
    assert len(waiting) == 1
    let_go()
    expect(text).to_have_value("# Shop\n\nMine.\n")
    expect(page.get_by_text("The file was changed meanwhile")).to_be_visible()
    expect(text).to_be_editable()


def test_what_is_typed_of_a_task_while_it_is_saved_stays_in_the_form(
    board: Board, visit: Visit
) -> None:
    board.make("a title")
    page = visit("#/task/1")
    page.get_by_role("button", name="Edit").click()
    form = dialog(page, "Edit #1")
    text = form.get_by_label("Description")
    text.fill("One.")
    waiting, let_go = holding(page, "**/api/tasks/1", "PUT")
    form.get_by_role("button", name="Save").click()
    waits(page, waiting)
    typed(text, " Two.")
    let_go()
    expect(form.get_by_role("alert")).to_contain_text("#1 is saved, but for what you typed since")
    assert board.get("/api/tasks/1")["description"] == "One."
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    assert board.get("/api/tasks/1")["description"] == "One. Two."


def test_a_task_is_made_once_however_often_the_keys_are_pressed(board: Board, visit: Visit) -> None:
    page = visit("")
    live(page)
    page.get_by_role("button", name="New task").click()
    form = dialog(page, "New task")
    form.get_by_label("Title").fill("ab")
    waiting, let_go = holding(page, "**/api/tasks", "POST")
    form.get_by_label("Title").press("Control+Enter")
    waits(page, waiting)
    form.get_by_label("Title").press("Control+Enter")
    typed(form.get_by_label("Title"), "c")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert len(waiting) == 1
    let_go()
    expect(form.get_by_role("alert")).to_contain_text("#1 is saved, but for what you typed since")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    assert [task["title"] for task in board.get("/api/tasks")] == ["abc"]


def test_what_is_typed_of_an_agent_or_the_settings_while_they_are_saved_stays(
    board: Board, visit: Visit, folder: Path
) -> None:
    agents = folder / ".claude" / "agents"
    agents.mkdir(parents=True)
    (agents / "tester.md").write_text("---\nname: tester\ndescription: x\n---\nTest.\n")
    page = visit("#/agents/tester")
    prompt = page.get_by_label("Prompt")
    prompt.fill("One.")
    waiting, let_go = holding(page, "**/api/agents/tester", "PUT")
    page.get_by_role("button", name="Save").click()
    waits(page, waiting)
    typed(prompt, " Two.")
    let_go()
    expect(page.get_by_text("tester is saved")).to_be_visible()
    expect(prompt).to_have_value("One. Two.")
    expect(prompt).to_be_focused()
    assert "Two" not in (agents / "tester.md").read_text()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".problem.warning")).to_have_count(0)
    page.goto("/#/settings")
    repository = page.get_by_label("GitHub repository")
    expect(page.get_by_label("Project folder")).not_to_have_value("")
    repository.fill("git@github.com:ann/shop.git")
    page.get_by_role("link", name="Board").click()
    page.get_by_role("link", name="Settings").click()
    expect(repository).to_have_value("git@github.com:ann/shop.git")
    held, let_settings_go = holding(page, "**/api/project/settings", "PUT")
    page.get_by_role("button", name="Save").click()
    waits(page, held)
    repository.fill("ann/other")
    let_settings_go()
    expect(page.get_by_text("The settings are saved")).to_be_visible()
    expect(repository).to_have_value("ann/other")
    saved = board.get("/api/project/settings")["github_repo"]
    assert saved == "https://github.com/ann/shop"


def test_an_agent_is_in_hand_at_once_when_it_is_saved(
    board: Board, visit: Visit, folder: Path
) -> None:
    """Until the page has read the list again, the form that was saved still stands there."""
    agents = folder / ".claude" / "agents"
    agents.mkdir(parents=True)
    page = visit("#/agents/+new")
    page.get_by_label("Name").fill("tester")
    page.get_by_label("Description").fill("One.")
    waiting, let_go = holding(page, "**/api/agents", "GET")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("tester is saved")).to_be_visible()
    waits(page, waiting)
    page.get_by_label("Description").fill("Two.")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("tester is saved")).to_have_count(2)
    let_go()
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    assert "Two." in (agents / "tester.md").read_text()
    waiting, let_go = holding(page, "**/api/agents", "GET")
    page.get_by_label("Description").fill("Three.")
    with page.expect_response(lambda one: one.request.method == "PUT"):
        page.get_by_role("button", name="Save").click()
    waits(page, waiting)
    page.get_by_role("button", name="Delete").click()
    dialog(page, "Delete tester?").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/#/agents")
    assert not (agents / "tester.md").exists()
    let_go()
    expect(page.get_by_text("No agents yet")).to_be_visible()


def test_an_agent_in_the_list_keeps_the_focus_when_another_is_made(
    board: Board, visit: Visit, folder: Path
) -> None:
    agents = folder / ".claude" / "agents"
    agents.mkdir(parents=True)
    (agents / "tester.md").write_text("---\nname: tester\ndescription: x\n---\nTest.\n")
    page = visit("#/agents")
    live(page)
    link = page.get_by_role("link", name="tester")
    link.focus()
    board.client.post(
        "/api/agents", json={"name": "abe", "description": "d", "prompt": "p"}
    ).raise_for_status()
    expect(page.get_by_role("link", name="abe")).to_be_visible()
    expect(link).to_be_focused()
