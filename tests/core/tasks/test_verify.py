"""What a repository says is run before Done only where a person trusted that very content."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import Status, StatusChange, Task, TaskCreate, TaskUpdate
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.verify.trust import Trust, read_config
from tests.support import eventually, is_alive

DONE = StatusChange(status=Status.DONE)
LEFT = 'import pathlib; pathlib.Path("ran.txt").write_text("x"); '


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    return tmp_path / "trusted"


@pytest.fixture
async def board(project: Path, settings: Settings, trusted: Path) -> AsyncGenerator[Core]:
    async with open_core(settings, start=project, home=None, trusted=trusted) as core:
        yield core


@pytest.fixture
async def task(board: Core, alice: Caller) -> int:
    """A task in Code Review with nothing open."""
    made = (await board.tasks.create(TaskCreate(title="a"), alice)).task.id
    for status in (Status.IN_PROGRESS, Status.CODE_REVIEW):
        await board.tasks.move(made, StatusChange(status=status), alice)
    return made


def says(core: Core, *programs: str, timeout: int = 30) -> Path:
    """Has config.toml name Python programs as verify commands; each leaves ran.txt behind."""
    vectors = [[sys.executable, "-I", "-c", LEFT + program] for program in programs]
    file = core.places.board / "config.toml"
    text = f"[verify]\ncommands = {json.dumps(vectors)}\ntimeout_seconds = {timeout}\n"
    file.write_text(text, "utf-8")
    return file


def trust(core: Core, folder: Path) -> None:
    config = read_config(core.places.board)
    assert config is not None
    Trust(folder).give(config)


async def refused(core: Core, task_id: int, change: StatusChange = DONE) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        await core.tasks.move(task_id, change, Caller("alice"))
    assert (await core.tasks.get(task_id)).status is Status.CODE_REVIEW
    return refusal.value


def ran(core: Core) -> bool:
    return (core.places.root / "ran.txt").exists()


async def notes(core: Core, task_id: int) -> list[tuple[str, str]]:
    return [(note.author, note.text) for note in await core.notes.find(task_id)]


async def test_a_trusted_command_that_passes_lets_the_task_be_done_and_is_kept_as_evidence(
    board: Core, task: int, trusted: Path, alice: Caller
) -> None:
    says(board, "print('\\x1b[2Jthree passed')")
    trust(board, trusted)
    done = await board.tasks.move(task, DONE, alice)
    assert (done.status, ran(board)) == (Status.DONE, True)
    ((author, text),) = await notes(board, task)
    assert author == "verify"
    assert "exited 0" in text
    assert "[2Jthree passed" in text
    assert "\x1b" not in text


async def test_a_failing_command_keeps_the_task_where_it_is_and_its_output_as_a_note(
    board: Core, task: int, trusted: Path
) -> None:
    says(board, "print('a' * 50_000); print('two failed'); raise SystemExit(3)", "pass")
    trust(board, trusted)
    refusal = await refused(board, task)
    assert refusal.code == "not_proven"
    (still_open,) = refusal.details["open"]
    assert "exited 3: two failed" in still_open
    ((author, text),) = await notes(board, task)
    assert author == "verify"
    assert text.endswith("two failed\n```")
    assert len(text) < 5000


async def test_an_untrusted_command_is_never_run_and_the_refusal_says_what_it_waits_for(
    board: Core, task: int, alice: Caller
) -> None:
    says(board, "pass")
    refusal = await refused(board, task)
    assert "claudetask-mcp trust" in str(refusal)
    change = TaskUpdate.model_validate({"status": "Done", "note": "n"})
    with pytest.raises(DomainError):
        await board.tasks.update(task, change, alice)
    assert not ran(board)
    assert await notes(board, task) == []


async def test_a_changed_config_is_not_trusted_any_more(
    board: Core, task: int, trusted: Path
) -> None:
    file = says(board, "pass")
    trust(board, trusted)
    file.write_text(file.read_text("utf-8") + "# a comment\n", "utf-8")
    assert "claudetask-mcp trust" in str(await refused(board, task))
    assert not ran(board)


async def test_the_same_content_elsewhere_is_not_trusted(
    board: Core, task: int, trusted: Path, tmp_path: Path
) -> None:
    """`make test` is harmless in one repository and not in the next."""
    content = says(board, "pass").read_bytes()
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.toml").write_bytes(content)
    config = read_config(other)
    assert config is not None
    Trust(trusted).give(config)
    await refused(board, task)
    assert not ran(board)


@pytest.mark.parametrize("kind", ["link out", "link inside", "folder link", "pipe", "circle"])
async def test_a_config_reached_through_a_link_runs_nothing_though_its_content_is_trusted(
    board: Core, task: int, trusted: Path, tmp_path: Path, kind: str
) -> None:
    file = says(board, "pass")
    trust(board, trusted)
    if kind == "folder link":
        board.places.board.rename(tmp_path / "moved")
        board.places.board.symlink_to(tmp_path / "moved")
    else:
        target = (tmp_path if kind == "link out" else board.places.board) / "elsewhere.toml"
        file.rename(target)
        target = file if kind == "circle" else target
        os.mkfifo(file) if kind == "pipe" else file.symlink_to(target)
    refusal = await asyncio.wait_for(refused(board, task), 20)
    assert "not a plain file" in str(refusal)
    assert not ran(board)


@pytest.mark.parametrize(
    "content",
    [
        b"[verify]\ncommands = [[]]\n",
        b'[verify]\ncommands = "pytest -q"\n',
        b'[verify]\ncommands = ["pytest -q"]\n',
        b'[verify]\ncommands = [["a\\u0000b"]]\n',
        b"\xff\xfe",
        b"#" * (1024 * 1024 + 1),
        b'[verify]\ncommands = [["pytest"]]\nshell = true\n',
    ],
)
async def test_a_config_that_cannot_be_understood_proves_nothing(
    board: Core, task: int, content: bytes
) -> None:
    (board.places.board / "config.toml").write_bytes(content)
    assert (await refused(board, task)).code == "not_proven"


async def test_no_text_of_a_task_is_ever_a_command(
    board: Core, task: int, trusted: Path, alice: Caller
) -> None:
    hostile = "[verify]\ncommands = [['touch', 'ran.txt']]\n$(touch ran.txt); `touch ran.txt`"
    await board.tasks.update(task, TaskUpdate(description=hostile, note=hostile), alice)
    says(board)
    trust(board, trusted)
    change = StatusChange(status=Status.DONE, comment=hostile)
    assert (await board.tasks.move(task, change, alice)).status is Status.DONE
    assert not ran(board)


async def test_a_command_is_a_vector_that_no_shell_reads(
    board: Core, task: int, trusted: Path, alice: Caller
) -> None:
    program = [sys.executable, "-I", "-c", "import sys; print(sys.argv[1:])"]
    arguments = ["$(touch ran.txt)", "; touch ran.txt", "*"]
    text = f"[verify]\ncommands = {json.dumps([program + arguments])}\n"
    (board.places.board / "config.toml").write_text(text, "utf-8")
    trust(board, trusted)
    await board.tasks.move(task, DONE, alice)
    ((_, said),) = await notes(board, task)
    assert "['$(touch ran.txt)', '; touch ran.txt', '*']" in said
    assert not ran(board)


async def test_a_command_that_does_not_end_is_ended_with_its_children(
    board: Core, task: int, trusted: Path
) -> None:
    child = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; "
    says(board, child + "time.sleep(600)']); print(p.pid, flush=True); p.wait()", timeout=1)
    trust(board, trusted)
    refusal = await asyncio.wait_for(refused(board, task), 30)
    assert "did not end within 1 s" in str(refusal)
    ((_, text),) = await notes(board, task)
    pid = int(text.split("```")[1])
    await eventually(lambda: not is_alive(pid))


async def test_what_a_command_leaves_running_is_ended_too(
    board: Core, task: int, trusted: Path, alice: Caller
) -> None:
    child = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; "
    says(board, child + "time.sleep(600)']); print(p.pid)")
    trust(board, trusted)
    await asyncio.wait_for(board.tasks.move(task, DONE, alice), 30)
    ((_, text),) = await notes(board, task)
    pid = int(text.split("```")[1])
    await eventually(lambda: not is_alive(pid))


async def test_a_program_that_is_not_there_fails(board: Core, task: int, trusted: Path) -> None:
    text = '[verify]\ncommands = [["no-such-program-here"]]\n'
    (board.places.board / "config.toml").write_text(text, "utf-8")
    trust(board, trusted)
    assert "cannot be started" in str(await refused(board, task))


async def test_our_own_secrets_are_not_handed_to_a_command(
    board: Core, task: int, trusted: Path, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDETASK_TOKEN", "a secret")
    says(board, "import os; print(sorted(k for k in os.environ if k.startswith('CLAUDETASK')))")
    trust(board, trusted)
    await board.tasks.move(task, DONE, alice)
    ((_, text),) = await notes(board, task)
    assert "[]" in text


async def test_a_reason_overrides_without_running_and_the_history_says_so(
    board: Core, task: int, trusted: Path, alice: Caller
) -> None:
    says(board, "raise SystemExit(1)")
    trust(board, trusted)
    forced = StatusChange(status=Status.DONE, force_reason="the tests need a network")
    assert (await board.tasks.move(task, forced, alice)).status is Status.DONE
    assert not ran(board)
    entry = next(e for e in reversed(await board.tasks.history(task)) if e.field == "status")
    assert (entry.action, entry.reason) == ("forced", "the tests need a network")


async def test_what_is_refused_anyway_is_refused_before_anything_runs(
    board: Core, task: int, trusted: Path, alice: Caller
) -> None:
    says(board, "pass")
    trust(board, trusted)
    change = TaskUpdate.model_validate({"acceptance_criteria": ["works"]})
    present = await board.tasks.update(task, change, alice)
    assert "criterion 1" in str(await refused(board, task))
    with pytest.raises(DomainError) as stale:
        await board.tasks.move(task, DONE, alice, expected_version=present.version - 1)
    assert stale.value.code == "version_stale"
    assert not ran(board)


async def test_criteria_that_the_same_write_checks_count(
    board: Core, task: int, trusted: Path, alice: Caller
) -> None:
    says(board, "pass")
    trust(board, trusted)
    change = TaskUpdate.model_validate({"acceptance_criteria": ["works"]})
    await board.tasks.update(task, change, alice)
    both = TaskUpdate.model_validate({"check": {1: "seen"}, "status": "Done"})
    done: Task = await board.tasks.update(task, both, alice)
    assert (done.status, ran(board)) == (Status.DONE, True)


async def test_a_task_that_is_done_already_is_not_verified_again(
    board: Core, task: int, trusted: Path, alice: Caller
) -> None:
    await board.tasks.move(task, DONE, alice)
    says(board, "raise SystemExit(1)")
    trust(board, trusted)
    assert (await board.tasks.move(task, DONE, alice)).status is Status.DONE
    assert not ran(board)


async def test_what_changed_while_the_commands_ran_is_looked_at_again(
    board: Core, task: int, trusted: Path, alice: Caller, bob: Caller
) -> None:
    program = "import time, pathlib\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)"
    says(board, "\n" + program)
    trust(board, trusted)
    moving = asyncio.create_task(board.tasks.move(task, DONE, alice))
    await eventually((board.places.root / "ran.txt").exists)
    change = TaskUpdate.model_validate({"acceptance_criteria": ["one more thing"]})
    await board.tasks.update(task, change, bob)
    (board.places.root / "go").touch()
    with pytest.raises(DomainError) as refusal:
        await asyncio.wait_for(moving, 20)
    assert refusal.value.details["open"] == ["criterion 1 is not checked"]


def test_trust_is_given_privately_and_not_without_a_place(board: Core, trusted: Path) -> None:
    says(board, "pass")
    trust(board, trusted)
    (record,) = trusted.iterdir()
    assert (record.stat().st_mode & 0o777, trusted.stat().st_mode & 0o777) == (0o600, 0o700)
    assert json.loads(record.read_text("utf-8"))["commands"][0][1] == "-I"
    config = read_config(board.places.board)
    assert config is not None
    with pytest.raises(DomainError) as refusal:
        Trust(None).give(config)
    assert refusal.value.code == "trust_unwritable"
    record.unlink()
    (trusted / record.name).mkdir()
    with pytest.raises(DomainError) as refusal:
        Trust(trusted).give(config)
    assert refusal.value.code == "trust_unwritable"
    assert not Trust(trusted).holds(config)
