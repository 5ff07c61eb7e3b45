"""The wheel, started where a user's own folders have the names of ours and of our dependencies."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel itself, and sees the dependencies beside it."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=False)
    site = next(environment.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment / "bin" / "python"


@pytest.fixture
def hostile_folder(tmp_path: Path) -> Path:
    """A project whose packages would break us if they were ever imported."""
    for name in ("core", "api", "mcp", "tests", "claudetask_core", "pydantic"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong package')\n")
    (tmp_path / "click.py").write_text("raise SystemExit('the wrong module')\n")
    return tmp_path


def run(python: Path, folder: Path, *arguments: str, sent: str = "") -> str:
    done = subprocess.run(
        [str(python), *arguments],
        cwd=folder,
        input=sent,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_three_packages_and_nothing_that_could_shadow(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "claudetask_mcp",
        "claudetask_core",
        "claudetask_api",
    }
    assert "claudetask_core/db/migrations/versions/0001_the_first_board.py" in names
    for package in ("claudetask_mcp", "claudetask_core", "claudetask_api"):
        assert f"{package}/py.typed" in names
    search = "claudetask_core/search/"
    table = {f"{search}vectors/table.bin", f"{search}vectors/table.sources.json"}
    assert table <= set(names)
    queries = {path.name for path in (ROOT / "core" / search / "chunks/queries").iterdir()}
    assert queries
    assert {f"{search}chunks/queries/{name}" for name in queries} <= set(names)


@pytest.mark.parametrize("start", [("-I", "-m"), ("-m",)])
def test_it_starts_in_a_folder_with_its_own_core_api_and_mcp(
    installed: Path, hostile_folder: Path, start: tuple[str, ...]
) -> None:
    assert run(installed, hostile_folder, *start, "claudetask_mcp", "--version").startswith(
        "claudetask-mcp "
    )


def test_it_serves_its_tools_and_makes_a_task_there(installed: Path, hostile_folder: Path) -> None:
    params = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    messages: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": params},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list", "params": {}},
        {
            "id": 3,
            "method": "tools/call",
            "params": {"name": "create_task", "arguments": {"title": "from the wheel"}},
        },
    ]
    answers = _talk(installed, hostile_folder, messages)
    assert len(answers[2]["result"]["tools"]) >= 17
    assert "#1" in answers[3]["result"]["content"][0]["text"]
    assert (hostile_folder / ".claudetask" / "claudetask.db").exists()


def _talk(python: Path, folder: Path, messages: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Sends the messages, keeps the line open until the last is answered, then ends it."""
    with subprocess.Popen(
        [str(python), "-I", "-m", "claudetask_mcp"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        answers: dict[int, dict[str, Any]] = {}
        for message in messages:
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            server.stdin.flush()
            while message.get("id") is not None and message["id"] not in answers:
                answer = json.loads(server.stdout.readline())
                if "id" in answer:
                    answers[answer["id"]] = answer
        server.stdin.close()
        assert server.wait(timeout=10) == 0
    return answers
