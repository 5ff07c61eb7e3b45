"""Whatever anybody writes, the page shows it and does nothing else with it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.support import Board, card, dialog, live

pytestmark = pytest.mark.slow
ATTACKS = (
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "' autofocus onfocus=window.hit=1 x='",
    "[a](javascript:window.hit=1)",
    "![a](https://evil.example/pixel.png)",
    "<https://evil.example/x.png>",
    "</textarea><iframe src=//evil.example>",
    "{{constructor.constructor('window.hit=1')()}}",
    "__proto__",
)
ALL = " ".join(ATTACKS)
PAGES = ("board", "agents", "agents/evil", "claude-md", "activity", "jobs", "flow", "settings")


def harmless(page: Page, asked: list[str], board: Board) -> None:
    assert page.evaluate("window.hit") is None
    assert page.locator("script:not([src]), iframe, object, embed, main img").count() == 0
    assert [address for address in asked if not address.startswith(board.url)] == []


def test_attacks_in_every_field_are_text_on_every_page(
    board: Board, folder: Path, visit: Visit, asked: list[str]
) -> None:
    agents = folder / ".claude" / "agents"
    agents.mkdir(parents=True)
    quoted = ALL.replace("'", "''")
    (agents / "evil.md").write_text(f"---\nname: evil\ndescription: '{quoted}'\n---\n{ALL}\n")
    (agents / "worse.md").write_text(f"---\nname: '{quoted}'\ndescription: x\n---\n{ALL}\n")
    (folder / "CLAUDE.md").write_text(f"# {ALL}\n\n{ALL}\n")
    (folder / "evil.py").write_text("".join(f"# needle {attack}\n" for attack in ATTACKS))
    board.make("a base")
    board.make(
        ALL[:200],
        description="\n\n".join(ATTACKS),
        acceptance_criteria=[ALL],
        git_branch="<svg/onload=window.hit=1>",
        related_files=[ALL],
        analysis="\n\n".join(ATTACKS),
        depends_on=[1],
        agent=ATTACKS[1],
    )
    board.client.post("/api/tasks/2/notes", json={"text": ALL, "agent": ATTACKS[0]})
    board.put("/api/tasks/2", check={"1": ALL}, agent=ATTACKS[1])
    board.put("/api/tasks/2/status", status="In Progress", comment=ALL, agent=ATTACKS[2])
    page = visit("#/task/2")
    task = dialog(page, "#2")
    expect(task.locator(".notes")).to_contain_text(ATTACKS[0])
    expect(task.locator(".prose").first).to_contain_text(ATTACKS[1])
    expect(task.locator(".timeline")).to_contain_text(ATTACKS[2])
    for link in task.get_by_role("link").all():
        address = link.get_attribute("href") or ""
        assert address.startswith(("#/", "https://evil.example/")), address
    task.get_by_role("button", name="Edit").click()
    expect(dialog(page, "Edit #2").get_by_label("Title")).to_have_value(ALL[:200])
    harmless(page, asked, board)
    for name in PAGES:
        page.goto(f"/#/{name}")
        live(page)
        expect(page.locator("main > *").first).to_be_attached()
        harmless(page, asked, board)
    page.goto(f"/#/search?query=needle&path={ATTACKS[1]}")
    page.goto("/#/search?query=needle")
    expect(page.locator(".hit").first).to_contain_text(ATTACKS[0])
    page.goto(f"/#/board?q={ATTACKS[2]}&type={ATTACKS[1]}&task={ATTACKS[0]}")
    page.reload()
    live(page)
    harmless(page, asked, board)


def test_the_policy_refuses_what_an_attack_would_need(
    board: Board, visit: Visit, said: list[str]
) -> None:
    board.make("x")
    page = visit("")
    expect(card(page, 1)).to_be_visible()
    refused: list[bool] = page.evaluate(
        """async () => {
            const fails = async (work) => {
                try { await work(); return false; } catch { return true; }
            };
            const script = document.createElement("script");
            const quiet = await fails(() => { script.textContent = "window.hit = 1"; });
            document.head.append(script);
            const button = document.createElement("button");
            await fails(() => button.setAttribute("onclick", "window.hit = 1"));
            document.body.append(button);
            button.click();
            return [
                quiet,
                await fails(() => { document.body.innerHTML = "<b>x</b>"; }),
                await fails(() => fetch("https://evil.example/")),
                window.hit === undefined,
            ];
        }"""
    )
    assert refused == [True] * 4
    said.clear()  # the refusals that were asked for
