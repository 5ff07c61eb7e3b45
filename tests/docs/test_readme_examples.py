"""The README's examples, typed as they stand there, answer what stands there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SHOWN_PROJECT = "/home/you/shop"
SHOWN_ADDRESS = "http://127.0.0.1:8765"
SAMPLE = re.search(r"```python\n(.*?)```", README, re.DOTALL)
EXAMPLES = re.findall(r"~~~console\n\$ ((?:[^\n]*\\\n)*[^\n]*)\n(.*?)~~~", README, re.DOTALL)
VARYING = (
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>"),
    (r"until \d\d:\d\d", "until <time>"),
    (r"(listening|Listening) on http://\S+", "Listening on <address>"),
    (r'"request_id": ?"[0-9a-f]+"', '"request_id":"<id>"'),
    (r"version +\S+", "version <version>"),
    (r"client .*", "client <found or not>"),
    (r"\) 0\.\d+", ") <score>"),
)


def normal(text: str, project: Path) -> str:
    text = text.replace(str(project), SHOWN_PROJECT)
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return text.strip()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert SAMPLE is not None
    folder = tmp_path_factory.mktemp("readme") / "shop"
    folder.mkdir()
    (folder / "auth.py").write_text(SAMPLE.group(1))
    subprocess.run(["git", "init", "-q", str(folder)], check=True, timeout=20)
    return folder


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    beside = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{beside}:{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def address(shop: Path, environment: dict[str, str]) -> Generator[str]:
    """A server for the examples, on a port that is free."""
    with subprocess.Popen(
        ["claudetask-mcp", "serve", "--port", "0"],
        cwd=shop,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        found = re.search(r"http://\S+", server.stderr.readline())
        assert found is not None
        yield found.group(0)
        server.terminate()
        server.wait(timeout=10)


def test_there_are_seven_examples_and_what_they_need() -> None:
    assert len(EXAMPLES) == 7
    assert shutil.which("curl")


def test_every_example_answers_what_the_readme_shows(
    shop: Path, environment: dict[str, str], request: pytest.FixtureRequest
) -> None:
    for written, shown in EXAMPLES:
        command = written.replace("\\\n", " ")
        if SHOWN_ADDRESS in command:  # the server is started where the README says so
            command = command.replace(SHOWN_ADDRESS, request.getfixturevalue("address"))
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=shop,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert normal(done.stdout, shop) == normal(shown, shop), command
