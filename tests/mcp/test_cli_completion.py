"""`claudetask-mcp completion`, in the shells themselves where they are installed."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_mcp import cli

pytestmark = pytest.mark.boardless

QUESTION = {
    "bash": (
        "source {script}; COMP_WORDS=(claudetask-mcp in); COMP_CWORD=1; "
        "_shtab_claudetask_mcp; echo ${{COMPREPLY[@]}}"
    ),
    "fish": "source {script}; complete -C 'claudetask-mcp in'",
}


@pytest.fixture
def script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Path]:
    def made(shell: str) -> Path:
        assert cli.main(["completion", shell]) == 0
        file = tmp_path / f"completion.{shell}"
        file.write_text(capsys.readouterr().out, "utf-8")
        return file

    return made


@pytest.mark.parametrize("shell", cli.SHELLS)
def test_every_command_is_completed(script: Callable[[str], Path], shell: str) -> None:
    text = script(shell).read_text("utf-8")
    for command in ("init", "uninstall", "serve", "search", "doctor", "claude-md"):
        assert command in text
    if shutil.which(shell):
        subprocess.run([shell, "-n", str(script(shell))], check=True, timeout=20)


@pytest.mark.parametrize("shell", sorted(QUESTION))
def test_the_shell_itself_offers_what_begins_so(script: Callable[[str], Path], shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run(
        [shell, "-c", QUESTION[shell].format(script=script(shell))],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert {"init", "index"} <= set(done.stdout.replace("\t", " ").split())
