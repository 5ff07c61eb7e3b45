"""The other pages: each does what it is for."""

from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.api.live import live_server
from tests.browser.conftest import Visit
from tests.browser.support import WAIT, Board, dialog, live
from tests.core.analysis.support import FakeClaude, turn

pytestmark = pytest.mark.slow
AGENT = "---\nname: tester\ndescription: Writes tests.\ntools: Read, Bsh\n---\nYou test.\n"


@pytest.fixture
def fake(tmp_path: Path) -> FakeClaude:
    return FakeClaude(tmp_path / "fake")


@pytest.fixture
def analyst(
    fake: FakeClaude, folder: Path, migrated_board: Path, own_home: Path
) -> Generator[Board]:
    """A board whose Claude hangs until it is stopped."""
    fake.script(lines=[turn(1, "Read", file_path="/x/dates.py")], hang=True)
    changes = {"analysis_provider": "auto", "claude_bin": str(fake.binary)}
    with (
        live_server(folder, migrated_board, own_home, **changes) as url,
        httpx.Client(base_url=url, timeout=WAIT) as client,
    ):
        yield Board(url, client)


def test_a_question_can_be_typed_as_soon_as_the_search_is_open(board: Board, visit: Visit) -> None:
    page = visit("#/search")
    expect(page.get_by_label("Search the code")).to_be_focused()
    page.keyboard.type("nothing new")
    expect(page.get_by_label("Search the code")).to_have_value("nothing new")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_side_of_a_task_reaches_down_to_the_end_of_its_dialog(
    board: Board, visit: Visit
) -> None:
    board.make("short")
    page = visit("#/board?task=1")
    side, whole = page.locator(".task-side"), page.get_by_role("dialog")
    expect(side).to_be_visible()
    ends = [box["y"] + box["height"] for box in (side.bounding_box(), whole.bounding_box()) if box]
    assert abs(ends[0] - ends[1]) <= 2


def test_search_marks_the_telling_words_and_filters(
    board: Board, folder: Path, visit: Visit
) -> None:
    (folder / "dates.py").write_text('def parse_date(text):\n    """𝒙 parses dates."""\n')
    (folder / "notes.md").write_text("# Dates\n\nHow dates are parsed.\n")
    page = visit("#/search")
    page.get_by_label("Search the code").fill("parse_date")
    hits = page.locator(".hit")
    expect(hits.first.locator("h2")).to_contain_text("dates.py")
    expect(hits.first.locator("mark").first).to_have_text("parse_date")
    expect(hits.first.locator(".line-number").first).to_have_text("1")
    page.get_by_label("Search the code").fill("where are dates parsed")
    expect(hits.nth(1)).to_be_visible()
    expect(page.locator(".hit", has_text="𝒙").locator("mark", has_text="dates")).to_be_visible()
    page.get_by_label("Kind").select_option("docs")
    expect(hits).to_have_count(1)
    expect(hits.locator("h2")).to_contain_text("notes.md")
    page.reload()
    expect(hits.locator("h2")).to_contain_text("notes.md")
    page.get_by_label("At least").fill("2")
    expect(page.get_by_role("alert")).to_contain_text("less than or equal to 1")


def test_an_agents_findings_are_shown_mended_and_undone(
    board: Board, folder: Path, visit: Visit
) -> None:
    file = folder / ".claude" / "agents" / "tester.md"
    file.parent.mkdir(parents=True)
    file.write_text(AGENT)
    page = visit("#/agents")
    page.get_by_role("link", name="tester").click()
    expect(page.get_by_role("list", name="Findings")).to_contain_text(
        "Write Bash if that is meant."
    )
    page.get_by_label("Tools").fill("Read, Bash")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("No findings")).to_be_visible()
    assert file.read_text() == AGENT.replace("Bsh", "Bash")
    page.get_by_label("Model").fill("opus")
    file.write_text(AGENT.replace("You test.", "You test well."))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("changed meanwhile")
    assert "opus" not in file.read_text()
    page.get_by_role("button", name="Save mine over it").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("Model")).to_have_value("opus")
    page.get_by_role("button", name="Former versions").click()
    versions = dialog(page, "Former versions of tester")
    versions.get_by_role("button", name="Put back").last.click()
    expect(page.get_by_role("list", name="Findings")).to_contain_text(
        "Write Bash if that is meant."
    )
    assert file.read_text() == AGENT
    page.get_by_role("link", name="New agent").click()
    page.get_by_label("Name").fill("planner")
    page.get_by_label("Description").fill("Plans.")
    page.get_by_label("Prompt").fill("You plan.")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="planner")).to_be_visible()
    assert "name: planner" in file.with_name("planner.md").read_text()


