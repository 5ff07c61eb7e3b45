"""Claude Code's own folder was moved: what is the user's comes from there alone."""

import json
from pathlib import Path

import pytest

from claudetask_core.errors import DomainError
from claudetask_core.home import Home
from claudetask_core.schemas.claude_md import LoadedWhen, Place
from claudetask_core.services.agents.agents import AgentService
from claudetask_core.services.agents.surroundings import servers_of, skills_of
from claudetask_core.services.announce import Announce
from claudetask_core.services.claude_md.claude_md import ClaudeMdService
from claudetask_core.services.claude_md.hints import denied_by
from claudetask_core.services.disk.files import RootSource
from claudetask_core.services.disk.kept import KeptCopies

AGENT = "---\nname: {0}\ndescription: d\n---\nx\n"


@pytest.fixture(params=["in the home", "outside"])
def moved(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> Path:
    """The folder that Claude Code was moved to."""
    return (home if request.param == "in the home" else tmp_path) / "conf"


@pytest.fixture
def user(home: Path, moved: Path) -> Home:
    """A user with all kinds of files, in the folder and where it would be otherwise."""
    for folder, name in ((moved, "new"), (home / ".claude", "old")):
        _write(folder / "agents" / f"{name}.md", AGENT.format(name))
        _write(folder / "skills" / f"skill-{name}" / "SKILL.md", "x")
        _write(folder / "commands" / f"command-{name}.md", "x")
        _write(folder / "CLAUDE.md", f"# {name}\n@more.md\n")
        _write(folder / "more.md", "More.\n")
        _write(folder / "rules" / f"{name}.md", "---\npaths: src/**\n---\nBe kind.\n")
        denied = {"permissions": {"deny": [f"Bash({name})"]}}
        _write(folder / "settings.json", json.dumps(denied))
    for path, name in ((moved / ".claude.json", "new"), (home / ".claude.json", "old")):
        _write(path, json.dumps({"mcpServers": {name: {}}}))
    return Home(home, moved)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


async def test_the_users_agents_are_those_of_the_moved_folder(
    user: Home, where: RootSource, kept: KeptCopies, announce: Announce
) -> None:
    service = AgentService(root=where, home=user, kept=kept, announce=announce)
    (one,) = await service.find()
    assert (one.id, one.scope.value, one.loaded) == ("new", "user", True)
    assert one.path == str(user.client / "agents" / "new.md")


def test_so_are_the_names_that_agents_may_use_and_what_settings_deny(
    user: Home, root: Path
) -> None:
    assert servers_of(root, user) == {"new"}
    skills = skills_of(root, user)
    assert skills is not None
    assert {"skill-new", "command-new"} <= skills
    assert not {"skill-old", "command-old"} & skills
    assert denied_by(root, user) == ["Bash(new)"]


async def test_the_users_claude_md_and_rules_are_read_there(
    user: Home, where: RootSource, kept: KeptCopies, announce: Announce, moved: Path
) -> None:
    service = ClaudeMdService(root=where, home=user, kept=kept, announce=announce)
    overview = await service.overview(Place.USER)
    assert (overview.path, overview.outline) == (str(moved / "CLAUDE.md"), ["new"])
    assert [one.state.value for one in overview.imports] == ["loaded"]
    assert overview.hints == []
    (rule,) = (await service.others()).files
    assert rule.path == user.shown(moved / "rules" / "new.md")
    assert (rule.when, rule.folder, rule.paths) == (LoadedWhen.PATHS, "", ["src/**"])
    assert (await service.other(rule.path)).content.endswith("Be kind.\n")


@pytest.mark.parametrize("path", ["~/.claude/rules/old.md", "/etc/passwd.md", "~/secret.md"])
async def test_no_other_file_of_the_home_is_read(
    user: Home, where: RootSource, kept: KeptCopies, announce: Announce, home: Path, path: str
) -> None:
    _write(home / "secret.md", "SECRET")
    service = ClaudeMdService(root=where, home=user, kept=kept, announce=announce)
    with pytest.raises(DomainError) as refused:
        await service.other(path)
    assert refused.value.code == "not_loaded"
    assert user.shown(user.client / "rules") in refused.value.next_step


async def test_a_folder_of_the_users_that_is_a_link_out_of_the_home_is_the_users_too(
    home: Path, where: RootSource, kept: KeptCopies, announce: Announce, tmp_path: Path
) -> None:
    _write(tmp_path / "data" / "agents" / "far.md", AGENT.format("far"))
    _write(tmp_path / "data" / "CLAUDE.md", "Far.\n")
    (home / ".claude").symlink_to(tmp_path / "data")
    agents = AgentService(root=where, home=Home(home), kept=kept, announce=announce)
    assert [(one.id, one.problems) for one in await agents.find()] == [("far", [])]
    text = ClaudeMdService(root=where, home=Home(home), kept=kept, announce=announce)
    assert (await text.read(Place.USER)).content == "Far.\n"
