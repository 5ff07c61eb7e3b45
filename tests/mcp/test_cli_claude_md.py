"""`claudetask-mcp claude-md`, as people use it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mcp.support import typing

Run = Callable[..., tuple[int, str]]


def nothing(*_: object) -> None:
    """Does nothing."""


@pytest.fixture
def run(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    typed = typing(project, capsys, monkeypatch)

    def called(*arguments: str) -> tuple[int, str]:
        code, out, err = typed("claude-md", *arguments)
        return code, out + err

    return called


def test_all_four_files_are_shown(run: Run, project: Path) -> None:
    (project / "CLAUDE.md").write_text("# A\n### B\n")
    code, out = run("show")
    assert code == 0
    assert "Sections:\n- A\n- A > B\nHints:\n- line 2: 'B' skips a level of headings.\n" in out
    assert f"local: {project}/CLAUDE.local.md (does not exist)" in out


def test_an_agents_md_that_is_read_instead_is_shown(run: Run, project: Path) -> None:
    (project / "AGENTS.md").write_text("Be kind.\n")
    shown = "- AGENTS.md · 9 bytes · at the start (by newer versions of Claude Code)\n"
    assert shown in run("show")[1]
    (project / "src").mkdir()
    (project / "src" / "AGENTS.md").write_text("Be kind.\n")
    assert "- src/AGENTS.md · 9 bytes · with the first file that is read" in run("show")[1]
    (project / "CLAUDE.md").write_text("# A\n")
    out = run("show")[1]
    assert shown not in out
    assert "- src/AGENTS.md · 9 bytes · not read beside the project's CLAUDE.md; a CLAUDE.md" in out


def test_the_block_is_added_once_and_removed_without_a_trace(run: Run, project: Path) -> None:
    file = project / "CLAUDE.md"
    file.write_text("# A\n")
    code, out = run("block", "--dry-run")
    assert (code, file.read_text()) == (0, "# A\n")
    assert "+## Task board" in out
    for _ in range(10):
        code, out = run("block")
    assert "reads like that already; nothing was written." in out
    assert file.read_text().count("## Task board") == 1
    run("block", "--remove")
    assert file.read_text() == "# A\n"
    code, out = run("restore")
    assert (code, file.read_text().count("## Task board")) == (0, 1)


def test_a_place_and_a_version_can_be_named(run: Run, project: Path) -> None:
    run("block", "--place", "local")
    assert (project / "CLAUDE.local.md").exists()
    run("block", "--place", "local", "--remove")
    assert not (project / "CLAUDE.local.md").exists()
    code, out = run("restore", "20200101T000000.000000Z-1", "--place", "local")
    assert code == 1
    assert "No kept copy of CLAUDE.local.md" in out
