"""A task: made, read, changed, while others change it too."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from claudetask_core.core import DATABASE
from tests.browser.conftest import Visit
from tests.browser.support import Board, card, column, dialog, fill_notes, live
from tests.support import in_git

pytestmark = pytest.mark.slow


def test_a_task_is_made_after_a_warning_of_one_like_it(board: Board, visit: Visit) -> None:
    board.make("Parse dates with time zones")
    page = visit("")
    page.get_by_role("button", name="New task").click()
    form = dialog(page, "New task")
    form.get_by_label("Title").fill("Parse dates with zones")
    expect(form.locator(".likely")).to_contain_text("#1Parse dates with time zones")
    form.get_by_label("Title").fill("Send a receipt")
    expect(form.locator(".likely")).to_be_empty()
    form.get_by_label("Type").select_option("Bug")
    form.get_by_label("Description").fill("It **never** comes.")
    form.get_by_role("button", name="Preview").click()
    expect(form.locator(".preview strong")).to_have_text("never")
    form.get_by_label("Acceptance criteria").fill("it comes\nonce")
    form.get_by_role("button", name="Create task").click()
    expect(column(page, "Backlog").locator(".card")).to_have_count(2)
    made = board.get("/api/tasks/2")
    assert (made["type"], made["description"]) == ("Bug", "It **never** comes.")
    assert [one["text"] for one in made["acceptance_criteria"]] == ["it comes", "once"]
    assert board.get("/api/tasks/2/history")[0]["actor"] == "dashboard"
    page.get_by_role("button", name="Open").click()
    expect(dialog(page, "#2 Send a receipt")).to_be_visible()


def test_a_task_that_may_repeat_another_is_made_only_when_a_person_says_so(
    board: Board, visit: Visit
) -> None:
    said = "`render_pdf` in invoices/export.py"
    board.make("Export invoices as PDF", description=said)
    page = visit("")
    page.get_by_role("button", name="New task").click()
    form = dialog(page, "New task")
    form.get_by_label("Title").fill("Export invoices as PDF")
    form.get_by_label("Description").fill(said)
    form.get_by_role("button", name="Create task").click()
    warning = form.get_by_role("alert")
    expect(warning).to_contain_text("Nothing was made yet")
    expect(warning).to_contain_text("#1Export invoices as PDF")
    assert len(board.get("/api/tasks")) == 1
    form.get_by_role("button", name="Create it anyway").click()
    expect(column(page, "Backlog").locator(".card")).to_have_count(2)
    expect(form).to_have_count(0)


def test_a_task_shows_all_that_is_known_and_takes_notes_and_evidence(
    board: Board, visit: Visit
) -> None:
    board.make("the base")
    board.make("like the dates of the base")
    board.make(
        "Parse dates of the base",
        description="See #1 and `x`.\n\n| a |\n|---|\n| 1 |",
        acceptance_criteria=["zones are kept"],
        depends_on=[1],
        parent_id=2,
        git_branch="fix/dates",
        related_files=["src/dates.py"],
        analysis="## Cause\n\nIt is *late*.",
    )
    page = visit("#/task/3")
    task = dialog(page, "#3 Parse dates of the base")
    expect(task.get_by_role("cell", name="1")).to_be_visible()
    expect(task.get_by_role("heading", name="Cause")).to_be_visible()
    for text in ("fix/dates", "src/dates.py", "the base", "like the dates of the base"):
        expect(task.locator(".task-side").get_by_text(text, exact=True).first).to_be_visible()
    task.get_by_role("checkbox", name="zones are kept").click()
    task.get_by_label("Evidence for: zones are kept").fill("test_zones passes")
    page.keyboard.press("Enter")
    expect(task.get_by_role("checkbox", name="zones are kept")).to_be_checked()
    expect(task.locator(".evidence")).to_have_text("test_zones passes")
    task.get_by_label("New note").fill("- seen **twice**")
    task.get_by_role("button", name="Add note").click()
    expect(task.locator(".notes strong").last).to_have_text("twice")
    expect(task.get_by_label("New note")).to_have_value("")
    expect(task.locator(".timeline li").first).to_contain_text("dashboard added a note")
    board.put("/api/tasks/3", description="another text", agent="ann")
    expect(task.locator(".prose").first).to_have_text("another text")
    task.get_by_role("link", name="#1", exact=False).first.click()
    expect(dialog(page, "#1 the base")).to_be_visible()


def test_both_changes_are_kept_and_where_they_collide_a_person_decides(
    board: Board, visit: Visit
) -> None:
    board.make("a title")
    page = visit("#/task/1")
    page.get_by_role("button", name="Edit").click()
    form = dialog(page, "Edit #1")
    form.get_by_label("Description").fill("mine")
    board.put("/api/tasks/1", priority="High", agent="ann")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    task = board.get("/api/tasks/1")
    assert (task["description"], task["priority"]) == ("mine", "High")
    expect(dialog(page, "#1 a title").locator(".prose")).to_have_text("mine")
    page.get_by_role("button", name="Edit").click()
    form.get_by_label("Description").fill("mine again")
    board.put("/api/tasks/1", description="ann's", type="Bug", agent="ann")
    form.get_by_role("button", name="Save").click()
    expect(form.locator(".versus")).to_contain_text("ann's")
    assert board.get("/api/tasks/1")["description"] == "ann's"
    form.get_by_role("button", name="Save mine").click()
    expect(form).to_have_count(0)
    task = board.get("/api/tasks/1")
    assert (task["description"], task["type"]) == ("mine again", "Bug")


def test_a_deleted_task_is_gone_everywhere_after_a_question(board: Board, visit: Visit) -> None:
    board.make("a title")
    other = visit("")
    live(other)
    page = visit("#/task/1")
    page.get_by_role("button", name="Delete").click()
    dialog(page, "Delete #1?").get_by_role("button", name="Delete").click()
    expect(card(other, 1)).to_have_count(0)
    expect(dialog(page, "#1 a title")).to_have_count(0)
    assert board.client.get("/api/tasks/1").status_code == 404
    page.goto("/#/task/1")
    expect(page.get_by_text("There is no task #1")).to_be_visible()


def test_whoever_changes_what_another_holds_is_told_who_and_may_give_a_reason(
    board: Board, visit: Visit
) -> None:
    board.make("a title", acceptance_criteria=["it works"])
    board.put("/api/tasks/1/status", status="In Progress", agent="ann")
    page = visit("#/task/1")
    task = dialog(page, "#1 a title")
    task.get_by_role("checkbox", name="it works").click()
    task.get_by_label("Evidence for: it works").fill("seen")
    page.keyboard.press("Enter")
    why = dialog(page, "The criteria were not changed")
    expect(why).to_contain_text("claimed by ann")
    assert not board.get("/api/tasks/1")["acceptance_criteria"][0]["checked"]
    why.get_by_label("Reason to do it all the same").fill("ann asked me to")
    why.get_by_role("button", name="Change them anyway").click()
    expect(task.get_by_role("checkbox", name="it works")).to_be_checked()
    assert "ann asked me to" in [one["reason"] for one in board.get("/api/tasks/1/history")]
    page.get_by_role("button", name="Delete").click()
    expect(dialog(page, "Delete #1?")).to_contain_text("claimed by ann")


@pytest.mark.parametrize(
    "address", ["#/task/abc", "#/board?task=-1", "#/task/12345678901234567890"]
)
def test_an_address_that_can_name_no_task_says_so(board: Board, visit: Visit, address: str) -> None:
    page = visit(address)
    expect(page.get_by_text("There is no task")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("task="))
    board.make("a title")
    expect(card(page, 1)).to_be_visible()


def test_a_tasks_commits_and_what_they_changed_are_shown(
    board: Board, visit: Visit, folder: Path
) -> None:
    (folder / "dates.py").touch()
    in_git(
        folder,
        "init -q -b main",
        "commit -q --allow-empty -m first",
        "checkout -q -b fix/dates",
        "add dates.py",
        "commit -q -m <b>zones</b>",
    )
    board.make("Parse dates", git_branch="fix/dates")
    board.make("No branch yet")
    page = visit("#/task/1")
    part = dialog(page, "#1 Parse dates").locator(".branch")
    expect(part).to_contain_text("fix/dates 1 commit that main has not, checked out in ")
    expect(part.get_by_role("list", name="Commits")).to_contain_text("<b>zones</b>")
    expect(part.get_by_role("link", name="dates.py")).to_be_visible()
    board.put("/api/tasks/1", git_branch="gone")
    expect(part).to_contain_text("gone is no branch that git knows")
    other = visit("#/task/2")
    expect(dialog(other, "#2 No branch yet").get_by_text("No description.")).to_be_visible()
    expect(dialog(other, "#2 No branch yet").locator(".branch")).to_be_hidden()


@pytest.mark.parametrize("texts", [["*short*"] * 201, ["*long* " + "x" * 16_000] * 70])
def test_all_notes_of_a_task_are_shown_however_many_and_long_they_are(
    board: Board, folder: Path, visit: Visit, texts: list[str]
) -> None:
    board.make("Parse dates")
    fill_notes(folder / ".claudetask" / DATABASE, 1, texts)
    task = dialog(visit("#/task/1"), "#1 Parse dates")
    expect(task.locator(".notes em")).to_have_count(len(texts))