def test_claude_md_is_read_changed_after_a_look_and_put_back(
    board: Board, folder: Path, visit: Visit
) -> None:
    file = folder / "CLAUDE.md"
    file.write_text("# Shop\n\n```\n# no heading\n```\n\n## Commands\n\nmake\n")
    page = visit("#/claude-md")
    outline = page.get_by_role("navigation", name="Outline").get_by_role("button")
    expect(outline).to_have_text(["Shop", "Commands"])
    text = page.get_by_label("CLAUDE.md", exact=True)
    expect(page.get_by_role("button", name="Review changes")).to_be_disabled()
    text.fill(file.read_text() + "\n## Style\n")
    expect(outline).to_have_text(["Shop", "Commands", "Style"])
    page.get_by_role("button", name="Review changes").click()
    review = dialog(page, "Save CLAUDE.md")
    expect(review.locator(".added")).to_have_text(["+\n", "+## Style\n"])
    before = file.read_text()
    review.get_by_role("button", name="Save").click()
    expect(page.get_by_text("CLAUDE.md is saved.")).to_be_visible()
    assert file.read_text() == before + "\n## Style\n"
    page.get_by_role("button", name="Undo").click()
    expect(outline).to_have_text(["Shop", "Commands"])
    assert file.read_text() == before
    text.fill("# Mine\n")
    board.put("/api/claude/config", content="# Theirs\n")
    expect(page.get_by_text("The file was changed meanwhile.")).to_be_visible()
    page.get_by_role("button", name="Review changes").click()
    review.get_by_role("button", name="Save").click()
    compare = dialog(page, "The file was changed meanwhile")
    expect(compare.locator(".removed")).to_have_text("-# Theirs\n")
    assert file.read_text() == "# Theirs\n"
    compare.get_by_role("button", name="Take the file, drop mine").click()
    expect(text).to_have_value("# Theirs\n")
    page.get_by_role("button", name="Read").click()
    expect(page.locator(".reading h3")).to_have_text("Theirs")


