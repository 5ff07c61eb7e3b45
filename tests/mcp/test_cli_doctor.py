"""`doctor` says what is wrong with a project, and what is not."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_core.services.setup import elsewhere as setup_elsewhere
from claudetask_mcp.commands import doctor
from tests.mcp.support import Run

VERIFY = '[verify]\ncommands = [["pytest", "-q"], ["true"]]\n'


def nothing(*_: object) -> None:
    """Does nothing, finds nothing."""


@pytest.fixture
def claude(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a stand-in for Claude Code's program."""

    def made(script: str) -> Path:
        file = tmp_path / "claude"
        file.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        file.chmod(0o700)
        return file

    return made


def test_doctor_finds_nothing_wrong_in_a_project_in_order(
    run: Run, claude: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDETASK_CLAUDE_BIN", str(claude("echo 2.1.0 '(Claude Code)'")))
    code, out, _ = run("doctor")
    assert code == 0
    assert "(2.1.0 (Claude Code))\n" in out
    assert "tasks     0\nindex     ready" in out
    assert out.endswith("Nothing is wrong.\n")


def test_doctor_names_a_variable_that_is_no_setting(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDETASK_RATE_LIMIT_SERACH", "1/minute")
    monkeypatch.setenv("claudetask_colour", "red")
    monkeypatch.setenv("CLAUDETASK_LEASE_SECONDS", "60")
    code, out, _ = run("doctor")
    assert code == 1
    meant = "(meant as CLAUDETASK_RATE_LIMIT_SEARCH?)"
    assert f"CLAUDETASK_RATE_LIMIT_SERACH is no setting and changes nothing {meant}.\n" in out
    assert "claudetask_colour is no setting and changes nothing.\n" in out
    assert "LEASE" not in out


def test_doctor_says_what_claude_code_starts_here_and_whether_that_is_there(
    run: Run, project: Path
) -> None:
    assert "setup     no server for Claude Code here (claudetask-mcp init)" in run("doctor")[1]
    for command, code in ((sys.executable, 0), ("${HOME:-x}/gone", 1), ("/gone/claudetask-mcp", 1)):
        servers = {"mcpServers": {"claudetask": {"command": command}}}
        (project / ".mcp.json").write_text(json.dumps(servers), "utf-8")
        found, out, _ = run("doctor")
        assert f"setup     {project}/.mcp.json starts {command}\n" in out
        assert found == code
    assert "Claude Code cannot connect. Run claudetask-mcp uninstall, then init." in out
    (project / ".mcp.json").write_text("{,}", "utf-8")
    assert "is not JSON" in run("doctor")[1]


def test_doctor_fills_in_the_variables_of_a_server_as_claude_code_does(
    run: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment and the user's settings say counts, a project's settings do not."""
    python = Path(sys.executable)
    env = {"A": "${OWN_NAME}", "B": "${MINE}", "C": "${NEITHER_EMPTY:-}${NOT.THERE:-x:-y}"}
    server = {
        "command": "${PYTHON_DIR}/${PYTHON:-" + python.name + "}",
        "args": ["$NOT"],
        "env": env,
    }
    file = project / ".mcp.json"
    file.write_text(json.dumps({"mcpServers": {"claudetask": server}}), "utf-8")
    (project / ".claude").mkdir()
    (project / ".claude" / "settings.json").write_text(json.dumps({"env": {"OWN_NAME": "x"}}))
    in_home(monkeypatch, tmp_path / "conf", settings={"env": {"MINE": "x"}})
    code, out, _ = run("doctor")
    assert code == 1
    assert f"{file} names ${{OWN_NAME}}, ${{PYTHON_DIR}} for the server, not set here" in out
    monkeypatch.setenv("PYTHON_DIR", str(python.parent))
    monkeypatch.setenv("OWN_NAME", "")
    assert run("doctor")[0] == 0
    monkeypatch.setenv("PYTHON_DIR", "/gone")
    assert f"that is /gone/{python.name}, which is not there" in run("doctor")[1]


def test_doctor_finds_a_program_of_the_project_from_any_of_its_folders(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = {"mcpServers": {"claudetask": {"command": "./bin/board"}}}
    (project / ".mcp.json").write_text(json.dumps(servers), "utf-8")
    (project / "bin").mkdir()
    (project / "bin" / "board").symlink_to(sys.executable)
    monkeypatch.chdir(project / "bin")
    monkeypatch.setenv("CLAUDETASK_PROJECT_PATH", str(project))
    assert run("doctor")[0] == 0


def test_doctor_knows_a_server_of_a_folder_above(run: Run, project: Path) -> None:
    """It said that there is none, and the client was connected."""
    above = project.parent / ".mcp.json"
    above.write_text(json.dumps({"mcpServers": {"claudetask": {"command": sys.executable}}}))
    code, out, _ = run("doctor")
    assert f"setup     {above} starts {sys.executable}\n" in out
    assert "no server" not in out
    assert code == 0
    assert f"Note: {above} starts {sys.executable} already." in run("init", "--dry-run")[1]
    above.write_text("{,}")
    code, out, _ = run("doctor")
    assert "no server for Claude Code here" in out
    assert code == 0


def in_home(monkeypatch: pytest.MonkeyPatch, folder: Path, **files: object) -> None:
    """A folder of Claude Code's own, with files by their names without the ending."""
    folder.mkdir()
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(folder))
    for name, said in files.items():
        (folder / f"{name.replace('_', '.')}.json").write_text(json.dumps(said), "utf-8")


def test_doctor_says_which_folder_claude_code_was_moved_to(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "conf"))
    code, out, _ = run("doctor")
    assert f"folder    {tmp_path / 'conf'} (Claude Code's own, CLAUDE_CONFIG_DIR)\n" in out
    assert code == 0
    (tmp_path / "conf").write_text("")
    code, out, _ = run("doctor")
    assert f"CLAUDE_CONFIG_DIR names {tmp_path / 'conf'}, which is no folder" in out
    assert code == 1


@pytest.mark.parametrize("named", ["", "~/conf"])
def test_doctor_tells_where_claude_code_takes_any_folder_for_its_own(
    run: Run, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", named)
    code, out, _ = run("doctor")
    assert "wrong     CLAUDE_CONFIG_DIR is" in out
    assert code == 1


def test_doctor_tells_of_variables_that_the_server_alone_is_given(
    run: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `.mcp.json` says under env reaches no hook, and no command at the shell."""
    given = {"CLAUDETASK_DATA_DIR": str(tmp_path), "CLAUDETASK_LEASE_SECOND": "9", "OTHER": "1"}
    server = {"command": sys.executable, "env": given}
    (project / ".mcp.json").write_text(json.dumps({"mcpServers": {"claudetask": server}}))
    code, out, _ = run("doctor")
    assert code == 1
    assert "gives CLAUDETASK_DATA_DIR to the server alone" in out
    assert ".mcp.json: CLAUDETASK_LEASE_SECOND is no setting and changes nothing (meant as" in out
    settings = project / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"env": {"CLAUDETASK_DATA_DIR": str(tmp_path)}}))
    assert "to the server alone" not in run("doctor")[1]
    settings.unlink()
    monkeypatch.setenv("CLAUDETASK_DATA_DIR", str(tmp_path))
    assert "to the server alone" not in run("doctor")[1]


def test_doctor_knows_a_server_that_claude_mcp_add_keeps_for_one_project(
    run: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It said that there is none, and the client was connected."""
    known = {
        str(project): {"mcpServers": {"claudetask": {"command": sys.executable}}},
        "/elsewhere": {"mcpServers": {"claudetask": {"command": "/gone"}}},
    }
    in_home(monkeypatch, tmp_path / "conf", _claude={"projects": known})
    code, out, _ = run("doctor")
    file = tmp_path / "conf" / ".claude.json"
    assert f"setup     {file} (for you, in this project) starts {sys.executable}\n" in out
    assert "no server" not in out
    assert code == 0
    web = {"mcpServers": {"claudetask": {"type": "http", "url": "https://board.example/mcp"}}}
    file.write_text(json.dumps(web), "utf-8")
    assert f"setup     {file} connects to https://board.example/mcp\n" in run("doctor")[1]


def test_a_worktree_has_the_server_of_its_repository(
    run: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "a").write_text("a", "utf-8")
    worktree = tmp_path / "feature"
    for command in (
        ("init", "-q"),
        ("add", "-A"),
        ("commit", "-qm", "first"),
        ("worktree", "add", "-q", str(worktree)),
    ):
        subprocess.run(["git", *command], cwd=project, check=True, timeout=20)
    known = {str(project): {"mcpServers": {"claudetask": {"command": sys.executable}}}}
    in_home(monkeypatch, tmp_path / "conf", _claude={"projects": known})
    assert "(for you, in this project)" in run("--project", str(worktree), "doctor")[1]


def test_doctor_and_init_tell_of_the_plugin_and_that_with_a_server_all_is_there_twice(
    run: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_uvx(monkeypatch, tmp_path)
    enabled = {"enabledPlugins": {"claudetask@board": True, "other@board": True}}
    in_home(monkeypatch, tmp_path / "conf", settings=enabled)
    file = tmp_path / "conf" / "settings.json"
    code, out, _ = run("doctor")
    assert f"setup     the plugin claudetask@board is enabled in {file}\n" in out
    assert "no server" not in out
    assert code == 0
    assert "Note: With the plugin claudetask@board" in run("init", "--dry-run")[1]
    servers = {"mcpServers": {"claudetask": {"command": sys.executable}}}
    (project / ".mcp.json").write_text(json.dumps(servers), "utf-8")
    code, out, _ = run("doctor")
    assert code == 1
    assert "are there twice. Keep one: `claude plugin uninstall claudetask@board`" in out
    (project / ".claude").mkdir()
    off = {"enabledPlugins": {"claudetask@board": False}}
    (project / ".claude" / "settings.json").write_text(json.dumps(off), "utf-8")
    assert "plugin" not in run("doctor")[1]


def put_uvx(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Has a program of that name on the PATH, whether or not there is one."""
    (folder / "uvx").touch(mode=0o700)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_doctor_tells_that_the_plugin_cannot_be_started_or_was_given_up(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claude Code tries a plugin's server that failed once no more for a quarter of an hour."""
    in_home(monkeypatch, tmp_path / "conf", settings={"enabledPlugins": {"claudetask@board": True}})
    file = tmp_path / "conf" / "mcp-needs-auth-cache.json"
    with monkeypatch.context() as absent:
        absent.setattr(setup_elsewhere, "PLUGIN_RUNNER", "uvx-that-is-not-there")
        assert "uvx-that-is-not-there, which is not on PATH. Install uv." in run("doctor")[1]
    put_uvx(monkeypatch, tmp_path)
    for minutes, other in ((14, False), (16, False), (-60, False), (1, True)):
        key = f"plugin:claudetask:{'other' if other else 'claudetask'}"
        at = (time.time() - minutes * 60) * 1000
        file.write_text(json.dumps({key: {"timestamp": at, "id": "x"}}), "utf-8")
        out = run("doctor")[1]
        assert ("could not start the plugin's server" in out) is (minutes == 14)
        assert (f"delete {file}, a cache, or wait." in out) is (minutes == 14)
    file.write_text('{"plugin:claudetask:claudetask": {"timestamp": "soon"}}', "utf-8")
    assert "could not start" not in run("doctor")[1]


def test_doctor_and_init_tell_that_claude_code_was_told_not_to_use_the_server(
    run: Run, project: Path
) -> None:
    """The key Enter alone answers so in newer clients, which never ask again."""
    (project / ".claude").mkdir()
    file = project / ".claude" / "settings.local.json"
    file.write_text('{"disabledMcpjsonServers": ["other", "claudetask"]}', "utf-8")
    assert "told not to use" not in run("doctor")[1]
    servers = {"mcpServers": {"claudetask": {"command": sys.executable}}}
    (project / ".mcp.json").write_text(json.dumps(servers), "utf-8")
    code, out, _ = run("doctor")
    assert code == 1
    told = f"of .mcp.json (disabledMcpjsonServers in {file}). Take its name out there"
    assert f"Claude Code was told not to use the server claudetask {told}" in out
    assert (
        f"Note: Claude Code was told not to use the server claudetask {told}"
        in run("init", "--dry-run")[1]
    )
    file.write_text('{"disabledMcpjsonServers": ["other"]}', "utf-8")
    assert "told not to use" not in run("doctor")[1]


def test_doctor_and_init_tell_that_the_server_is_switched_off(
    run: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `/mcp` does it, of whichever scope the server is."""
    known = {str(project): {"disabledMcpServers": ["claudetask"]}}
    in_home(monkeypatch, tmp_path / "conf", _claude={"projects": known})
    file = tmp_path / "conf" / ".claude.json"
    told = "The server claudetask is switched off for you in this project "
    told += f"(disabledMcpServers in {file})"
    code, out, _ = run("doctor")
    assert code == 1
    assert f"wrong     {told}. Enable it in Claude Code: /mcp.\n" in out
    assert f"Note: {told}" in run("init", "--dry-run")[1]
    known = {str(project): {"disabledMcpServers": ["other"]}, "/x": known[str(project)]}
    file.write_text(json.dumps({"projects": known}), "utf-8")
    assert run("doctor")[0] == 0


def test_doctor_and_init_tell_that_claude_code_runs_no_hooks(
    run: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The narrowest of the settings decides, and says so by a truth value alone."""
    in_home(monkeypatch, tmp_path / "conf", settings={"disableAllHooks": True})
    file = tmp_path / "conf" / "settings.json"
    told = f"Claude Code runs no hooks here (disableAllHooks in {file})"
    assert told not in run("doctor")[1]
    assert f"Note: {told}" in run("init", "--hooks", "--dry-run")[1]
    assert told not in run("init", "--dry-run")[1]
    run("init", "--hooks", "--yes")
    code, out, _ = run("doctor")
    assert code == 1
    assert told in out
    local = project / ".claude" / "settings.local.json"
    local.write_text('{"disableAllHooks": false}', "utf-8")
    assert "runs no hooks" not in run("doctor")[1]
    local.write_text('{"disableAllHooks": "false"}', "utf-8")
    assert told in run("doctor")[1]


def test_doctor_names_an_agent_that_claude_code_would_drop(run: Run, project: Path) -> None:
    folder = project / ".claude" / "agents"
    folder.mkdir(parents=True)
    (folder / "broken.md").write_text("---\nname: broken\n---\nx\n", "utf-8")
    code, out, _ = run("doctor")
    assert code == 1
    assert "wrong     " in out
    assert "broken.md line " in out


@pytest.mark.embedded(reason="a board in a server is one")
def test_doctor_makes_no_board(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    _, out, _ = run("doctor")
    assert "none yet; the first use makes it" in out
    assert "git       no repository" in out
    assert list(empty.iterdir()) == []


@pytest.mark.embedded(reason="a board in a server is one")
def test_doctor_says_what_is_wrong_in_a_config_that_came_with_a_clone(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no board yet, and each other command would refuse to make one."""
    board = tmp_path / "clone" / ".claudetask"
    board.mkdir(parents=True)
    (board / "config.toml").write_text("leese_seconds = 60\n")
    monkeypatch.chdir(board.parent)
    code, out, _ = run("doctor")
    assert code == 1
    assert f"wrong     {board / 'config.toml'}: Setting leese_seconds is wrong" in out


@pytest.mark.embedded(reason="a board in a server is one")
def test_doctor_says_where_no_board_can_be_made(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CLAUDETASK_DATA_DIR", str(tmp_path / "file" / "board"))
    code, out, _ = run("doctor")
    assert code == 1
    assert f"wrong     No board can be made at {tmp_path}/file/board: {tmp_path}/file takes" in out
    monkeypatch.setenv("CLAUDETASK_DATA_DIR", str(tmp_path / "new" / "board"))
    assert run("doctor")[0] == 0
    monkeypatch.setattr(os, "access", nothing)  # root may write wherever it is
    assert f"{tmp_path} takes no new files" in run("doctor")[1]


@pytest.mark.embedded(reason="a board elsewhere is none to lose")
def test_doctor_and_init_tell_a_worktree_whose_repository_is_not_there(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".git").write_text("gitdir: /gone/shop/.git/worktrees/linked\n")
    monkeypatch.chdir(linked)
    told = "linked is a worktree of /gone/shop, where the board is, and that is not there."
    code, out, _ = run("doctor")
    assert (code, told in out) == (1, True)
    code, _, err = run("init", "--yes")
    assert (code, told in err) == (1, True)
    assert [path.name for path in linked.iterdir()] == [".git"]


@pytest.mark.embedded(reason="spoils the file")
def test_doctor_says_what_it_cannot_open(run: Run, project: Path) -> None:
    (project / ".claudetask" / "claudetask.db").write_bytes(b"no database at all" * 100)
    code, out, _ = run("doctor")
    assert code == 1
    assert "wrong     " in out


def test_doctor_tells_of_a_repository_on_which_git_does_not_answer(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "-q", project], check=True)
    assert "git does not answer" not in run("doctor")[1]
    (project / ".git" / "config").write_text("[core\n")
    code, out, _ = run("doctor")
    assert code == 1
    assert f"wrong     git does not answer in {project}: branches, commits" in out
    monkeypatch.setattr(doctor.shutil, "which", nothing)
    assert "git does not answer" not in run("doctor")[1]


def test_doctor_misses_the_programs_that_are_not_there(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor.shutil, "which", nothing)
    monkeypatch.setenv("CLAUDETASK_ANALYSIS_PROVIDER", "claude-code")
    code, out, _ = run("doctor")
    assert code == 1
    assert "wrong     git is not on PATH" in out
    assert "wrong     claude is not on PATH; analyze_task needs it." in out
    monkeypatch.delenv("CLAUDETASK_ANALYSIS_PROVIDER")
    assert "wrong     claude" not in run("doctor")[1]
    monkeypatch.setenv("CLAUDETASK_CLAUDE_BIN", "/gone")
    assert "wrong     /gone is not on PATH; analyze_task needs it." in run("doctor")[1]


@pytest.mark.parametrize("script", ["exit 3", "exec sleep 30"])
def test_doctor_tells_of_a_claude_that_does_not_answer(
    run: Run, claude: Callable[[str], Path], script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "VERSION_SECONDS", 0.5)
    monkeypatch.setenv("CLAUDETASK_CLAUDE_BIN", str(claude(script)))
    code, out, _ = run("doctor")
    assert code == 1
    assert "--version fails." in out


@pytest.mark.parametrize(
    ("version", "is_old"), [("2.0.30", True), ("1.9.400", True), ("2.1.0", False), ("new", False)]
)
def test_doctor_tells_of_a_claude_that_is_too_old(
    run: Run,
    claude: Callable[[str], Path],
    version: str,
    is_old: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLAUDETASK_CLAUDE_BIN", str(claude(f"echo {version} '(Claude Code)'")))
    _, out, _ = run("doctor")
    told = "wrong     analyze_task needs Claude Code 2.1.0 or newer. Update it (`claude update`)."
    assert (told in out) is is_old


def test_doctor_tells_of_a_claude_that_cannot_be_started(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "claude"
    file.write_text("no program\n", "utf-8")
    file.chmod(0o700)
    monkeypatch.setenv("CLAUDETASK_CLAUDE_BIN", str(file))
    code, out, _ = run("doctor")
    assert code == 1
    assert "--version fails." in out


def test_doctor_says_whether_the_verify_commands_are_trusted(run: Run, project: Path) -> None:
    (project / ".claudetask" / "config.toml").write_text(VERIFY, "utf-8")
    assert "verify    2 commands, not trusted (claudetask-mcp trust)" in run("doctor")[1]
    run("trust", "--yes")
    assert "verify    2 commands, trusted" in run("doctor")[1]
