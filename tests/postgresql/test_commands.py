"""`claudetask-mcp` as a person uses it, with a board in a server."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_core.services.repository import machine
from claudetask_core.services.repository.machine import on_machine, on_this, this_machine
from tests.mcp.support import typing

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    tmp_path: Path,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Runs a command in a project whose board stands in a server."""
    monkeypatch.setenv("CLAUDETASK_DATABASE_URL", database_url)
    (tmp_path / "project").mkdir()
    return typing(tmp_path / "project", capsys, monkeypatch)


def test_what_is_replaced_is_kept_as_an_export(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "board.jsonl"
    run("task", "add", "first")
    assert run("board", "export", str(file))[0] == 0
    run("task", "add", "second")
    code, _, err = run("board", "import", str(file))
    assert (code, "not empty" in err) == (1, True)
    code, out, _ = run("board", "import", "--replace", str(file))
    assert code == 0
    kept = Path(out.splitlines()[0].removeprefix("What the board was: ").removesuffix("."))
    assert kept.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    titles = [line.get("row", {}).get("title") for line in lines]
    assert {"first", "second"} <= set(titles)
    assert "second" not in run("task", "list")[1]


@pytest.mark.parametrize("action", ["backup", "check", "restore"])
def test_what_is_for_files_names_the_servers_own_tools(run: Run, action: str) -> None:
    code, _, err = run("board", action)
    assert code == 1
    assert "pg_dump" in err
    assert "board export" in err


def test_a_hook_is_answered_from_the_server(run: Run) -> None:
    run("task", "add", "first")
    code, out, _ = run("prime")
    assert code == 0
    assert "Next: #1 first" in out


def test_doctor_names_the_database_and_no_password(run: Run, database_url: str) -> None:
    _, out, err = run("doctor")
    assert "database  127.0.0.1/" in out
    assert database_url.split(":")[2].split("@", maxsplit=1)[0] not in out + err


def test_a_path_is_only_its_own_machines() -> None:
    kept = on_machine("here/1", "/a:b")
    assert on_this("here/1", kept) == "/a:b"
    assert on_this("there/1", kept) is None
    assert on_this("there/1", "/a:b") is None
    assert (on_machine("", "/a"), on_this("", "/a"), on_this("", None)) == ("/a", "/a", None)


def test_a_machine_without_a_number_is_named_by_its_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_number = this_machine()
    monkeypatch.setattr(machine, "MACHINE_ID", tmp_path / "nothing")
    name, _, digits = this_machine().rpartition("/")
    assert with_number.startswith(f"{name}/")
    assert len(digits) == machine.DIGITS
