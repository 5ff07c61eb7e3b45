"""A project within a larger repository: Claude Code reads the folders above it too."""

import json
from pathlib import Path

import pytest

from claudetask_core.errors import DomainError
from claudetask_core.home import Home
from claudetask_core.schemas.agent import AgentCreate, AgentUpdate, Scope
from claudetask_core.services.agents.folders import above
from claudetask_core.services.agents.store import AgentStore
from claudetask_core.services.agents.surroundings import servers_of
from claudetask_core.services.disk.kept import KeptCopies
from tests.support import in_git


def put(folder: Path, name: str, said: str = "d", more: str = "") -> Path:
    path = folder / ".claude" / "agents" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\nname: {name}\ndescription: {said}\n{more}---\nx\n")
    return path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """`repo/packages/one`, where `repo` is the repository."""
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    folder = tmp_path / "repo" / "packages" / "one"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def store(package: Path, home: Path) -> AgentStore:
    return AgentStore(package, Home(home), KeptCopies(package / ".claudetask" / "kept"))


def test_agents_of_folders_above_are_listed_up_to_the_repository_and_the_nearest_counts(
    package: Path, home: Path, store: AgentStore, tmp_path: Path
) -> None:
    middle, repository = package.parent, package.parents[1]
    put(package, "mine")
    put(middle, "middle")
    put(repository, "top")
    put(tmp_path, "beyond")
    put(package / "sub", "below")
    put(home, "user")
    for folder in (middle, repository, home):
        put(folder, "same", f"from {folder.name}")
    found = {agent.name: (agent.scope, agent.description) for agent in store.find()}
    assert found == {
        "mine": (Scope.PROJECT, "d"),
        "middle": (Scope.PARENT, "d"),
        "top": (Scope.PARENT, "d"),
        "same": (Scope.PARENT, "from packages"),
        "user": (Scope.USER, "d"),
    }
    assert all(agent.loaded for agent in store.find())


def test_an_agent_of_a_folder_above_is_only_read_and_can_be_replaced_here(
    package: Path, store: AgentStore
) -> None:
    path = put(package.parent, "shared")
    before = path.read_bytes()
    for attempt in (
        lambda: store.update("shared", AgentUpdate(model="opus"), None),
        lambda: store.delete("shared", None),
        lambda: store.fix("shared", None, dry_run=False),
    ):
        with pytest.raises(DomainError) as caught:
            attempt()
        assert caught.value.code == "parent_scope_read_only"
        assert str(package.parent) in caught.value.message
    made = store.create(AgentCreate(name="shared", description="mine", prompt="p"))
    assert (made.scope, made.loaded) == (Scope.PROJECT, True)
    assert [problem.rule for problem in made.problems] == ["shadowed_scope"]
    assert str(path) in made.problems[0].message
    assert [agent.description for agent in store.find()] == ["mine"]
    assert path.read_bytes() == before


def test_skills_and_servers_of_folders_above_are_known(
    package: Path, store: AgentStore, tmp_path: Path
) -> None:
    skill = package.parents[1] / ".claude" / "skills" / "sail" / "SKILL.md"
    skill.parent.mkdir(parents=True)
    skill.write_text("---\nname: sail\ndescription: d\n---\n")
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"far": {"command": "x"}}}')
    put(package, "mine", more="tools: Read, mcp__far__go\nskills: sail\n")
    assert [agent.problems for agent in store.find()] == [[]]


@pytest.mark.parametrize("where", ["packages/web", "linked"])
def test_a_server_that_is_kept_for_the_repository_is_known_in_all_of_it(
    tmp_path: Path, where: str
) -> None:
    """Claude Code keeps what is for a project under the main worktree's top folder."""
    main, home = tmp_path / "main", tmp_path / "home"
    (main / "packages" / "web").mkdir(parents=True)
    home.mkdir()
    in_git(
        main,
        "init -q -b main",
        "commit -q --allow-empty -m first",
        "worktree add -q -b linked linked",
    )
    known = {str(main): {"mcpServers": {"far": {"command": "x"}}}}
    (home / ".claude.json").write_text(json.dumps({"projects": known}))
    assert servers_of(main / where, Home(home)) == {"far"}
    assert servers_of(tmp_path, Home(home)) == frozenset()


def test_a_repository_has_nothing_above_it_and_a_home_is_no_folder_above(
    tmp_path: Path, package: Path
) -> None:
    assert above(package.parents[1], None) == []
    assert above(package, None) == [package.parent, package.parents[1]]
    loose = tmp_path / "home" / "loose"
    loose.mkdir(parents=True)
    found = above(loose, Home(tmp_path / "home"))
    assert tmp_path in found
    assert tmp_path / "home" not in found
