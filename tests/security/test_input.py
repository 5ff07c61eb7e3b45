"""What is too large, too deep, endless or made to hang is refused, and the server goes on."""

import ast
import importlib
import os
import pkgutil
import re
import resource
import signal
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import claudetask_api
import claudetask_core
import claudetask_mcp
from claudetask_core.config import CONFIG_FILE, load_settings
from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.search.tree.listing import glob
from claudetask_core.services.analysis.answer import AnalysisAnswer
from claudetask_core.services.analysis.board import checked
from tests.faces.conftest import mcp_client, rest_client
from tests.mcp.process import started
from tests.support import in_own_task

DEEP = 100_000
JSON = {"Content-Type": "application/json"}
GIGABYTES = 10 * 1024**3
ENOUGH = 5.0


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b'{"title":' + b"[" * DEEP + b"]" * DEEP + b"}",
        b'{"title":"a","parent_id":' + b"9" * 10_000 + b"}",
        b'{"title":"a","parent_id":1e400}',
        b'{"title":"a","parent_id":NaN}',
        b"{" + b",".join(b'"k%d":1' % number for number in range(60_000)) + b"}",
    ],
    ids=["open", "lists", "objects", "in a field", "digits", "exponent", "nan", "wide"],
)
async def test_a_body_made_to_exhaust_is_refused_shortly(core: Core, body: bytes) -> None:
    async with rest_client(core) as client:
        answer = await client.post("/api/tasks", content=body, headers=JSON)
        assert answer.status_code in {400, 422}
        assert len(answer.content) < 32_000
        assert (await client.get("/api/tasks")).json() == []


@pytest.mark.parametrize("depth", [100, 180, DEEP])
async def test_arguments_made_to_exhaust_are_refused_shortly(core: Core, depth: int) -> None:
    async with in_own_task(mcp_client(core)) as client:
        nested: Any = "x"
        for _ in range(min(depth, 180)):
            nested = [nested]
        answer = await client.call_tool("create_task", {"title": nested})
        assert answer.is_error
        assert not (await client.call_tool("list_tasks", {})).is_error


@pytest.mark.slow
async def test_a_line_made_to_exhaust_does_not_end_the_server(project: Path) -> None:
    async with started(project) as program:
        await program.greet()
        assert program.process.stdin is not None
        for line in (b"[" * DEEP, b'{"a":' * DEEP, b"\xff\xfe\x00", b'{"jsonrpc":"2.0","id":[[]]}'):
            program.process.stdin.write(line + b"\n")
        assert await program.call("list_tasks") == "No task matches."


@pytest.fixture
def memory() -> Iterator[None]:
    """At most a gigabyte more than now: whoever reads ten of them fails."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = pages * resource.getpagesize() + 1024**3
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def endless(file: Path) -> Path:
    """A file of ten gigabytes that takes no room."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as made:
        made.truncate(GIGABYTES)
    return file


async def test_files_of_ten_gigabytes_are_left_alone(
    core: Core, project: Path, memory: None
) -> None:
    (project / "money.py").write_text("def refund(order):\n    return order\n", "utf-8")
    for name in ("huge.py", "CLAUDE.md", ".claude/agents/huge.md", "sub/.gitignore", "notes.ipynb"):
        endless(project / name)
    began = time.monotonic()
    async with in_own_task(mcp_client(core)) as client:
        found = await client.call_tool("search_codebase", {"query": "refund order"})
        agents = await client.call_tool("list_agents", {"problems": True})
        claude_md = await client.call_tool("read_claude_md", {})
        status = await client.call_tool("project_status", {})
    assert "money.py:1" in str(found.content)
    assert "huge.md" in str(agents.content)
    assert claude_md.is_error
    assert not status.is_error
    assert time.monotonic() - began < 60


def test_an_answer_about_an_endless_file_is_checked_in_bounds(project: Path, memory: None) -> None:
    endless(project / "huge.py")
    (project / "short.py").write_text("one\ntwo\n", "utf-8")
    answer = AnalysisAnswer.model_validate(
        {
            "summary": "s",
            "approach": ["a"],
            "files": [
                {"path": "huge.py", "line": 7, "why": "w"},
                {"path": "short.py", "line": 2, "why": "w"},
                {"path": "short.py", "line": 3, "why": "w"},
            ],
            "risks": [],
            "acceptance_criteria": [],
            "suggested_agent": None,
            "size": "S",
        }
    )
    assert [file.line for file in checked(project, answer).answer.files] == [None, 2, None]


@pytest.mark.parametrize("what", ["endless", "pipe", "folder"])
def test_a_configuration_that_never_ends_is_refused_at_once(
    project: Path, memory: None, what: str
) -> None:
    board = project / ".claudetask"
    file = board / CONFIG_FILE
    {"endless": endless, "pipe": os.mkfifo, "folder": Path.mkdir}[what](file)
    with pytest.raises(DomainError) as refusal:
        load_settings(board=board)
    assert refusal.value.code == "configuration_invalid"


