"""`trust` lets the verify commands of a project run."""

import io
import sys
from pathlib import Path

import pytest

from tests.mcp.support import Run

pytestmark = pytest.mark.boardless

VERIFY = '[verify]\ncommands = [["pytest", "-q"], ["touch", "a\\u001b[2Jb"]]\n'


def test_trust_shows_the_commands_and_is_given_to_that_content(run: Run, project: Path) -> None:
    file = project / ".claudetask" / "config.toml"
    file.write_text(VERIFY, "utf-8")
    code, out, _ = run("trust", "--yes")
    assert code == 0
    assert '["pytest", "-q"]' in out
    assert "\x1b" not in out
    assert out.endswith("Trusted until the file changes.\n")
    assert run("trust") == (0, out.replace("Trusted until the file changes", ALREADY), "")
    file.write_text(VERIFY + "# changed\n", "utf-8")
    assert "Trusted until" in run("trust", "--yes")[1]


ALREADY = "This very content is trusted already"


def test_trust_is_not_given_by_anything_but_a_yes(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    (project / ".claudetask" / "config.toml").write_text(VERIFY, "utf-8")
    code, _, err = run("trust")
    assert code == 1
    assert "Nothing was trusted" in err
    monkeypatch.setattr(sys, "stdin", Terminal("\n"))
    assert run("trust")[0] == 1
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    code, out, _ = run("trust")
    assert code == 0
    assert "[y/N]" in out


def test_there_is_nothing_to_trust_without_commands(run: Run, project: Path) -> None:
    assert run("trust", "--yes")[:2] == (
        0,
        f"Nothing to trust: {project}/.claudetask/config.toml names no verify commands.\n",
    )
