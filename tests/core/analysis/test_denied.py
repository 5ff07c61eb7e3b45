"""What Claude Code may not read: what the index leaves out."""

import subprocess
from pathlib import Path

import pytest

from claudetask_core.search.text.credentials import HINTS
from claudetask_core.services.analysis.claude_code import denied as claude_code_denied
from claudetask_core.services.analysis.claude_code.denied import denied
from tests.core.search.test_credentials import tokens

TOKENS = [token for some in tokens().values() for token in some]


@pytest.fixture(params=["git", "folder"])
def root(request: pytest.FixtureRequest, project: Path) -> Path:
    if request.param == "git":
        subprocess.run(["git", "init", "-q", project], check=True)
        (project / ".gitignore").write_text("built/\nnotes.txt\n")
        (project / "built").mkdir()
        (project / "built" / "x.py").write_text("x\n")
        (project / "notes.txt").write_text("x\n")
    (project / "src").mkdir()
    (project / "src" / "plain.py").write_text("task = 'sk-ip the disk-space check'\n")
    return project


async def test_what_people_excluded_git_ignores_or_holds_a_credential_is_denied(
    root: Path,
) -> None:
    (root / "src" / "config.py").write_text(f"KEY = '{TOKENS[-1]}'\n")
    (root / "out.py").symlink_to("src/config.py")
    said = await denied(root, ["secret/"], 1_000_000)
    ignored = ["./built/**", "./notes.txt"] if (root / ".git").exists() else []
    assert said == ["secret/", *ignored, "./src/config.py"]


async def test_a_tree_without_secrets_denies_nothing_more(root: Path) -> None:
    assert "./src/plain.py" not in await denied(root, [], 1_000_000)


async def test_a_file_too_large_for_the_index_is_not_looked_at(root: Path) -> None:
    (root / "src" / "config.py").write_text(f"KEY = '{TOKENS[-1]}'\n" + "x = 1\n" * 1000)
    assert "./src/config.py" not in await denied(root, [], 1000)


@pytest.mark.parametrize("token", TOKENS, ids=range(len(TOKENS)))
async def test_a_credential_of_each_form_is_found(root: Path, token: str) -> None:
    assert any(hint in token for hint in HINTS)
    (root / "config.py").write_text(f"# settings\nKEY = {token}\n")
    assert (await denied(root, [], 1_000_000))[-1] == "./config.py"


async def test_bounds_of_number_and_time_are_told_in_the_log(
    project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        (project / f"{number}.py").write_text(f"KEY = '{TOKENS[-1]}'\n")
    monkeypatch.setattr(claude_code_denied, "MOST", 2)
    assert await denied(project, [], 1_000_000) == ["./0.py", "./1.py"]
    assert "only 2 of 3 files" in caplog.text
    monkeypatch.setattr(claude_code_denied, "SECONDS", -1.0)
    assert await denied(project, [], 1_000_000) == []
    assert "in time" in caplog.text
