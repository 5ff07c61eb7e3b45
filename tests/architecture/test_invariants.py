"""The invariants that ARCHITECTURE.md tells as absences, held by looking at the code."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "claudetask_mcp", ROOT / "core/claudetask_core", ROOT / "api/claudetask_api"]
FILES = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
BROAD = {"Exception", "BaseException"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def listed(heading: str) -> set[str]:
    """The file names in backticks of the invariant with this heading."""
    invariants = (line for line in ARCHITECTURE.splitlines() if line.startswith("- "))
    line = next(line for line in invariants if heading in line)
    return set(re.findall(r"`([^`]+\.py)`", line))


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def uses(path: Path, wanted: set[str]) -> Iterator[tuple[int, str]]:
    """Where a file uses one of these names, but for lines under an `# allow:` comment."""
    text = path.read_text("utf-8")
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and dotted(node) in wanted:
            near = lines[max(0, node.lineno - 3) : node.lineno]
            if not any(re.search(r"# allow: \w+ — \w", line) for line in near):
                yield node.lineno, dotted(node)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_below_an_entry_point_reads_the_environment_or_the_current_folder(
    path: Path,
) -> None:
    if name_of(path) in listed("reads the environment"):
        return
    wanted = {"os.environ", "os.getenv", "Path.cwd", "os.getcwd", "os.chdir", "Path.home"}
    assert list(uses(path, wanted)) == []


def passes_on(handler: ast.ExceptHandler) -> bool:
    """Whether the handler only tidies up and raises again what it caught."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_the_named_files_commit(path: Path) -> None:
    calls = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
    ]
    assert not calls or name_of(path) in listed("commits")


def test_broad_handlers_stand_only_in_the_named_files() -> None:
    found: set[str] = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler) and not passes_on(node):
                names = {dotted(n) for n in ast.walk(node.type)} if node.type else BROAD
                if names & BROAD:
                    found.add(name_of(path))
    assert found <= listed("catches everything")


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_blocks_the_event_loop_by_a_subprocess_or_a_sleep(path: Path) -> None:
    wanted = {
        "subprocess.run",
        "subprocess.call",
        "subprocess.check_output",
        "subprocess.check_call",
        "os.system",
        "time.sleep",
    }
    assert list(uses(path, wanted)) == []


def test_every_dependency_has_an_upper_bound() -> None:
    """A server crashed at construction once the next major version of its SDK came."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    unbounded = [d for d in project["dependencies"] if "<" not in d]
    assert unbounded == []


def test_the_architecture_fits_a_reading() -> None:
    assert len(ARCHITECTURE.splitlines()) <= 150


def test_no_file_is_two_things_in_one() -> None:
    long = {
        name_of(path): count
        for path in FILES
        if (count := len(path.read_text("utf-8").splitlines())) > 400
        and "migrations/versions" not in name_of(path)
    }
    assert long == {}


def test_git_is_only_ever_asked() -> None:
    """Elsewhere "Done" merged, pushed and removed a worktree with uncommitted work."""
    asked: set[str] = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and dotted(node.func) == "git":
                words = [a.value for a in node.args if isinstance(a, ast.Constant)]
                asked.add(str(words[0]))
    assert asked
    assert asked <= {
        "check-ignore",
        "for-each-ref",
        "grep",
        "log",
        "ls-files",
        "merge-base",
        "rev-list",
        "rev-parse",
        "status",
    }


def test_only_the_setup_names_the_clients_settings() -> None:
    """Elsewhere a setup wiped the deny rules in settings.json; ours can only add and take back."""
    naming = {name_of(path) for path in FILES if "settings.json" in path.read_text("utf-8")}
    assert naming == listed("names the client's settings")
