"""Server, hooks and shells of one process of Claude Code are one caller, whatever ids they get."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from claudetask_core.core import Core
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.setup.board import worth_keeping
from claudetask_core.services.tasks.claims import Caller
from claudetask_mcp import client_process
from claudetask_mcp.client_process import FOLDER, KEPT_SECONDS, Client
from tests.mcp.process import Program, started

FIRST, SECOND, THIRD = "first-1", "second-2", "third-3"
MODULE = (sys.executable, "-I", "-m", "claudetask_mcp")
WRAPPED = (
    "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-I', '-m', "
    "'claudetask_mcp', *sys.argv[1:]]))"
)
"""As `uvx` does: a process of its own stands between the client and the program."""
CLIENT = """
import json, os, subprocess, sys
here = {**os.environ, "CLAUDE_CODE_SESSION_ID": sys.argv[1], "CLAUDE_PROJECT_DIR": os.getcwd()}
server = subprocess.Popen(
    [sys.executable, "-I", "-m", "claudetask_mcp"], env=here, stdin=subprocess.PIPE
)
for line in sys.stdin.buffer:
    said = json.loads(line)
    if said["method"] == "enter":
        os.chdir(said["params"]["folder"])
    else:
        server.stdin.write(line)
        server.stdin.flush()
server.stdin.close()
server.wait()
"""
"""As Claude Code enters a worktree: its process goes there, and the server is told nothing."""


@pytest.fixture(params=[False, True], ids=["proc", "no proc"])
def anywhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what Linux shows of processes, and without."""
    if request.param:
        monkeypatch.setattr(client_process, "PROCESSES", "/nowhere")


def told(source: str, session: str, event: str = "SessionStart") -> bytes:
    said = {"session_id": session, "cwd": "/x", "hook_event_name": event, "source": source}
    return json.dumps({key: value for key, value in said.items() if value}).encode()


def client(board: Path, session: str) -> Client:
    """As each process that Claude Code starts sees it; here all have the same above them."""
    return Client(str(board), session, str(os.getppid()))


def hook(board: Path, source: str, session: str, event: str = "SessionStart") -> str:
    return client(board, session).told(told(source, session, event), session)


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on another process of Claude Code starts what is started."""

    def other(_: str, __: str | None) -> str:
        return "p7-7"

    monkeypatch.setattr(client_process, "_above", other)


@pytest.mark.usefixtures("anywhere")
def test_after_clear_all_go_on_under_the_name_before(tmp_path: Path) -> None:
    server = client(tmp_path, FIRST)
    assert hook(tmp_path, "startup", FIRST) == FIRST
    assert hook(tmp_path, "clear", SECOND) == FIRST
    assert hook(tmp_path, "compact", SECOND) == FIRST
    assert hook(tmp_path, "", SECOND, "PreCompact") == FIRST
    assert client(tmp_path, SECOND).session() == server.session() == FIRST


@pytest.mark.usefixtures("anywhere")
def test_the_server_alone_says_who_a_shell_is_after_clear(tmp_path: Path) -> None:
    client(tmp_path, FIRST).note()
    assert client(tmp_path, SECOND).session() == FIRST
    client(tmp_path, SECOND).note()
    assert client(tmp_path, THIRD).session() == FIRST


@pytest.mark.usefixtures("anywhere")
def test_a_server_whose_id_nobody_else_has_goes_by_the_resumed_session(tmp_path: Path) -> None:
    server = client(tmp_path, SECOND)
    server.note()
    assert hook(tmp_path, "resume", FIRST) == FIRST
    assert server.session() == FIRST
    assert client(tmp_path, FIRST).session() == FIRST


def test_a_cleared_session_that_is_resumed_elsewhere_has_the_name_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(tmp_path, "startup", FIRST)
    hook(tmp_path, "clear", SECOND)
    elsewhere(monkeypatch)
    assert hook(tmp_path, "resume", SECOND) == FIRST
    assert hook(tmp_path, "startup", THIRD) == THIRD
    assert hook(tmp_path, "fork", SECOND) == FIRST


def test_sessions_of_other_processes_are_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(tmp_path, "startup", FIRST)
    elsewhere(monkeypatch)
    assert client(tmp_path, SECOND).session() == SECOND
    assert hook(tmp_path, "clear", SECOND) == SECOND


def test_outside_of_claude_code_nothing_is_noted(tmp_path: Path) -> None:
    outside = Client(str(tmp_path), None)
    outside.note()
    assert outside.session() == ""
    assert outside.told(b"", None) == ""
    assert outside.told(told("startup", FIRST), FIRST) == FIRST
    assert not (tmp_path / FOLDER).exists()


@pytest.mark.parametrize("name", ["../../x", "a/b", "é\u200b", "x" * 300, ".", ""])
def test_an_id_that_can_be_no_file_names_none(tmp_path: Path, name: str) -> None:
    hook(tmp_path, "startup", FIRST)
    hook(tmp_path, "clear", name)
    names = [one.name for one in (tmp_path / FOLDER).iterdir()]
    assert not [one for one in names if not one.isascii() or ".." in one]
    assert {one.parent for one in tmp_path.rglob("*") if one.is_file()} == {tmp_path / FOLDER}


@pytest.mark.parametrize("link", ["board", f"board/{FOLDER}"])
def test_a_link_that_a_repository_brought_leads_nowhere(tmp_path: Path, link: str) -> None:
    theirs = tmp_path / "theirs"
    (theirs / FOLDER).mkdir(parents=True)
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(theirs)
    old = time.time() - KEPT_SECONDS - 60
    for kept in (theirs / "diary", theirs / FOLDER / "diary"):
        kept.touch()
        os.utime(kept, (old, old))
    assert hook(tmp_path / "board", "startup", FIRST) == FIRST
    client(tmp_path / "board", FIRST).note()
    assert sorted(path.name for path in theirs.rglob("*")) == ["diary", "diary", FOLDER]


def test_a_folder_that_takes_no_note_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    assert hook(tmp_path, "startup", FIRST) == FIRST
    assert hook(tmp_path, "clear", SECOND) == SECOND


def test_notes_are_for_their_owner_alone_and_go_after_a_month(tmp_path: Path) -> None:
    hook(tmp_path, "startup", FIRST)
    (first,) = (tmp_path / FOLDER).iterdir()
    assert (first.stat().st_mode & 0o777, first.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    old = time.time() - KEPT_SECONDS - 60
    stale = tmp_path / FOLDER / "p1-1"
    stale.write_text(THIRD)
    os.utime(stale, (old, old))
    hook(tmp_path, "clear", SECOND)
    assert not stale.exists()
    assert first.read_text() == FIRST


def test_a_board_with_nothing_but_notes_may_go(core: Core) -> None:
    hook(core.places.board, "startup", FIRST)
    assert worth_keeping(core.places.board, []) == []


def environment(project: Path, session: str) -> dict[str, str]:
    given = {"CLAUDE_CODE_SESSION_ID": session, "CLAUDE_PID": str(os.getpid())}
    return {**os.environ, **given, "CLAUDE_PROJECT_DIR": str(project)}


async def at_shell(project: Path, session: str, *arguments: str, said: bytes = b"") -> str:
    """What a command prints in a shell of Claude Code's, this process, with a wrapper between."""
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", WRAPPED, *arguments],
        cwd=project,
        env=environment(project, session),
        input=said,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return ran.stdout.decode()


