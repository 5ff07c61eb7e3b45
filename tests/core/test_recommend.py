from pathlib import Path
from typing import Final

import pytest

from claudetask_core.core import Core
from claudetask_core.errors import Unavailable
from claudetask_core.schemas.task import Status, StatusChange, Task, TaskCreate
from claudetask_core.services.agents.templates import TEMPLATES, template
from claudetask_core.services.tasks.claims import Caller

BUILT: Final = "Builds dates from claim to review, with tests, and plans each step."
AGENTS = {
    "tester": "Use this agent to write and mend unit tests and to raise coverage.",
    "migrator": "Use this agent for database migrations and changes of the schema.",
    "writer": "Use this agent to write documentation and guides.",
}


@pytest.fixture(autouse=True)
def agents(core: Core) -> Path:
    folder = core.places.root / ".claude" / "agents"
    folder.mkdir(parents=True)
    for name, description in AGENTS.items():
        (folder / f"{name}.md").write_text(f"---\nname: {name}\ndescription: {description}\n---\nx")
    return folder


async def made(core: Core, caller: Caller, title: str) -> Task:
    return (await core.tasks.create(TaskCreate(title=title), caller)).task


@pytest.mark.parametrize(
    ("title", "name", "reason"),
    [
        ("Cover the parser with unit tests", "tester", "tests"),
        ("Add a column to the orders table by a migration", "migrator", "migration"),
        ("Explain the callbacks in the guide", "writer", "guide"),
    ],
)
async def test_the_agent_whose_description_fits_is_named_with_the_words_that_say_so(
    core: Core, alice: Caller, title: str, name: str, reason: str
) -> None:
    fit = await core.recommend.agent_for(await made(core, alice, title))
    assert fit is not None
    assert fit.name == name
    assert reason in fit.reason


@pytest.mark.parametrize(
    ("title", "fit"),
    [
        ("Keep the session alive", None),
        ("Update the date picker", None),
        ("Mend a problem with the file list", None),
        ("Show the version in the footer", None),
        ("Look for a faster parser", None),
        ("Mend the version number in the changelog", "releaser"),
        ("Speed up queries", "queries"),
        ("Add a badge to the README", "scribe"),
        ("Number the pages", "page-numbers"),
    ],
)
async def test_one_word_that_any_task_may_say_makes_no_agent_fit(
    core: Core, alice: Caller, agents: Path, title: str, fit: str | None
) -> None:
    said = {
        "scribe": "Writes documentation and keeps the README up to date.",
        "releaser": "Prepares releases: changelog, version numbers and tags.",
        "queries": "Designs database schemas, migrations and queries in PostgreSQL.",
        "checker": "Looks for security problems in changes.",
        "page-numbers": "Counts sheets of paper.",
    }
    for file in agents.iterdir():
        file.unlink()
    for name, description in said.items():
        (agents / f"{name}.md").write_text(f"---\nname: {name}\ndescription: {description}\n---\nx")
    found = await core.recommend.agent_for(await made(core, alice, title))
    assert (found.name if found else None) == fit


async def test_where_nothing_fits_none_is_named(core: Core, alice: Caller) -> None:
    assert await core.recommend.agent_for(await made(core, alice, "Paint the shed blue")) is None


async def test_an_agent_that_cannot_work_is_not_named(
    core: Core, alice: Caller, agents: Path
) -> None:
    for file in agents.iterdir():
        file.write_text("---\nname: tester\n---\nWrite unit tests.")
    assert await core.recommend.agent_for(await made(core, alice, "Write unit tests")) is None


async def test_agents_that_cannot_be_read_are_no_reason_to_fail(
    core: Core, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreadable() -> list[object]:
        raise Unavailable("no")

    monkeypatch.setattr(core.agents, "find", unreadable)
    assert await core.recommend.agent_for(await made(core, alice, "Write unit tests")) is None


@pytest.mark.parametrize(
    ("names", "status", "fit"),
    [
        (("builder", "reviewer", "tester"), "Code Review", "reviewer"),
        (("builder", "reviewer", "tester"), "Testing", "tester"),
        (("builder", "planner"), "Analysis", "planner"),
        (("builder", "reviewer"), "Ready", "builder"),
        (("builder", "reviewer"), "Testing", "builder"),
        (("builder",), "Code Review", None),
        (("builder", "eyes"), "Code Review", "eyes"),
        (("builder", "second"), "Code Review", "second"),
        (("builder", "broken-reviewer"), "Code Review", None),
    ],
)
async def test_the_column_says_whose_turn_it_is(
    core: Core, alice: Caller, agents: Path, names: tuple[str, ...], status: str, fit: str | None
) -> None:
    for file in agents.iterdir():
        file.unlink()
    said = {
        "builder": BUILT,
        "eyes": "Use it for what stands in Code Review.",
        "second": "Reviews what others did.",
        "broken-reviewer": "",
    }
    for name in names:
        description = said.get(name, "Knows its work.")
        (agents / f"{name}.md").write_text(f"---\nname: {name}\ndescription: {description}\n---\nx")
    task = await made(core, alice, "Build dates with tests")
    if status != "Backlog":
        change = StatusChange(status=Status(status), force_reason="x")
        task = await core.tasks.move(task.id, change, alice)
    found = await core.recommend.agent_for(task)
    assert (found.name if found else None) == fit
    if fit not in {None, "builder"}:
        assert found is not None
        assert found.reason == f"the task is in {status}"


async def test_of_the_agents_that_came_with_the_program_each_column_has_its_own(
    core: Core, alice: Caller, agents: Path
) -> None:
    for file in agents.iterdir():
        file.unlink()
    for name in TEMPLATES:
        (agents / f"{name}.md").write_bytes(template(name))
    task = await made(core, alice, "Build the parser of dates in small steps")
    for status, fit in (
        ("Analysis", "planner"),
        ("In Progress", "builder"),
        ("Testing", "tester"),
        ("Code Review", "reviewer"),
    ):
        change = StatusChange(status=Status(status), force_reason="x")
        found = await core.recommend.agent_for(await core.tasks.move(task.id, change, alice))
        assert found is not None
        assert found.name == fit
