"""Listing in parts: each task once, whatever others write meanwhile."""

import re

import pytest

from claudetask_core.core import Core
from claudetask_core.schemas.task import Priority, TaskCreate, TaskFilter
from claudetask_core.services.tasks.claims import Caller
from claudetask_mcp import cursor
from claudetask_mcp.cursor import CursorInvalid
from tests.mcp.conftest import Connect
from tests.mcp.support import answer, refusal

NUMBER = re.compile(r"^#(\d+) ", re.MULTILINE)
NEXT = re.compile(r"^next cursor: (\S+)$", re.MULTILINE)


async def fill(core: Core, caller: Caller, count: int) -> None:
    for number in range(count):
        priority = Priority.HIGH if number % 2 else Priority.LOW
        await core.tasks.create(TaskCreate(title=f"Task {number}", priority=priority), caller)


async def test_each_task_is_listed_once_while_others_write(
    connect: Connect, core: Core, alice: Caller
) -> None:
    await fill(core, alice, 12)
    seen: list[str] = []
    more: str | None = None
    said = ""
    async with connect() as client:
        for turn in range(10):
            said = await answer(client, "list_tasks", limit=5, cursor=more)
            seen += NUMBER.findall(said)
            found = NEXT.search(said)
            if not found:
                break
            more = found[1]
            if turn == 0:
                await core.tasks.delete(2, alice)
                await core.tasks.create(TaskCreate(title="Late"), alice)
    assert seen == [str(number) for number in range(1, 14)]
    assert said.splitlines()[-1] == "3 of 12 tasks."


async def test_filters_choose_and_the_total_counts_what_matches(
    connect: Connect, core: Core, alice: Caller
) -> None:
    await fill(core, alice, 6)
    async with connect() as client:
        high = await answer(client, "list_tasks", priority="High", query="task", limit=2)
        bugs = await answer(client, "list_tasks", type="Bug")
        done = await answer(client, "list_tasks", status="Done")
        apart = await answer(client, "list_tasks", query="3 task")
    assert high.startswith(
        "#2 Backlog High: Task 1\n#4 Backlog High: Task 3\n2 of 3 tasks.\nnext c"
    )
    assert bugs == done == "No task matches."
    told = "query is looked for in one piece; find_similar_tasks goes by its words."
    assert apart == f"No task matches. {told}"


async def test_a_claimed_task_is_marked(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work", type="Bug")
        await answer(client, "update_task_status", task_id=1, status="In Progress")
        assert await answer(client, "list_tasks") == "#1 In Progress* Medium Bug: Work\n1 task."


async def test_a_cursor_of_other_filters_or_of_nobody_is_refused(
    connect: Connect, core: Core, alice: Caller
) -> None:
    await fill(core, alice, 3)
    async with connect() as client:
        said = await answer(client, "list_tasks", limit=1)
        found = NEXT.search(said)
        assert found
        other = await refusal(client, "list_tasks", {"cursor": found[1], "priority": "Low"})
        wrong = await refusal(client, "list_tasks", {"cursor": "12"})
    assert other.startswith("That cursor belongs to a listing with other filters.")
    assert wrong.startswith("That is no cursor of list_tasks.")


@pytest.mark.parametrize("text", ["", "x", "é", "=" * 20, "A" * 19, "_" * 19, "A" * 5000])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid) as caught:
        cursor.read(text, TaskFilter())
    assert caught.value.code == "cursor_invalid"


def test_a_cursor_brings_back_its_number() -> None:
    wanted = TaskFilter(q="x")
    for number in (0, 1, 2**63 - 1):
        assert cursor.read(cursor.make(number, wanted), wanted) == number
