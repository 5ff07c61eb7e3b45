"""The page shows who is signed in, and lets them use what their token covers."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import NARROW, Visit
from tests.browser.support import WAIT, Board, card, dialog, live, stands_in

pytestmark = pytest.mark.slow


@pytest.fixture
def secrets(board: Board) -> dict[str, str]:
    """A token of each scope; from then on the board wants one."""
    found: dict[str, str] = {}
    for scope in ("admin", "write", "read"):
        made = board.client.post("/api/tokens", json={"name": f"{scope}er", "scope": scope})
        found[scope] = made.raise_for_status().json()["secret"]
        board.client.headers["Authorization"] = f"Bearer {found['admin']}"
    return found


def sign_in(page: Page, secret: str) -> None:
    question = dialog(page, "This server wants its token")
    question.get_by_label("Token").fill(secret)
    page.keyboard.press("Enter")
    live(page)


def test_a_read_token_shows_everything_and_changes_nothing(
    board: Board, secrets: dict[str, str], folder: Path, visit: Visit
) -> None:
    (folder / "CLAUDE.md").write_text("# Shop\n")
    board.make("Parse dates", acceptance_criteria=["one"])
    page = visit("")
    sign_in(page, secrets["read"])
    expect(page.locator("#me")).to_have_text("reader · read")
    why = "This needs a token with the scope write; yours has read."
    for locator in (
        page.get_by_role("button", name="New task"),
        page.get_by_role("button", name="Move #1"),
    ):
        expect(locator).to_be_disabled()
        expect(locator).to_have_attribute("title", why)
    page.keyboard.press("n")
    expect(page.get_by_role("dialog")).to_have_count(0)
    card(page, 1).focus()
    page.keyboard.press("m")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("menu")).to_have_count(0)
    stands_in(page, 1, "Backlog")
    card(page, 1).click()
    task = page.get_by_role("dialog")
    for name in ("Edit", "Delete", "Add note", "Run analysis"):
        expect(task.get_by_role("button", name=name)).to_be_disabled()
    expect(task.get_by_role("checkbox", name="one")).to_be_disabled()
    page.keyboard.press("Escape")
    page.goto("/#/settings")
    expect(page.get_by_label("Project folder")).not_to_have_value("")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    page.goto("/#/agents")
    expect(page.get_by_role("heading", name="Agents")).to_be_visible()
    expect(page.get_by_role("link", name="New agent")).to_be_hidden()
    page.goto("/#/claude-md")
    expect(page.locator("textarea")).to_have_value("# Shop\n")
    page.locator("textarea").fill("# Mine\n")
    expect(page.get_by_role("button", name="Review changes")).to_be_disabled()


def test_what_a_write_token_does_stands_under_its_name_and_can_be_shown_alone(
    board: Board, secrets: dict[str, str], visit: Visit
) -> None:
    board.make("of the admin")
    page = visit("")
    sign_in(page, secrets["write"])
    page.get_by_role("button", name="New task").click()
    form = dialog(page, "New task")
    form.get_by_label("Title").fill("of the writer")
    form.get_by_role("button", name="Create task").click()
    expect(card(page, 2)).to_be_visible()
    page.goto("/#/agents")
    expect(page.get_by_role("link", name="New agent")).to_be_hidden()
    page.goto("/#/activity")
    lines = page.locator(".activity li")
    expect(lines).to_have_count(2)
    page.get_by_label("Only by").fill("@writeer")
    expect(lines).to_have_count(1)
    expect(lines.first).to_contain_text("@writeer")
    page.get_by_label("Only by").fill("@nobody")
    expect(page.get_by_text("Nothing has happened yet")).to_be_visible()


def test_a_token_that_covers_more_gives_back_what_the_former_took(
    board: Board, secrets: dict[str, str], visit: Visit
) -> None:
    board.make("one")
    page = visit("")
    sign_in(page, secrets["read"])
    card(page, 1).click()
    task = dialog(page, "#1 one")
    expect(task.get_by_role("button", name="Edit")).to_be_disabled()
    board.client.delete("/api/tokens/reader").raise_for_status()
    question = dialog(page, "This server wants its token")
    expect(question).to_contain_text("The token was not accepted: it is revoked.")
    question.get_by_label("Token").fill(secrets["admin"])
    page.keyboard.press("Enter")
    expect(task.get_by_role("button", name="Edit")).to_be_enabled()
    task.get_by_label("New note").fill("now I may")
    task.get_by_role("button", name="Add note").click()
    expect(task.locator(".notes li")).to_have_count(1)
    page.keyboard.press("Escape")
    new = page.get_by_role("button", name="New task")
    expect(new).to_be_enabled()
    expect(new).to_have_attribute("title", "")


def test_a_revoked_token_is_asked_for_anew_while_the_page_is_open(
    board: Board, secrets: dict[str, str], visit: Visit
) -> None:
    page = visit("", viewport=NARROW)
    sign_in(page, secrets["read"])
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    board.client.delete("/api/tokens/reader").raise_for_status()
    question = dialog(page, "This server wants its token")
    expect(question).to_contain_text("was not accepted")
    question.get_by_label("Token").fill(secrets["write"])
    page.keyboard.press("Enter")
    expect(page.locator("#me")).to_have_text("writeer · write")
    page.locator("#me button").click()
    dialog(page, "Use another token").get_by_role("button", name="Forget it").click()
    expect(dialog(page, "This server wants its token")).to_be_visible()


def test_without_tokens_nobody_is_signed_in_and_everything_can_be_done(
    board: Board, visit: Visit
) -> None:
    page = visit("")
    live(page)
    expect(page.locator("#me")).to_be_hidden()
    expect(page.get_by_role("button", name="New task")).to_be_enabled()
    assert httpx.get(f"{board.url}/api/me", timeout=WAIT).json()["signed_in"] is False


def tokens(page: Page) -> Locator:
    return page.locator(".panel", has=page.get_by_role("heading", name="Tokens"))


def make(page: Page, name: str, scope: str) -> str:
    """Makes a token by the keyboard; answers the secret that is shown."""
    panel = tokens(page)
    panel.get_by_label("Whose").fill(name)
    panel.get_by_label("Scope").select_option(scope)
    panel.get_by_label("Whose").press("Enter")
    shown = dialog(page, f"The token of {name}")
    secret = shown.get_by_label("Secret")
    expect(secret).to_be_focused()
    return secret.input_value()


def test_the_first_token_is_used_by_the_page_that_made_it(board: Board, visit: Visit) -> None:
    page = visit("#/settings", viewport=NARROW)
    expect(tokens(page)).to_contain_text("Nobody needs a token here yet")
    expect(tokens(page).get_by_label("Scope")).to_have_value("admin")
    secret = make(page, "ann", "admin")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    dialog(page, "The token of ann").get_by_role("button", name="Done").click()
    expect(page.locator("#me")).to_have_text("ann · admin")
    expect(tokens(page).locator("li")).to_contain_text("this tab’s")
    assert secret not in page.content()
    assert httpx.get(f"{board.url}/api/tasks", timeout=WAIT).status_code == 401


def test_a_first_token_that_could_make_no_other_is_asked_about(board: Board, visit: Visit) -> None:
    page = visit("#/settings")
    tokens(page).get_by_label("Whose").fill("ann")
    tokens(page).get_by_label("Scope").select_option("read")
    tokens(page).get_by_role("button", name="Make a token").click()
    dialog(page, "Begin with this one?").get_by_role("button", name="Cancel").click()
    assert board.get("/api/tokens") == []


def test_the_tokens_are_shown_once_what_stands_above_them_is(board: Board, visit: Visit) -> None:
    """It grows as it is read, and moved the button from under a click."""
    page = visit("#/")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/project/status", hold)
    page.evaluate("location.hash = '#/settings'")
    expect(page.get_by_label("Project folder")).not_to_have_value("")
    expect(tokens(page)).to_be_hidden()
    held[0].continue_()
    expect(tokens(page).get_by_label("Whose")).to_be_visible()
    assert board.get("/api/tokens") == []


def test_a_scope_that_was_chosen_while_the_tokens_are_read_stays(
    board: Board, visit: Visit
) -> None:
    page = visit("#/")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/tokens", hold)
    page.evaluate("location.hash = '#/settings'")
    tokens(page).get_by_label("Scope").select_option("read")
    tokens(page).get_by_label("Whose").fill("ann")
    assert held
    for route in held:
        route.continue_()
    expect(tokens(page)).to_contain_text("Nobody needs a token here yet")
    expect(tokens(page).get_by_label("Scope")).to_have_value("read")
    assert board.get("/api/tokens") == []


def test_an_admin_makes_copies_and_revokes_tokens_by_the_keyboard(
    board: Board, secrets: dict[str, str], visit: Visit
) -> None:
    page = visit("#/settings", permissions=["clipboard-read", "clipboard-write"])
    sign_in(page, secrets["admin"])
    expect(tokens(page).locator("li")).to_have_count(3)
    secret = make(page, "bob", "write")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.keyboard.press("Escape")
    expect(tokens(page).locator("li")).to_have_count(4)
    assert secret not in page.content()
    bobs = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{board.url}/api/me", headers=bobs, timeout=WAIT).json()["name"] == "bob"
    make_again = tokens(page)
    make_again.get_by_label("Whose").fill("bob")
    make_again.get_by_role("button", name="Make a token").click()
    expect(make_again.get_by_role("alert")).to_contain_text("a living token called bob")
    page.get_by_role("button", name="Revoke bob").press("Enter")
    dialog(page, "Revoke @bob").get_by_role("button", name="Revoke").press("Enter")
    expect(tokens(page).locator("li")).to_have_count(3)
    assert httpx.get(f"{board.url}/api/me", headers=bobs, timeout=WAIT).status_code == 401


def test_only_an_admin_sees_tokens_and_who_was_refused_at_the_door(
    board: Board, secrets: dict[str, str], visit: Visit
) -> None:
    wrong = {"Authorization": "Bearer ctk_wrong"}
    assert httpx.get(f"{board.url}/api/tasks", headers=wrong, timeout=WAIT).status_code == 401
    reads = {"Authorization": f"Bearer {secrets['read']}"}
    refused = httpx.post(f"{board.url}/api/tasks", headers=reads, json={"title": "x"}, timeout=WAIT)
    assert refused.status_code == 403
    page = visit("#/activity")
    sign_in(page, secrets["admin"])
    lines = page.locator(".activity li")
    sign_ins = lines.filter(has_text="was not let in at /api/tasks")
    expect(sign_ins).to_contain_text("unknown token")
    expect(lines.filter(has_text="lacks the scope for POST /api/tasks")).to_contain_text("@reader")
    expect(lines.filter(has_text="created the token @writeer")).to_have_count(1)
    expect(page.get_by_text("(@ann/builder) are shown too")).to_be_visible()
    page.get_by_label("Only by").fill("@reader")
    expect(lines).to_have_count(1)
    other = visit("#/activity")
    sign_in(other, secrets["write"])
    expect(other.get_by_text("Nothing has happened yet")).to_be_visible()
    other.goto("/#/settings")
    expect(other.get_by_label("Project folder")).not_to_have_value("")
    expect(tokens(other)).to_be_hidden()


def test_without_tokens_activity_does_not_speak_of_them(board: Board, visit: Visit) -> None:
    page = visit("#/activity")
    expect(page.get_by_text("The name of a person or an agent")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("@ann")


def test_whose_token_it_is_has_room_on_the_narrowest_screen(board: Board, visit: Visit) -> None:
    made = board.client.post("/api/tokens", json={"name": "ann-of-the-long-name", "scope": "admin"})
    page = visit("", viewport={"width": 320, "height": 640})
    sign_in(page, made.raise_for_status().json()["secret"])
    expect(page.locator("#me")).to_be_visible()
    expect(page.locator("#link-state")).to_be_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
