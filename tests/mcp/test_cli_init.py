"""`claudetask-mcp init` and `uninstall`, as people use them."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_core.services.agents.templates import TEMPLATES
from claudetask_mcp import entry, setup_grammar
from claudetask_mcp.commands import asking
from tests.mcp.support import typing

Run = Callable[..., tuple[int, str]]


def nothing(*_: object) -> None:
    """Does nothing."""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository that is not ours, with a sub-folder and servers of its own."""
    folder = tmp_path / "shop"
    (folder / "src").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(folder)], check=True, timeout=20)
    (folder / ".mcp.json").write_bytes(b'{\r\n\t"mcpServers": {"a": {"command": "a"}}}')
    return folder


@pytest.fixture
def run(shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    typed = typing(shop / "src", capsys, monkeypatch)

    def called(*arguments: str) -> tuple[int, str]:
        code, out, err = typed(*arguments)
        return code, out + err

    return called


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of this test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / ".local/share"))
    return folder


def status(folder: Path) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), "status", "--short", "-uall"],
        check=True,
        capture_output=True,
        text=True,
        timeout=20,
    )
    return done.stdout


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if ".git" not in path.relative_to(folder).parts
    }


def test_init_shows_the_difference_and_asks_before_it_writes(run: Run, shop: Path) -> None:
    before = tree(shop)
    code, out = run("init", "--dry-run")
    assert code == 0
    assert "--- a/.mcp.json" in out
    assert "\\x0d" not in out, "line endings are no news"
    assert '"claudetask"' in out
    code, out = run("init")
    assert code == 1
    assert out.endswith("Nothing was written. Answer y, or give --yes, once you have read it.\n")
    assert tree(shop) == before


def test_from_a_sub_folder_the_repository_is_set_up_and_left_as_it_was(
    run: Run, shop: Path
) -> None:
    before, state = tree(shop), status(shop)
    code, out = run("init", "--all", "--yes")
    assert code == 0
    assert "Wrote .mcp.json, .claude/settings.json, .claude/agents/planner.md" in out
    assert "choose `Use this MCP server` for claudetask" in out
    assert "names a folder of this machine" in out
    assert json.loads((shop / ".mcp.json").read_bytes())["mcpServers"]["a"] == {"command": "a"}
    assert ".claudetask" not in status(shop), "the board hides itself from git"
    assert run("init", "--all", "--yes")[1].endswith("all of it is there already.\n")
    code, out = run("uninstall", "--yes")
    assert code == 0
    assert out.splitlines()[-1].startswith("Took the program out of .mcp.json, ")
    assert (tree(shop), status(shop)) == (before, state)