async def prime(project: Path, source: str, session: str) -> str:
    return await at_shell(project, session, "prime", said=told(source, session))


@asynccontextmanager
async def serving(project: Path, session: str) -> AsyncGenerator[Program]:
    given = environment(project, session)
    named = {key: given[key] for key in ("CLAUDE_CODE_SESSION_ID", "CLAUDE_PROJECT_DIR")}
    async with started(project, **named) as program:
        await program.greet()
        yield program


@pytest.mark.embedded(reason="a hook reads the file itself")
async def test_what_was_claimed_before_clear_is_still_ones_own(core: Core, project: Path) -> None:
    for title in ("Parse dates", "Other work"):
        await core.tasks.create(TaskCreate(title=title), Caller("alice"))
    async with serving(project, FIRST) as server:
        await prime(project, "startup", FIRST)
        assert f"claude-code:{FIRST} until" in await server.call("get_next_task", claim=True)
        assert (await prime(project, "clear", SECOND)).startswith("You hold:\n#1 Parse dates")
        next_one = await at_shell(project, SECOND, "task", "next", "--claim")
        assert next_one.startswith("#1 Parse dates")
        assert "you hold it already" in next_one
        assert "Nobody else changed anything" in await prime(project, "compact", SECOND)


@pytest.mark.embedded(reason="a hook reads the file itself")
async def test_a_resumed_session_goes_on_with_its_task_though_its_server_has_another_id(
    core: Core, project: Path
) -> None:
    for title in ("Parse dates", "Other work"):
        await core.tasks.create(TaskCreate(title=title), Caller("alice"))
    await at_shell(project, FIRST, "task", "next", "--claim", "--agent", f"claude-code:{FIRST}")
    async with serving(project, SECOND) as server:
        await server.call("list_tasks")
        assert (await prime(project, "resume", FIRST)).startswith("You hold:\n#1 Parse dates")
        again = await server.call("get_next_task", claim=True)
        assert again.startswith("#1 Parse dates")
        assert "you hold it already" in again
        moved = await server.call("update_task_status", task_id=1, status="Code Review")
        assert moved.startswith("#1 Parse dates is in Code Review")
    assert {entry.actor for entry in await core.tasks.history(1)} == {
        "alice",
        f"claude-code:{FIRST}",
    }


def with_worktree(project: Path, folder: Path) -> None:
    (project / "a.txt").write_text("a", "utf-8")
    for command in (
        ("init", "-q"),
        ("add", "."),
        ("commit", "-qm", "first"),
        ("worktree", "add", "-q", str(folder)),
    ):
        subprocess.run(["git", *command], cwd=project, check=True, capture_output=True, timeout=20)


@pytest.mark.skipif(not Path(client_process.PROCESSES).is_dir(), reason="shows no processes")
async def test_the_server_follows_its_client_into_a_worktree_and_out_again(
    project: Path, tmp_path: Path
) -> None:
    with_worktree(project, tmp_path / "feature")
    (tmp_path / "feature" / "okapi.py").write_text("def okapi():\n    return 1\n", "utf-8")
    async with started(project, FIRST, code=CLIENT) as program:
        await program.greet()
        for folder, found in ((tmp_path / "feature", True), (project, False)):
            program.send("enter", {"folder": str(folder)})
            assert (await program.call("project_status")).startswith(f"project {folder}\n")
            hits = await program.call("search_codebase", query="okapi", top_k=1)
            assert hits.startswith("okapi.py:1-2") is found
        program.end()
        await program.ended(30)


def test_where_processes_are_not_shown_nobody_knows_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_process, "PROCESSES", "/nowhere")
    assert client(tmp_path, FIRST).folder() is None
    assert Client(str(tmp_path), None).folder() is None
