"""`claudetask-mcp agents`, as people use it."""

import json
from functools import partial
from pathlib import Path

import pytest

from tests.mcp.support import Run, typing

BROKEN = "---\nname: x\ndescription: Use: this\n---\nP.\n"
DROPPED = "---\ndescription: d\ntools: Zzz\n---\nP.\n"


def nothing(*_: object) -> None:
    """Does nothing."""


@pytest.fixture
def folder(project: Path) -> Path:
    folder = project / ".claude" / "agents"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def run(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return partial(typing(project, capsys, monkeypatch), "agents")


def test_lint_ends_with_1_where_an_agent_is_dropped(run: Run, folder: Path) -> None:
    assert run("lint") == (0, "0 agents without a problem.\n", "")
    (folder / "x.md").write_text(BROKEN)
    code, out, _ = run("lint")
    assert (code, out.splitlines()[1][:31]) == (0, "- line 3, warning, fixable: Not")
    (folder / "y.md").write_text(DROPPED)
    code, out, _ = run("lint")
    assert code == 1
    assert f"y ({folder}/y.md, not loaded by Claude Code)" in out
    assert run("lint", "x")[0] == 0


def test_lint_prints_json(run: Run, folder: Path) -> None:
    (folder / "x.md").write_text(BROKEN)
    code, out, _ = run("lint", "--json", "x")
    (agent,) = json.loads(out)
    assert (code, agent["id"], agent["problems"][0]["rule"]) == (0, "x", "yaml_lenient")


def test_fix_shows_first_and_mends_with_yes_and_can_be_undone(run: Run, folder: Path) -> None:
    (folder / "x.md").write_text(BROKEN)
    (folder / "y.md").write_text(DROPPED)
    (folder / "z.md").write_text("---\nname: z\ndescription: d\n---\n")
    code, shown, _ = run("fix")
    assert (code, (folder / "x.md").read_text()) == (0, BROKEN)
    assert '+description: "Use: this"' in shown
    assert "Nothing was written. With --yes 2 files would be mended." in shown
    code, done, _ = run("fix", "--yes", "x", "y")
    assert "Mended 2 files" in done
    assert "restart" in done
    assert (folder / "y.md").read_text() == DROPPED.replace("---\n", "---\nname: y\n", 1)
    assert run("fix", "--yes") == (0, "Nothing to mend.\n", "")
    assert run("restore", "x")[0] == 0
    assert (folder / "x.md").read_text() == BROKEN


def test_agents_are_installed_and_renamed(run: Run, folder: Path) -> None:
    code, out, _ = run("install", "tester")
    assert (code, out[:23]) == (0, "Installed agent tester ")
    assert run("rename", "tester", "breaker")[0] == 0
    assert [path.name for path in folder.iterdir()] == ["breaker.md"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "usage: claudetask-mcp agents"),
        (("lint", "nobody"), 1, "There is no agent 'nobody'"),
        (("install", "nobody"), 1, "There is no template 'nobody'. Install one of: planner"),
        (("rename", "a", "b/c"), 1, "agents rename: name"),
        (("restore", "a"), 1, "No copy of agent a is kept, so there is none to restore."),
    ],
)
def test_what_is_wrong_is_said_on_stderr(
    run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended, out, err = run(*arguments)
    assert (ended, out) == (code, "")
    assert said in err


def test_the_users_own_are_looked_for_where_claude_code_was_moved_to(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "conf" / "agents"
    moved.mkdir(parents=True)
    (moved / "mine.md").write_text(BROKEN.replace("x", "mine"))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "conf"))
    assert f"mine ({moved}/mine.md" in run("lint")[1]