async def test_a_pipe_among_the_files_holds_nobody_up(core: Core, project: Path) -> None:
    (project / ".claude" / "agents").mkdir(parents=True)
    for name in (".gitignore", "pipe.py", "CLAUDE.md", ".claude/agents/pipe.md"):
        os.mkfifo(project / name)
    (project / "money.py").write_text("def refund(order):\n    return order\n", "utf-8")
    async with in_own_task(mcp_client(core)) as client:
        found = await client.call_tool("search_codebase", {"query": "refund order"})
        assert "money.py:1" in str(found.content)
        assert (await client.call_tool("read_claude_md", {})).is_error
        assert not (await client.call_tool("list_agents", {})).is_error


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
DEEP_YAML = "deep: " + "[" * 20_000 + "]" * 20_000 + "\n"


@pytest.mark.parametrize("said", [BOMB, DEEP_YAML, "x: " + "&a " * 50_000, "? " * 50_000])
async def test_frontmatter_made_to_explode_is_a_problem_and_no_more(
    core: Core, project: Path, memory: None, said: str
) -> None:
    agents = project / ".claude" / "agents"
    agents.mkdir(parents=True)
    (agents / "bomb.md").write_text(f"---\nname: bomb\ndescription: d\n{said}---\np\n", "utf-8")
    began = time.monotonic()
    async with in_own_task(mcp_client(core)) as client:
        for tool, arguments in (
            ("list_agents", {"problems": True}),
            ("get_agent", {"name": "bomb"}),
            ("save_agent", {"name": "bomb", "action": "fix?"}),
            ("save_agent", {"name": "bomb", "description": "other"}),
        ):
            answer = await client.call_tool(tool, arguments)
            assert "internal error" not in str(answer.content), tool
    assert time.monotonic() - began < 60


def modules() -> Iterator[ModuleType]:
    for package in (claudetask_core, claudetask_api, claudetask_mcp):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__") and ".migrations." not in found.name:
                yield importlib.import_module(found.name)


def patterns() -> dict[str, re.Pattern[Any]]:
    """Every compiled pattern of the program, and those its schemas hold as texts."""
    found: dict[str, re.Pattern[Any]] = {}
    for module in modules():
        for name, value in vars(module).items():
            values = value if isinstance(value, tuple | list) else [value]  # pyright: ignore[reportUnknownVariableType] — anything at all
            for number, one in enumerate(values):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] — as above
                if isinstance(one, re.Pattern):
                    found[f"{module.__name__}.{name}[{number}]"] = one  # pyright: ignore[reportUnknownMemberType] — as above
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "pattern":
                with_text = node.value
                if isinstance(with_text, ast.Constant) and isinstance(with_text.value, str):
                    found[f"{module.__name__}:{node.lineno}"] = re.compile(with_text.value)
    return found


UNITS = [*" \n\t-0aA_`*[(<\"'#\\=:,é", "a ", "a.", "a/", "aA", "# ", "@a", "a=", "a: ", "- "]


@contextmanager
def at_most(seconds: float) -> Generator[None]:
    """Breaks off what takes longer, which only a signal can do to a pattern."""

    def late(_number: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def is_slow(pattern: re.Pattern[Any], unit: str) -> bool:
    text = unit * (4_000 // len(unit)) + "\x01"
    asked = text.encode() if isinstance(pattern.pattern, bytes) else text
    try:
        with at_most(ENOUGH):
            pattern.match(asked)
            pattern.fullmatch(asked)
            for _ in zip(range(50), pattern.finditer(asked), strict=False):
                pass
    except TimeoutError:
        return True
    return False


@pytest.mark.slow
@pytest.mark.boardless
def test_no_pattern_takes_long_over_any_text() -> None:
    """A pattern that looks again and again would take days over a name of 100,000 letters."""
    found = patterns()
    assert len(found) >= 80
    assert is_slow(re.compile(r"(?:.*?(\w+)::)?(operator\b.*)"), "0")
    slow = [
        f"{name} over {unit!r}"
        for name, pattern in found.items()
        for unit in UNITS
        if is_slow(pattern, unit)
    ]
    assert slow == []


@pytest.mark.parametrize("path", ["*a" * 240 + "b", "**/" * 160 + "b", "a*" * 4, "[" * 400 + "*"])
async def test_a_glob_made_to_hang_is_refused_or_answered(
    core: Core, project: Path, path: str
) -> None:
    """Two hundred stars and a name of two hundred letters kept a core busy for ever."""
    (project / ("a" * 200 + ".py")).write_text("refund = 1\n", "utf-8")
    (project / ".gitignore").write_text(f"{path}\n", "utf-8")
    with at_most(60):
        async with in_own_task(mcp_client(core)) as client:
            await client.call_tool("search_codebase", {"query": "refund", "path": path})


@pytest.mark.parametrize("pattern", ["*a*a*a", "**/a/**/a/**/*a*a*", "*a*/*a*a*/*a*a*/**"])
def test_a_glob_that_is_taken_is_matched_in_good_time(pattern: str) -> None:
    spec = glob([pattern])
    with at_most(ENOUGH):
        for path in ("a" * 255, "a/" * 400, ("a" * 255 + "/") * 15):
            spec.match_file(path)
