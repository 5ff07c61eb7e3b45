"""A board of 10,000 tasks with texts of 5 kB: answers stay small, and listings whole."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult

from bench.many_tasks import fill
from claudetask_core.board_sql import next_free
from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, Core, open_core
from claudetask_core.home import Home
from claudetask_core.resume_text import resumed
from claudetask_core.schemas.task import Status, StatusChange, TaskCreate, TaskUpdate
from claudetask_core.services.tasks.claims import Caller
from tests.mcp.support import answer, server_of, text_of

pytestmark = [pytest.mark.slow, pytest.mark.embedded(reason="it is filled as a file")]

TASKS = 10_000
EVERYTHING = 32_000
ACKNOWLEDGEMENT = 400
NOW = "2026-01-05 10:00:00.000000"
LATEST = "2026-01-13 10:00:00.000000"
STEPS = 1000


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, migrated_board: Path) -> Path:
    """The board's file, filled once."""
    file = tmp_path_factory.mktemp("many") / DATABASE
    shutil.copy(migrated_board, file)
    fill(file, TASKS)
    return file


@pytest.fixture
async def core(
    project: Path, many: Path, settings: Settings, own_home: Path
) -> AsyncGenerator[Core]:
    shutil.copy(many, project / ".claudetask" / DATABASE)
    async with open_core(settings, start=project, home=Home(own_home)) as opened:
        yield opened


@pytest.fixture
async def client(core: Core) -> Client:
    """Not entered here: a client has to be left by the task that entered it."""
    return Client(server_of(core))


CALLS: list[tuple[str, dict[str, Any], int]] = [
    ("list_tasks", {}, 3200),
    ("list_tasks", {"status": "Code Review", "query": "word1"}, 3200),
    ("list_tasks", {"limit": 200}, EVERYTHING),
    ("list_tasks", {"query": "no task says this"}, ACKNOWLEDGEMENT),
    ("get_task", {"task_id": 5000}, 6000),
    ("get_task", {"task_id": 5000, "pack": 8000}, EVERYTHING),
    ("get_next_task", {}, 1600),
    ("get_next_task", {"claim": True, "agent": "a" * 100}, 1600),
    ("find_similar_tasks", {"query": "word1 word2 word3", "top_k": 50}, 8000),
    ("create_task", {"title": "word1 word2 " * 15}, ACKNOWLEDGEMENT),
    ("update_task", {"task_id": 1, "note": "n" * 9000, "check": {"1": "e"}}, ACKNOWLEDGEMENT),
    ("update_task_status", {"task_id": 1, "status": "Ready"}, ACKNOWLEDGEMENT),
    ("update_task_status", {"task_id": 2, "status": "Done"}, ACKNOWLEDGEMENT),
    ("delete_task", {"task_id": 10}, ACKNOWLEDGEMENT),
    ("project_status", {}, 6000),
    ("get_task", {"task_id": TASKS * 2}, ACKNOWLEDGEMENT),
]


async def test_every_answer_keeps_its_budget(client: Client) -> None:
    too_long: list[str] = []
    async with client:
        for tool, arguments, budget in CALLS:
            said = await client.call_tool(tool, arguments)
            assert isinstance(said, CallToolResult)
            if not 0 < len(text_of(said)) <= budget:
                too_long.append(f"{tool} {arguments}: {len(text_of(said))} of {budget}")
    assert too_long == []


async def test_why_a_task_is_next_takes_400_characters_and_names_three(client: Client) -> None:
    async with client:
        for number in range(3):
            await answer(client, "get_next_task", claim=True, agent=f"{number}{'x' * 90}")
        said = await answer(client, "get_next_task")
    (why,) = re.findall(r"^Why: (.*)$", said, re.MULTILINE)
    assert len(why) <= 401
    assert why.count("is held by") == 3


async def test_a_cursor_brings_each_task_once_while_others_write(
    client: Client, core: Core, bob: Caller
) -> None:
    deleted = set(range(50, TASKS, 400))

    async def others() -> None:
        for number in deleted:
            await core.tasks.delete(number, bob)
            await core.tasks.update(number + 1, TaskUpdate(title="renamed"), bob)
            moving = StatusChange(status=Status.READY, force_reason="x")
            await core.tasks.move(number + 2, moving, bob)
            await core.tasks.create(TaskCreate(title=f"late {number}"), bob)

    async with client:
        writing = asyncio.create_task(others())
        listed = await _walk(client)
        await writing
    assert len(listed) == len(set(listed))
    assert set(range(1, TASKS + 1)) - deleted <= set(listed)


async def _walk(client: Client) -> list[int]:
    listed: list[int] = []
    more: dict[str, str] = {}
    for _ in range(TASKS):
        said = await answer(client, "list_tasks", limit=200, **more)
        listed += [int(n) for n in re.findall(r"^#(\d+) ", said, re.MULTILINE)]
        found = re.search(r"^next cursor: (\S+)$", said, re.MULTILINE)
        if not found:
            break
        more = {"cursor": found[1]}
    return listed


def test_a_hook_reads_no_more_of_a_large_board_than_of_a_small_one(many: Path) -> None:
    """`prime` has to answer in about the time that Python takes to start."""
    with closing(sqlite3.connect(many)) as board:
        steps: list[int] = []
        board.set_progress_handler(lambda: steps.append(STEPS), STEPS)

        def ask(sql: str, values: dict[str, Any]) -> list[Any]:
            return board.execute(sql, {**values, "latest": LATEST}).fetchall()

        said, _, _ = resumed(ask, "claude-code:me", "/somewhere", NOW)
        assert next_free(ask, NOW, "x")[0] is not None
    assert len(said) <= 2400
    assert sum(steps) < 4 * TASKS


async def test_the_resume_text_of_a_large_board_is_short(core: Core, alice: Caller) -> None:
    for _ in range(6):
        found = await core.queue.next(alice, claim=True)
        assert found.task is not None
        change = TaskUpdate(note="n" * 9000)
        await core.tasks.update(found.task.id, change, alice)
        change = StatusChange(status=Status.TESTING)
        await core.tasks.move(found.task.id, change, alice)
    assert 1000 < len(await core.resume.text(alice)) <= 2400