def test_a_path_is_checked_as_it_is_typed_and_settings_are_saved(
    board: Board, folder: Path, visit: Visit
) -> None:
    page = visit("#/settings")
    path = page.get_by_label("Project folder")
    expect(path).to_have_value(str(folder))
    path.fill(str(folder / "nothing"))
    expect(page.locator(".report")).to_contain_text("does not exist")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    (folder / "part").mkdir()
    path.fill(str(folder / "part"))
    expect(page.locator(".report")).to_contain_text("can be worked in")
    page.get_by_label("GitHub repository").fill("no repo")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("github_repo")
    page.get_by_label("GitHub repository").fill("ann/shop")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#project")).to_have_text("part")
    saved = board.get("/api/project/settings")
    assert (saved["project_path"], saved["github_repo"]) == (str(folder / "part"), "ann/shop")
    page.get_by_label("Your name").fill("Łukasz")
    page.get_by_label("Your name").blur()
    page.get_by_label("Theme").select_option("dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 21, 23)"
    page.get_by_role("button", name="New task").click()
    dialog(page, "New task").get_by_label("Title").fill("x")
    page.keyboard.press("Enter")
    expect(page.get_by_text("#1 was made.")).to_be_visible()
    assert board.get("/api/tasks/1/history")[0]["actor"] == "Łukasz"


def test_activity_and_flow_tell_what_happened(board: Board, visit: Visit) -> None:
    page = visit("#/activity")
    expect(page.locator(".activity")).to_contain_text("Nothing has happened yet")
    live(page)
    board.make("one")
    expect(page.locator(".activity")).to_contain_text("rest created #1 one")
    expect(page.locator(".activity li")).to_have_count(1)
    board.put("/api/tasks/1/status", status="Ready", comment="well thought out")
    expect(page.locator(".activity")).to_contain_text("rest moved #1 one from Backlog to Ready")
    expect(page.locator(".activity")).to_contain_text("well thought out")
    page.get_by_role("link", name="Flow").click()
    expect(page.locator(".chart .area")).to_have_count(7)
    expect(page.locator(".figure", has_text="Open now")).to_contain_text("1")
    page.get_by_text("As a table").last.click()
    expect(page.get_by_role("row", name="Backlog")).to_be_visible()
    page.get_by_label("Span").select_option("14")
    expect(page.get_by_text("in 14 days")).to_be_visible()


def test_activity_tells_what_happened_to_agents_before_and_since_it_was_opened(
    board: Board, visit: Visit
) -> None:
    board.make("one")
    agent = {"name": "reviewer", "description": "d", "prompt": "p", "agent": "ann"}
    board.client.post("/api/agents", json=agent).raise_for_status()
    for number in range(60):
        board.put("/api/tasks/1", description=f"version {number}")
    page = visit("#/activity")
    lines = page.locator(".activity li")
    expect(lines).to_have_count(50)
    page.get_by_role("button", name="Older").click()
    expect(lines).to_have_count(62)
    expect(lines.nth(60)).to_contain_text("ann created agent reviewer")
    expect(lines.nth(61)).to_contain_text("rest created #1 one")
    expect(page.get_by_role("button", name="Older")).to_be_hidden()
    live(page)
    board.client.delete("/api/agents/reviewer").raise_for_status()
    expect(lines.first).to_contain_text("rest deleted agent reviewer")
    board.put("/api/tasks/1", description="last")
    expect(lines.first).to_contain_text("rest set description of #1 one to last")
    expect(lines).to_have_count(64)


def test_an_analysis_is_followed_and_cancelled(analyst: Board, visit: Visit) -> None:
    analyst.make("one")
    page = visit("#/board?task=1", url=analyst.url)
    page.get_by_role("button", name="Run analysis").click()
    task = dialog(page, "#1 one")
    expect(task.get_by_role("progressbar")).to_be_visible()
    expect(task.locator(".job-line")).to_contain_text("dates.py")
    jobs = visit("#/jobs", url=analyst.url)
    expect(jobs.locator(".jobs > li")).to_have_attribute("data-status", "running")
    task.get_by_role("button", name="Cancel").click()
    expect(task.get_by_text("The last analysis was cancelled")).to_be_visible()
    expect(jobs.locator(".jobs > li")).to_have_attribute("data-status", "cancelled")
    expect(jobs.locator(".jobs")).to_contain_text("Cancelled by dashboard.")


def test_a_running_analysis_keeps_the_button_that_ends_it(analyst: Board, visit: Visit) -> None:
    """It is asked after every second; a button made anew would lose a click and the focus."""
    analyst.make("one")
    page = visit("#/task/1", url=analyst.url)
    page.get_by_role("button", name="Run analysis").focus()
    page.keyboard.press("Enter")
    cancel = dialog(page, "#1 one").get_by_role("button", name="Cancel")
    expect(cancel).to_be_focused()
    jobs = visit("#/jobs", url=analyst.url)
    for where, one in ((page, cancel), (jobs, jobs.get_by_role("button", name="Cancel"))):
        expect(where.get_by_text("dates.py")).to_be_visible()
        one.evaluate("one => { one.dataset.seen = 'yes' }")
        for _ in range(2):
            where.wait_for_event("response", lambda answer: "/api/jobs?" in answer.url)
        expect(one).to_have_attribute("data-seen", "yes")
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The last analysis was cancelled")).to_be_visible()
    expect(page.get_by_role("button", name="Run analysis")).to_be_focused()


def test_a_task_without_an_analysis_says_what_one_would_do(board: Board, visit: Visit) -> None:
    board.make("one")
    page = visit("#/task/1")
    expect(page.get_by_text("Claude can study this task")).to_be_visible()