def test_a_linked_worktree_is_set_up_by_itself_and_shares_the_board(
    run: Run, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (
        ["commit", "-q", "--allow-empty", "-m", "x"],
        ["worktree", "add", "-q", "../w"],
    ):
        subprocess.run(["git", "-C", str(shop), *command], check=True, timeout=20)
    before = tree(shop)
    monkeypatch.chdir(tmp_path / "w")
    assert run("init", "--yes", "--agents", "tester")[0] == 0
    assert (tmp_path / "w" / ".mcp.json").exists()
    assert {k: v for k, v in tree(shop).items() if not k.startswith(".claudetask")} == before
    assert run("uninstall", "--yes")[0] == 0
    assert [path.name for path in (tmp_path / "w").iterdir()] == [".git"]
    assert tree(shop) == before


def test_a_package_of_a_larger_repository_stays_the_project_for_claude_code_too(
    run: Run, shop: Path
) -> None:
    before = tree(shop)
    assert run("init", "--project", str(shop), "--yes", "--dry-run")[0] == 0
    assert run("init", "--project", str(shop / "src"), "--hooks", "--yes")[0] == 0
    server = json.loads((shop / "src/.mcp.json").read_text())["mcpServers"]["claudetask"]
    assert server["args"] == ["--project", "."]
    said = json.loads((shop / "src/.claude/settings.json").read_text())
    hook = said["hooks"]["SessionStart"][0]["hooks"][0]["command"]
    assert hook.endswith('claudetask-mcp prime --project "$CLAUDE_PROJECT_DIR"')
    assert "there already" in run("init", "--project", str(shop / "src"), "--hooks", "--yes")[1]
    assert run("uninstall", "--project", str(shop / "src"), "--yes")[0] == 0
    assert tree(shop) == before


def test_a_person_can_say_yes(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert run("init", "--command", "uvx claudetask-mcp")[0] == 1
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    code, out = run("init", "--command", "uvx claudetask-mcp")
    assert code == 0
    assert "Write this? [y/N] " in out
    assert "folder of this machine" not in out
    written = json.loads((shop / ".mcp.json").read_bytes())["mcpServers"]["claudetask"]
    assert written == {"command": "uvx", "args": ["claudetask-mcp"]}
    monkeypatch.setattr(sys, "stdin", Terminal("no\n"))
    code, out = run("uninstall")
    assert code == 1
    assert "Take this out? [y/N] " in out
    assert "Nothing was changed. Answer y" in out
    monkeypatch.setattr(sys, "stdin", None)
    assert not asking.confirmed("?")


@pytest.mark.embedded(reason="what becomes of the file; one in a server is left alone")
def test_a_board_with_tasks_stays_until_it_is_named(run: Run, shop: Path) -> None:
    before = tree(shop)
    run("init", "--yes")
    run("task", "add", "Sell more")
    code, out = run("uninstall", "--yes")
    assert code == 0
    assert out.endswith(f"{shop}/.claudetask stays: it holds 1 task.\n")
    code, out = run("uninstall", "--board", "--dry-run")
    assert f"Deletes {shop}/.claudetask with it holds 1 task" in out
    assert run("uninstall", "--board")[0] == 1
    code, out = run("uninstall", "--board", "--yes")
    assert (code, out.splitlines()[-1]) == (0, f"Deleted {shop}/.claudetask.")
    assert tree(shop) == before


@pytest.mark.embedded(reason="what becomes of the file; one in a server is left alone")
def test_a_board_that_was_there_before_stays(run: Run, shop: Path) -> None:
    run("task", "list")
    run("init", "--yes")
    assert "stays: it was there before init." in run("uninstall", "--yes")[1]
    assert (shop / ".claudetask" / "claudetask.db").exists()


@pytest.mark.embedded(reason="what becomes of the file; one in a server is left alone")
def test_a_board_whose_copy_alone_has_tasks_stays(run: Run, shop: Path) -> None:
    run("init", "--yes")
    run("task", "add", "Sell more")
    assert run("board", "backup")[0] == 0
    (shop / ".claudetask" / "claudetask.db").unlink()
    assert ".db holds tasks or tokens." in run("uninstall", "--yes")[1]
    assert (shop / ".claudetask" / "backups").exists()


def test_where_nothing_of_ours_is_uninstall_leaves_no_trace(run: Run, shop: Path) -> None:
    before = tree(shop)
    assert run("uninstall", "--yes") == (0, "None of the files names the program.\n")
    assert tree(shop) == before


def excluded(repository: Path) -> bytes | None:
    file = repository / ".git" / "info" / "exclude"
    return file.read_bytes() if file.exists() else None


@pytest.mark.parametrize("there", [b"# mine\n*.log", b"", None])
def test_git_does_not_take_ones_own_approval_along(
    run: Run, shop: Path, there: bytes | None
) -> None:
    """`git add -A` took it, where Claude Code had never written such a file for this person."""
    folder = shop / ".git" / "info"
    shutil.rmtree(folder)
    if there is not None:
        folder.mkdir()
        (folder / "exclude").write_bytes(there)
    code, out = run("init", "--approve", "--yes")
    assert code == 0
    assert "Wrote .mcp.json, .claude/settings.local.json, .git/info/exclude." in out
    assert status(shop) == "?? .mcp.json\n"
    assert (excluded(shop) or b"").endswith(there or b"json\n")
    assert run("init", "--approve", "--yes")[1].endswith("all of it is there already.\n")
    assert run("uninstall", "--yes")[0] == 0
    assert excluded(shop) == there
    assert folder.exists() is (there is not None)


@pytest.mark.parametrize("how", ["ignored", "committed", "led out"])
def test_gits_own_list_stays_as_it_is_where_it_is_not_needed_or_not_there_to_be_written(
    run: Run, shop: Path, tmp_path: Path, how: str
) -> None:
    file = shop / ".git" / "info" / "exclude"
    if how == "ignored":
        (shop / ".gitignore").write_text("settings.local.json\n")
    elif how == "committed":
        (shop / ".claude").mkdir()
        (shop / ".claude" / "settings.local.json").write_text("{}")
        subprocess.run(["git", "-C", str(shop), "add", "-A"], check=True, timeout=20)
    else:
        file.rename(tmp_path / "exclude")
        file.symlink_to(tmp_path / "exclude")
    before = file.read_bytes()
    code, out = run("init", "--approve", "--yes")
    assert code == 0
    assert "exclude" not in out
    assert run("uninstall", "--yes")[0] == 0
    assert file.read_bytes() == before


def test_the_last_worktree_with_an_approval_takes_the_line_in_gits_list_along(
    run: Run, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = excluded(shop)
    for command in (
        ["commit", "-q", "--allow-empty", "-m", "x"],
        ["worktree", "add", "-q", "../w"],
    ):
        subprocess.run(["git", "-C", str(shop), *command], check=True, timeout=20)
    for folder in (tmp_path / "w", shop):
        monkeypatch.chdir(folder)
        assert run("init", "--approve", "--yes")[0] == 0
    assert status(tmp_path / "w") == "?? .mcp.json\n"
    assert run("uninstall", "--yes")[0] == 0
    assert b"settings.local.json" in (excluded(shop) or b"")
    monkeypatch.chdir(tmp_path / "w")
    assert run("uninstall", "--yes")[0] == 0
    assert excluded(shop) == before


def test_another_persons_clone_is_freed_of_what_was_committed(run: Run, shop: Path) -> None:
    (shop / ".mcp.json").write_text(
        '{"mcpServers": {"claudetask": {"command": "x/claudetask-mcp"}, "a": {}}}'
    )
    code, out = run("uninstall", "--yes")
    assert code == 0
    assert "\n " not in run("uninstall", "--yes")[1]
    assert (shop / ".mcp.json").read_text() == '{"mcpServers": {"a": {}}}'
    assert out.endswith("stays: it keeps 1 former version of your files.\n")


def test_for_all_projects_nothing_is_written_here(run: Run, shop: Path, home: Path) -> None:
    before = tree(shop)
    (home / ".claude.json").write_text('{\n  "a": 1\n}')
    code, out = run("init", "--scope", "user", "--all", "--yes")
    assert code == 0
    assert f"Wrote {home}/.claude.json, {home}/.claude/settings.json." in out
    assert "Now start `claude`; " in out
    said = json.loads((home / ".claude.json").read_text())
    assert Path(said["mcpServers"]["claudetask"]["command"]).is_absolute()
    assert tree(shop) == before
    noted = f"Note: {home}/.claude.json starts "
    assert noted in run("init", "--dry-run")[1]
    code, out = run("uninstall", "--scope", "user", "--yes")
    assert code == 0
    assert (home / ".claude.json").read_text() == '{\n  "a": 1\n}'
    assert not (home / ".local/share/claudetask/setup").exists()


def test_what_cannot_be_read_of_claude_codes_own_does_not_keep_a_project_from_being_set_up(
    run: Run, shop: Path, home: Path
) -> None:
    (home / ".claude.json").write_text("{,}")
    assert run("init", "--yes")[0] == 0
    assert "claudetask" in (shop / ".mcp.json").read_text()


def test_claude_codes_moved_folder_is_followed(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "conf").mkdir()
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / "conf"))
    run("init", "--scope", "user", "--yes")
    assert "claudetask" in (home / "conf" / ".claude.json").read_text()


def test_the_block_tells_of_each_agents_md_of_a_sub_folder_that_is_hidden_by_it(
    run: Run, shop: Path
) -> None:
    for folder in (shop, shop / "src"):
        (folder / "AGENTS.md").write_text("Be kind.\n")
    told = "Claude Code does not read src/AGENTS.md either."
    assert told in run("init", "--block", "--dry-run")[1]
    (shop / "CLAUDE.md").write_text("Be quick.\n")
    assert told not in run("init", "--block", "--dry-run")[1]


def test_links_to_other_places_of_the_home_are_followed_from_the_moved_folder_too(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("conf", "dotfiles"):
        (home / name).mkdir()
    settings = home / "dotfiles" / "claude.json"
    settings.write_text('{\n  "model": "opus"\n}')
    (home / "conf" / "settings.json").symlink_to(settings)
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / "conf"))
    assert run("init", "--scope", "user", "--hooks", "--yes")[0] == 0
    assert "claudetask-mcp" in settings.read_text()
    assert run("uninstall", "--scope", "user", "--yes")[0] == 0
    assert settings.read_text() == '{\n  "model": "opus"\n}'
    assert (home / "conf" / "settings.json").is_symlink()
    assert not (home / ".local/share/claudetask/setup").exists()


