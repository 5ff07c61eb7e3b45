"""The command line, as people, hooks and scripts use it."""

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_core import __version__
from claudetask_core.schemas.search import IndexState
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.services.code.search import SearchService
from claudetask_core.stopping import Stop
from claudetask_mcp import cli, hook
from claudetask_mcp.commands import index, progress
from claudetask_mcp.entry import caller_of, read_entry
from tests.mcp.support import Run
from tests.support import SOON


def nothing(*_: object) -> None:
    """Does nothing, finds nothing."""


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version") == (0, f"claudetask-mcp {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("search",),
        ("search", "q", "--top-k", "101"),
        ("search", "q", "--top-k", "many"),
        ("serve", "--port", "x"),
        ("--no-such-option",),
    ],
)
def test_a_wrong_use_ends_with_2_and_says_why_on_stderr(
    run: Run, arguments: tuple[str, ...]
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "usage: claudetask-mcp" in err
    assert " _" not in err


def test_what_a_schema_refuses_is_told_in_words_of_the_shell(run: Run) -> None:
    code, _, err = run("task", "list", "--limit", "0")
    assert code == 1
    assert err == (
        "claudetask-mcp: task list: limit: Input should be greater than or equal to 1 (got 0). "
        "Correct it and try again.\n"
    )


@pytest.mark.parametrize("command", [(), ("doctor",), ("serve",)])
def test_a_wrong_setting_stops_the_start_with_a_sentence_that_names_it(
    run: Run, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDETASK_LEASE_SECONDS", "soon")
    code, out, err = run(*command)
    assert (code, out) == (2, "")
    assert err.startswith("claudetask-mcp: Setting CLAUDETASK_LEASE_SECONDS is wrong: ")
    assert err.count("\n") == 1


def test_a_project_that_is_no_folder_is_a_wrong_setting(run: Run, project: Path) -> None:
    (project / "file").write_text("", "utf-8")
    for wrong in (project / "none", project / "file"):
        code, _, err = run("--project", str(wrong), "doctor")
        assert code == 2
        assert f"--project) is wrong: {wrong} is no folder." in err


def test_the_project_may_be_named_before_and_after_the_command(
    run: Run, make_project: Callable[[str], Path]
) -> None:
    other = make_project("other")
    for arguments in (("--project", str(other), "doctor"), ("doctor", "--project", str(other))):
        _, out, _ = run(*arguments)
        assert f"project   {other}\n" in out


def test_the_folder_that_claude_code_names_is_the_project(
    run: Run, make_project: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_project("other")
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", str(other))
    assert f"project   {other}\n" in run("doctor")[1]


def test_a_folder_that_was_deleted_is_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    code, _, err = run("doctor")
    assert code == 1
    assert "The current folder does not exist any more." in err


def test_a_user_without_a_home_is_served_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    assert read_entry({}).home is None


def test_code_is_searched_as_text_and_as_json(run: Run, project: Path) -> None:
    (project / "money.py").write_text("def round_half_up(x):\n    return x\n", "utf-8")
    code, out, _ = run("search", "round half up", "--top-k", "1")
    assert code == 0
    assert out.startswith("money.py:1-2 round_half_up (function)")
    code, out, _ = run("search", "round half up", "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["complete"] == 1
    assert answer["results"][0]["path"] == "money.py"


def test_a_search_takes_the_filters_of_the_tool(run: Run, project: Path) -> None:
    (project / "money.py").write_text("def round_half_up(x):\n    return x\n", "utf-8")
    (project / "tests").mkdir()
    (project / "tests" / "test_money.py").write_text("def test_round(): ...\n", "utf-8")
    filters = ("--path", "**/*.py", "--language", "python", "--kind", "tests", "--min-score", "0")
    code, out, _ = run("search", "round", *filters, "--detail", "paths")
    assert code == 0
    assert out.startswith("tests/test_money.py:1-1 test_round (function) ")
    assert out.count("\n") == 1
    code, out, err = run("search", "round", "--kind", "pictures")
    assert (code, out) == (1, "")
    assert err.endswith("Use code, docs, config or tests.\n")
    code, _, err = run("search", "round", "--min-score", "7")
    assert code == 1
    assert "min_score" in err


def test_what_files_hold_does_not_drive_the_terminal(run: Run, project: Path) -> None:
    (project / "evil.py").write_text("token = '\x1b]0;owned\x07 \x9b2J \u202e'\n", "utf-8")
    for more in ((), ("--json",)):
        _, out, _ = run("search", "token", *more)
        assert "owned" in out
        assert all(character.isprintable() or character == "\n" for character in out)


def test_a_long_wait_for_the_index_shows_that_it_gets_on(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(index: CodeIndex, stop: Stop) -> bool:
        while not shown.wait(0.01) and not stop():
            pass
        return real(index, stop)

    async def state(service: SearchService) -> IndexState:
        result = await asked(service)
        if "looked through" in result.message:
            shown.set()
        return result

    real, asked, shown = CodeIndex.refresh, SearchService.state, threading.Event()
    (project / "a.py").write_text("x = 1\n", "utf-8")
    monkeypatch.setattr(progress, "SECONDS", 0.01)
    monkeypatch.setattr(CodeIndex, "refresh", step)
    monkeypatch.setattr(SearchService, "state", state)
    code, out, err = run("index", "--wait")
    assert code == 0
    assert out.startswith("index ready, 100 % complete")
    assert "indexing: The tree is being looked through.\n" in err


def test_a_question_that_is_too_long_is_refused_in_words(run: Run) -> None:
    code, out, err = run("search", "q" * 2001)
    assert (code, out) == (1, "")
    assert err.startswith("claudetask-mcp: search: query: ")


def test_the_index_is_complete_after_waiting(run: Run, project: Path) -> None:
    (project / "a.py").write_text("x = 1\n", "utf-8")
    code, out, _ = run("index", "--wait")
    assert code == 0
    assert out.startswith("index ready, 100 % complete, 1 file, ")


def test_an_index_that_takes_long_is_not_waited_for_unasked(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "a.py").write_text("x = 1\n", "utf-8")
    monkeypatch.setattr(index, "LOOK_SECONDS", 0.0)
    code, out, _ = run("index")
    assert code in {0, 1}
    assert out.startswith("index ")


def test_prime_says_where_the_session_of_the_hook_stopped(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, other = os.pipe()
    os.write(other, json.dumps({"session_id": "abc", "source": "compact"}).encode())
    os.close(other)
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        code, out, err = run("prime")
    assert (code, err) == (0, "")
    assert out.startswith("You hold no task.")


@pytest.mark.embedded(reason="a board in a server is one")
def test_prime_prints_nothing_where_there_is_no_board(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert run("prime") == (0, "", "")
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("said", [b"", b"no json", b"[1]", b"\xff\xfe"])
def test_prime_does_without_what_is_no_hook(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, said)
    os.close(writing)
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert hook.session_of(hook.hook_bytes()) is None


def test_prime_does_not_wait_for_a_pipe_that_nobody_writes_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hook, "HOOK_SECONDS", 0.01)
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin, os.fdopen(writing, "w"):
        monkeypatch.setattr(sys, "stdin", stdin)
        assert hook.session_of(hook.hook_bytes()) is None


def test_prime_takes_a_hook_that_comes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()

    def write() -> None:
        for part in (b'{"session', b'_id": "x"}'):
            os.write(writing, part)
        os.close(writing)

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert hook.session_of(hook.hook_bytes()) == "x"
    thread.join()


def test_the_callers_name_is_the_session_or_a_new_one() -> None:
    assert caller_of("abc") == "claude-code:abc"
    assert caller_of("a\nb" + "c" * 200) == "claude-code:ab" + "c" * 78
    assert caller_of(None) != caller_of(None)
    assert len(caller_of("")) == len("claude-code:") + 8


def test_an_interrupted_command_ends_quietly(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupted)
    assert run("doctor") == (130, "", "")


class Screen(io.BytesIO):
    """Where a person reads, or a file or pipe."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(
    ("terminal", "shown"), [(True, b"Created #1 \\xfcber \\U0001f389"), (False, "über 🎉".encode())]
)
def test_no_letter_of_a_title_is_too_much_for_where_it_is_shown(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch, *, terminal: bool, shown: bytes
) -> None:
    screen = Screen(terminal=terminal)
    assert run("task", "list")[0] == 0
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(screen, encoding="ascii"))
    assert cli.main(["task", "add", "über 🎉", "--project", str(project)]) == 0
    assert shown in screen.getvalue()


def test_a_name_that_is_none_is_refused_in_a_whole_sentence(run: Run) -> None:
    run("task", "add", "x")
    code, _, told = run("task", "note", "1", "text", "--agent", "a\nb")
    assert code == 1
    assert "task note: must be one line without control characters" in told


def test_commands_load_nothing_of_what_only_a_server_needs() -> None:
    loads = (
        "import sys\n"
        "from claudetask_mcp.commands import agents, audit, board, index, search, task, token\n"
        "print({'mcp', 'starlette', 'uvicorn', 'fastapi'} & set(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", loads], check=True, capture_output=True, text=True, timeout=SOON
    )
    assert told.stdout == "set()\n"
