"""What a person typed stays, whatever others do and wherever the page goes meanwhile."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.support import Board, card, column, dialog, live

pytestmark = pytest.mark.slow
EMOJI = "\N{GRINNING FACE}"


def asks_before_it_goes(page: Page) -> bool:
    """Whether the page has the browser ask before it is closed."""
    unload = "new Event('beforeunload', {cancelable: true})"
    return bool(page.evaluate(f"!window.dispatchEvent({unload})"))


def test_evidence_being_typed_outlives_anothers_change_to_the_criteria(
    board: Board, visit: Visit
) -> None:
    board.make("a title", acceptance_criteria=["one", "two", "three"])
    page = visit("#/task/1")
    task = dialog(page, "#1 a title")
    task.get_by_role("checkbox", name="one").click()
    box = task.get_by_label("Evidence for: one")
    box.fill("half a sen")
    board.put("/api/tasks/1", check={"2": "ann saw it"}, agent="ann")
    expect(task.get_by_role("checkbox", name="two")).to_be_checked()
    expect(box).to_have_value("half a sen")
    expect(box).to_be_focused()
    page.keyboard.type("tence")
    page.keyboard.press("Enter")
    expect(task.get_by_role("checkbox", name="one")).to_be_checked()
    expect(box).to_have_count(0)
    assert board.get("/api/tasks/1")["acceptance_criteria"][0]["evidence"] == "half a sentence"
    task.get_by_role("checkbox", name="three").click()
    task.get_by_label("Evidence for: three").fill("all the same")
    kept = board.get("/api/tasks/1")["acceptance_criteria"][:2]
    board.put("/api/tasks/1", acceptance_criteria=kept, agent="ann")
    expect(task.locator(".criteria")).to_contain_text("Somebody took this criterion away.")
    expect(task.get_by_label("Evidence for: three")).to_have_value("all the same")


def test_a_note_outlives_the_dialog_and_the_task(board: Board, visit: Visit) -> None:
    board.make("a title")
    page = visit("#/task/1")
    task = dialog(page, "#1 a title")
    assert not asks_before_it_goes(page)
    task.get_by_label("New note").fill("half a note")
    assert asks_before_it_goes(page)
    page.keyboard.press("Escape")
    expect(task).to_have_count(0)
    card(page, 1).click()
    expect(task.get_by_label("New note")).to_have_value("half a note")
    board.client.delete("/api/tasks/1").raise_for_status()
    expect(task.get_by_role("alert")).to_contain_text("#1 was deleted")
    expect(task.get_by_label("New note")).to_have_value("half a note")
    expect(task.get_by_role("button", name="Add note")).to_be_disabled()
    expect(page.locator(".toast")).to_have_count(0)


def test_a_note_is_added_once_however_often_the_button_is_pressed(
    board: Board, visit: Visit
) -> None:
    board.make("a title")
    page = visit("#/task/1")
    held: list[Route] = []
    page.route(
        "**/api/tasks/1/notes",
        lambda route: held.append(route) if route.request.method == "POST" else route.continue_(),
    )
    task = dialog(page, "#1 a title")
    task.get_by_label("New note").fill("once")
    send = task.get_by_role("button", name="Add note")
    send.dispatch_event("click")
    send.dispatch_event("click")
    task.get_by_label("New note").fill("and more")
    held[-1].continue_()
    expect(task.locator(".notes li")).to_have_count(1)
    expect(send).to_be_enabled()
    expect(task.get_by_label("New note")).to_have_value("and more")
    assert [one["text"] for one in board.get("/api/tasks/1/notes")] == ["once"]


def test_a_form_that_was_left_comes_back_as_it_was(board: Board, visit: Visit) -> None:
    board.make("a title", description="a text")
    page = visit("")
    page.get_by_role("button", name="New task").click()
    form = dialog(page, "New task")
    form.get_by_label("Title").fill("half a")
    form.get_by_label("Priority").select_option("High")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    card(page, 1).click()
    page.get_by_role("button", name="Edit").click()
    edit = dialog(page, "Edit #1")
    edit.get_by_label("Description").fill("my text")
    page.go_back()
    expect(dialog(page, "#1 a title")).to_have_count(0)
    page.keyboard.press("Escape")
    assert asks_before_it_goes(page)
    board.put("/api/tasks/1", priority="High", agent="ann")
    card(page, 1).click()
    page.get_by_role("button", name="Edit").click()
    expect(edit.get_by_label("Description")).to_have_value("my text")
    expect(edit).to_contain_text("What you typed is back.")
    edit.get_by_role("button", name="Save").click()
    expect(edit).to_have_count(0)
    task = board.get("/api/tasks/1")
    assert (task["description"], task["priority"]) == ("my text", "High")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New task").click()
    expect(form.get_by_label("Title")).to_have_value("half a")
    expect(form.get_by_label("Priority")).to_have_value("High")
    form.get_by_role("button", name="Begin anew").click()
    expect(form.get_by_label("Title")).to_have_value("")
    form.get_by_label("Title").fill("another")
    form.get_by_role("button", name="Cancel").click()
    assert not asks_before_it_goes(page)
    page.get_by_role("button", name="New task").click()
    expect(form.get_by_label("Title")).to_have_value("")


def test_what_was_written_of_a_task_that_was_deleted_can_become_a_new_one(
    board: Board, visit: Visit
) -> None:
    board.make("a title", acceptance_criteria=["one"])
    page = visit("#/task/1")
    page.get_by_role("button", name="Edit").click()
    form = dialog(page, "Edit #1")
    form.get_by_label("Description").fill("all that I know")
    board.client.delete("/api/tasks/1").raise_for_status()
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("#1 was deleted meanwhile")
    form.get_by_role("button", name="Make a new task of it").click()
    expect(form).to_have_count(0)
    made = board.get("/api/tasks/2")
    assert (made["title"], made["description"]) == ("a title", "all that I know")
    assert [one["text"] for one in made["acceptance_criteria"]] == ["one"]
    assert not asks_before_it_goes(page)


def test_a_title_may_have_200_characters_of_any_kind(board: Board, visit: Visit) -> None:
    board.make(EMOJI * 190)
    page = visit("#/task/1")
    page.get_by_role("button", name="Edit").click()
    form = dialog(page, "Edit #1")
    form.get_by_label("Title").press("End")
    page.keyboard.insert_text("!" * 11)
    form.get_by_role("button", name="Save").click()
    message = form.get_by_label("Title").evaluate("box => box.validationMessage")
    assert message == "At most 200 characters; these are 1 more."
    form.get_by_label("Title").press("Backspace")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    assert board.get("/api/tasks/1")["title"] == EMOJI * 190 + "!" * 10


def test_a_note_or_evidence_that_is_too_long_is_told_so_and_not_cut(
    board: Board, visit: Visit
) -> None:
    board.make("Parse dates", acceptance_criteria=["zones are kept"])
    page = visit("#/task/1")
    note = page.get_by_label("New note")
    note.focus()
    page.keyboard.insert_text("é" * 8193)
    page.get_by_role("button", name="Add note").click()
    message = note.evaluate("box => box.validationMessage")
    assert message == "At most 16 KiB; this is 2 bytes more."
    note.press("Backspace")
    page.get_by_role("button", name="Add note").click()
    expect(note).to_have_value("")
    assert board.get("/api/tasks/1/notes")[0]["text"] == "é" * 8192
    page.get_by_role("checkbox", name="zones are kept").click()
    evidence = page.get_by_label("Evidence for: zones are kept")
    evidence.focus()
    page.keyboard.insert_text(EMOJI * 4001)
    evidence.press("Enter")
    message = evidence.evaluate("box => box.validationMessage")
    assert message == "At most 4000 characters; these are 1 more."
    evidence.press("Backspace")
    evidence.press("Enter")
    expect(page.get_by_text("1 of 1 met")).to_be_visible()


def test_claude_md_and_an_agent_that_were_left_come_back_as_they_were(
    board: Board, visit: Visit, folder: Path
) -> None:
    agents = folder / ".claude" / "agents"
    agents.mkdir(parents=True)
    (agents / "tester.md").write_text("---\nname: tester\ndescription: x\n---\nTest.\n")
    (folder / "CLAUDE.md").write_text("# Shop\n")
    page = visit("#/claude-md")
    text = page.get_by_label("CLAUDE.md", exact=True)
    text.fill("# Shop\n\nMine.\n")
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("link", name="tester").click()
    page.get_by_label("Prompt").fill("Test all of it.")
    page.get_by_role("link", name="Board").click()
    expect(column(page, "Backlog")).to_have_count(1)
    assert asks_before_it_goes(page)
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("link", name="tester").click()
    expect(page.get_by_label("Prompt")).to_have_value("Test all of it.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("tester is saved")).to_be_visible()
    assert "Test all of it." in (agents / "tester.md").read_text()
    (folder / "CLAUDE.md").write_text("# Shop of Ann\n")
    page.get_by_role("link", name="CLAUDE.md").click()
    expect(text).to_have_value("# Shop\n\nMine.\n")
    expect(page.get_by_text("The file was changed meanwhile")).to_be_visible()
    page.get_by_role("button", name="Look").click()
    page.get_by_role("button", name="Take the file, drop mine").click()
    expect(text).to_have_value("# Shop of Ann\n")
    assert not asks_before_it_goes(page)


def test_settings_being_typed_outlive_anothers_change(board: Board, visit: Visit) -> None:
    page = visit("#/settings")
    live(page)
    folder = page.get_by_label("Project folder")
    expect(folder).not_to_have_value("")
    folder.fill("/srv/half")
    page.get_by_role("heading", name="Settings").click()
    board.put("/api/project/settings", github_repo="ann/shop")
    expect(page.get_by_label("GitHub repository")).to_have_value("ann/shop")
    expect(folder).to_have_value("/srv/half")
