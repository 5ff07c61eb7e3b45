"""What clients send that is nearly right, and what they ask that is not there."""

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from claudetask_core.config import Settings
from claudetask_core.core import Core
from claudetask_mcp.logs import TALKATIVE, configure_logging
from tests.mcp.conftest import Connect
from tests.mcp.support import answer, refusal, server_of


async def test_true_is_no_number(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="a")
        for tool, arguments in (
            ("get_task", {"task_id": True}),
            ("list_tasks", {"limit": True}),
            ("search_codebase", {"query": "a", "top_k": False}),
            ("create_task", {"title": "b", "depends_on": [True]}),
        ):
            assert "number" in await refusal(client, tool, arguments)


async def test_a_number_sign_is_taken_wherever_a_task_is_named(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="a")
        await answer(client, "create_task", title="b", depends_on=["#1"])
        assert "#1" in await answer(client, "get_task", task_id="#2")
        await answer(client, "create_task", title="c", parent_id="#1", acceptance_criteria=["x"])
        assert "parent #1" in await answer(client, "get_task", task_id=" # 3 ")
        assert "check" in await answer(client, "update_task", task_id=3, check={"#1": "seen"})
        await answer(client, "update_task", task_id=3, parent_id="0")


@pytest.mark.parametrize("written", ["T-1", "task 1", "1_0", "", "1.5", "##1", "\uff11"])
async def test_what_is_no_number_is_answered_with_how_one_is_written(
    connect: Connect, written: str
) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="a")
        for tool, arguments in (
            ("get_task", {"task_id": written}),
            ("update_task", {"task_id": 1, "parent_id": written}),
            ("update_task", {"task_id": 1, "check": {written: "seen"}}),
        ):
            assert "a number such as 12" in await refusal(client, tool, arguments)


async def test_a_refused_query_is_named_as_the_tool_names_it(connect: Connect) -> None:
    async with connect() as client:
        for query in ("x" * 501, "nul\x00"):
            text = await refusal(client, "list_tasks", {"query": query})
            assert "query" in text
            assert " q:" not in text


async def test_a_prompt_that_cannot_be_filled_says_what_there_is(connect: Connect) -> None:
    async with connect() as client:
        for name, arguments, said in (
            ("nope", {}, "work_on_task"),
            ("work_on_task", {}, "task_id"),
            ("work_on_task", {"task_id": "1", "z": "1"}, "task_id"),
            ("resume", {"z": "1"}, "no arguments"),
        ):
            with pytest.raises(MCPError, match=said) as refused:
                await client.get_prompt(name, arguments)
            assert refused.value.code == -32602


async def test_looking_at_the_next_task_is_a_read_and_claiming_it_a_write(core: Core) -> None:
    settings = Settings(rate_limit_read="2/hour", rate_limit_write="1/hour")
    async with Client(server_of(core, settings)) as client:
        for _ in range(2):
            await answer(client, "get_next_task")
        assert "Wait" in await refusal(client, "get_next_task")
        await answer(client, "get_next_task", claim=True)
        assert "Wait" in await refusal(client, "get_next_task", {"claim": True})


def test_libraries_that_log_what_people_wrote_are_held_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    import logging  # noqa: PLC0415 — beside its one use

    before = {name: logging.getLogger(name).level for name in TALKATIVE}
    try:
        configure_logging("DEBUG", "text")
        assert not logging.getLogger("aiosqlite").isEnabledFor(logging.INFO)
        configure_logging("ERROR", "text")
        assert not logging.getLogger("sqlalchemy.engine").isEnabledFor(logging.WARNING)
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