def test_two_folders_of_claude_code_are_set_up_and_left_each_for_itself(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("work", "own"):
        (home / name).mkdir()
        monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / name))
        run("init", "--scope", "user", "--hooks", "--yes")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / "work"))
    run("uninstall", "--scope", "user", "--yes")
    assert tree(home / "work") == {}
    assert set(tree(home / "own")) == {".claude.json", "settings.json"}
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / "own"))
    run("uninstall", "--scope", "user", "--yes")
    assert tree(home / "own") == {}
    assert not (home / ".local/share/claudetask/setup").exists()


def test_a_moved_folder_that_is_not_there_yet_is_made_as_claude_code_makes_it(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (home / "new", tmp_path / "far" / "new"):
        monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(folder))
        code, out = run("init", "--scope", "user", "--yes")
        assert code == 0, out
        assert "claudetask" in (folder / ".claude.json").read_text()


@pytest.mark.parametrize("named", ["", "conf", "~/conf"])
@pytest.mark.parametrize("command", ["init", "uninstall"])
def test_nothing_is_written_where_it_cannot_be_told_which_folder_claude_code_reads(
    run: Run, shop: Path, home: Path, monkeypatch: pytest.MonkeyPatch, named: str, command: str
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", named)
    before = tree(shop), tree(home)
    code, out = run(command, "--scope", "user", "--yes")
    assert code == 1
    assert "Nothing was changed. CLAUDE_CONFIG_DIR is" in out
    assert (tree(shop), tree(home)) == before


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--scope", "user", "--block"), "--block is about one project"),
        (("--scope", "user", "--agents", "tester"), "--agents is about one project"),
        (("--command", "'"), "cannot be read"),
        (("--command", ""), "--command is empty"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_way_out(
    run: Run, shop: Path, arguments: tuple[str, ...], word: str
) -> None:
    before = tree(shop)
    code, out = run("init", "--yes", *arguments)
    assert code == 1
    assert word in out
    assert tree(shop) == before


def test_the_home_folder_is_no_project(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    code, out = run("init", "--yes")
    assert code == 1
    assert "is your home folder, no project. Change to a project" in out


def test_without_a_home_there_is_no_scope_of_the_user(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry, "_home", nothing)
    assert "There is no home folder" in run("init", "--scope", "user")[1]


def test_invalid_json_is_refused_and_left(run: Run, shop: Path) -> None:
    (shop / ".mcp.json").write_text("{ // mine\n}")
    code, out = run("init", "--yes")
    assert code == 1
    assert "Nothing was changed. Mend the file (comments" in out
    assert (shop / ".mcp.json").read_text() == "{ // mine\n}"


def test_the_grammar_knows_the_agents_that_come_with_the_program() -> None:
    assert setup_grammar.AGENTS == TEMPLATES


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(shop: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-I", "-m", "claudetask_mcp", "init", "--all", "--dry-run"],
        cwd=shop,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
